/* SPDX-License-Identifier: BSD-2-Clause
 * The stage: what is scored, counted and blocked, what never is, and what the cache keeps of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dga/dga.h"
#include "resolver/base/clock.h"
#include "resolver/cache.h"
#include "resolver/classify.h"
#include "resolver/stats.h"
#include "resolver/worker.h"

static const char random_name[] = "xjqwzvkhtrpbdmflqgkx.com", good_name[] = "www.wikipedia.org";

struct fixture {
	struct config config;
	struct config_zone zone;
	struct config_rule except;
	struct view view;
	struct stats_worker stats;
	struct worker worker;
	struct query query;
	struct dga *dga;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	struct err why;
	if (!f ||
		dga_open(&(const struct dga_options){.popular = "", .threshold = 1e-4}, &f->dga,
			&why))
		return -1;
	f->config.dga_mode = LIST_MODE_MONITOR;
	f->config.sinkhole_action = SINK_NULL;
	f->view.config = &f->config;
	f->view.serial = 5;
	f->view.dga = f->dga;
	f->worker = (struct worker){.view = &f->view, .stats = &f->stats};
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	dga_close(f->dga);
	free(f);
	return 0;
}

static void set_name(struct dname *to, const char *name)
{
	assert_int_equal(dname_from_text(name, strlen(name), to), 0);
}

/* Runs the stage on a new question for the name, in which the test may have set more. */
static enum step run(struct fixture *f, const char *name)
{
	struct query *q = &f->query;
	q->dga_score = 0;
	q->dga_class = DGA_NONE;
	q->dga_serial = 0;
	q->outcome = OUTCOME_RECURSED;
	q->ede = EDE_NONE;
	q->qtype = q->qtype ? q->qtype : TYPE_A;
	set_name(&q->qname, name);
	return classify(&f->worker, q);
}

static uint64_t suspects(const struct fixture *f)
{
	uint64_t n = 0;
	for (int i = 0; i < DGA_CLASSES; i++)
		n += atomic_load(&f->stats.dga_suspects[i]);
	return n;
}

static void misses_are_scored_and_counted(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(run(f, good_name), STEP_NEXT);
	assert_true(f->query.dga_score < dga_threshold(f->dga));
	assert_int_equal(f->query.dga_class, DGA_NONE);
	assert_int_equal(run(f, random_name), STEP_NEXT);
	assert_true(f->query.dga_score > dga_threshold(f->dga));
	assert_int_equal(f->query.dga_class, DGA_RANDOM);
	assert_int_equal(f->query.dga_serial, 5);
	assert_int_equal(f->query.outcome, OUTCOME_RECURSED);
	assert_int_equal(f->query.ede, EDE_NONE);
	assert_int_equal(run(f, "a.com"), STEP_NEXT);
	assert_int_equal(f->query.dga_score, 0);
	assert_int_equal(f->stats.dga_scored, 3);
	assert_int_equal(f->stats.dga_suspects[DGA_RANDOM], 1);
	f->query.transport = TRANSPORT_TCP;
	run(f, random_name);
	assert_int_equal(f->stats.dga_suspects[DGA_RANDOM], 2);
	assert_int_equal(suspects(f), 2);
	/* The second look at a question that has waited for name servers. */
	f->query.wait_rounds = 1;
	run(f, random_name);
	assert_int_equal(suspects(f), 2);
	assert_int_equal(f->stats.dga_scored, 4);
}

static void a_refresh_is_scored_but_not_counted(void **state)
{
	struct fixture *f = *state;
	f->query.transport = TRANSPORT_NONE;
	assert_int_equal(run(f, random_name), STEP_NEXT);
	assert_true(f->query.dga_score > dga_threshold(f->dga));
	/* What block mode does not give is not asked for again; but for another question it is. */
	f->config.dga_mode = LIST_MODE_BLOCK;
	assert_int_equal(run(f, good_name), STEP_NEXT);
	assert_int_equal(run(f, random_name), STEP_DROP);
	assert_int_equal(f->query.outcome, OUTCOME_RECURSED);
	struct query other;
	f->query.waiter = &other;
	assert_int_equal(run(f, random_name), STEP_NEXT);
	assert_int_equal(f->stats.dga_scored, 0);
	assert_int_equal(suspects(f), 0);
}

static void what_has_an_answer_keeps_its_score(void **state)
{
	struct fixture *f = *state;
	set_name(&f->query.qname, random_name);
	f->query.source = ANSWER_CACHE;
	f->query.dga_score = 77;
	assert_int_equal(classify(&f->worker, &f->query), STEP_NEXT);
	assert_int_equal(f->query.dga_score, 77);
	assert_int_equal(f->stats.dga_scored, 0);
	/* In block mode, too, once it was found clean under this view. */
	f->config.dga_mode = LIST_MODE_BLOCK;
	f->query.is_clean = true;
	assert_int_equal(classify(&f->worker, &f->query), STEP_NEXT);
	f->query.is_clean = false;
	f->query.is_allowed = true;
	assert_int_equal(classify(&f->worker, &f->query), STEP_NEXT);
	assert_int_equal(f->query.dga_score, 77);
	assert_int_equal(f->stats.dga_scored, 0);
}

