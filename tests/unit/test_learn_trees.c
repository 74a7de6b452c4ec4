/* SPDX-License-Identifier: BSD-2-Clause
 * Trees: what they learn and how they are read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dga/learn_trees.h"
#include "dga/samples.h"

enum { ROWS = 4000, TREES = 60 }; /* so many that some may ask about both of two facts */

static int16_t x[ROWS * DENSE_COUNT];
static int32_t linear[ROWS];
static float weights[ROWS];
static uint16_t families[ROWS];
static const struct learn_trees_rows rows = {ROWS, x, linear, weights, families};

static void leaves_are_added_up(void **state)
{
	(void)state;
	uint8_t trees[2 * TREES_BYTES] = {0};
	int16_t facts[DENSE_COUNT] = {[3] = 10, [4] = -5};
	/* The first asks feature 3 at depth 0 and 4 at depth 5. */
	trees[0] = 3;
	trees[5] = 4;
	trees[TREES_AT_THRESHOLDS] = 9;
	trees[TREES_AT_THRESHOLDS + 10] = 0xfa; /* -6 */
	trees[TREES_AT_THRESHOLDS + 11] = 0xff;
	trees[TREES_AT_LEAVES + 2 * 33] = 0x2c; /* 300 */
	trees[TREES_AT_LEAVES + 2 * 33 + 1] = 1;
	/* The second always says -2. */
	trees[TREES_BYTES + TREES_AT_LEAVES] = 0xfe;
	trees[TREES_BYTES + TREES_AT_LEAVES + 1] = 0xff;
	assert_int_equal(trees_leaf(trees, facts), 33);
	assert_int_equal(trees_sum(trees, 2, facts), 298);
	facts[3] = 9;
	assert_int_equal(trees_leaf(trees, facts), 32);
	facts[4] = -6;
	assert_int_equal(trees_sum(trees, 2, facts), -2);
}

/* Generated when exactly one of two facts is high: no sum of both tells that. */
static int make(void **state)
{
	(void)state;
	uint32_t seed = 1;
	for (size_t i = 0; i < ROWS; i++) {
		for (unsigned f = 0; f < DENSE_COUNT; f++) {
			seed = seed * 1664525u + 1013904223u;
			x[i * DENSE_COUNT + f] = (int16_t)(seed >> 20);
		}
		const int16_t *row = x + i * DENSE_COUNT;
		families[i] = (row[5] > 2000) != (row[9] > 1000);
		weights[i] = 1;
		linear[i] = 0;
	}
	return 0;
}

static void they_learn_what_no_sum_tells(void **state)
{
	(void)state;
	uint8_t trees[TREES * TREES_BYTES];
	struct dga model = {0};
	size_t right = 0;
	assert_int_equal(learn_trees(&rows, TREES, 1, trees, &model), 0);
	for (size_t i = 0; i < ROWS; i++) {
		int32_t sum =
			model.numbers[DGA_START] + trees_sum(trees, TREES, x + i * DENSE_COUNT);
		right += (sum > 0) == (families[i] != SAMPLES_BENIGN);
	}
	assert_in_range(right, ROWS * 95 / 100, ROWS);
}

static void the_same_rows_give_the_same_trees(void **state)
{
	(void)state;
	uint8_t a[TREES * TREES_BYTES], b[TREES * TREES_BYTES];
	struct dga model = {0};
	assert_int_equal(learn_trees(&rows, TREES, 7, a, &model), 0);
	assert_int_equal(learn_trees(&rows, TREES, 7, b, &model), 0);
	assert_memory_equal(a, b, sizeof a);
	assert_int_equal(learn_trees(&rows, TREES, 8, b, &model), 0);
	assert_memory_not_equal(a, b, sizeof a);
}

/* How much of the linear score trees begin with. */
static void the_start_follows_the_linear_score(void **state)
{
	(void)state;
	uint8_t trees[TREES_BYTES];
	struct dga model = {0};
	for (size_t i = 0; i < ROWS; i++)
		linear[i] = (families[i] ? 1 : -1) * (i % 10 ? 1000 : -1000);
	assert_int_equal(learn_trees(&rows, 1, 1, trees, &model), 0);
	/* Nine of ten are right: odds of 9 to 1, 2.197 nats a unit. */
	assert_in_range(model.numbers[DGA_SLOPE], 2150, 2350);
	assert_in_range(model.numbers[DGA_START] + 1000, 850, 1150);
	memset(linear, 0, sizeof linear);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaves_are_added_up),
		cmocka_unit_test(they_learn_what_no_sum_tells),
		cmocka_unit_test(the_same_rows_give_the_same_trees),
		cmocka_unit_test(the_start_follows_the_linear_score),
	};
	return cmocka_run_group_tests(tests, make, NULL);
}
