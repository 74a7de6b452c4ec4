/* SPDX-License-Identifier: BSD-2-Clause
 * From events to cases: what counts, what does not, and what becomes of a case.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "resolver/evidence/engine.h"
#include "resolver/evidence/sprt.h"
#include "resolver/evidence/suspects.h"
#include "resolver/evidence/token.h"

enum { DAY_MS = 86400000 };

static const uint64_t start_ms = UINT64_C(1700000000000);
static struct engine *e;
static struct engine_options options = {.false_positive = 1e-6,
	.miss = .01,
	.half_life_s = 86400,
	.clients = 1000,
	.cases = 4,
	.ipv4_bits = 32,
	.ipv6_bits = 64};

static int start(void **state)
{
	(void)state;
	return engine_new(&options, &e, NULL);
}

static int stop(void **state)
{
	(void)state;
	engine_free(e);
	return 0;
}

static struct evidence_event event_of(const char *client, const char *name, int32_t score)
{
	struct evidence_event v = {.at_ms = start_ms,
		.kind = EVIDENCE_NXDOMAIN,
		.qtype = 1,
		.score = score,
		.class = DGA_RANDOM};
	assert_int_equal(addr_from_text(client, &v.client), 0);
	assert_int_equal(dname_from_text(name, strlen(name), &v.name), 0);
	return v;
}

static struct evidence_case *ask(const char *client, const char *name, int32_t score)
{
	struct evidence_event v = event_of(client, name, score);
	return engine_feed(e, &v);
}

/* The i-th name of a generator. */
static struct evidence_case *ask_generated(const char *client, unsigned i)
{
	char name[64];
	snprintf(name, sizeof name, "%cqxkvj%cwzhtpl%c.biz", 'a' + i % 26, 'a' + i / 26 % 26,
		'a' + i * 7 % 26);
	return ask(client, name, 9000);
}

/* Names until the case opens; 0: none within `most`. */
static unsigned until_case(const char *client, unsigned from, unsigned most)
{
	for (unsigned i = 0; i < most; i++)
		if (ask_generated(client, from + i))
			return i + 1;
	return 0;
}

static void test_a_bot_becomes_a_case(void **state)
{
	(void)state;
	unsigned names = until_case("192.0.2.7", 0, 20);
	assert_int_equal(names, (unsigned)(engine_bound(e) / 3900) + 1);
	const struct evidence_case *c = case_book_find(engine_book(e), 1);
	assert_non_null(c);
	assert_int_equal(c->state, CASE_OPEN);
	assert_int_equal(c->client_bits, 128);
	assert_int_equal(c->line_count, names);
	assert_int_equal(c->evidence_count, names);
	assert_int_equal(c->first_ms, start_ms);
	assert_true(c->sum >= engine_bound(e));
	assert_true(cases_confidence(c) > .99);
	assert_int_equal(c->family_count, 1);
	assert_int_equal(strncmp(c->families[0], "unknown-", 8), 0);
	for (unsigned i = 0; i < names; i++) {
		assert_int_equal(c->lines[i].kind, EVIDENCE_NXDOMAIN);
		assert_in_range(c->lines[i].llr, 3000, 3912);
	}
	/* More of it goes to the same case. */
	assert_ptr_equal(ask_generated("192.0.2.7", 100), c);
	assert_int_equal(c->evidence_count, names + 1);
	assert_int_equal(case_book_count(engine_book(e)), 1);
}

static void test_a_name_counts_once(void **state)
{
	(void)state;
	char name[64];
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(name, sizeof name, "h%u.qxkvjwzhtpl.biz", i);
		assert_null(ask("192.0.2.7", name, 9000));
	}
	assert_int_equal(engine_counters(e)->repeated, 999);
}

