/* SPDX-License-Identifier: BSD-2-Clause
 * A generated name that exists, asked for by a client with a case: seen in monitor mode, held back in block mode, and nothing else touched.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "resolver/evidence/evidence.h"
#include "resolver/inspect_client.h"
#include "tests/unit/fixture.h"
#include "tests/unit/folder.h"

static const char generated[] = "qxkvjwzhtplmbd.biz";
static struct fixture f;
static struct engine *engine;
static struct dga *dga;
static const struct engine_options options = {.false_positive = 1e-6,
	.miss = .01,
	.half_life_s = 86400,
	.clients = 100,
	.cases = 4,
	.ipv4_bits = 32,
	.ipv6_bits = 64};
static struct evidence_event told;
static unsigned told_count;

void evidence_put(struct evidence *e, unsigned worker, const struct evidence_event *event)
{
	assert_ptr_equal(e, f.worker.evidence);
	assert_int_equal(worker, f.worker.index);
	told = *event;
	told_count++;
}

static void client(struct addr *out, const char *text)
{
	assert_int_equal(addr_from_text(text, out), 0);
}

/* 192.0.2.7 has a case. */
static int start(void **state)
{
	(void)state;
	struct dga_options built_in = {.threshold = 1e-4};
	fixture_init(&f);
	told_count = 0;
	f.worker.evidence = (struct evidence *)&f;
	f.config.evidence_mode = LIST_MODE_BLOCK;
	assert_int_equal(dga_open(&built_in, &dga, NULL), 0);
	f.view.dga = dga;
	assert_int_equal(engine_new(&options, &engine, NULL), 0);
	for (unsigned i = 0; i < 10; i++) {
		struct evidence_event e = {.at_ms = 1700000000000,
			.kind = EVIDENCE_NXDOMAIN,
			.score = 9000,
			.class = DGA_RANDOM};
		char name[32];
		client(&e.client, "192.0.2.7");
		snprintf(name, sizeof name, "%cqxkvjwzhtplmb.biz", 'a' + (char)i);
		e.name = fixture_name(name);
		engine_feed(engine, &e);
	}
	f.worker.suspects = suspects_new(engine, &options, 1700000000000);
	assert_int_equal(f.worker.suspects->count, 1);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	free((struct suspects *)(uintptr_t)f.worker.suspects);
	engine_free(engine);
	dga_close(dga);
	return 0;
}

static struct query *ask(const char *from, const char *name)
{
	struct query *q = fixture_ask(&f, name, TYPE_A);
	client(&q->client, from);
	q->outcome = OUTCOME_RECURSED;
	q->source = ANSWER_FRESH;
	q->answer_count = 1;
	q->out_len = query_records_at(q) + 16;
	return q;
}

static void expect_untouched(struct query *q)
{
	unsigned before = told_count;
	enum query_outcome outcome = q->outcome;
	assert_int_equal(inspect_client(&f.worker, q), STEP_NEXT);
	assert_int_equal(q->outcome, outcome);
	assert_int_equal(told_count, before);
}

static void test_held_back_in_block_mode(void **state)
{
	(void)state;
	struct query *q = ask("192.0.2.7", generated);
	q->is_secure = true;
	assert_int_equal(inspect_client(&f.worker, q), STEP_REPLY);
	assert_int_equal(q->outcome, OUTCOME_BLOCKED_INFECTED);
	assert_int_equal(q->action, SINK_NULL);
	assert_int_equal(q->source, ANSWER_NONE);
	assert_int_equal(q->answer_count, 0);
	assert_int_equal(q->ede, EDE_BLOCKED);
	assert_int_equal(q->dga_class, DGA_RANDOM);
	assert_false(q->is_secure);
	assert_int_equal(told_count, 1);
	assert_int_equal(told.kind, EVIDENCE_MEETING);
	assert_true(told.is_held);
	assert_true(told.score > SUSPECTS_SCORE);
	f.config.sinkhole_action = SINK_DROP;
	q = ask("192.0.2.7", generated);
	assert_int_equal(inspect_client(&f.worker, q), STEP_DROP);
	assert_int_equal(q->outcome, OUTCOME_DROPPED_POLICY);
}

