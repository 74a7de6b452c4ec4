/* SPDX-License-Identifier: BSD-2-Clause
 * Keys in order, in memory and through the file of runs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "feeds/listdb/keysort.h"
#include "feeds/listdb/sorter.h"
#include "tests/unit/folder.h"

enum { KEYS = 20000 };

struct key {
	uint8_t len;
	uint8_t bytes[255];
};

static uint64_t random_state;

static uint32_t draw(uint32_t below)
{
	random_state = random_state * 6364136223846793005 + 1442695040888963407;
	return (uint32_t)(random_state >> 33) % below;
}

static int compare(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	size_t n = x->len < y->len ? x->len : y->len;
	int order = memcmp(x->bytes, y->bytes, n);
	return order ? order : x->len - y->len;
}

/* Keys of names: labels with many equal beginnings, some with zero octets in them. */
static struct key draw_key(void)
{
	struct key k = {0};
	unsigned labels = 1 + draw(4);
	for (unsigned i = 0; i < labels; i++) {
		unsigned n = draw(10) ? 1 + draw(3) : 1 + draw(60);
		k.bytes[k.len++] = (uint8_t)n;
		for (unsigned j = 0; j < n; j++)
			k.bytes[k.len++] = draw(20) ? (uint8_t)('a' + draw(2)) : 0;
	}
	return k;
}

static struct key *draw_keys(uint64_t seed)
{
	random_state = seed;
	struct key *keys = malloc(sizeof *keys * KEYS);
	assert_non_null(keys);
	for (size_t i = 0; i < KEYS; i++)
		keys[i] = draw_key();
	return keys;
}

static void keys_are_sorted(void **state)
{
	(void)state;
	struct key *keys = draw_keys(1);
	uint8_t *text = malloc(sizeof *keys * KEYS + KEYSORT_SLACK);
	struct keysort_entry *entries = malloc(sizeof *entries * KEYS);
	assert_non_null(text);
	assert_non_null(entries);
	size_t used = 0;
	for (size_t i = 0; i < KEYS; i++) {
		entries[i] = (struct keysort_entry){.at = (uint32_t)used, .tag = (uint32_t)i};
		text[used++] = keys[i].len;
		memcpy(text + used, keys[i].bytes, keys[i].len);
		used += keys[i].len;
	}
	memset(text + used, 0xff, KEYSORT_SLACK); /* what lies behind must not matter */
	keysort(entries, KEYS, text, 7);
	bool *is_seen = calloc(KEYS, sizeof *is_seen);
	assert_non_null(is_seen);
	for (size_t i = 0; i < KEYS; i++) {
		assert_false(is_seen[entries[i].tag]);
		is_seen[entries[i].tag] = true;
		if (i && compare(&keys[entries[i - 1].tag], &keys[entries[i].tag]) > 0)
			fail_msg("out of order at %zu", i);
	}
	free(is_seen);
	free(entries);
	free(text);
	free(keys);
}

/* `run_keys`: 0 sorts in memory, less than KEYS goes through the file. */
static void check_sorter(uint32_t run_keys)
{
	struct folder folder;
	struct err why;
	struct sorter *s;
	folder_make(&folder);
	struct key *keys = draw_keys(2);
	assert_int_equal(sorter_new(folder.path, run_keys, 0, &s, &why), 0);
	for (size_t i = 0; i < KEYS; i++)
		assert_int_equal(sorter_add(s, keys[i].bytes, keys[i].len, (uint32_t)i, &why), 0);
	assert_int_equal(sorter_count(s), KEYS);
	assert_int_equal(sorter_finish(s, &why), 0);
	qsort(keys, KEYS, sizeof *keys, compare);
	struct sorter_item item;
	uint64_t tags = 0;
	for (size_t i = 0; i < KEYS; i++) {
		assert_int_equal(sorter_next(s, &item, &why), 1);
		assert_int_equal(item.len, keys[i].len);
		assert_memory_equal(item.key, keys[i].bytes, item.len);
		tags += item.tag;
	}
	assert_int_equal(tags, (uint64_t)KEYS * (KEYS - 1) / 2);
	assert_int_equal(sorter_next(s, &item, &why), 0);
	sorter_free(s);
	free(keys);
	assert_int_equal(rmdir(folder.path), 0); /* nothing was left behind */
}

static void sorter_in_memory(void **state)
{
	(void)state;
	check_sorter(0);
}

static void sorter_through_runs(void **state)
{
	(void)state;
	check_sorter(700);
	check_sorter(KEYS);
	check_sorter(KEYS - 1);
	check_sorter(10000);
}

static void sorter_empty_and_bounds(void **state)
{
	(void)state;
	struct err why;
	struct sorter *s;
	struct sorter_item item;
	uint8_t key[256] = {1};
	assert_int_equal(sorter_new("/tmp", 0, 0, &s, &why), 0);
	assert_int_not_equal(sorter_add(s, key, 0, 0, &why), 0);
	assert_int_not_equal(sorter_add(s, key, 256, 0, &why), 0);
	assert_int_equal(sorter_finish(s, &why), 0);
	assert_int_equal(sorter_next(s, &item, &why), 0);
	sorter_free(s);
}

static void sorter_says_that_the_folder_is_missing(void **state)
{
	(void)state;
	struct err why;
	struct sorter *s;
	uint8_t key[2] = {1, 'a'};
	assert_int_equal(sorter_new("/no/such/folder", 1, 0, &s, &why), 0);
	assert_int_equal(sorter_add(s, key, 2, 0, &why), 0);
	assert_true(sorter_add(s, key, 2, 0, &why) < 0);
	assert_non_null(strstr(why.text, "/no/such/folder"));
	sorter_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_sorted),
		cmocka_unit_test(sorter_in_memory),
		cmocka_unit_test(sorter_through_runs),
		cmocka_unit_test(sorter_empty_and_bounds),
		cmocka_unit_test(sorter_says_that_the_folder_is_missing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
