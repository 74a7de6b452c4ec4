/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/schedule.h"

#include <stddef.h>
#include <sys/random.h>
#include <time.h>

enum { JITTER_PARTS = 10, RETRY_JITTER_PARTS = 2, DAY_S = 86400 };

/* The next time that clocks on the wall show it, by the rules of summer time. */
static uint64_t until_time_of_day(uint32_t minutes, uint64_t from_s)
{
	for (int days = 0; days < 3; days++) {
		time_t from = (time_t)from_s;
		struct tm t;
		if (!localtime_r(&from, &t))
			break;
		t.tm_mday += days;
		t.tm_hour = (int)(minutes / 60);
		t.tm_min = (int)(minutes % 60);
		t.tm_sec = 0;
		t.tm_isdst = -1;
		time_t due = mktime(&t);
		if (due != (time_t)-1 && due > from)
			return (uint64_t)(due - from);
	}
	return DAY_S;
}

uint64_t schedule_wait_s(const struct schedule *s, uint64_t from_s)
{
	uint64_t left_s = DAY_S - from_s % DAY_S;
	if (s->is_daily && !s->fails)
		return left_s < s->refresh_s ? left_s : s->refresh_s;
	if (!s->fails)
		return s->at ? until_time_of_day(s->at - 1, from_s) : s->refresh_s;
	uint64_t wait = (uint64_t)SCHEDULE_RETRY_S << (s->fails - 1 < 20 ? s->fails - 1 : 20);
	if (wait > s->refresh_s)
		wait = s->refresh_s;
	uint64_t patience =
		s->patience_s < SCHEDULE_PATIENCE_MAX_S ? s->patience_s : SCHEDULE_PATIENCE_MAX_S;
	return wait > patience ? wait : patience;
}

uint64_t schedule_jitter_ms(const struct schedule *s, uint64_t wait_s)
{
	uint32_t r = 0;
	if (s->is_daily)
		return wait_s * 1000;
	if (getrandom(&r, sizeof r, GRND_NONBLOCK) != sizeof r)
		r = 0;
	uint64_t ms = wait_s * 1000;
	uint64_t more = s->fails ? ms / RETRY_JITTER_PARTS
		: s->at		 ? (uint64_t)SCHEDULE_AT_JITTER_S * 1000
				 : ms / JITTER_PARTS;
	return ms + (uint64_t)((double)more * r / UINT32_MAX);
}
