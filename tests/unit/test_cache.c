/* SPDX-License-Identifier: BSD-2-Clause
 * The answer cache on a standing clock: time, variants, sizes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/cache_harness.h"

/* --- time ------------------------------------------------------------------------------------- */

static void test_miss_then_hit(void **state)
{
	(void)state;
	expect_miss("a.example");
	put("a.example", &plain);
	expect_hit("a.example", &plain, 0);
	expect_miss("b.example");
	expect_miss("example");
	expect_miss("a.a.example");
}

static void test_ttls_fall(void **state)
{
	(void)state;
	/* As many records as are kept, each with a TTL of its own. */
	const struct cache_answer many = {.seed = 5, .ttl_s = 100, .records = 1024, .data_len = 7};
	for (uint32_t age_s = 0; age_s < 100; age_s++) {
		put("a.example", &many);
		fixture_advance(&f, age_s);
		expect_hit("a.example", &many, age_s);
	}
	put("b.example", &many);
	fixture_advance(&f, 100);
	expect_miss("a.example");
	expect_miss("b.example");
}

static void test_last_second(void **state)
{
	(void)state;
	const struct cache_answer a = {.seed = 2, .ttl_s = 1, .records = 1, .data_len = 4};
	put("a.example", &a);
	expect_hit("a.example", &a, 0);
	put("a.example", &a);
	fixture_advance(&f, 1);
	expect_miss("a.example");
}

/* A second begins when the answer comes, not when the clock's does. */
static void test_seconds_count_from_the_answer(void **state)
{
	(void)state;
	const struct cache_answer a = {.seed = 2, .ttl_s = 1, .records = 1, .data_len = 4};
	const struct cache_answer b = {.seed = 3, .ttl_s = 3, .records = 1, .data_len = 4};
	static const unsigned starts_ms[] = {0, 1, 500, 998, 999};
	for (size_t i = 0; i < sizeof starts_ms / sizeof starts_ms[0]; i++) {
		fixture_advance_ms(&f, 10000 - clock_ms() % 1000 + starts_ms[i]);
		put("a.example", &a);
		put("b.example", &b);
		put("c.example", &a);
		fixture_advance_ms(&f, 999);
		expect_hit("a.example", &a, 0);
		expect_hit("b.example", &b, 0);
		fixture_advance_ms(&f, 1);
		expect_miss("c.example");
		expect_hit("b.example", &b, 1);
		fixture_advance_ms(&f, 1000);
		expect_hit("b.example", &b, 2);
		/* A batch that began before it came does not take it for the future's. */
		put("a.example", &a);
		f.worker.now_us -= 1000;
		expect_hit("a.example", &a, 0);
	}
}

static void test_zero_ttl_is_not_kept(void **state)
{
	(void)state;
	const struct cache_answer a = {.seed = 2, .ttl_s = 0, .records = 1, .data_len = 4};
	put("a.example", &a);
	expect_miss("a.example");
}

/* The operator keeps answers longer than they say: the TTLs end at 0, no wrap. */
static void test_ttl_below_the_minimum(void **state)
{
	(void)state;
	const struct cache_answer a = {.seed = 2, .ttl_s = 10, .records = 1, .data_len = 4};
	cache_answer_put(fixture_ask(&f, "a.example", TYPE_TXT), &a);
	f.q.min_ttl_s = 60;
	cache_keep(&f.worker, &f.q);
	fixture_advance(&f, 30);
	assert_int_equal(get("a.example"), STEP_NEXT);
	assert_int_equal(f.q.source, ANSWER_CACHE);
	assert_int_equal(wire_u32(f.out + query_records_at(&f.q) + 6), 0);
	fixture_advance(&f, 30);
	assert_true(take_stale("a.example"));
	expect_stale(&a);
}

/* A stale answer never says 0 (RFC 8767 4). */
static void test_stale_ttl_of_zero(void **state)
{
	(void)state;
	const struct cache_answer a = {.seed = 2, .ttl_s = 0, .records = 1, .data_len = 4};
	cache_answer_put(fixture_ask(&f, "a.example", TYPE_TXT), &a);
	f.q.min_ttl_s = 60;
	cache_keep(&f.worker, &f.q);
	fixture_advance(&f, 100);
	assert_true(take_stale("a.example"));
	assert_int_equal(wire_u32(f.out + query_records_at(&f.q) + 6), STALE_TTL_S);
}

/* A batch's clock reading may be older than an entry that another worker has just written. */
static void test_entry_newer_than_the_batch(void **state)
{
	(void)state;
	uint64_t batch_us = f.worker.now_us;
	fixture_advance(&f, 1);
	put("a.example", &plain);
	f.worker.now_us = batch_us;
	expect_hit("a.example", &plain, 0);
	/* An older failure is no reason to give it up. */
	clock_freeze(batch_us, 1);
	put_failure("a.example", OUTCOME_SERVFAIL, EDE_NETWORK_ERROR, NULL);
	expect_hit("a.example", &plain, 0);
	assert_true(take_stale("a.example"));
	assert_int_equal(f.q.source, ANSWER_CACHE);
	assert_true(cache_answer_is(&f.q, &plain, 0, 0));
}