static void off_and_without_a_model_nothing_happens(void **state)
{
	struct fixture *f = *state;
	f->config.dga_mode = LIST_MODE_OFF;
	assert_int_equal(run(f, random_name), STEP_NEXT);
	assert_int_equal(f->query.dga_score, 0);
	f->config.dga_mode = LIST_MODE_BLOCK;
	f->view.dga = NULL;
	assert_int_equal(run(f, random_name), STEP_NEXT);
	assert_int_equal(f->query.dga_score, 0);
	assert_int_equal(f->stats.dga_scored, 0);
}

static void assert_blocked(const struct query *q)
{
	assert_int_equal(q->outcome, OUTCOME_BLOCKED_GENERATED);
	assert_int_equal(q->rcode, RCODE_NOERROR);
	assert_int_equal(q->ede, EDE_BLOCKED);
	assert_int_equal(q->source, ANSWER_NONE);
	assert_false(q->is_secure);
}

static void block_mode_blocks_suspects(void **state)
{
	struct fixture *f = *state;
	f->config.dga_mode = LIST_MODE_BLOCK;
	assert_int_equal(run(f, good_name), STEP_NEXT);
	assert_int_equal(f->query.outcome, OUTCOME_RECURSED);
	assert_int_equal(run(f, random_name), STEP_REPLY);
	assert_blocked(&f->query);
	assert_int_equal(f->query.action, SINK_NULL);
	assert_int_equal(f->query.list, 0); /* untouched: no list decides */
	f->config.sinkhole_action = SINK_DROP;
	assert_int_equal(run(f, random_name), STEP_DROP);
	assert_int_equal(f->query.outcome, OUTCOME_DROPPED_POLICY);
	f->config.sinkhole_action = SINK_NXDOMAIN;
	f->query.qtype = TYPE_HTTPS;
	assert_int_equal(run(f, random_name), STEP_REPLY);
	assert_int_equal(f->query.action, SINK_NXDOMAIN);
	assert_int_equal(suspects(f), 3);
	assert_int_equal(f->stats.dga_scored, 4);
}

static void a_kept_answer_is_judged_again_under_a_new_view(void **state)
{
	struct fixture *f = *state;
	f->config.dga_mode = LIST_MODE_BLOCK;
	f->query.source = ANSWER_CACHE;
	f->query.is_secure = true;
	assert_int_equal(run(f, random_name), STEP_REPLY);
	assert_blocked(&f->query);
	f->query.source = ANSWER_STALE;
	assert_int_equal(run(f, random_name), STEP_REPLY);
	assert_blocked(&f->query);
	f->query.source = ANSWER_CACHE;
	assert_int_equal(run(f, good_name), STEP_NEXT);
	assert_int_equal(f->query.source, ANSWER_CACHE);
	assert_int_equal(f->query.dga_serial, 5);
}

static void assert_let_through(struct fixture *f, const char *name, unsigned exempt)
{
	for (int mode = LIST_MODE_MONITOR; mode <= LIST_MODE_BLOCK; mode++) {
		f->config.dga_mode = (enum list_mode)mode;
		assert_int_equal(run(f, name), STEP_NEXT);
		assert_int_equal(f->query.outcome, OUTCOME_RECURSED);
	}
	assert_int_equal(f->stats.dga_exempt, exempt);
	assert_int_equal(suspects(f), 0);
}

static void who_is_never_blocked(void **state)
{
	struct fixture *f = *state;
	f->query.is_allowed = true;
	assert_let_through(f, random_name, 2);
	assert_int_equal(f->query.dga_class, DGA_RANDOM); /* for this group alone */
	f->query.is_allowed = false;
	f->query.is_waiting = true;
	assert_let_through(f, random_name, 4);
	f->query.is_waiting = false;
	f->query.qtype = TYPE_PTR;
	assert_let_through(f, random_name, 6);
	assert_int_equal(f->query.dga_class, DGA_NONE);
	f->query.qtype = TYPE_A;
	/* The operator's own zones, by whatever key. */
	set_name(&f->zone.zone, random_name);
	f->config.forward = &f->zone;
	f->config.forward_count = 1;
	assert_let_through(f, "www.xjqwzvkhtrpbdmflqgkx.com", 8);
	f->config.forward_count = 0;
	f->config.stub = &f->zone;
	f->config.stub_count = 1;
	assert_let_through(f, random_name, 10);
	f->config.stub_count = 0;
	f->except = (struct config_rule){.name = f->zone.zone, .is_below = true};
	f->config.rebinding_except = &f->except;
	f->config.rebinding_except_count = 1;
	assert_let_through(f, "www.xjqwzvkhtrpbdmflqgkx.com", 12);
	assert_int_equal(run(f, random_name), STEP_REPLY);
	f->config.rebinding_except_count = 0;
	/* Everything goes to a forwarder: that makes no name the operator's. */
	set_name(&f->zone.zone, ".");
	f->config.forward_count = 1;
	assert_int_equal(run(f, random_name), STEP_REPLY);
}

