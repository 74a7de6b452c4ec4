/* SPDX-License-Identifier: BSD-2-Clause
 * Counters, their sums, latency buckets and quantiles.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "resolver/stats.h"

static void test_types(void **state)
{
	(void)state;
	bool is_seen[STATS_TYPES] = {false};
	unsigned named = 0;
	for (unsigned type = 0; type < 65536; type++) {
		unsigned i = stats_type_index((uint16_t)type);
		assert_in_range(i, 0, STATS_TYPES - 1);
		if (i == STATS_TYPES - 1)
			continue;
		assert_false(is_seen[i]);
		is_seen[i] = true;
		named++;
	}
	assert_int_equal(named, STATS_TYPES - 1);
	assert_string_equal(stats_type_name(stats_type_index(TYPE_HTTPS)), "HTTPS");
	assert_string_equal(stats_type_name(stats_type_index(TYPE_A)), "A");
	assert_string_equal(stats_type_name(STATS_TYPES - 1), "other");
	assert_string_equal(stats_type_name(UINT32_MAX), "other");
}

static void test_outcomes(void **state)
{
	(void)state;
	for (int i = 0; i < OUTCOME_COUNT; i++)
		for (int k = 0; k < i; k++)
			assert_string_not_equal(stats_outcome_name((enum query_outcome)i),
				stats_outcome_name((enum query_outcome)k));
	assert_string_equal(stats_outcome_name(OUTCOME_CACHED), "cached");
	assert_string_equal(stats_outcome_name(OUTCOME_DROPPED_LIMIT), "dropped_limit");
	assert_string_equal(stats_outcome_name(OUTCOME_COUNT), "unknown");
	unsigned blocked = 0;
	for (int i = 0; i < OUTCOME_COUNT; i++)
		blocked += stats_outcome_is_blocked((enum query_outcome)i);
	assert_int_equal(blocked, 8);
	assert_true(stats_outcome_is_blocked(OUTCOME_BLOCKED_GENERATED));
	assert_true(stats_outcome_is_blocked(OUTCOME_BLOCKED_INFECTED));
	assert_true(stats_outcome_is_blocked(OUTCOME_DROPPED_POLICY));
	assert_false(stats_outcome_is_blocked(OUTCOME_REBINDING));
}

static void test_buckets(void **state)
{
	(void)state;
	assert_int_equal(stats_bucket(0), 0);
	assert_int_equal(stats_bucket(1), 0);
	for (unsigned i = 1; i < STATS_BUCKETS - 1; i++) {
		uint64_t limit = stats_bucket_limit_us(i);
		assert_true(limit == (uint64_t)1 << i);
		assert_int_equal(stats_bucket(limit), i);
		assert_int_equal(stats_bucket(limit + 1), i + 1);
		assert_int_equal(stats_bucket(limit / 2 + 1), i);
	}
	assert_int_equal(stats_bucket(UINT64_MAX), STATS_BUCKETS - 1);
	assert_int_equal(stats_bucket((uint64_t)1 << 63), STATS_BUCKETS - 1);
	assert_true(stats_bucket_limit_us(STATS_BUCKETS - 1) == UINT64_MAX);
	assert_true(stats_bucket_limit_us(STATS_BUCKETS) == UINT64_MAX);
}

static void expect_us(double is, double wanted)
{
	assert_true(is > wanted - 0.001 && is < wanted + 0.001);
}

static void test_quantiles(void **state)
{
	(void)state;
	struct stats_total t = {0};
	expect_us(stats_quantile_us(t.latency, 0.5), 0);
	/* 100 answers between 64 and 128 us: in the middle of the bucket */
	t.latency[7] = 100;
	expect_us(stats_quantile_us(t.latency, 0), 64);
	expect_us(stats_quantile_us(t.latency, 0.5), 96);
	expect_us(stats_quantile_us(t.latency, 1), 128);
	/* one slow one of a hundred: behind p99 */
	t.latency[7] = 99;
	t.latency[20] = 1;
	expect_us(stats_quantile_us(t.latency, 0.99), 128);
	expect_us(stats_quantile_us(t.latency, 0.995), (1 << 19) * 1.5);
	expect_us(stats_quantile_us(t.latency, 1), 1 << 20);
	/* the first bucket begins at 0, the last has an end only for our sake */
	memset(&t, 0, sizeof t);
	t.latency[0] = 4;
	expect_us(stats_quantile_us(t.latency, 0.5), 0.5);
	memset(&t, 0, sizeof t);
	t.latency[STATS_BUCKETS - 1] = 1;
	expect_us(stats_quantile_us(t.latency, 1), (double)((uint64_t)1 << (STATS_BUCKETS - 1)));
	/* rising in q */
	for (unsigned i = 0; i < STATS_BUCKETS; i++)
		t.latency[i] = i * 7 % 5;
	double before = 0;
	for (int i = 0; i <= 1000; i++) {
		double us = stats_quantile_us(t.latency, i / 1000.0);
		assert_true(us >= before);
		before = us;
	}
}

/* Every counter of two workers, each with its own value, is in the sum once. */
static void test_sum(void **state)
{
	(void)state;
	static struct stats_worker a, b;
	static struct stats_total t;
	uint64_t queries = 0;
	_Atomic uint64_t *counters[] = {&a.outcomes[0], &b.outcomes[0]};
	for (unsigned w = 0; w < 2; w++)
		for (size_t i = 0; i < sizeof a / sizeof a.outcomes[0]; i++)
			stats_add(&counters[w][i], (i + 1) * (w ? 1000000 : 1));
	stats_sum(&t, &a);
	stats_sum(&t, &b);
	size_t n = 0;
	for (unsigned i = 0; i < OUTCOME_COUNT; i++, queries += 1000001 * n)
		assert_true(t.outcomes[i] == 1000001 * ++n);
	assert_true(t.queries == queries);
	for (unsigned i = 0; i < 2; i++)
		assert_true(t.transports[i] == 1000001 * ++n);
	for (unsigned i = 0; i < STATS_TYPES; i++)
		assert_true(t.types[i] == 1000001 * ++n);
	for (unsigned i = 0; i < JOURNAL_REPLY_COUNT; i++)
		assert_true(t.replies[i] == 1000001 * ++n);
	for (unsigned i = 0; i < STATS_LISTS; i++)
		assert_true(t.list_hits[i] == 1000001 * ++n);
	for (unsigned i = 0; i < STATS_LISTS; i++)
		assert_true(t.list_monitored[i] == 1000001 * ++n);
	for (unsigned i = 0; i < BOTNETS_MAX; i++)
		assert_true(t.families[i] == 1000001 * ++n);
	for (unsigned i = 0; i < STATS_BUCKETS; i++)
		assert_true(t.latency[i] == 1000001 * ++n);
	assert_true(t.latency_sum_us == 1000001 * ++n);
	for (unsigned i = 0; i < DGA_CLASSES; i++)
		assert_true(t.dga_suspects[i] == 1000001 * ++n);
#define X(symbol, name, help) assert_true(t.symbol == 1000001 * ++n);
	STATS_EVENTS(X)
#undef X
	assert_int_equal(n, sizeof a / sizeof a.outcomes[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_outcomes),
		cmocka_unit_test(test_buckets),
		cmocka_unit_test(test_quantiles),
		cmocka_unit_test(test_sum),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
