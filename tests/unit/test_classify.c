/* SPDX-License-Identifier: BSD-2-Clause
 * The stage: what is scored, what is counted, and that it never stops a query.
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

struct fixture {
	struct config config;
	struct view view;
	struct stats_worker stats;
	struct worker worker;
	struct query query;
	struct dga *dga;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	if (!f ||
		dga_open(&(const struct dga_options){.model = NULL, .threshold = 1e-4}, &f->dga,
			NULL))
		return -1;
	f->config.dga_mode = LIST_MODE_MONITOR;
	f->view.config = &f->config;
	f->worker = (struct worker){.view = &f->view, .stats = &f->stats, .dga = f->dga};
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

/* Runs the stage on a name; returns the score. */
static int32_t run(struct fixture *f, const char *name)
{
	f->query.dga_score = 0;
	assert_int_equal(dname_from_text(name, strlen(name), &f->query.qname), 0);
	assert_int_equal(classify(&f->worker, &f->query), STEP_NEXT);
	return f->query.dga_score;
}

static const char random_name[] = "xjqwzvkhtrpbdmfl.com";

static void misses_are_scored_and_counted(void **state)
{
	struct fixture *f = *state;
	assert_true(run(f, "www.wikipedia.org") < 0);
	assert_true(run(f, random_name) > dga_threshold(f->dga));
	assert_int_equal(run(f, "a.com"), 0);
	assert_int_equal(f->stats.dga_scored, 3);
	assert_int_equal(f->stats.dga_suspects, 1);
	f->query.transport = TRANSPORT_TCP;
	run(f, random_name);
	assert_int_equal(f->stats.dga_suspects, 2);
}

static void a_refresh_is_scored_but_not_counted(void **state)
{
	struct fixture *f = *state;
	f->query.transport = TRANSPORT_NONE;
	assert_true(run(f, random_name) > dga_threshold(f->dga));
	assert_int_equal(f->stats.dga_scored, 0);
	assert_int_equal(f->stats.dga_suspects, 0);
}

static void what_has_an_answer_keeps_its_score(void **state)
{
	struct fixture *f = *state;
	f->query.source = ANSWER_CACHE;
	f->query.dga_score = 77;
	assert_int_equal(classify(&f->worker, &f->query), STEP_NEXT);
	assert_int_equal(f->query.dga_score, 77);
	assert_int_equal(f->stats.dga_scored, 0);
}

static void off_and_without_a_model_nothing_happens(void **state)
{
	struct fixture *f = *state;
	f->config.dga_mode = LIST_MODE_OFF;
	assert_int_equal(run(f, random_name), 0);
	f->config.dga_mode = LIST_MODE_MONITOR;
	f->worker.dga = NULL;
	assert_int_equal(run(f, random_name), 0);
	assert_int_equal(f->stats.dga_scored, 0);
}

/* A failure is kept without records: the shortest way through the cache. */
static void the_score_is_kept_with_the_answer(void **state)
{
	struct fixture *f = *state;
	static uint8_t out[WIRE_MAX];
	struct query again = {.has_rd = true, .qtype = TYPE_A, .out = out, .out_max = sizeof out};
	assert_int_equal(cache_new(4 << 20, &f->worker.cache, NULL), 0);
	f->worker.now_us = clock_us();
	f->query = again;
	int32_t score = run(f, random_name);
	again.qname = f->query.qname;
	f->query.rcode = RCODE_SERVFAIL;
	assert_int_equal(cache_keep(&f->worker, &f->query), STEP_NEXT);
	assert_int_equal(cache(&f->worker, &again), STEP_REPLY);
	assert_int_equal(again.source, ANSWER_CACHE);
	assert_int_equal(again.dga_score, score);
	cache_free(f->worker.cache);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(misses_are_scored_and_counted),
		TEST(a_refresh_is_scored_but_not_counted),
		TEST(what_has_an_answer_keeps_its_score),
		TEST(the_score_is_kept_with_the_answer),
		TEST(off_and_without_a_model_nothing_happens),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