static void test_ordinary_names_and_noise_never_do(void **state)
{
	(void)state;
	char name[64];
	for (unsigned i = 0; i < 3000; i++) {
		snprintf(name, sizeof name, "mistyped%u.com", i);
		assert_null(ask("192.0.2.7", name, -3000));
		snprintf(name, sizeof name, "qxkvjwzht%u", i);
		assert_null(ask("192.0.2.8", name, 9000));
		snprintf(name, sizeof name, "qxkvjwzht%u.lan", i);
		assert_null(ask("192.0.2.8", name, 9000));
		snprintf(name, sizeof name, "not-judged%u.com", i);
		assert_null(ask("192.0.2.9", name, 0));
	}
	assert_int_equal(engine_counters(e)->noise[NOISE_PROBE], 3000);
	assert_int_equal(engine_counters(e)->noise[NOISE_PRIVATE], 3000);
	assert_int_equal(engine_client_count(e), 1);
}

static void test_clients_do_not_add_up(void **state)
{
	(void)state;
	char client[32];
	for (unsigned i = 0; i < 200; i++) {
		snprintf(client, sizeof client, "10.0.0.%u", i);
		assert_null(ask_generated(client, i));
		assert_null(ask_generated(client, i + 1000));
	}
	/* The hosts of one IPv6 network are one client. */
	unsigned i = 0;
	do
		snprintf(client, sizeof client, "2001:db8:0:1::%x", i + 1);
	while (!ask_generated(client, 2000 + i++) && i < 20);
	assert_true(i < 20);
	const struct evidence_case *c = case_book_find(engine_book(e), 1);
	char text[ADDR_TEXT_MAX];
	assert_string_equal(addr_to_text(&c->client, text), "2001:db8:0:1::");
	assert_int_equal(c->client_bits, 64);
}

static void test_it_fades(void **state)
{
	(void)state;
	/* One odd name a day, for years. */
	for (unsigned i = 0; i < 1000; i++) {
		struct evidence_event v = event_of("192.0.2.7", "a.example", 9000);
		char name[64];
		snprintf(name, sizeof name, "qxkvjwzht%u.biz", i);
		v.at_ms = start_ms + (uint64_t)i * DAY_MS;
		assert_int_equal(dname_from_text(name, strlen(name), &v.name), 0);
		assert_null(engine_feed(e, &v));
	}
}

static void test_a_clock_that_jumps(void **state)
{
	(void)state;
	static const int64_t jumps[] = {0, DAY_MS, -DAY_MS, 0, -(int64_t)1700000000000, 0};
	/* No jump makes a case of one name asked again and again, and none loses the counters. */
	for (unsigned round = 0; round < 4; round++)
		for (size_t i = 0; i < sizeof jumps / sizeof *jumps; i++) {
			struct evidence_event v = event_of("192.0.2.7", "qxkvjwzhtpl.biz", 9000);
			v.at_ms = (uint64_t)((int64_t)start_ms + jumps[i]);
			assert_null(engine_feed(e, &v));
		}
	struct evidence_event v = event_of("192.0.2.8", "qxkvjwzhtpl.biz", 9000);
	v.at_ms = 0;
	assert_null(engine_feed(e, &v));
	assert_true(until_case("192.0.2.8", 0, 20) > 0);
}

static void test_the_calendar_is_decisive(void **state)
{
	(void)state;
	struct evidence_event v = event_of("192.0.2.7", "first.com", 0);
	v.kind = EVIDENCE_CALENDAR;
	v.family = "necurs";
	assert_null(engine_feed(e, &v)); /* an accident is possible */
	assert_null(engine_feed(e, &v));
	v = event_of("192.0.2.7", "second.com", 0);
	v.kind = EVIDENCE_CALENDAR;
	v.family = "necurs";
	const struct evidence_case *c = engine_feed(e, &v);
	assert_non_null(c);
	assert_int_equal(c->family_count, 1);
	assert_string_equal(c->families[0], "necurs");
	assert_int_equal(c->line_count, 2);
}

