/* SPDX-License-Identifier: BSD-2-Clause
 * Curves and thresholds from scores.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dga/calibrate.h"

enum { POINTS = 20000 };

static int32_t value_at(const int32_t knots[DGA_KNOTS][2], int32_t raw)
{
	int k = 1;
	while (k < DGA_KNOTS - 1 && raw > knots[k][0])
		k++;
	return knots[k - 1][1] +
		(int32_t)((int64_t)(raw - knots[k - 1][0]) * (knots[k][1] - knots[k - 1][1]) /
			(knots[k][0] - knots[k - 1][0]));
}

static void assert_rising(const int32_t knots[DGA_KNOTS][2])
{
	for (int k = 1; k < DGA_KNOTS; k++)
		assert_true(knots[k][0] > knots[k - 1][0] && knots[k][1] > knots[k - 1][1]);
}

/* Of names with raw score r, a share of 1 / (1 + e^-r) is generated: the ratio is r itself. */
static void a_right_score_stays(void **state)
{
	(void)state;
	static struct calibrate_point points[2 * POINTS];
	int32_t knots[DGA_KNOTS][2];
	size_t n = 0;
	for (int i = 0; i < POINTS; i++) {
		int32_t raw = i * 6000 / POINTS - 3000;
		double odds = 1, step = raw / 1000.0 / 64;
		for (int k = 0; k < 64; k++)
			odds *= 1 + step + step * step / 2;
		points[n++] = (struct calibrate_point){raw, true, odds / (1 + odds) / POINTS * 2};
		points[n++] = (struct calibrate_point){raw, false, 1 / (1 + odds) / POINTS * 2};
	}
	calibrate_curve(points, n, knots);
	assert_rising(knots);
	for (int32_t raw = -2500; raw <= 2500; raw += 500)
		assert_in_range(value_at(knots, raw) - raw + 1000, 900, 1100);
}

static void curves_rise_whatever_comes(void **state)
{
	(void)state;
	int32_t knots[DGA_KNOTS][2];
	static struct calibrate_point points[1000];
	calibrate_curve(points, 0, knots);
	assert_rising(knots);
	/* The wrong way round, and all the same. */
	for (int i = 0; i < 1000; i++)
		points[i] = (struct calibrate_point){i, i < 500, 1.0 / 500};
	calibrate_curve(points, 1000, knots);
	assert_rising(knots);
	for (int i = 0; i < 1000; i++)
		points[i] = (struct calibrate_point){7, i & 1, 1.0 / 500};
	calibrate_curve(points, 1000, knots);
	assert_rising(knots);
}

static void a_bent_curve_stays_below(void **state)
{
	(void)state;
	int32_t knots[DGA_KNOTS][2];
	for (int k = 0; k < DGA_KNOTS; k++)
		knots[k][0] = knots[k][1] = 1000 * k;
	calibrate_bend(knots, 5000, 7000);
	assert_rising(knots);
	for (int k = 0; k <= 5; k++)
		assert_int_equal(knots[k][1], 1000 * k);
	assert_int_equal(knots[7][1], 6000);
	assert_true(knots[DGA_KNOTS - 1][1] < 7000);
	/* No room: one by one. */
	calibrate_bend(knots, 1000, 0);
	assert_rising(knots);
}

static void thresholds_go_on_where_names_end(void **state)
{
	(void)state;
	enum { NAMES = 10000 };
	static int32_t benign[NAMES];
	int32_t tail[DGA_RATES];
	/* A thousand names a decade, evenly. */
	for (int i = 0; i < NAMES; i++)
		benign[i] = i;
	calibrate_tail(benign, NAMES, tail);
	assert_int_equal(tail[0], NAMES - 1000 - 1);
	assert_int_equal(tail[2], NAMES - 100 - 1);
	assert_int_equal(tail[4], NAMES - 10 - 1);
	assert_int_equal(tail[5], NAMES - 3 - 1);
	assert_int_equal(tail[6] - tail[5], tail[5] - tail[4]);
	assert_int_equal(tail[10] - tail[9], tail[6] - tail[5]);
	calibrate_tail(benign, 1, tail);
	for (int r = 1; r < DGA_RATES; r++)
		assert_true(tail[r] >= tail[r - 1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_right_score_stays),
		cmocka_unit_test(curves_rise_whatever_comes),
		cmocka_unit_test(a_bent_curve_stays_below),
		cmocka_unit_test(thresholds_go_on_where_names_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
