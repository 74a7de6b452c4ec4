/* SPDX-License-Identifier: BSD-2-Clause
 * The filter has every key it was made of, and few others.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dga/fuse.h"

static uint64_t key(uint64_t i)
{
	return fuse_mix(i + 0x1234567);
}

static void keys_are_in_it(void **state)
{
	(void)state;
	static const size_t sizes[] = {1, 2, 3, 4, 5, 7, 10, 33, 100, 999, 10000, 200000};
	for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
		size_t n = sizes[s], others = 0;
		uint64_t *keys = malloc(n * sizeof *keys);
		struct fuse f = {0};
		fuse_plan(&f, n);
		assert_in_range(f.starts, 1, FUSE_STARTS_MAX);
		assert_in_range(f.segment_bits, 0, FUSE_SEGMENT_BITS_MAX);
		uint8_t *cells = malloc(fuse_bytes(&f));
		for (size_t i = 0; i < n; i++)
			keys[i] = key(i);
		assert_int_equal(fuse_build(&f, cells, keys, n), 0);
		for (size_t i = 0; i < n; i++)
			assert_true(fuse_has(&f, keys[i]));
		for (uint64_t i = 0; i < 1000000; i++)
			others += fuse_has(&f, key(i + (1u << 30)));
		/* 15 are expected. */
		assert_in_range(others, 0, 60);
		if (n >= 10000)
			assert_in_range(fuse_bytes(&f), n * 2, n * 3);
		free(cells);
		free(keys);
	}
}

static void the_largest_set_is_within_bounds(void **state)
{
	(void)state;
	for (size_t n = 1; n <= 2000000; n += 1 + n / 50) {
		struct fuse f = {0};
		fuse_plan(&f, n);
		assert_in_range(f.starts, 1, FUSE_STARTS_MAX);
		assert_in_range(f.segment_bits, 0, FUSE_SEGMENT_BITS_MAX);
		assert_true(fuse_bytes(&f) >= n * 2 && fuse_bytes(&f) < 16 << 20);
	}
}

static void a_key_given_twice_is_refused(void **state)
{
	(void)state;
	const uint64_t keys[] = {1, 2, 3, 2, 5};
	struct fuse f = {0};
	fuse_plan(&f, 5);
	uint8_t *cells = malloc(fuse_bytes(&f));
	assert_int_equal(fuse_build(&f, cells, keys, 5), -EINVAL);
	free(cells);
}

/* The same on every machine and in every version: files made by one are read by another. */
static void places_do_not_change(void **state)
{
	(void)state;
	struct fuse f = {.seed = 3, .segment_bits = 11, .starts = 57};
	struct fuse_place p = fuse_place(&f, 0x0123456789abcdefull);
	uint64_t keys[1000];
	uint32_t sum = 0;
	for (unsigned i = 0; i < 1000; i++)
		keys[i] = key(i);
	for (int i = 0; i < 3; i++)
		assert_int_equal(p.cells[i] >> 11, (p.cells[0] >> 11) + (uint32_t)i);
	fuse_plan(&f, 1000);
	uint8_t *cells = malloc(fuse_bytes(&f));
	assert_int_equal(fuse_build(&f, cells, keys, 1000), 0);
	for (size_t i = 0; i < fuse_bytes(&f); i++)
		sum = sum * 31 + cells[i];
	assert_int_equal(sum, 0xe950ea43);
	free(cells);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_in_it),
		cmocka_unit_test(the_largest_set_is_within_bounds),
		cmocka_unit_test(a_key_given_twice_is_refused),
		cmocka_unit_test(places_do_not_change),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
