/* SPDX-License-Identifier: BSD-2-Clause
 * The history adds up in all its tiers, to the unit, over restarts, restarts of counters and jumps of the clock.
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

#include "tests/unit/history_harness.h"

enum { START = HARNESS_START_S, HOUR = 3600, DAY = 86400 };

#define ASK history_harness_ask
#define PASS history_harness_pass
#define QUERIES history_harness_queries

/* The sum of a series, which is that of its points' counters. */
static uint64_t series(struct history_harness *x, uint64_t from_s, uint64_t to_s,
	enum history_step step, uint32_t want_step_s, size_t want_points)
{
	static struct history_point points[4000];
	uint32_t step_s;
	uint64_t sum = 0;
	size_t n = history_series(x->history, from_s, to_s, step, &step_s, points, 4000);
	assert_int_equal(step_s, want_step_s);
	assert_int_equal(n, want_points);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(points[i].at_s, from_s - from_s % step_s + i * step_s);
		assert_int_equal(points[i].step_s, step_s);
		sum += points[i].queries;
	}
	return sum;
}

static void test_what_came_is_there_at_once(void **state)
{
	struct history_harness *x = *state;
	struct history_point p;
	assert_int_equal(QUERIES(x, 0, UINT64_MAX), 0);
	ASK(x, "192.0.2.1", "a.example", OUTCOME_CACHED, 3);
	ASK(x, "192.0.2.2", "b.example", OUTCOME_BLOCKED, 2);
	history_harness_tick(x);
	history_total(x->history, START, START + 60, &p);
	assert_int_equal(p.queries, 5);
	assert_int_equal(p.outcomes[OUTCOME_BLOCKED], 2);
	assert_int_equal(p.types[0], 5);
	assert_int_equal(p.latency[5], 5);
	assert_int_equal(p.latency_sum_us, 100);
	assert_int_equal(p.clients, 2);
	assert_int_equal(p.domains, 2);
	assert_int_equal(p.at_s, START);
	assert_int_equal(QUERIES(x, START - HOUR, START), 0);
	assert_int_equal(QUERIES(x, START + 60, START + HOUR), 0);
}

static void test_what_came_before_the_first_tick_counts(void **state)
{
	struct history_harness *x = *state;
	history_harness_restart(x, true);
	ASK(x, "192.0.2.1", "a.example", OUTCOME_CACHED, 7);
	PASS(x, 30);
	PASS(x, 60);
	assert_int_equal(QUERIES(x, START, START + 60), 7);
}

static void test_rows_roll_over(void **state)
{
	struct history_harness *x = *state;
	/* One in the first minute, two in the second, and so on, for three hours over midnight. */
	x->now_s = START - 90 * 60;
	history_harness_tick(x);
	for (uint64_t i = 1; i <= 180; i++) {
		ASK(x, "192.0.2.1", i % 2 ? "odd.example" : "even.example", OUTCOME_RECURSED, i);
		PASS(x, 60);
	}
	uint64_t all = 180 * 181 / 2, first = 90 * 91 / 2;
	assert_int_equal(QUERIES(x, START - DAY, START + DAY), all);
	assert_int_equal(QUERIES(x, START - DAY, START), first);
	assert_int_equal(QUERIES(x, START, START + DAY), all - first);
	assert_int_equal(QUERIES(x, START + 60, START + 180), 92 + 93);
	assert_int_equal(QUERIES(x, START - 30 * 60, START + 30 * 60), 120 * 121 / 2 - 60 * 61 / 2);
	assert_int_equal(series(x, START - DAY, START + DAY, HISTORY_DAY, DAY, 2), all);
	assert_int_equal(series(x, START - 2 * HOUR, START + 2 * HOUR, HISTORY_HOUR, HOUR, 4), all);
	assert_int_equal(series(x, START - 2 * HOUR, START + 5400, HISTORY_MINUTE, 60, 210), all);
	assert_int_equal(series(x, START - 2 * HOUR, START + 5400, HISTORY_AUTO, 60, 210), all);
	assert_int_equal(series(x, START - 22 * HOUR, START + 5400, HISTORY_AUTO, 300, 282), all);
	/* In one minute there was one name, in an hour two. */
	struct history_point p;
	history_total(x->history, START - 60, START, &p);
	assert_int_equal(p.domains, 1);
	history_total(x->history, START, START + HOUR, &p);
	assert_int_equal(p.domains, 2);
	assert_int_equal(p.clients, 1);
}