static void test_the_same_generator_has_one_name(void **state)
{
	(void)state;
	assert_true(until_case("192.0.2.7", 0, 20) > 0);
	assert_true(until_case("192.0.2.8", 300, 20) > 0);
	const struct evidence_case *a = case_book_find(engine_book(e), 1),
				   *b = case_book_find(engine_book(e), 2);
	assert_string_equal(a->families[0], b->families[0]);
	/* Another alphabet and length: another one. */
	char name[64];
	for (unsigned i = 0; i < 20; i++) {
		snprintf(name, sizeof name, "%08x%08x%08x.info", i * 2654435761U, i * 40503U,
			i * 69069U);
		struct evidence_event v = event_of("192.0.2.9", name, 9000);
		v.class = DGA_HASH;
		engine_feed(e, &v);
	}
	const struct evidence_case *c = case_book_find(engine_book(e), 3);
	assert_non_null(c);
	assert_string_not_equal(a->families[0], c->families[0]);
}

static void test_states(void **state)
{
	(void)state;
	assert_null(engine_decide(e, 1, CASE_CLOSED, "", 1));
	unsigned names = until_case("192.0.2.7", 0, 20);
	struct evidence_case *c = engine_decide(e, 1, CASE_ACKNOWLEDGED, "Ann looks at it", 2);
	assert_int_equal(c->changed_ms, 2);
	assert_string_equal(c->note, "Ann looks at it");
	assert_ptr_equal(ask_generated("192.0.2.7", 50), c);
	/* Closed: it takes as much again, of names that have not counted. */
	engine_decide(e, 1, CASE_CLOSED, "", 3);
	assert_int_equal(until_case("192.0.2.7", 0, names), 0);
	assert_int_equal(until_case("192.0.2.7", 100, 20), names);
	assert_int_equal(case_book_count(engine_book(e)), 2);
	/* A false positive: what it was made of counts no more on another day, other names do. */
	engine_decide(e, 2, CASE_FALSE_POSITIVE, "", 4);
	for (unsigned i = 100; i < 100 + names; i++) {
		struct evidence_event v = event_of("192.0.2.7", "x.com", 9000);
		const struct evidence_case *false_one = case_book_find(engine_book(e), 2);
		v.name = false_one->lines[i - 100].name;
		v.at_ms = start_ms + 3 * (uint64_t)DAY_MS;
		assert_null(engine_feed(e, &v));
	}
	assert_int_equal(engine_counters(e)->pardoned, names);
}

/* An old case that is looked at once more says nothing about the one that is open. */
static void test_an_old_case_is_decided_again(void **state)
{
	(void)state;
	unsigned names = until_case("192.0.2.7", 0, 20);
	engine_decide(e, 1, CASE_CLOSED, "", 1);
	assert_int_equal(until_case("192.0.2.7", 100, 20), names);
	engine_decide(e, 1, CASE_FALSE_POSITIVE, "", 2);
	const struct evidence_case *c = case_book_find(engine_book(e), 2);
	for (unsigned i = 0; i < 20; i++)
		assert_ptr_equal(ask_generated("192.0.2.7", 200 + i), c);
	assert_int_equal(case_book_count(engine_book(e)), 2);
}

/* A mail server looks up who writes to it: each day other names, so that calling them a false positive does not end. */
static void test_a_client_that_is_not_judged(void **state)
{
	(void)state;
	struct addr_prefix mail;
	struct addr client;
	assert_int_equal(addr_from_text("192.0.2.25", &client), 0);
	assert_int_equal(addr_prefix_from_text("192.0.2.25", &mail), 0);
	assert_true(until_case("192.0.2.25", 0, 20) > 0);
	assert_int_equal(engine_except(e, &mail, 1), 0);
	/* Its case stands until somebody decides, and holds nothing back. */
	struct suspects *s = suspects_new(e, &options, start_ms);
	assert_null(suspects_find(s, &client));
	free(s);
	engine_decide(e, 1, CASE_CLOSED, "", 1);
	assert_int_equal(until_case("192.0.2.25", 100, 50), 0);
	struct knock k = {.at_ms = start_ms, .from.addr = client, .kind = KNOCK_SILENT};
	assert_null(engine_knock(e, &k, true));
	assert_int_equal(engine_counters(e)->excepted, 51);
	assert_true(until_case("192.0.2.26", 200, 20) > 0);
	assert_int_equal(engine_except(e, NULL, 0), 0);
	assert_true(until_case("192.0.2.25", 300, 20) > 0);
}

