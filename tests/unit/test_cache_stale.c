/* SPDX-License-Identifier: BSD-2-Clause
 * What the answer cache does at an answer's end: failures, stale answers, refresh; and stamps of inspection.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/cache_harness.h"

/* --- failures and stale answers --------------------------------------------------------------- */

static void test_failures_last_five_seconds(void **state)
{
	(void)state;
	put_failure("a.example", OUTCOME_BOGUS, EDE_SIGNATURE_EXPIRED, "signature expired");
	for (int i = 0; i < FAILURE_TTL_S; i++) {
		assert_int_equal(get("a.example"), STEP_REPLY);
		assert_int_equal(f.q.rcode, RCODE_SERVFAIL);
		assert_int_equal(f.q.outcome, OUTCOME_BOGUS);
		assert_int_equal(f.q.ede, EDE_SIGNATURE_EXPIRED);
		assert_string_equal(f.q.ede_text, "signature expired");
		assert_int_equal(f.q.answer_count, 0);
		assert_int_equal(f.q.out_len, query_records_at(&f.q));
		fixture_advance(&f, 1);
	}
	expect_miss("a.example");
	/* It is never a stale answer. */
	assert_false(take_stale("a.example"));
	assert_int_equal(f.q.source, ANSWER_NONE);
}

static void test_answer_replaces_failure(void **state)
{
	(void)state;
	put_failure("a.example", OUTCOME_SERVFAIL, EDE_NETWORK_ERROR, NULL);
	put("a.example", &plain);
	expect_hit("a.example", &plain, 0);
}

static void test_failure_does_not_replace_an_answer(void **state)
{
	(void)state;
	put("a.example", &plain);
	fixture_advance(&f, 300);
	expect_miss("a.example");
	put_failure("a.example", OUTCOME_SERVFAIL, EDE_NETWORK_ERROR, NULL);
	/* For thirty seconds nobody asks again: the stale answer is given at once (RFC 8767 5). */
	for (int i = 0; i < 30; i++) {
		assert_int_equal(get("a.example"), STEP_NEXT);
		expect_stale(&plain);
		fixture_advance(&f, 1);
	}
	expect_miss("a.example");
	/* When it is too old for that, the failure counts. */
	fixture_advance(&f, 86400);
	put_failure("a.example", OUTCOME_SERVFAIL, EDE_NETWORK_ERROR, NULL);
	assert_int_equal(get("a.example"), STEP_REPLY);
}

static void test_stale_until_its_end(void **state)
{
	(void)state;
	f.config.cache_stale_s = 1000;
	put("a.example", &plain);
	assert_false(take_stale("b.example"));
	fixture_advance(&f, 1299);
	assert_true(take_stale("a.example"));
	expect_stale(&plain);
	fixture_advance(&f, 1);
	assert_false(take_stale("a.example"));
	expect_miss("a.example");
}

/* Two asked upstream, one got its answer: the other need not take it for stale. */
static void test_fresh_is_better_than_stale(void **state)
{
	(void)state;
	put("a.example", &plain);
	cache_stamp(&f.worker, &f.q);
	fixture_advance(&f, 299);
	assert_true(take_stale("a.example"));
	assert_int_equal(f.q.source, ANSWER_CACHE);
	assert_int_equal(f.q.outcome, OUTCOME_CACHED);
	assert_int_equal(f.q.ede, EDE_NONE);
	assert_true(f.q.is_clean);
	assert_true(cache_answer_is(&f.q, &plain, 299, 0));
	/* Nor is it a reason not to ask when it is over. */
	fixture_advance(&f, 1);
	expect_miss("a.example");
}

static void test_stale_can_be_off(void **state)
{
	(void)state;
	f.config.cache_stale_s = 0;
	put("a.example", &plain);
	expect_hit("a.example", &plain, 0);
	expect_hit("a.example", &plain, 0);
	fixture_advance(&f, 300);
	assert_false(take_stale("a.example"));
	/* However popular. */
	expect_miss("a.example");
	assert_int_equal(refreshes, 0);
	put_failure("a.example", OUTCOME_SERVFAIL, EDE_NETWORK_ERROR, NULL);
	assert_int_equal(get("a.example"), STEP_REPLY);
}

static void test_largest_stale_does_not_wrap(void **state)
{
	(void)state;
	f.config.cache_stale_s = UINT32_MAX;
	put("a.example", &plain);
	fixture_advance(&f, 10000000);
	assert_true(take_stale("a.example"));
	put_failure("a.example", OUTCOME_SERVFAIL, EDE_NETWORK_ERROR, NULL);
	assert_int_equal(get("a.example"), STEP_NEXT);
	expect_stale(&plain);
}

/* --- refresh ---------------------------------------------------------------------------------- */

