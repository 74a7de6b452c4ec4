/* SPDX-License-Identifier: BSD-2-Clause
 * All trees asked at once say what they say one by one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dga/dense.h"
#include "dga/forest.h"
#include "dga/trees.h"

enum { ROUNDS = 200 };

static uint8_t trees[DGA_TREES_MAX * TREES_BYTES];
static uint32_t seed = 1;

static uint32_t pick(void)
{
	seed = seed * 1664525u + 1013904223u;
	return seed >> 8;
}

/* `spread`: how many different thresholds there are for a fact. */
static void make(unsigned count, unsigned spread)
{
	for (size_t i = 0; i < (size_t)count * TREES_BYTES; i++)
		trees[i] = (uint8_t)pick();
	for (unsigned t = 0; t < count; t++) {
		uint8_t *tree = trees + (size_t)t * TREES_BYTES;
		for (unsigned d = 0; d < TREES_DEPTH; d++) {
			int cut = (int)(pick() % spread) * (UINT16_MAX / (int)spread) + INT16_MIN;
			tree[d] = (uint8_t)(tree[d] % DENSE_COUNT);
			tree[TREES_AT_THRESHOLDS + 2 * d] = (uint8_t)cut;
			tree[TREES_AT_THRESHOLDS + 2 * d + 1] = (uint8_t)((unsigned)cut >> 8);
		}
	}
}

static void compare(unsigned count)
{
	struct forest *f = forest_make(trees, count);
	assert_non_null(f);
	for (int round = 0; round < ROUNDS; round++) {
		int16_t x[DENSE_COUNT];
		for (unsigned i = 0; i < DENSE_COUNT; i++)
			x[i] = (int16_t)(round % 3  ? (int)(pick() % UINT16_MAX) + INT16_MIN
					: round & 1 ? INT16_MAX
						    : INT16_MIN);
		/* On a threshold is not above it. */
		for (unsigned d = 0; count && d < TREES_DEPTH; d++)
			if (round & 2)
				x[trees[d]] = trees_i16(trees + TREES_AT_THRESHOLDS + 2 * d);
		assert_int_equal(forest_sum(f, x), trees_sum(trees, count, x));
	}
	forest_free(f);
}

static void it_says_what_its_trees_say(void **state)
{
	(void)state;
	static const unsigned counts[] = {0, 1, 2, 159, 160, 161, 300, DGA_TREES_MAX};
	static const unsigned spreads[] = {1, 2, 9, 64, UINT16_MAX};
	for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
		for (size_t k = 0; k < sizeof spreads / sizeof spreads[0]; k++) {
			make(counts[i], spreads[k]);
			compare(counts[i]);
		}
}

static void all_trees_may_ask_one_thing(void **state)
{
	(void)state;
	make(100, 50);
	for (unsigned t = 0; t < 100; t++)
		for (unsigned d = 0; d < TREES_DEPTH; d++)
			trees[(size_t)t * TREES_BYTES + d] = DENSE_COUNT - 1;
	compare(100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_says_what_its_trees_say),
		cmocka_unit_test(all_trees_may_ask_one_thing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
