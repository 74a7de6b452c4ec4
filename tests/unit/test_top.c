/* SPDX-License-Identifier: BSD-2-Clause
 * Top lists find what is frequent, and the true numbers lie within the errors they state: fed, merged and cut.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "resolver/journal/top.h"

enum { KEYS = 5000 };

static uint32_t draw(uint64_t *state, uint32_t below)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (uint32_t)((*state >> 32) * below >> 32);
}

static size_t key_of(uint32_t i, uint8_t key[static 16])
{
	return (size_t)snprintf((char *)key, 16, "key%u", i);
}

static void add(struct top *t, uint32_t i, uint64_t n, uint64_t *truth)
{
	uint8_t key[16];
	truth[i] += n;
	top_add(t, key, key_of(i, key), n);
}

/* Roughly Zipf: key i comes about one time in (i + 1) log KEYS. */
static uint32_t zipf(uint64_t *state)
{
	double x = 1;
	for (uint32_t k = draw(state, 90); k; k--)
		x *= 1.1;
	uint32_t i = draw(state, (uint32_t)x + 1);
	return i < KEYS ? i : KEYS - 1;
}

/* Is each number what it says, and nothing lost that is above the floor? */
static void check(const struct top *t, const uint64_t *truth)
{
	for (uint32_t i = 0; i < KEYS; i++) {
		uint8_t key[16];
		const struct top_entry *e = top_find(t, key, key_of(i, key));
		if (!e) {
			assert_true(truth[i] <= t->floor);
			continue;
		}
		assert_true(e->count - e->over <= truth[i]);
		assert_true(e->count + e->under >= truth[i]);
	}
}

/* Whoever makes room had the least, in whatever order the others were counted. */
static void test_the_least_makes_room(void **state)
{
	(void)state;
	enum { N = 20000, ROOM = 50 };
	static uint64_t truth[KEYS];
	uint64_t random = 5;
	struct top *t = top_new(ROOM, 16, 9);
	assert_non_null(t);
	for (unsigned i = 0; i < N; i++) {
		uint64_t least = UINT64_MAX;
		uint32_t key = i % 3 ? zipf(&random) : i % KEYS;
		uint8_t text[16];
		for (uint32_t k = 0; k < t->count; k++)
			least = t->entries[k].count < least ? t->entries[k].count : least;
		bool was_there = top_find(t, text, key_of(key, text)), is_full = t->count == ROOM;
		truth[key] += 1 + i % 2;
		assert_int_equal(top_add(t, text, key_of(key, text), 1 + i % 2), !was_there);
		if (!was_there && is_full)
			assert_int_equal(top_find(t, text, key_of(key, text))->over, least);
	}
	assert_int_equal(t->count, ROOM);
	check(t, truth);
	top_free(t);
}

static void test_few_are_exact(void **state)
{
	(void)state;
	static uint64_t truth[KEYS];
	uint64_t random = 1;
	uint32_t order[128];
	struct top *t = top_new(64, 16, 9);
	assert_non_null(t);
	for (int i = 0; i < 10000; i++)
		add(t, draw(&random, 64), 1, truth);
	assert_int_equal(t->count, 64);
	assert_int_equal(t->floor, 0);
	top_order(t, order);
	for (uint32_t i = 0; i < 64; i++) {
		const struct top_entry *e = &t->entries[order[i]];
		assert_int_equal(e->over + e->under, 0);
		assert_true(!i || e->count <= t->entries[order[i - 1]].count);
	}
	check(t, truth);
	top_free(t);
}

static void test_frequent_ones_are_found(void **state)
{
	(void)state;
	static uint64_t truth[KEYS];
	enum { N = 200000, ROOM = 100 };
	uint64_t random = 2, sum = 0;
	struct top *t = top_new(ROOM, 16, 9);
	assert_non_null(t);
	memset(truth, 0, sizeof truth);
	for (int i = 0; i < N; i++)
		add(t, zipf(&random), 1, truth);
	check(t, truth);
	for (uint32_t i = 0; i < t->count; i++) {
		sum += t->entries[i].count;
		assert_true(t->entries[i].over <= N / ROOM);
	}
	assert_int_equal(sum, N); /* as Metwally et al. prove */
	assert_true(t->floor <= N / ROOM);
	top_clear(t);
	assert_int_equal(t->count, 0);
	assert_null(top_find(t, (const uint8_t *)"key0", 4));
	top_free(t);
}

/* A hundred minutes, each of them fed alone, then brought together. */
static void test_merged_numbers_hold(void **state)
{
	(void)state;
	static uint64_t truth[KEYS];
	uint64_t random = 3;
	memset(truth, 0, sizeof truth);
	struct top *all = top_new(200, 16, 9), *minute = top_new(100, 16, 9);
	assert_true(all && minute);
	for (int m = 0; m < 100; m++) {
		top_clear(minute);
		for (int i = 0; i < 3000; i++)
			add(minute, zipf(&random), 1 + (uint64_t)m % 2, truth);
		top_merge(all, minute);
		assert_true(all->count <= 2 * all->capacity);
		check(all, truth);
	}
	uint8_t key[16];
	const struct top_entry *e = top_find(all, key, key_of(0, key));
	assert_non_null(e);
	assert_true(e->over < truth[0] / 4);
	/* And fed on: it makes room as before. */
	for (int i = 0; i < 3000; i++)
		add(all, zipf(&random), 1, truth);
	check(all, truth);
	top_free(all);
	top_free(minute);
}

static void test_a_larger_one_is_merged_in(void **state)
{
	(void)state;
	static uint64_t truth[KEYS];
	uint64_t random = 4;
	memset(truth, 0, sizeof truth);
	struct top *small = top_new(10, 16, 9), *large = top_new(500, 16, 9);
	assert_true(small && large);
	for (int i = 0; i < 20000; i++)
		add(i % 2 ? small : large, zipf(&random), 1, truth);
	top_merge(small, large);
	check(small, truth);
	assert_int_equal(small->count, 20);
	top_free(small);
	top_free(large);
}

static void test_kept_ones_come_back(void **state)
{
	(void)state;
	struct top *t = top_new(2, 4, 9);
	assert_non_null(t);
	const struct top_entry kept[] = {
		{.count = 9, .over = 1, .under = 2}, {.count = 5}, {.count = 4, .under = 3}};
	assert_true(top_restore(t, (const uint8_t *)"a", 1, &kept[0]));
	assert_false(top_restore(t, (const uint8_t *)"a", 1, &kept[1]));
	assert_true(top_restore(t, (const uint8_t *)"bbbbbb", 6, &kept[1])); /* is cut */
	assert_true(top_restore(t, (const uint8_t *)"c", 1, &kept[2]));
	assert_int_equal(t->count, 2);
	assert_int_equal(t->floor, 7);
	assert_non_null(top_find(t, (const uint8_t *)"bbbb", 4));
	const struct top_entry *e = top_find(t, (const uint8_t *)"a", 1);
	assert_int_equal(e->under, 2);
	assert_memory_equal(top_key(t, e), "a", 1);
	top_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_the_least_makes_room),
		cmocka_unit_test(test_few_are_exact),
		cmocka_unit_test(test_frequent_ones_are_found),
		cmocka_unit_test(test_merged_numbers_hold),
		cmocka_unit_test(test_a_larger_one_is_merged_in),
		cmocka_unit_test(test_kept_ones_come_back)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
