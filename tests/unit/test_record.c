/* SPDX-License-Identifier: BSD-2-Clause
 * One outcome, one type, one transport and one latency for each query; nothing for a refresh.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "resolver/record.h"
#include "tests/unit/fixture.h"

static struct fixture f;

static int start(void **state)
{
	(void)state;
	fixture_init(&f);
	f.view.lists[5].counter = 17;
	return 0;
}

static uint64_t sum(const uint64_t *counters, size_t n)
{
	uint64_t total = 0;
	while (n--)
		total += counters[n];
	return total;
}

static void test_every_query_counts_once(void **state)
{
	(void)state;
	static const uint16_t types[] = {TYPE_A, TYPE_AAAA, TYPE_HTTPS, 0, 4711};
	unsigned queries = 0;
	for (int outcome = 0; outcome < OUTCOME_COUNT; outcome++)
		for (int transport = TRANSPORT_UDP; transport <= TRANSPORT_TCP; transport++)
			for (size_t i = 0; i < 5; i++) {
				struct query *q = fixture_ask(&f, "a.example", types[i]);
				q->outcome = (enum query_outcome)outcome;
				q->transport = (enum transport)transport;
				assert_int_equal(record(&f.worker, q), STEP_NEXT);
				queries++;
			}
	static struct stats_total t;
	stats_sum(&t, &f.stats);
	assert_int_equal(t.queries, queries);
	assert_int_equal(sum(t.outcomes, OUTCOME_COUNT), queries);
	assert_int_equal(sum(t.types, STATS_TYPES), queries);
	assert_int_equal(sum(t.transports, 2), queries);
	assert_int_equal(t.outcomes[OUTCOME_STALE], 10);
	assert_int_equal(t.types[stats_type_index(TYPE_A)], queries / 5);
	assert_int_equal(t.types[STATS_TYPES - 1], queries / 5 * 2);
	assert_int_equal(t.transports[TRANSPORT_TCP], queries / 2);
	/* All within their batch: they wait for its one clock reading. */
	assert_int_equal(f.worker.batch_count, queries);
	assert_int_equal(sum(t.latency, STATS_BUCKETS), 0);
}

static void test_list(void **state)
{
	(void)state;
	struct query *q = fixture_ask(&f, "a.example", TYPE_A);
	q->outcome = OUTCOME_BLOCKED;
	q->list = 5;
	record(&f.worker, q);
	assert_int_equal(f.stats.list_hits[17], 1);
	q = fixture_ask(&f, "a.example", TYPE_A);
	record(&f.worker, q);
	for (unsigned i = 0; i < STATS_LISTS; i++)
		assert_int_equal(f.stats.list_hits[i], i == 17);
}

static void test_latency_of_a_parked_query(void **state)
{
	(void)state;
	struct query *q = fixture_ask(&f, "a.example", TYPE_A);
	clock_advance(1000);
	f.worker.now_us = clock_us();
	clock_advance(500);
	q->outcome = OUTCOME_RECURSED;
	record(&f.worker, q);
	assert_int_equal(f.worker.batch_count, 0);
	assert_int_equal(f.stats.latency[stats_bucket(1500)], 1);
	assert_int_equal(f.stats.latency_sum_us, 1500);
}

static void test_a_refresh_is_no_query(void **state)
{
	(void)state;
	static struct stats_worker nothing;
	struct query *q = fixture_ask(&f, "a.example", TYPE_A);
	q->transport = TRANSPORT_NONE;
	q->list = 5;
	q->arrived_us = 0;
	assert_int_equal(record(&f.worker, q), STEP_NEXT);
	assert_memory_equal(&f.stats, &nothing, sizeof nothing);
	assert_int_equal(f.worker.batch_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_every_query_counts_once, start),
		cmocka_unit_test_setup(test_list, start),
		cmocka_unit_test_setup(test_latency_of_a_parked_query, start),
		cmocka_unit_test_setup(test_a_refresh_is_no_query, start),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