static void test_bounded_cases(void **state)
{
	(void)state;
	assert_int_equal(engine_cases_for(100), 100);
	assert_int_equal(engine_cases_for(100000), 2000);
	assert_int_equal(engine_cases_for(10000000), 10000);
	char client[32];
	for (unsigned i = 0; i < 6; i++) {
		snprintf(client, sizeof client, "10.0.0.%u", i);
		assert_true(until_case(client, i * 30, 20) > 0);
		assert_int_equal(engine_take_gone(e), i < 4 ? 0 : i - 3);
		if (i == 2)
			engine_decide(e, 3, CASE_CLOSED, "", 1);
		if (i == 3)
			engine_decide(e, 3, CASE_OPEN, "", 1);
	}
	assert_int_equal(case_book_count(engine_book(e)), 4);
	assert_int_equal(engine_counters(e)->evicted_cases, 2);
	assert_null(case_book_find(engine_book(e), 1));
}

static void test_a_million_addresses(void **state)
{
	(void)state;
	char client[32];
	assert_true(until_case("192.0.2.7", 0, 20) > 0);
	for (unsigned i = 0; i < 1000000; i++) {
		struct evidence_event v = event_of("10.0.0.1", "qxkvjwzhtpl.biz", 9000);
		v.client.bytes[13] = (uint8_t)(i >> 16);
		v.client.bytes[14] = (uint8_t)(i >> 8);
		v.client.bytes[15] = (uint8_t)i;
		v.client.bytes[12] = 11;
		assert_null(engine_feed(e, &v));
	}
	(void)client;
	/* Half as many slots again as clients were promised. */
	assert_in_range(engine_client_count(e), 1000, 1504);
	assert_int_equal(engine_counters(e)->evicted_clients, 1000000 + 1 - engine_client_count(e));
	/* The case is still there, and still the client's. */
	assert_non_null(ask_generated("192.0.2.7", 500));
	assert_int_equal(case_book_count(engine_book(e)), 1);
}

static void test_knocks(void **state)
{
	(void)state;
	struct knock k = {.at_ms = start_ms, .kind = KNOCK_TLS, .sni = "c2.example"};
	assert_int_equal(addr_from_text("192.0.2.7", &k.from.addr), 0);
	assert_null(engine_knock(e, &k, true));
	unsigned names = until_case("192.0.2.7", 0, 20);
	assert_true(names > 0 && names < (unsigned)(engine_bound(e) / 3900) + 1);
	for (unsigned i = 0; i < CASE_KNOCKS_MAX + 3; i++) {
		k.from.port = (uint16_t)(1000 + i);
		assert_non_null(engine_knock(e, &k, true));
	}
	const struct evidence_case *c = case_book_find(engine_book(e), 1);
	assert_int_equal(c->knock_count, CASE_KNOCKS_MAX);
	assert_int_equal(c->knock_total, CASE_KNOCKS_MAX + 3);
	assert_int_equal(c->knocks[CASE_KNOCKS_MAX - 1].from.port, 1000 + CASE_KNOCKS_MAX + 2);
	assert_string_equal(c->knocks[0].sni, "c2.example");
}

/* The bot sits behind a translator: the address that it was given says who asked. */
static void test_a_token_names_the_client(void **state)
{
	(void)state;
	struct engine_options with = options;
	struct evidence_event v = event_of("192.0.2.7", "c2.example", 0);
	struct knock k = {.at_ms = start_ms, .kind = KNOCK_TLS, .sni = "other.example"};
	assert_int_equal(addr_prefix_from_text("10.66.0.0/16", &with.tokens[0]), 0);
	with.token_count = 1;
	engine_free(e);
	assert_int_equal(engine_new(&with, &e, NULL), 0);
	assert_true(until_case("192.0.2.7", 0, 20) > 0);
	v.kind = EVIDENCE_TOKEN;
	v.token = 5;
	v.rule = "botnets";
	assert_null(engine_feed(e, &v));
	assert_int_equal(addr_from_text("203.0.113.9", &k.from.addr), 0);
	assert_int_equal(addr_from_text("10.66.0.6", &k.to.addr), 0);
	const struct evidence_case *c = engine_knock(e, &k, true);
	assert_non_null(c);
	assert_int_equal(c->id, 1);
	assert_true(c->knocks[0].has_token);
	assert_true(addr_equal(&c->knocks[0].asker, &v.client));
	assert_string_equal(c->knocks[0].rule, "botnets");
	assert_true(dname_equal(&c->lines[c->line_count - 1].name, &v.name));
	assert_int_equal(engine_counters(e)->token_knocks, 1);
	/* One that nobody was given is only a knock. */
	assert_int_equal(addr_from_text("10.66.0.7", &k.to.addr), 0);
	assert_null(engine_knock(e, &k, true));
	assert_false(k.has_token);
}