/* The seconds of the clock are 32 bits. */
static void test_clock_wraps(void **state)
{
	(void)state;
	clock_freeze((uint64_t)(UINT32_MAX - 10) * 1000000, 1);
	fixture_advance(&f, 0);
	put("a.example", &plain);
	fixture_advance(&f, 20);
	expect_hit("a.example", &plain, 20);
	fixture_advance(&f, 290);
	expect_miss("a.example");
	assert_true(take_stale("a.example"));
}

/* --- variants --------------------------------------------------------------------------------- */

static void test_do_and_cd_have_their_own(void **state)
{
	(void)state;
	struct cache_answer a[4];
	for (unsigned i = 0; i < 4; i++) {
		a[i] = (struct cache_answer){.seed = i,
			.ttl_s = 60,
			.records = (uint16_t)(i + 1),
			.data_len = 9,
			.is_secure = i & 1};
		fixture_ask(&f, "a.example", TYPE_TXT);
		f.q.has_do = i & 1;
		f.q.has_cd = i & 2;
		assert_int_equal(cache(&f.worker, &f.q), STEP_NEXT);
		assert_int_equal(f.q.source, ANSWER_NONE);
		cache_answer_put(&f.q, &a[i]);
		cache_keep(&f.worker, &f.q);
	}
	for (unsigned i = 0; i < 4; i++) {
		fixture_ask(&f, "a.example", TYPE_TXT);
		f.q.has_do = i & 1;
		f.q.has_cd = i & 2;
		cache(&f.worker, &f.q);
		assert_int_equal(f.q.source, ANSWER_CACHE);
		assert_true(cache_answer_is(&f.q, &a[i], 0, 0));
	}
}

/* Types differ by either octet; letter case, AD and the ID do not matter. */
static void test_what_makes_the_key(void **state)
{
	(void)state;
	put("a.example", &plain);
	static const uint16_t others[] = {TYPE_A, TYPE_TXT | 256, 0};
	for (size_t i = 0; i < 3; i++) {
		fixture_ask(&f, "a.example", others[i]);
		cache(&f.worker, &f.q);
		assert_int_equal(f.q.source, ANSWER_NONE);
	}
	fixture_ask(&f, "a.example", TYPE_TXT);
	f.q.has_ad = true;
	f.q.id = 77;
	f.q.transport = TRANSPORT_TCP;
	memcpy(f.q.qname_as_sent, "\1A\7EXAMPLE", 11);
	cache(&f.worker, &f.q);
	assert_int_equal(f.q.source, ANSWER_CACHE);
}

static void test_negative_answers(void **state)
{
	(void)state;
	struct cache_answer a = {
		.seed = 3, .ttl_s = 40, .records = 1, .data_len = 60, .rcode = RCODE_NXDOMAIN};
	put("no.example", &a);
	a.rcode = RCODE_NOERROR;
	a.is_secure = true;
	put("nodata.example", &a);
	a.rcode = RCODE_NXDOMAIN;
	a.is_secure = false;
	put("never.example", &a);
	a.rcode = RCODE_NOERROR;
	a.is_secure = true;
	fixture_advance(&f, 39);
	expect_hit("nodata.example", &a, 39);
	a.rcode = RCODE_NXDOMAIN;
	a.is_secure = false;
	expect_hit("no.example", &a, 39);
	fixture_advance(&f, 1);
	expect_miss("never.example");
	assert_true(take_stale("never.example"));
	expect_stale(&a);
}

static void test_section_counts(void **state)
{
	(void)state;
	cache_answer_put(fixture_ask(&f, "a.example", TYPE_TXT), &plain);
	f.q.answer_count = f.q.authority_count = f.q.additional_count = 1;
	cache_keep(&f.worker, &f.q);
	get("a.example");
	assert_int_equal(f.q.answer_count, 1);
	assert_int_equal(f.q.authority_count, 1);
	assert_int_equal(f.q.additional_count, 1);
}

static void test_answer_without_records(void **state)
{
	(void)state;
	const struct cache_answer none = {.ttl_s = 10};
	put("a.example", &none);
	expect_hit("a.example", &none, 0);
}

static void test_malformed_and_too_many_are_not_kept(void **state)
{
	(void)state;
	const struct cache_answer many = {.seed = 5, .ttl_s = 100, .records = 1025, .data_len = 7};
	put("a.example", &many);
	expect_miss("a.example");
	cache_answer_put(fixture_ask(&f, "a.example", TYPE_TXT), &plain);
	f.q.out_len--;
	cache_keep(&f.worker, &f.q);
	expect_miss("a.example");
	cache_answer_put(fixture_ask(&f, "a.example", TYPE_TXT), &plain);
	f.q.answer_count++;
	cache_keep(&f.worker, &f.q);
	expect_miss("a.example");
}