static void test_popular_names_are_refreshed_once(void **state)
{
	(void)state;
	put("a.example", &plain);
	fixture_advance(&f, 200);
	expect_hit("a.example", &plain, 200);
	expect_hit("a.example", &plain, 200);
	expect_hit("a.example", &plain, 200);
	/* The last tenth begins. */
	fixture_advance(&f, 68);
	expect_hit("a.example", &plain, 268);
	assert_int_equal(refreshes, 0);
	fixture_advance(&f, 1);
	for (int i = 0; i < 26; i++) {
		expect_hit("a.example", &plain, 269 + (uint32_t)i);
		assert_int_equal(f.q.wants_refresh, i == 0);
		fixture_advance(&f, 1);
	}
	assert_int_equal(refreshes, 1);
	assert_int_equal(refresh_in_s, 31);
	/* While it is under way, the old answer is given on; not for ever. */
	fixture_advance(&f, 10);
	assert_int_equal(get("a.example"), STEP_NEXT);
	expect_stale(&plain);
	fixture_advance(&f, 1);
	expect_miss("a.example");
	assert_int_equal(refreshes, 1);
}

/* An answer for one second that came at a second's end is over when the next question comes, a moment later: the first one that
 * finds it so begins the refresh, and waits no more than the others. */
static void test_nobody_waits_for_the_shortest_lived(void **state)
{
	(void)state;
	const struct cache_answer brief = {.seed = 4, .ttl_s = 1, .records = 2, .data_len = 10};
	put("a.example", &brief);
	for (int i = 0; i < 3; i++)
		expect_hit("a.example", &brief, 0);
	assert_int_equal(refreshes, 1);
	for (unsigned round = 2; round < 10; round++) {
		put("a.example", &brief);
		fixture_advance(&f, 1);
		for (int i = 0; i < 3; i++) {
			assert_int_equal(get("a.example"), STEP_NEXT);
			assert_int_equal(f.q.wants_refresh, i == 0);
			expect_stale(&brief);
		}
		assert_int_equal(refreshes, round);
		assert_int_equal(refresh_in_s, 0);
		fixture_advance(&f, 5);
		assert_int_equal(get("a.example"), STEP_NEXT);
		expect_stale(&brief);
	}
	/* For ever it is not. */
	fixture_advance(&f, 1);
	expect_miss("a.example");
}

/* One that expired a second ago was not asked for at its end: too late for a refresh behind the client's back. */
static void test_no_refresh_after_the_end(void **state)
{
	(void)state;
	put("a.example", &plain);
	expect_hit("a.example", &plain, 0);
	expect_hit("a.example", &plain, 0);
	fixture_advance(&f, 301);
	expect_miss("a.example");
	assert_int_equal(refreshes, 0);
	put("b.example", &plain);
	fixture_advance(&f, 300);
	/* Nor is one popular that is asked for the first time. */
	expect_miss("b.example");
	assert_int_equal(refreshes, 0);
	get("b.example");
	assert_int_equal(refreshes, 1);
	expect_stale(&plain);
}

static void test_unpopular_names_are_not(void **state)
{
	(void)state;
	put("a.example", &plain);
	put("b.example", &plain);
	fixture_advance(&f, 299);
	expect_hit("a.example", &plain, 299);
	fixture_advance(&f, 1);
	expect_miss("b.example");
	fixture_advance(&f, 1);
	expect_miss("a.example");
	expect_miss("b.example");
	assert_int_equal(refreshes, 0);
}

/* A refresh that failed is over: the stale answer is given for a while, then somebody asks again. */
static void test_failed_refresh(void **state)
{
	(void)state;
	put("a.example", &plain);
	fixture_advance(&f, 290);
	expect_hit("a.example", &plain, 290);
	expect_hit("a.example", &plain, 290);
	assert_int_equal(refreshes, 1);
	fixture_advance(&f, 11);
	put_failure("a.example", OUTCOME_SERVFAIL, EDE_NETWORK_ERROR, NULL);
	fixture_advance(&f, 29);
	get("a.example");
	expect_stale(&plain);
	fixture_advance(&f, 1);
	expect_miss("a.example");
}

static void test_popularity_must_be_earned_again(void **state)
{
	(void)state;
	put("a.example", &plain);
	for (int i = 0; i < 256; i++) /* more than the counter holds */
		expect_hit("a.example", &plain, 0);
	put("a.example", &plain);
	fixture_advance(&f, 299);
	expect_hit("a.example", &plain, 299);
	assert_int_equal(refreshes, 1);
	put("b.example", &plain);
	fixture_advance(&f, 299);
	expect_hit("b.example", &plain, 299);
	assert_int_equal(refreshes, 1);
}