/* Many contacts, each for another name. */
static struct evidence_case *knock_often(struct knock k, bool is_ours)
{
	struct evidence_case *c = NULL;
	for (unsigned i = 0; i < 20; i++) {
		snprintf(k.host, sizeof k.host, "c%u.example", i);
		c = engine_knock(e, &k, is_ours);
	}
	return c;
}

static void test_knocks_that_prove_nothing(void **state)
{
	(void)state;
	struct knock k = {.at_ms = start_ms, .kind = KNOCK_HTTP};
	assert_int_equal(addr_from_text("203.0.113.9", &k.from.addr), 0);
	assert_null(knock_often(k, false)); /* a scanner out of the Internet */
	assert_int_equal(addr_from_text("192.0.2.7", &k.from.addr), 0);
	k.is_udp = true;
	assert_null(knock_often(k, true)); /* in the name of a client */
	assert_int_equal(engine_counters(e)->unproven, 40);
	assert_int_equal(engine_client_count(e), 0);
	/* With a case that stands already it is kept. */
	assert_true(until_case("192.0.2.7", 0, 20) > 0);
	const struct evidence_case *c = knock_often(k, true);
	assert_ptr_equal(c, case_book_find(engine_book(e), 1));
	int32_t sum = c->sum;
	assert_int_equal(c->knock_total, 20);
	assert_null(knock_often(k, false));
	assert_int_equal(c->sum, sum);
	k.is_udp = false;
	assert_non_null(knock_often(k, true));
	assert_true(c->sum > sum);
}

/* Where the tokens can be guessed, one that somebody comes to from outside says nothing of who has it; where not, it does. */
static void test_tokens_for_strangers(void **state)
{
	(void)state;
	static const char *const prefixes[] = {"10.66.0.0/16", "2001:db8:66::/64"};
	for (unsigned is_secret = 0; is_secret < 2; is_secret++) {
		struct engine_options with = options;
		struct evidence_event v = event_of("192.0.2.7", "a.example", 0);
		struct knock k = {.at_ms = start_ms, .is_udp = is_secret};
		struct evidence_case *c = NULL;
		assert_int_equal(addr_prefix_from_text(prefixes[is_secret], &with.tokens[0]), 0);
		assert_int_equal(addr_from_text("203.0.113.9", &k.from.addr), 0);
		with.token_count = 1;
		engine_free(e);
		assert_int_equal(engine_new(&with, &e, NULL), 0);
		v.kind = EVIDENCE_TOKEN;
		v.rule = "botnets";
		for (uint32_t i = 0; i < 20; i++) {
			char name[16];
			int n = snprintf(name, sizeof name, "c%u.example", i);
			assert_int_equal(dname_from_text(name, (size_t)n, &v.name), 0);
			v.token = i;
			(void)engine_feed(e, &v);
			token_address(&with.tokens[0], with.token_seed, i, &k.to.addr);
			c = engine_knock(e, &k, false);
		}
		assert_int_equal(c != NULL, is_secret);
		assert_int_equal(engine_counters(e)->token_knocks, 20);
	}
}

/* --- the clients that the path is told of --- */

