/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <time.h>

#include "feeds/schedule.h"

enum { HOUR_S = 3600, DAY_S = 86400 };

static uint64_t utc(int year, int month, int day, int hour, int minute)
{
	struct tm t = {.tm_year = year - 1900,
		.tm_mon = month - 1,
		.tm_mday = day,
		.tm_hour = hour,
		.tm_min = minute};
	return (uint64_t)timegm(&t);
}

static void set_zone(const char *zone)
{
	setenv("TZ", zone, 1);
	tzset();
}

static void failures_double(void **state)
{
	(void)state;
	struct schedule s = {.refresh_s = HOUR_S};
	assert_int_equal(schedule_wait_s(&s, 0), HOUR_S);
	static const uint64_t waits[] = {60, 120, 240, 480, 960, 1920, HOUR_S, HOUR_S};
	for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
		s.fails = (uint32_t)i + 1;
		assert_int_equal(schedule_wait_s(&s, 0), waits[i]);
	}
	s.fails = UINT32_MAX;
	assert_int_equal(schedule_wait_s(&s, 0), HOUR_S);
	/* What the server asks for is granted, within a day. */
	s.patience_s = 2 * HOUR_S;
	assert_int_equal(schedule_wait_s(&s, 0), 2 * HOUR_S);
	s.patience_s = UINT32_MAX;
	assert_int_equal(schedule_wait_s(&s, 0), DAY_S);
	s.fails = 0;
	assert_int_equal(schedule_wait_s(&s, 0), HOUR_S);
}

static void a_time_of_day(void **state)
{
	(void)state;
	set_zone("UTC");
	struct schedule s = {.refresh_s = HOUR_S, .at = 4 * 60 + 30 + 1};
	assert_int_equal(schedule_wait_s(&s, utc(2026, 3, 1, 4, 0)), 30 * 60);
	assert_int_equal(schedule_wait_s(&s, utc(2026, 3, 1, 4, 30)), DAY_S);
	assert_int_equal(schedule_wait_s(&s, utc(2026, 3, 1, 4, 31)), DAY_S - 60);
	assert_int_equal(schedule_wait_s(&s, utc(2026, 12, 31, 23, 30)), 5 * HOUR_S);
	s.at = 1; /* midnight */
	assert_int_equal(schedule_wait_s(&s, utc(2026, 3, 1, 23, 59)), 60);
	/* A failure does not wait for the morning. */
	s.fails = 1;
	assert_int_equal(schedule_wait_s(&s, utc(2026, 3, 1, 12, 0)), 60);
}

static void summer_time(void **state)
{
	(void)state;
	set_zone("CET-1CEST,M3.5.0,M10.5.0/3");
	struct schedule s = {.refresh_s = DAY_S, .at = 4 * 60 + 30 + 1};
	/* The night of 29 March 2026 has an hour less, that of 25 October one more. */
	assert_int_equal(schedule_wait_s(&s, utc(2026, 3, 28, 3, 30)), 23 * HOUR_S);
	assert_int_equal(schedule_wait_s(&s, utc(2026, 10, 24, 2, 30)), 25 * HOUR_S);
	s.at = 2 * 60 + 30 + 1; /* does not exist that night */
	uint64_t wait = schedule_wait_s(&s, utc(2026, 3, 28, 23, 0));
	assert_true(wait >= HOUR_S && wait <= 3 * HOUR_S);
	set_zone("UTC");
}

static void jitter_is_bounded(void **state)
{
	(void)state;
	static const struct {
		struct schedule s;
		uint64_t most_ms;
	} cases[] = {{{.refresh_s = 1000}, 100000}, {{.refresh_s = 1000, .fails = 1}, 500000},
		{{.refresh_s = 1000, .at = 1}, SCHEDULE_AT_JITTER_S * 1000}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint64_t least = UINT64_MAX, most = 0;
		for (int n = 0; n < 1000; n++) {
			uint64_t ms = schedule_jitter_ms(&cases[i].s, 1000);
			least = ms < least ? ms : least;
			most = ms > most ? ms : most;
		}
		assert_true(least >= 1000000 && most <= 1000000 + cases[i].most_ms);
		assert_true(most - least > cases[i].most_ms / 2);
	}
	assert_int_equal(schedule_jitter_ms(&cases[0].s, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(failures_double),
		cmocka_unit_test(a_time_of_day),
		cmocka_unit_test(summer_time),
		cmocka_unit_test(jitter_is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
