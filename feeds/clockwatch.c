/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/clockwatch.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { TEXT = 24, DAY_S = 86400 };

static const char *say_time(uint64_t wall_s, char text[static TEXT])
{
	time_t at = (time_t)wall_s;
	struct tm t;
	if (!gmtime_r(&at, &t) || !strftime(text, TEXT, "%Y-%m-%dT%H:%M:%SZ", &t))
		snprintf(text, TEXT, "a time past all dates");
	return text;
}

void clockwatch_note(struct clockwatch *w, uint64_t wall_s)
{
	if (wall_s > w->newest_s)
		w->newest_s = wall_s;
}

void clockwatch_hear(struct clockwatch *w, int64_t skew_s)
{
	w->has_skew = true;
	w->skew_s = skew_s;
}

enum fault { FAULT_NONE, FAULT_RELEASE, FAULT_BACK, FAULT_SERVERS };

static enum fault find_fault(const struct clockwatch *w, uint64_t now_s)
{
	if (now_s < CENOTE_RELEASED_S)
		return FAULT_RELEASE;
	if (now_s + CLOCKWATCH_BACK_S < w->newest_s)
		return FAULT_BACK;
	bool is_skewed = w->skew_s > CLOCKWATCH_SKEW_S || w->skew_s < -CLOCKWATCH_SKEW_S;
	return w->has_skew && is_skewed ? FAULT_SERVERS : FAULT_NONE;
}

bool clockwatch_judge(struct clockwatch *w, uint64_t now_s)
{
	static const char *const starts[] = {[FAULT_NONE] = "",
		[FAULT_RELEASE] = "the clock of this machine is wrong: ",
		[FAULT_BACK] = "the clock of this machine went back: ",
		[FAULT_SERVERS] = "the clock of this machine seems wrong: "};
	char now[TEXT], other[TEXT];
	enum fault fault = find_fault(w, now_s);
	const char *start = starts[fault];
	bool is_same = fault ? !strncmp(w->reason, start, strlen(start)) : !w->reason[0];
	w->is_before_release = fault == FAULT_RELEASE;
	say_time(now_s, now);
	int64_t days = (w->skew_s < 0 ? -w->skew_s : w->skew_s) / DAY_S;
	if (fault == FAULT_NONE)
		w->reason[0] = 0;
	else if (fault == FAULT_RELEASE)
		snprintf(w->reason, sizeof w->reason,
			"%sit says %s, before this program was made; the calendar stays as it was",
			start, now);
	else if (fault == FAULT_BACK)
		snprintf(w->reason, sizeof w->reason, "%sit says %s, and its newest state is of %s",
			start, now, say_time(w->newest_s, other));
	else
		snprintf(w->reason, sizeof w->reason,
			"%sthe servers of the lists say that it is %" PRId64 " day%s %s", start,
			days, days == 1 ? "" : "s", w->skew_s > 0 ? "later" : "earlier");
	if (fault != FAULT_BACK)
		clockwatch_note(w, now_s);
	return !is_same;
}
