/* SPDX-License-Identifier: BSD-2-Clause
 * The clock: it runs, stands still, moves by hand, and its wall time can be shifted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "resolver/base/clock.h"

enum { OFFSET_S = 100000 };

static void a_frozen_clock_moves_by_hand(void **state)
{
	(void)state;
	clock_freeze(5000001, 1700000000);
	assert_true(clock_us() == 5000001);
	assert_true(clock_ms() == 5000);
	assert_int_equal(clock_s(), 5);
	assert_true(clock_wall_s() == 1700000000);
	clock_advance(999999);
	assert_true(clock_us() == 6000000);
	assert_int_equal(clock_s(), 6);
	assert_true(clock_wall_s() == 1700000000);
	clock_advance(1);
	assert_true(clock_wall_s() == 1700000001);
	clock_thaw();
}

static void seconds_last_for_136_years(void **state)
{
	(void)state;
	clock_freeze((uint64_t)UINT32_MAX * 1000000 + 999999, 0);
	assert_true(clock_s() == UINT32_MAX);
	assert_true(clock_ms() == (uint64_t)UINT32_MAX * 1000 + 999);
	clock_thaw();
}

static void a_thawed_clock_runs(void **state)
{
	(void)state;
	clock_freeze(1, 1);
	clock_thaw();
	uint64_t before = clock_us();
	assert_true(before > 1);
	/* Bounded: it either moves within many reads or is broken. */
	uint64_t now = before;
	for (int i = 0; i < 100000000 && now == before; i++)
		now = clock_us();
	assert_true(now > before);
	struct timespec t;
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &t), 0);
	uint64_t s = (uint64_t)t.tv_sec;
	assert_in_range(clock_s(), s, s + 60);
	assert_in_range(clock_ms() / 1000, s, s + 60);
}

static void wall_time_is_shifted_by_the_environment(void **state)
{
	(void)state;
	uint64_t real = (uint64_t)time(NULL);
	assert_in_range(clock_wall_s(), real + OFFSET_S, real + OFFSET_S + 60);
	/* Read once: a change does not act. */
	setenv("CENOTE_TEST_CLOCK_OFFSET_S", "0", 1);
	assert_in_range(clock_wall_s(), real + OFFSET_S, real + OFFSET_S + 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frozen_clock_moves_by_hand),
		cmocka_unit_test(seconds_last_for_136_years),
		cmocka_unit_test(a_thawed_clock_runs),
		cmocka_unit_test(wall_time_is_shifted_by_the_environment),
	};
	setenv("CENOTE_TEST_CLOCK_OFFSET_S", "100000", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
