/* SPDX-License-Identifier: BSD-2-Clause
 * Days and dates, in the proleptic Gregorian calendar.
 */
#include "dga/families/family.h"

#include <string.h>

static bool is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Days from 1970-01-01 to the first of January. */
static int64_t year_start(int64_t year)
{
	int64_t y = year - 1; /* leap days before it */
	return 365 * (year - 1970) + (y / 4 - y / 100 + y / 400) -
		(1969 / 4 - 1969 / 100 + 1969 / 400);
}

/* Days of the year before the first of the month. */
static int month_start(int64_t year, int month)
{
	static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};
	return before[month - 1] + (month > 2 && is_leap(year));
}

int64_t family_day(int year, int month, int day)
{
	return year_start(year) + month_start(year, month) + day - 1;
}

struct family_date family_date(int64_t day)
{
	int64_t year = 1970 + day / 366; /* never too late, from 1970 on */
	while (year_start(year + 1) <= day)
		year++;
	int rest = (int)(day - year_start(year)), month = 1;
	while (month < 12 && month_start(year, month + 1) <= rest)
		month++;
	return (struct family_date){
		.year = (int)year,
		.month = month,
		.day = rest - month_start(year, month) + 1,
		.weekday = (int)((day % 7 + 7 + 3) % 7), /* 1970-01-01 was a Thursday */
		.year_day = rest + 1,
	};
}

static int digits(const char *at, int count)
{
	int n = 0;
	for (int i = 0; i < count; i++) {
		if (at[i] < '0' || at[i] > '9')
			return -1;
		n = n * 10 + (at[i] - '0');
	}
	return n;
}

bool family_day_from_text(const char *text, int64_t *day)
{
	if (strlen(text) != 10 || text[4] != '-' || text[7] != '-')
		return false;
	int y = digits(text, 4), m = digits(text + 5, 2), d = digits(text + 8, 2);
	if (y < 1970 || y > 2199 || m < 1 || m > 12 || d < 1)
		return false;
	if (d > month_start(y, m + 1) - month_start(y, m))
		return false;
	*day = family_day(y, m, d);
	return true;
}