static void test_failures_are_not_refreshed(void **state)
{
	(void)state;
	put_failure("a.example", OUTCOME_SERVFAIL, EDE_NETWORK_ERROR, NULL);
	for (int i = 0; i < 10; i++)
		assert_int_equal(get("a.example"), STEP_REPLY);
	assert_int_equal(refreshes, 0);
}

/* --- stamps ----------------------------------------------------------------------------------- */

static void stamp_after_hit(const char *name)
{
	get(name);
	assert_int_equal(f.q.source, ANSWER_CACHE);
	cache_stamp(&f.worker, &f.q);
}

static bool is_clean(const char *name)
{
	get(name);
	assert_int_equal(f.q.source, ANSWER_CACHE);
	return f.q.is_clean;
}

static void test_stamp_ends_with_the_view(void **state)
{
	(void)state;
	put("a.example", &plain);
	assert_false(is_clean("a.example"));
	stamp_after_hit("a.example");
	assert_true(is_clean("a.example"));
	f.view.serial++;
	assert_false(is_clean("a.example"));
	stamp_after_hit("a.example");
	assert_true(is_clean("a.example"));
}

static void test_stamp_of_a_fresh_answer(void **state)
{
	(void)state;
	put("a.example", &plain);
	cache_stamp(&f.worker, &f.q);
	assert_true(is_clean("a.example"));
	/* The next answer has been looked at by nobody. */
	put("a.example", &plain);
	assert_false(f.q.is_clean);
	assert_false(is_clean("a.example"));
}

/* An expired entry's good name is not that of the answer which comes now: a rebinding attack is just that. */
static void test_expired_entry_says_nothing_of_the_next_answer(void **state)
{
	(void)state;
	put("a.example", &plain);
	cache_stamp(&f.worker, &f.q);
	fixture_advance(&f, 300);
	expect_miss("a.example");
	assert_false(f.q.is_clean);
	cache_answer_put(&f.q, &plain);
	f.q.is_clean = true; /* as an early stale answer leaves it */
	cache_keep(&f.worker, &f.q);
	assert_false(f.q.is_clean);
}

/* Between a hit and its inspection another worker puts a new answer in: that one is not stamped. */
static void test_stamp_is_for_what_was_seen(void **state)
{
	(void)state;
	put("a.example", &plain);
	get("a.example");
	struct query seen = f.q;
	const struct cache_answer other = {.seed = 9, .ttl_s = 60, .records = 1, .data_len = 30};
	put("a.example", &other);
	cache_stamp(&f.worker, &seen);
	assert_false(is_clean("a.example"));
	/* One that was not kept stamps nothing. */
	cache_answer_put(fixture_ask(&f, "a.example", TYPE_TXT), &plain);
	f.q.cache_number = 2;
	f.q.min_ttl_s = 0;
	cache_keep(&f.worker, &f.q);
	cache_stamp(&f.worker, &f.q);
	assert_false(is_clean("a.example"));
	/* Nor does one whose entry is gone. */
	fixture_ask(&f, "b.example", TYPE_TXT);
	cache_stamp(&f.worker, &f.q);
	expect_miss("b.example");
}

static void test_stale_answers_have_stamps_too(void **state)
{
	(void)state;
	put("a.example", &plain);
	cache_stamp(&f.worker, &f.q);
	fixture_advance(&f, 301);
	assert_true(take_stale("a.example"));
	assert_true(f.q.is_clean);
	f.view.serial++;
	assert_true(take_stale("a.example"));
	assert_false(f.q.is_clean);
	cache_stamp(&f.worker, &f.q);
	assert_true(take_stale("a.example"));
	assert_true(f.q.is_clean);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)
	const struct CMUnitTest tests[] = {
		TEST(test_failures_last_five_seconds),
		TEST(test_answer_replaces_failure),
		TEST(test_failure_does_not_replace_an_answer),
		TEST(test_stale_until_its_end),
		TEST(test_fresh_is_better_than_stale),
		TEST(test_stale_can_be_off),
		TEST(test_largest_stale_does_not_wrap),
		TEST(test_popular_names_are_refreshed_once),
		TEST(test_nobody_waits_for_the_shortest_lived),
		TEST(test_no_refresh_after_the_end),
		TEST(test_unpopular_names_are_not),
		TEST(test_failed_refresh),
		TEST(test_popularity_must_be_earned_again),
		TEST(test_failures_are_not_refreshed),
		TEST(test_stamp_ends_with_the_view),
		TEST(test_stamp_of_a_fresh_answer),
		TEST(test_expired_entry_says_nothing_of_the_next_answer),
		TEST(test_stamp_is_for_what_was_seen),
		TEST(test_stale_answers_have_stamps_too),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
