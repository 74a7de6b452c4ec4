/* SPDX-License-Identifier: BSD-2-Clause
 * The bounds of the test, and what a name adds.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "resolver/evidence/sprt.h"

static void test_bounds_are_walds(void **state)
{
	(void)state;
	/* A test that ends as clean takes ln(.01) / ln(.5) names, 7; a day has room for 100: 14.3 tests. */
	struct sprt s = sprt_bounds(1e-6, .01);
	assert_int_equal(s.infected, (int32_t)lrint(1000 * log(.99 / (1e-6 * 7 / 100))));
	assert_int_equal(s.clean, (int32_t)lrint(1000 * log(.01)));
	/* Rarer errors need more. */
	assert_true(sprt_bounds(1e-7, .01).infected > s.infected);
	assert_true(sprt_bounds(1e-6, .001).clean < s.clean);
}

static void test_a_name_says_little_either_way(void **state)
{
	(void)state;
	assert_int_equal(sprt_of_score(0), 0);
	/* However odd: ln(.5 / .01). However ordinary: ln(.5 / .99). */
	assert_int_equal(sprt_of_score(INT32_MAX), 3912);
	assert_int_equal(sprt_of_score(INT32_MIN), -683);
	for (int32_t score = -10000; score < 10000; score += 500)
		assert_true(sprt_of_score(score + 500) >= sprt_of_score(score));
}

static void test_decay(void **state)
{
	(void)state;
	assert_int_equal(sprt_decayed(8000, 0, 3600), 8000);
	assert_int_equal(sprt_decayed(8000, 3600, 3600), 4000);
	assert_int_equal(sprt_decayed(-8000, 7200, 3600), -2000);
	assert_int_equal(sprt_decayed(8000, UINT64_MAX, 3600), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bounds_are_walds),
		cmocka_unit_test(test_a_name_says_little_either_way),
		cmocka_unit_test(test_decay),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