static void test_top_lists_tell_who_and_what(void **state)
{
	struct history_harness *x = *state;
	struct history_entry e[10];
	for (int i = 0; i < 3; i++) {
		ASK(x, "192.0.2.1", "often.example", OUTCOME_CACHED, 10);
		ASK(x, "192.0.2.2", "bad.example", OUTCOME_BLOCKED, 4);
		ASK(x, "192.0.2.2", "made-up.example", OUTCOME_BLOCKED_GENERATED, 1);
		ASK(x, "", "no-client.example", OUTCOME_CACHED, 1);
		ASK(x, "192.0.2.3", NULL, OUTCOME_BLOCKED, 2);
		PASS(x, HOUR);
	}
	assert_int_equal(history_top(x->history, HISTORY_DOMAINS, START, START + DAY, e, 10), 4);
	assert_string_equal(e[0].text, "often.example");
	assert_int_equal(e[0].count, 30);
	assert_int_equal(e[0].error, 0);
	assert_string_equal(e[1].text, "bad.example");
	assert_int_equal(history_top(x->history, HISTORY_DOMAINS, START, START + DAY, e, 1), 1);
	assert_int_equal(history_top(x->history, HISTORY_DOMAINS, START, START + HOUR, e, 10), 4);
	assert_int_equal(e[0].count, 10);
	assert_int_equal(
		history_top(x->history, HISTORY_BLOCKED_DOMAINS, START, START + DAY, e, 10), 2);
	assert_string_equal(e[1].text, "made-up.example");
	assert_int_equal(e[1].count, 3);
	assert_int_equal(history_top(x->history, HISTORY_CLIENTS, START, START + DAY, e, 10), 3);
	assert_string_equal(e[0].text, "192.0.2.1");
	assert_string_equal(e[1].text, "192.0.2.2");
	assert_int_equal(e[1].count, 15);
	assert_int_equal(
		history_top(x->history, HISTORY_BLOCKED_CLIENTS, START, START + DAY, e, 10), 2);
	assert_int_equal(e[1].count, 6);
	assert_int_equal(history_top(x->history, HISTORY_LISTS, START, START + DAY, e, 10), 1);
	assert_string_equal(e[0].text, "ads");
	assert_int_equal(e[0].count, 21);
	assert_int_equal(history_top(x->history, HISTORY_FAMILIES, START, START + DAY, e, 10), 1);
	assert_string_equal(e[0].text, "necurs");
	assert_int_equal(history_top(x->history, HISTORY_DOMAINS, START + DAY, START, e, 10), 0);
}

static void test_a_client_over_time(void **state)
{
	struct history_harness *x = *state;
	struct history_client_point p[400];
	for (uint64_t i = 0; i < 24; i++) {
		ASK(x, "192.0.2.1", "a.example", OUTCOME_CACHED, i);
		ASK(x, "192.0.2.1", "b.example", OUTCOME_BLOCKED, 1);
		ASK(x, "192.0.2.2", "a.example", OUTCOME_CACHED, 5);
		PASS(x, HOUR);
	}
	size_t n = history_client(x->history, "192.0.2.1", START, START + DAY, p, 400);
	assert_int_equal(n, DAY / 300);
	assert_int_equal(p[12 * 23].at_s, START + 23 * HOUR);
	assert_int_equal(p[12 * 23].queries, 24);
	assert_int_equal(p[12 * 23].blocked, 1);
	assert_int_equal(p[12 * 23 + 1].queries, 0);
	n = history_client(x->history, "192.0.2.1", START, START + DAY, p, 24);
	assert_int_equal(n, 24);
	assert_int_equal(p[7].queries, 8);
	assert_int_equal(history_client(x->history, "nobody", START, START + DAY, p, 400), 288);
	assert_int_equal(p[0].queries, 0);
}

