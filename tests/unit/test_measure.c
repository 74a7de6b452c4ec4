/* SPDX-License-Identifier: BSD-2-Clause
 * Thresholds, rates and the area under the curve, on sets small enough to count by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dga/measure.h"

/* As doubles: where arithmetic keeps more bits than that, a literal has them, too. */
static void assert_share(double seen, double wanted)
{
	assert_true(seen == wanted);
}

static void a_threshold_lets_the_wanted_share_through(void **state)
{
	(void)state;
	int32_t scores[100];
	for (int32_t i = 0; i < 100; i++)
		scores[i] = 99 - i;
	measure_sort(scores, 100);
	assert_int_equal(scores[0], 0);
	assert_int_equal(scores[99], 99);
	assert_int_equal(measure_threshold(scores, 100, 0.05), 94);
	assert_share(measure_over(scores, 100, 94), 0.05);
	assert_int_equal(measure_threshold(scores, 100, 1e-4), 99);
	assert_share(measure_over(scores, 100, 99), 0);
	assert_int_equal(measure_threshold(scores, 100, 1), 0);
	assert_share(measure_over(scores, 100, -1), 1);
	assert_share(measure_over(scores, 0, 0), 0);
}

/* With equal scores the share may be smaller, never larger. */
static void ties_stay_below_the_threshold(void **state)
{
	(void)state;
	int32_t scores[] = {1, 2, 7, 7, 7, 7};
	int32_t t = measure_threshold(scores, 6, 0.5);
	assert_int_equal(t, 7);
	assert_share(measure_over(scores, 6, t), 0);
}

static void the_area_is_the_share_of_pairs_in_order(void **state)
{
	(void)state;
	const int32_t benign[] = {-5, 0, 3, 3}, bad[] = {0, 3, 9};
	/* 0: over one, ties one; 3: over two, ties two; 9: over all four. */
	assert_share(measure_auc(benign, 4, bad, 3), (1.5 + 3 + 4) / 12);
	assert_share(measure_auc(benign, 4, benign, 4), 0.5);
	assert_share(measure_auc(benign, 0, bad, 3), 0);
	const int32_t edges[] = {INT32_MIN, INT32_MAX};
	assert_share(measure_auc(edges, 2, edges, 2), 0.5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_threshold_lets_the_wanted_share_through),
		cmocka_unit_test(ties_stay_below_the_threshold),
		cmocka_unit_test(the_area_is_the_share_of_pairs_in_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
