/* SPDX-License-Identifier: BSD-2-Clause
 * Messages through the judgements of the path, with own rules, the built-in classifier and the evidence.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dga/dga.h"
#include "resolver/base/wire.h"
#include "resolver/replay/replay.h"

static const uint64_t start_ms = UINT64_C(1763600000000);
static struct config config;
static struct config_rule deny[2], allow;
static struct dga *dga;
static struct view *view;
static struct replay *replay;

static int start(void **state)
{
	(void)state;
	const struct dga_options built_in = {.threshold = 1e-4};
	const struct engine_options options = {.false_positive = 1e-6,
		.miss = .01,
		.half_life_s = 86400,
		.clients = 100,
		.cases = 10,
		.ipv4_bits = 32,
		.ipv6_bits = 64};
	assert_int_equal(config_rule_from_text("blocked.com", 11, &deny[0]), 0);
	assert_int_equal(config_rule_from_text("github.com", 10, &deny[1]), 0);
	assert_int_equal(config_rule_from_text("ok.blocked.com", 14, &allow), 0);
	config = (struct config){.deny = deny,
		.deny_count = 2,
		.allow = &allow,
		.allow_count = 1,
		.evidence_mode = LIST_MODE_BLOCK,
		.dga_mode = LIST_MODE_MONITOR};
	assert_int_equal(dga_open(&built_in, &dga, NULL), 0);
	const struct view_parts parts = {.config = &config, .dga = dga};
	assert_int_equal(view_new(1, &parts, NULL, &view, NULL), 0);
	assert_int_equal(replay_new(view, &options, &replay, NULL), 0);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	replay_free(replay);
	view_free(view);
	dga_close(dga);
	return 0;
}

static void message(const char *client, const char *name, int rcode, uint64_t after_ms)
{
	struct capture_message m = {.at_ms = start_ms + after_ms,
		.type = TYPE_A,
		.rcode = rcode,
		.has_question = true,
		.has_answer = rcode == RCODE_NOERROR};
	assert_int_equal(addr_from_text(client, &m.client), 0);
	assert_int_equal(dname_from_text(name, strlen(name), &m.name), 0);
	replay_message(replay, &m);
}

static void test_rules(void **state)
{
	(void)state;
	const struct replay_name *top[REPLAY_TOP];
	for (unsigned i = 0; i < 10; i++) {
		char client[32];
		snprintf(client, sizeof client, "192.0.2.%u", i);
		message(client, "www.blocked.com", RCODE_NOERROR, i);
		message(client, "ok.blocked.com", RCODE_NOERROR, i);
	}
	message("192.0.2.1", "other.blocked.com", -1, 20);
	message("192.0.2.1", "www.example.com", RCODE_NOERROR, 30);
	const struct replay_result *r = replay_result(replay);
	assert_int_equal(r->questions, 22);
	assert_int_equal(r->blocked, 11);
	assert_int_equal(r->list_hits[LISTDB_OWN_DENY], 11);
	assert_int_equal(r->list_hits[LISTDB_OWN_ALLOW], 10);
	assert_int_equal(r->first_ms, start_ms);
	assert_int_equal(r->last_ms, start_ms + 30);
	assert_int_equal(replay_candidates(replay, top, REPLAY_TOP), 2);
	assert_int_equal(top[0]->count, 10);
	assert_int_equal(top[1]->count, 1);
	assert_int_equal(replay_candidates(replay, top, 1), 1);
	assert_int_equal(top[0]->count, 10);
}

/* Popular names do not look generated: their scores do not lead to them. */
static void test_a_blocked_name_that_is_popular(void **state)
{
	(void)state;
	const struct replay_name *top[REPLAY_TOP];
	message("192.0.2.1", "www.blocked.com", -1, 0);
	message("192.0.2.2", "www.blocked.com", -1, 1);
	message("192.0.2.1", "www.github.com", -1, 2);
	assert_int_equal(replay_candidates(replay, top, REPLAY_TOP), 2);
	assert_true(top[0]->is_popular);
	assert_int_equal(top[0]->count, 1);
	assert_false(top[1]->is_popular);
}

/* Of the calendar of that day; the first three are of Locky, and left out of the calendar's list as too short, for others have such, too. */
static void test_the_calendar(void **state)
{
	(void)state;
	static const char *const names[] = {"kxjru.in", "sewsm.nl", "bsrml.uk",
		"earnestnessbiophysicalohax.com", "kwtoestnessbiophysicalohax.com"};
	struct case_book *book = engine_book(replay_engine(replay));
	config.dga_calendar_mode = LIST_MODE_BLOCK;
	config.dga_calendar_days = 2;
	for (unsigned i = 0; i < 5; i++) {
		message("192.0.2.7", names[i], RCODE_NOERROR, i);
		assert_int_equal(case_book_count(book), i == 4);
	}
	assert_string_equal(case_book_at(book, 0)->families[0], "banjori");
}

static void ask_generated(const char *client, unsigned i, int rcode)
{
	char name[64];
	snprintf(name, sizeof name, "%cqxkvj%cwzhtpl%c.biz", 'a' + i % 26, 'a' + i * 7 % 26,
		'a' + i * 11 % 26);
	message(client, name, rcode, i);
}

static void test_a_case_and_its_meeting_place(void **state)
{
	(void)state;
	ask_generated("192.0.2.7", 30, RCODE_NOERROR); /* before the case: nothing is known */
	for (unsigned i = 0; i < 10; i++)
		ask_generated("192.0.2.7", i, RCODE_NXDOMAIN);
	struct case_book *book = engine_book(replay_engine(replay));
	assert_int_equal(case_book_count(book), 1);
	ask_generated("192.0.2.8", 20, RCODE_NOERROR);
	assert_int_equal(replay_result(replay)->held_back, 0);
	ask_generated("192.0.2.7", 20, RCODE_NOERROR);
	message("192.0.2.7", "wikipedia.org", RCODE_NOERROR, 100);
	assert_int_equal(replay_result(replay)->held_back, 1);
	assert_int_equal(case_book_at(book, 0)->sinkholed_count, 1);
	/* Answers without their question are not counted as one. */
	assert_int_equal(replay_result(replay)->questions, 14);
}

static void test_any_clock(void **state)
{
	(void)state;
	struct capture_message m = {
		.at_ms = UINT64_MAX, .rcode = RCODE_NXDOMAIN, .has_question = true};
	config.dga_calendar_mode = LIST_MODE_BLOCK;
	config.dga_calendar_days = 2;
	assert_int_equal(dname_from_text("qxkvjwzht.biz", 13, &m.name), 0);
	replay_message(replay, &m);
	m.at_ms = 0;
	replay_message(replay, &m);
	assert_int_equal(replay_result(replay)->questions, 2);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {T(test_rules), T(test_a_blocked_name_that_is_popular),
		T(test_the_calendar), T(test_a_case_and_its_meeting_place), T(test_any_clock)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
