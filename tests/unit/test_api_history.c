/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "resolver/base/clock.h"
#include "tests/unit/api_harness.h"

static int fill(void **state)
{
	reset(state);
	struct history *h = &journal.history;
	clock_freeze(0, 1700000000);
	h->point_count = 2;
	h->points[0] = (struct history_point){.at_s = 1699999980,
		.step_s = 60,
		.queries = 10,
		.outcomes = {[OUTCOME_CACHED] = 3,
			[OUTCOME_STALE] = 1,
			[OUTCOME_RECURSED] = 2,
			[OUTCOME_BLOCKED] = 2,
			[OUTCOME_BLOCKED_CHAIN] = 1,
			[OUTCOME_SERVFAIL] = 1},
		.types = {7, 3},
		.latency = {[6] = 9, [10] = 1},
		.latency_sum_us = 1000,
		.clients = 4,
		.domains = 6};
	h->entry_count[HISTORY_DOMAINS] = 2;
	h->entries[HISTORY_DOMAINS][0] =
		(struct history_entry){.text = "a.example", .count = 9, .error = 1};
	h->entries[HISTORY_DOMAINS][1] =
		(struct history_entry){.text = "\xff\\\".example", .count = 2};
	h->entry_count[HISTORY_BLOCKED_CLIENTS] = 1;
	h->entries[HISTORY_BLOCKED_CLIENTS][0] =
		(struct history_entry){.text = "192.0.2.7", .count = 3};
	return 0;
}

static int empty(void **state)
{
	clock_thaw();
	return clean(state);
}

static void a_summary_adds_up(void **state)
{
	(void)state;
	json_t *v = get("/api/v1/summary");
	assert_string_equal(text(v, "from"), "2023-11-13T22:13:21Z");
	assert_string_equal(text(v, "to"), "2023-11-14T22:13:21Z");
	assert_int_equal(number(v, "queries"), 10);
	assert_int_equal(number(v, "blocked"), 3);
	assert_true(json_number_value(json_object_get(v, "blocked_percent")) == 30.0);
	assert_int_equal(number(v, "cached"), 4);
	assert_int_equal(number(v, "forwarded"), 2);
	assert_int_equal(number(v, "failed"), 1);
	assert_int_equal(sum(json_object_get(v, "outcomes")), 10);
	assert_int_equal(json_object_size(json_object_get(v, "outcomes")), OUTCOME_COUNT);
	assert_int_equal(sum(json_object_get(v, "types")), 10);
	assert_int_equal(number(json_object_get(v, "latency"), "count"), 10);
	assert_int_equal(number(v, "clients"), 4);
	assert_int_equal(number(v, "domains"), 6);
	json_decref(v);
	json_decref(get("/api/v1/summary?from=0&to=2001-09-09T01:46:40Z"));
	assert_int_equal(journal.history.from_s, 0);
	assert_int_equal(journal.history.to_s, 1000000000);
	expect(false, EDGE_GET, "/api/v1/summary?from=1&to=1", NULL, 400);
}

static void points_hold_what_is_not_zero(void **state)
{
	(void)state;
	json_t *v = get("/api/v1/history?step=hour&from=0&to=86400");
	assert_int_equal(journal.history.step, HISTORY_HOUR);
	assert_string_equal(text(v, "from"), "1970-01-01T00:00:00Z");
	assert_int_equal(number(v, "step_s"), 60);
	const json_t *points = json_object_get(v, "points");
	assert_int_equal(json_array_size(points), 2);
	const json_t *p = json_array_get(points, 0);
	assert_string_equal(text(p, "at"), "2023-11-14T22:13:00Z");
	assert_int_equal(number(p, "blocked"), 3);
	assert_int_equal(json_object_size(json_object_get(p, "outcomes")), 6);
	assert_int_equal(sum(json_object_get(p, "outcomes")), 10);
	assert_int_equal(json_object_size(json_object_get(p, "types")), 2);
	assert_int_equal(json_object_size(json_object_get(json_array_get(points, 1), "types")), 0);
	json_decref(v);
	json_decref(get("/api/v1/history"));
	assert_int_equal(journal.history.step, HISTORY_AUTO);
	expect(false, EDGE_GET, "/api/v1/history?step=second", NULL, 400);
	/* What is kept is ten years; a span of thousands is no question. */
	json_decref(get("/api/v1/history?from=0"));
	expect(false, EDGE_GET, "/api/v1/history?from=0&step=day", NULL, 400);
	expect(false, EDGE_GET, "/api/v1/history?from=0&to=9999-01-01T00:00:00Z", NULL, 400);
}

static void the_top_is_told_by_kind(void **state)
{
	(void)state;
	unsigned status;
	json_t *v = ask(true, EDGE_GET, "/api/v1/top?limit=5", NULL, &status);
	assert_string_equal(text(v, "kind"), "domains");
	const json_t *entries = json_object_get(v, "entries");
	assert_int_equal(json_array_size(entries), 2);
	assert_int_equal(number(json_array_get(entries, 0), "error"), 1);
	assert_string_equal(text(json_array_get(entries, 1), "name"), "\xEF\xBF\xBD\\\".example");
	json_decref(v);
	v = ask(true, EDGE_GET, "/api/v1/top?kind=blocked_clients", NULL, &status);
	assert_int_equal(status, 200);
	assert_string_equal(
		text(json_array_get(json_object_get(v, "entries"), 0), "name"), "192.0.2.7");
	json_decref(v);
	json_decref(get("/api/v1/top?kind=lists"));
	expect(false, EDGE_GET, "/api/v1/top?kind=clients", NULL, 401);
	expect(false, EDGE_GET, "/api/v1/top?kind=blocked_clients", NULL, 401);
	expect(true, EDGE_GET, "/api/v1/top?kind=all", NULL, 400);
	expect(true, EDGE_GET, "/api/v1/top?limit=0", NULL, 400);
	expect(true, EDGE_GET, "/api/v1/top?limit=1001", NULL, 400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_summary_adds_up, fill, empty),
		cmocka_unit_test_setup_teardown(points_hold_what_is_not_zero, fill, empty),
		cmocka_unit_test_setup_teardown(the_top_is_told_by_kind, fill, empty),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