static void the_target_of_a_list_is_not_judged(void **state)
{
	struct fixture *f = *state;
	f->query.is_aliased = true;
	assert_let_through(f, random_name, 0);
	assert_int_equal(f->query.dga_serial, 0);
	assert_int_equal(f->stats.dga_scored, 0);
}

static void infrastructure_is_exempt(void **state)
{
	const struct fixture *f = *state;
	static const struct {
		const char *name;
		uint16_t type;
		bool is_exempt;
	} cases[] = {{"1.2.0.192.in-addr.arpa", TYPE_PTR, true},
		{"1.2.0.192.in-addr.arpa", TYPE_A, true}, {"xjqwzvkhtrpbdmfl.arpa", TYPE_A, true},
		{"arpa", TYPE_A, true}, {"xjqwzvkhtrpbdmfl.xarpa", TYPE_A, false},
		{"arpa.example", TYPE_A, false}, {"_http._tcp.example.com", TYPE_PTR, true},
		{".", TYPE_A, false}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct dname name;
		set_name(&name, cases[i].name);
		if (classify_is_exempt(&f->config, &name, cases[i].type) != cases[i].is_exempt)
			fail_msg("%s", cases[i].name);
	}
}

/* As in monitor mode; what was let through is no hindrance afterwards. */
static void a_pause_lets_through(void **state)
{
	struct fixture *f = *state;
	f->config.dga_mode = LIST_MODE_BLOCK;
	f->query.is_paused = true;
	assert_int_equal(run(f, random_name), STEP_NEXT);
	assert_int_equal(f->query.dga_class, DGA_RANDOM);
	assert_int_equal(f->query.outcome, OUTCOME_RECURSED);
	assert_int_equal(suspects(f), 1);
	f->query.source = ANSWER_CACHE;
	assert_int_equal(run(f, random_name), STEP_NEXT);
	f->query.is_paused = false;
	assert_int_equal(run(f, random_name), STEP_REPLY);
	assert_int_equal(f->query.outcome, OUTCOME_BLOCKED_GENERATED);
}

static void the_text_is_short_and_whole(void **state)
{
	(void)state;
	static const struct {
		enum dga_class class;
		int32_t score;
		const char *text;
	} cases[] = {{DGA_RANDOM, 9449, "generated name (random, score 9.4)"},
		{DGA_HASH, 9450, "generated name (hash, score 9.5)"},
		{DGA_WORDS, 0, "generated name (words, score 0.0)"},
		{DGA_WORDS, -49, "generated name (words, score 0.0)"},
		{DGA_RANDOM, -1250, "generated name (random, score -1.3)"},
		{DGA_RANDOM, 20000, "generated name (random, score 20.0)"}};
	char text[80];
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		size_t n = classify_text(cases[i].class, cases[i].score, text, sizeof text);
		assert_string_equal(text, cases[i].text);
		assert_int_equal(n, strlen(text));
	}
	assert_int_equal(classify_text(DGA_RANDOM, 1, text, 10), 9);
	assert_string_equal(text, "generated");
}

/* A failure is kept without records: the shortest way through the cache. */
static void score_and_class_are_kept_with_the_answer(void **state)
{
	struct fixture *f = *state;
	static uint8_t out[WIRE_MAX];
	const struct query fresh = {
		.has_rd = true, .qtype = TYPE_A, .out = out, .out_max = sizeof out};
	assert_int_equal(cache_new(4 << 20, &f->worker.cache, NULL), 0);
	f->worker.now_us = clock_us();
	for (int class = DGA_NONE; class < DGA_CLASSES; class ++) {
		struct query again = fresh;
		f->query = fresh;
		run(f, class ? random_name : good_name);
		int32_t score = f->query.dga_score;
		f->query.dga_class = (enum dga_class) class;
		again.qname = f->query.qname;
		again.dga_serial = 5;
		f->query.rcode = RCODE_SERVFAIL;
		f->query.outcome = OUTCOME_SERVFAIL;
		assert_int_equal(cache_keep(&f->worker, &f->query), STEP_NEXT);
		assert_int_equal(cache(&f->worker, &again), STEP_REPLY);
		assert_int_equal(again.source, ANSWER_CACHE);
		assert_int_equal(again.dga_score, score);
		assert_int_equal(again.dga_class, class);
		assert_int_equal(again.dga_serial, 0); /* found under whatever view */
	}
	cache_free(f->worker.cache);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(misses_are_scored_and_counted),
		TEST(a_refresh_is_scored_but_not_counted),
		TEST(what_has_an_answer_keeps_its_score),
		TEST(off_and_without_a_model_nothing_happens),
		TEST(block_mode_blocks_suspects),
		TEST(a_kept_answer_is_judged_again_under_a_new_view),
		TEST(who_is_never_blocked),
		TEST(the_target_of_a_list_is_not_judged),
		TEST(infrastructure_is_exempt),
		TEST(a_pause_lets_through),
		TEST(the_text_is_short_and_whole),
		TEST(score_and_class_are_kept_with_the_answer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