static void test_counters_that_begin_anew(void **state)
{
	struct history_harness *x = *state;
	ASK(x, "192.0.2.1", "a.example", OUTCOME_CACHED, 1000);
	PASS(x, 60);
	memset(&x->total, 0, sizeof x->total);
	ASK(x, "192.0.2.1", "a.example", OUTCOME_CACHED, 3);
	PASS(x, 60);
	assert_int_equal(QUERIES(x, START, START + HOUR), 1003);
	assert_int_equal(QUERIES(x, START + 60, START + 120), 3);
}

static void test_restarts(void **state)
{
	struct history_harness *x = *state;
	struct history_entry e[4];
	struct history_point p;
	/* All in one minute: its row is taken up again. */
	for (int i = 0; i < 3; i++) {
		ASK(x, "192.0.2.1", i ? "late.example" : "early.example", OUTCOME_CACHED, 10);
		PASS(x, 10);
		history_harness_restart(x, false);
	}
	PASS(x, 0);
	assert_int_equal(QUERIES(x, START, START + 60), 30);
	assert_int_equal(QUERIES(x, START - DAY, START + DAY), 30);
	history_total(x->history, START, START + HOUR, &p);
	assert_int_equal(p.domains, 2);
	assert_int_equal(history_top(x->history, HISTORY_DOMAINS, START, START + DAY, e, 4), 2);
	assert_string_equal(e[0].text, "late.example");
	assert_int_equal(e[0].count, 20);
	/* Killed: what is ten minutes old is there. */
	PASS(x, 60);
	ASK(x, "192.0.2.1", "a.example", OUTCOME_CACHED, 5);
	PASS(x, 601);
	ASK(x, "192.0.2.1", "a.example", OUTCOME_CACHED, 700);
	history_harness_restart(x, true);
	PASS(x, 1);
	assert_int_equal(QUERIES(x, START - DAY, START + DAY), 35);
	assert_int_equal(series(x, START, START + HOUR, HISTORY_HOUR, HOUR, 1), 35);
	assert_int_equal(series(x, START, START + HOUR, HISTORY_DAY, DAY, 1), 35);
}

static void test_old_minutes_go_and_hours_stay(void **state)
{
	struct history_harness *x = *state;
	struct history_info info;
	for (uint64_t i = 0; i < 3 * 24 * 60; i++) {
		ASK(x, "192.0.2.1", "a.example", OUTCOME_CACHED, 1);
		PASS(x, 60);
	}
	history_save(x->history);
	history_info(x->history, &info);
	assert_int_equal(info.rows[HISTORY_MINUTES], 2 * 24 * 60);
	assert_int_equal(info.rows[HISTORY_HOURS], 3 * 24);
	assert_int_equal(info.rows[HISTORY_DAYS], 3);
	assert_int_equal(info.waiting_rows, 0);
	assert_true(info.saves > 3 * 24 * 5 && info.saves < 3 * 24 * 7);
	assert_string_equal(info.problem, "");
	/* Where there are no minutes any more, hours tell. */
	assert_int_equal(series(x, START, START + HOUR, HISTORY_MINUTE, HOUR, 1), 60);
	assert_int_equal(
		series(x, START + 2 * DAY, START + 2 * DAY + HOUR, HISTORY_MINUTE, 60, 60), 60);
	assert_int_equal(QUERIES(x, START + 600, START + 1200), 60);
	assert_int_equal(QUERIES(x, START + 2 * DAY + 600, START + 2 * DAY + 1200), 10);
	assert_int_equal(QUERIES(x, START, START + 3 * DAY), 3 * 24 * 60);
	assert_int_equal(QUERIES(x, START + 600, START + 3 * DAY - 600), 3 * 24 * 60 - 10);
}