static void test_only_seen_in_monitor_mode(void **state)
{
	(void)state;
	struct query *q = ask("192.0.2.7", generated);
	f.config.evidence_mode = LIST_MODE_MONITOR;
	assert_int_equal(inspect_client(&f.worker, q), STEP_NEXT);
	assert_int_equal(q->outcome, OUTCOME_RECURSED);
	assert_int_equal(q->answer_count, 1);
	assert_int_equal(told_count, 1);
	assert_false(told.is_held);
	f.config.evidence_mode = LIST_MODE_OFF;
	expect_untouched(ask("192.0.2.7", generated));
}

static void test_others_are_untouched(void **state)
{
	(void)state;
	expect_untouched(ask("192.0.2.8", generated));
	expect_untouched(ask("192.0.2.7", "wikipedia.org"));
	expect_untouched(ask("192.0.2.7", "www.gstatic.com"));
	expect_untouched(ask("192.0.2.7", "1.0.168.192.in-addr.arpa"));
	struct query *q = ask("192.0.2.7", generated);
	q->is_allowed = true;
	expect_untouched(q);
	q = ask("192.0.2.7", generated);
	q->is_aliased = true;
	expect_untouched(q);
	q = ask("192.0.2.7", generated);
	q->source = ANSWER_LOCAL;
	expect_untouched(q);
	q = ask("192.0.2.7", generated);
	q->rcode = RCODE_NXDOMAIN;
	expect_untouched(q);
	q = ask("192.0.2.7", generated);
	q->answer_count = 0;
	expect_untouched(q);
	q = ask("192.0.2.7", generated);
	q->transport = TRANSPORT_NONE;
	expect_untouched(q);
	f.view.dga = NULL;
	expect_untouched(ask("192.0.2.7", generated));
}

/* What was said of the name when its answer was kept is enough for a no, and not for a yes. */
static void test_the_kept_score(void **state)
{
	(void)state;
	struct query *q = ask("192.0.2.7", generated);
	q->dga_score = -500;
	expect_untouched(q);
	q = ask("192.0.2.7", "wikipedia.org");
	q->dga_score = 9000;
	expect_untouched(q);
	q = ask("192.0.2.7", generated);
	q->dga_score = 9000;
	assert_int_equal(inspect_client(&f.worker, q), STEP_REPLY);
}

/* A name of this shape whose score is over what is held back, and not over the classifier's threshold. */
static void name_between(char name[static 32])
{
	struct dga_verdict v = {0};
	struct dname wire;
	for (unsigned i = 0; i < 26 * 26; i++) {
		snprintf(name, 32, "mar%cevin%cqt.biz", 'a' + (char)(i % 26), 'a' + (char)(i / 26));
		wire = fixture_name(name);
		dga_score(dga, &wire, &v);
		if (v.score >= SUSPECTS_SCORE && v.score <= dga_threshold(dga))
			return;
	}
	fail_msg("no such name");
}

/* The classifier asks whether a domain is popular for what is over its threshold alone; an infected client is held to a lower one. */
static void test_popular_names_are_untouched(void **state)
{
	(void)state;
	struct folder folder;
	struct dga_options with = {.threshold = 1e-4};
	char name[32];
	name_between(name);
	assert_int_equal(inspect_client(&f.worker, ask("192.0.2.7", name)), STEP_REPLY);
	folder_make(&folder);
	folder_write(&folder, "popular.txt", name, strlen(name));
	with.popular = folder_file(&folder, "popular.txt");
	dga_close(dga);
	assert_int_equal(dga_open(&with, &dga, NULL), 0);
	f.view.dga = dga;
	expect_untouched(ask("192.0.2.7", name));
	folder_remove(&folder);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {T(test_held_back_in_block_mode),
		T(test_only_seen_in_monitor_mode), T(test_others_are_untouched),
		T(test_the_kept_score), T(test_popular_names_are_untouched)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
