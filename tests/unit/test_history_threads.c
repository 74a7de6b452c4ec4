/* SPDX-License-Identifier: BSD-2-Clause
 * One thread writes and others ask: each answer is whole, though rows are closed and saved meanwhile.
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/history_harness.h"

enum { START = HARNESS_START_S, DAY = 86400, TICKS = 200, ASKERS = 2 };

struct world {
	struct history_harness *harness;
	_Atomic uint64_t told; /* queries of all ticks that are over */
	_Atomic bool is_over;
	_Atomic unsigned answers, faults;
};

static uint64_t sum_of(const struct history_point *p, size_t n)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += p[i].queries;
	return sum;
}

/* No answer knows less than what had been told when it was asked for, or than the one before. */
static void *ask_all(void *arg)
{
	struct world *w = arg;
	struct history *h = w->harness->history;
	struct history_point total, points[200];
	struct history_client_point client[200];
	struct history_entry e;
	struct history_info info;
	uint32_t step_s;
	while (!atomic_load(&w->is_over)) {
		uint64_t told = atomic_load(&w->told), outcomes = 0;
		history_total(h, START, START + 40 * DAY, &total);
		for (int i = 0; i < OUTCOME_COUNT; i++)
			outcomes += total.outcomes[i];
		bool is_right = total.queries >= told && outcomes == total.queries;
		size_t n = history_series(
			h, START, START + 40 * DAY, HISTORY_HOUR, &step_s, points, 200);
		is_right = is_right && sum_of(points, n) >= total.queries;
		uint64_t queries = sum_of(points, n);
		n = history_series(h, START, START + 40 * DAY, HISTORY_DAY, &step_s, points, 200);
		is_right = is_right && sum_of(points, n) >= queries;
		queries = sum_of(points, n);
		n = history_top(h, HISTORY_CLIENTS, START, START + 40 * DAY, &e, 1);
		is_right = is_right && (!queries || (n == 1 && e.count >= queries));
		(void)history_client(h, "192.0.2.1", START, START + 40 * DAY, client, 200);
		history_info(h, &info);
		is_right = is_right && !info.failed_saves;
		if (!is_right)
			atomic_fetch_add(&w->faults, 1);
		atomic_fetch_add(&w->answers, 1);
	}
	return NULL;
}

static void test_answers_are_whole(void **state)
{
	struct world w = {.harness = *state};
	struct history_harness *x = w.harness;
	pthread_t askers[ASKERS];
	for (int i = 0; i < ASKERS; i++)
		assert_int_equal(pthread_create(&askers[i], NULL, ask_all, &w), 0);
	for (unsigned i = 0; i < TICKS; i++) {
		/* Time is slow for those who ask: one answer, or some, a tick. */
		while (atomic_load(&w.answers) < i)
			sched_yield();
		history_harness_ask(x, "192.0.2.1", "a.example", OUTCOME_CACHED, 3);
		x->now_s += i % 10 ? 20 : 3620;
		history_harness_tick(x);
		atomic_store(&w.told, x->total.queries);
		if (i % 50 == 49)
			history_save(x->history);
	}
	atomic_store(&w.is_over, true);
	for (int i = 0; i < ASKERS; i++)
		pthread_join(askers[i], NULL);
	assert_int_equal(atomic_load(&w.faults), 0);
	assert_int_equal(history_harness_queries(x, START, START + 40 * DAY), x->total.queries);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(
		test_answers_are_whole, history_harness_make, history_harness_remove)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