static void test_jumps_of_the_clock(void **state)
{
	struct history_harness *x = *state;
	static const int64_t jumps[] = {
		DAY, -DAY, -30, 30, -HOUR, 400 * (int64_t)DAY, -400 * (int64_t)DAY + 60};
	uint64_t all = 0, first_s = x->now_s - HOUR;
	history_harness_tick(x);
	for (size_t i = 0; i < sizeof jumps / sizeof jumps[0]; i++) {
		ASK(x, "192.0.2.1", "a.example", OUTCOME_CACHED, 100 + i);
		all += 100 + i;
		x->now_s = (uint64_t)((int64_t)x->now_s + jumps[i]);
		history_harness_tick(x);
		if (i % 2)
			history_harness_restart(x, false);
	}
	history_harness_tick(x);
	/* What was counted in the wrong year is there when that year has come. */
	x->now_s = first_s + 402 * DAY;
	history_harness_tick(x);
	assert_int_equal(QUERIES(x, first_s, first_s + 402 * DAY), all);
	assert_int_equal(series(x, first_s, first_s + 402 * DAY, HISTORY_DAY, DAY, 403), all);
}

static void test_a_clock_that_was_never_set(void **state)
{
	struct history_harness *x = *state;
	ASK(x, "192.0.2.1", "a.example", OUTCOME_CACHED, 1);
	PASS(x, 60);
	history_harness_restart(x, false);
	/* 1970: all goes to the newest minute known, until the clock is right. */
	x->now_s = 17;
	ASK(x, "192.0.2.1", "a.example", OUTCOME_CACHED, 2);
	PASS(x, 60);
	ASK(x, "192.0.2.1", "a.example", OUTCOME_CACHED, 4);
	PASS(x, 600);
	assert_int_equal(QUERIES(x, START, START + 60), 7);
	history_harness_restart(x, false);
	assert_int_equal(QUERIES(x, START, START + 60), 7);
	x->now_s = START + HOUR;
	history_harness_tick(x);
	assert_int_equal(QUERIES(x, START, START + 60), 7);
	assert_int_equal(QUERIES(x, START - DAY, START + HOUR), 7);
}

static void test_spans_that_make_no_sense(void **state)
{
	struct history_harness *x = *state;
	struct history_point p[4];
	uint32_t step_s;
	ASK(x, "192.0.2.1", "a.example", OUTCOME_CACHED, 2);
	PASS(x, 60);
	assert_int_equal(QUERIES(x, 0, UINT64_MAX), 2);
	assert_int_equal(QUERIES(x, UINT64_MAX, UINT64_MAX), 0);
	assert_int_equal(QUERIES(x, UINT64_MAX, 0), 0);
	assert_int_equal(QUERIES(x, START + 60, START), 0);
	assert_int_equal(QUERIES(x, START + 10 * DAY, START + 11 * DAY), 0);
	assert_int_equal(history_series(x->history, START, START, HISTORY_AUTO, &step_s, p, 4), 0);
	assert_int_equal(
		history_series(x->history, START, START + 60, HISTORY_AUTO, &step_s, p, 0), 0);
	/* No more than there is room for. */
	assert_int_equal(
		history_series(x->history, START - HOUR, START, HISTORY_MINUTE, &step_s, p, 4), 4);
	assert_int_equal(
		history_series(x->history, START - HOUR, START, HISTORY_AUTO, &step_s, p, 4), 2);
	assert_int_equal(step_s, 1800);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, history_harness_make, history_harness_remove)
	const struct CMUnitTest tests[] = {T(test_what_came_is_there_at_once),
		T(test_what_came_before_the_first_tick_counts), T(test_rows_roll_over),
		T(test_top_lists_tell_who_and_what), T(test_a_client_over_time),
		T(test_counters_that_begin_anew), T(test_restarts),
		T(test_old_minutes_go_and_hours_stay), T(test_jumps_of_the_clock),
		T(test_a_clock_that_was_never_set), T(test_spans_that_make_no_sense)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