static void test_suspects(void **state)
{
	(void)state;
	struct addr bot, neighbour;
	struct dname live, other;
	assert_int_equal(addr_from_text("192.0.2.7", &bot), 0);
	assert_int_equal(addr_from_text("192.0.2.8", &neighbour), 0);
	struct suspects *s = suspects_new(e, &options, start_ms);
	assert_non_null(s);
	assert_null(suspects_find(s, &bot));
	free(s);
	assert_true(until_case("192.0.2.7", 0, 20) > 0);
	s = suspects_new(e, &options, start_ms);
	const struct suspect *found = suspects_find(s, &bot);
	assert_non_null(found);
	assert_int_equal(found->case_id, 1);
	assert_null(suspects_find(s, &neighbour));
	assert_int_equal(dname_from_text("zqxkvjbwzhtplc.biz", 18, &live), 0);
	assert_int_equal(dname_from_text("wikipedia.org", 13, &other), 0);
	/* Of the same shape less is enough; without it, it is not. */
	assert_true(suspects_is_generated(found, 2000, &live));
	assert_false(suspects_is_generated(found, 2000, &other));
	assert_true(suspects_is_generated(found, SUSPECTS_SCORE, &other));
	/* Not judged, or rather an ordinary one: not. */
	assert_false(suspects_is_generated(found, 0, &live));
	assert_false(suspects_is_generated(found, -500, &live));
	free(s);
	engine_decide(e, 1, CASE_CLOSED, "", 1);
	s = suspects_new(e, &options, start_ms);
	assert_int_equal(s->count, 0);
	free(s);
}

static bool is_held(uint64_t at_ms)
{
	struct addr bot;
	assert_int_equal(addr_from_text("192.0.2.7", &bot), 0);
	struct suspects *s = suspects_new(e, &options, at_ms);
	bool is = suspects_find(s, &bot) != NULL;
	free(s);
	return is;
}

/* The address is another device's by now: its case is open still, and holds nothing back until something speaks against it again. */
static void test_an_open_case_fades(void **state)
{
	(void)state;
	const uint64_t week_ms = 7 * (uint64_t)DAY_MS;
	assert_true(until_case("192.0.2.7", 0, 20) > 0);
	assert_true(is_held(start_ms));
	assert_true(is_held(start_ms + DAY_MS));
	assert_true(is_held(start_ms - week_ms)); /* the clock was set back */
	assert_false(is_held(start_ms + week_ms));
	struct evidence_event v = event_of("192.0.2.7", "hzqxkvjwhtplq.biz", 9000);
	v.at_ms = start_ms + week_ms;
	assert_ptr_equal(engine_feed(e, &v), case_book_find(engine_book(e), 1));
	assert_true(is_held(v.at_ms));
	assert_int_equal(case_book_count(engine_book(e)), 1);
	/* Ordinary names of a clean device do the same in a day; no more of them than a test needs. */
	for (unsigned i = 0; i < 50; i++) {
		char name[32];
		int n = snprintf(name, sizeof name, "mistyped%u.com", i);
		assert_int_equal(dname_from_text(name, (size_t)n, &v.name), 0);
		v.score = -3000;
		assert_null(engine_feed(e, &v));
	}
	assert_false(is_held(v.at_ms));
	const struct client *client =
		clients_find(engine_clients(e), &case_book_find(engine_book(e), 1)->client);
	assert_in_range(client->sum + 10000, 5000, 10000);
	/* Who looks at it may say that it is one nevertheless. */
	assert_non_null(engine_decide(e, 1, CASE_ACKNOWLEDGED, "", v.at_ms));
	assert_true(is_held(v.at_ms));
	assert_false(is_held(v.at_ms + week_ms));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {T(test_a_bot_becomes_a_case), T(test_a_name_counts_once),
		T(test_ordinary_names_and_noise_never_do), T(test_clients_do_not_add_up),
		T(test_it_fades), T(test_a_clock_that_jumps), T(test_the_calendar_is_decisive),
		T(test_the_same_generator_has_one_name), T(test_states),
		T(test_an_old_case_is_decided_again), T(test_a_client_that_is_not_judged),
		T(test_bounded_cases), T(test_a_million_addresses), T(test_knocks),
		T(test_a_token_names_the_client), T(test_knocks_that_prove_nothing),
		T(test_tokens_for_strangers), T(test_suspects), T(test_an_open_case_fades)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
