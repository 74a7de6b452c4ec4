/* SPDX-License-Identifier: BSD-2-Clause
 * The list of the calendar: what known botnets will ask for around today, as a list among the others. What those who wish for it, make it
 * and take it in have in common.
 *
 * Threads: constant data.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "resolver/base/err.h"

#define CALENDAR_LIST_NAME "dga-calendar"
#define CALENDAR_LIST_SOURCE "calendar:" /* how its source begins */

enum { CALENDAR_LIST_FAMILY_MAX = 63 /* octets of a family's name */ };

/* Days are counted from 1970-01-01, in UTC. */
struct calendar_list_wish {
	int64_t first_day, last_day;
	bool is_undated; /* only what is the same on every day: today is not known */
	const char *seeds; /* file with further sets of parameters; "": none */
	const char *popular; /* file of popular names; "": the built-in ones */
};

/* What became of it. */
struct calendar_list_tally {
	uint64_t names; /* written */
	uint64_t popular, too_short; /* left out for what they are */
	uint32_t families;
};

/* What a list of it holds. Days as above; 0: only what is the same on every day. */
struct calendar_list_facts {
	bool is_known; /* it is such a list, and has been taken in */
	int64_t first_day, last_day;
	uint32_t families;
	uint64_t popular, too_short, protected; /* names left out for what they are */
};

/* Writes a line `name TAB family` for each name, none of them twice. 0, or a code with one sentence. */
typedef int calendar_list_maker(const struct calendar_list_wish *wish, FILE *to,
	struct calendar_list_tally *tally, struct err *why);

static inline bool calendar_list_is(const char *source)
{
	return !strncmp(source, CALENDAR_LIST_SOURCE, sizeof CALENDAR_LIST_SOURCE - 1);
}