/* What is not fresh is not kept again. */
static void test_only_fresh_ones_are_kept(void **state)
{
	(void)state;
	static const enum answer_source sources[] = {
		ANSWER_NONE, ANSWER_CACHE, ANSWER_STALE, ANSWER_LOCAL};
	for (size_t i = 0; i < 4; i++) {
		cache_answer_put(fixture_ask(&f, "a.example", TYPE_TXT), &plain);
		f.q.source = sources[i];
		cache_keep(&f.worker, &f.q);
		expect_miss("a.example");
	}
}

/* Whether a name is in the cache is not told to those who do not want recursion. */
static void test_no_snooping(void **state)
{
	(void)state;
	put("a.example", &plain);
	fixture_ask(&f, "a.example", TYPE_TXT);
	f.q.has_rd = false;
	assert_int_equal(cache(&f.worker, &f.q), STEP_REPLY);
	assert_int_equal(f.q.rcode, RCODE_REFUSED);
	assert_int_equal(f.q.outcome, OUTCOME_REFUSED);
	assert_int_equal(f.q.source, ANSWER_NONE);
}

/* --- sizes ------------------------------------------------------------------------------------ */

static void test_largest_answer(void **state)
{
	(void)state;
	/* 65535 octets in all: header, question, one record. */
	uint32_t records_at = query_records_at(fixture_ask(&f, "a.example", TYPE_TXT));
	const struct cache_answer one = {.seed = 4,
		.ttl_s = 9,
		.records = 1,
		.data_len = (uint16_t)(WIRE_MAX - records_at - 12)};
	put("a.example", &one);
	assert_int_equal(f.q.out_len, WIRE_MAX);
	expect_hit("a.example", &one, 0);
	/* The last TTL stands near the end. */
	const struct cache_answer last = {.seed = 4,
		.ttl_s = 9,
		.records = 1000,
		.data_len = (uint16_t)((WIRE_MAX - records_at) / 1000 - 12)};
	put("a.example", &last);
	fixture_advance(&f, 8);
	expect_hit("a.example", &last, 8);
}

static void test_longest_name(void **state)
{
	(void)state;
	char name[DNAME_TEXT_MAX] = "";
	for (size_t n = 0; n < 254; n += 2)
		memcpy(name + n, "a.", 3);
	put(name, &plain);
	expect_hit(name, &plain, 0);
	assert_int_equal(f.q.qname.len, 255);
	expect_miss(name + 2);
}

static void test_bounds_of_the_size(void **state)
{
	(void)state;
	struct err why;
	struct cache *c = NULL;
	struct cache_usage usage;
	static const uint64_t bad[] = {0, 1, 4096, (512 << 10) - 1};
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(cache_new(bad[i], &c, &why), CEN_ERANGE);
		assert_null(c);
	}
	/* The last one does not fit into the addresses of a 32-bit machine. */
	static const uint64_t good[] = {512 << 10, (1 << 20) + 4095, 48 << 20, (uint64_t)1 << 31};
	for (size_t i = 0; i < (sizeof(void *) > 4 ? 4 : 3); i++) {
		assert_int_equal(cache_new(good[i], &c, &why), 0);
		cache_usage(c, &usage);
		assert_true(usage.bytes <= good[i] && usage.bytes > good[i] - good[i] / 4);
		assert_int_equal(usage.used_bytes, 0);
		struct cache *mine = f.worker.cache;
		f.worker.cache = c;
		put("a.example", &plain);
		expect_hit("a.example", &plain, 0);
		f.worker.cache = mine;
		cache_free(c);
		c = NULL;
	}
	cache_free(NULL);
}

static void test_usage(void **state)
{
	(void)state;
	struct cache_usage before, after;
	cache_usage(f.worker.cache, &before);
	assert_int_equal(before.entries + before.used_bytes + before.evictions, 0);
	put("a.example", &plain);
	put("b.example", &plain);
	put("a.example", &plain);
	cache_usage(f.worker.cache, &after);
	assert_int_equal(after.entries, 2);
	assert_int_equal(after.evictions, 0);
	/* What was superseded is no eviction when it goes; b.example may be. */
	for (int i = 0; i < 10000; i++)
		put("a.example", &plain);
	cache_usage(f.worker.cache, &before);
	assert_in_range(before.evictions, 0, 1);
	assert_true(after.used_bytes >= 3 * cache_answer_len(&plain) && after.used_bytes < 3 * 512);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)
	const struct CMUnitTest tests[] = {
		TEST(test_miss_then_hit),
		TEST(test_ttls_fall),
		TEST(test_last_second),
		TEST(test_seconds_count_from_the_answer),
		TEST(test_zero_ttl_is_not_kept),
		TEST(test_ttl_below_the_minimum),
		TEST(test_stale_ttl_of_zero),
		TEST(test_entry_newer_than_the_batch),
		TEST(test_clock_wraps),
		TEST(test_do_and_cd_have_their_own),
		TEST(test_what_makes_the_key),
		TEST(test_negative_answers),
		TEST(test_section_counts),
		TEST(test_answer_without_records),
		TEST(test_malformed_and_too_many_are_not_kept),
		TEST(test_only_fresh_ones_are_kept),
		TEST(test_no_snooping),
		TEST(test_largest_answer),
		TEST(test_longest_name),
		TEST(test_bounds_of_the_size),
		TEST(test_usage),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
