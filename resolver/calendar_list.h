/* SPDX-License-Identifier: BSD-2-Clause
 * Makes the text of the calendar's list: the generators' names of some days, but for those that are somebody else's, too.
 *
 * Threads: pure but for the files. Owns: 8 octets a name twice over, until it returns.
 */
#pragma once

#include "resolver/base/calendar_list.h"

enum { CALENDAR_LIST_NAMES_MAX = 4000000 };

/* A calendar_list_maker. Names whose registrable domain is popular, and those whose registrable label is too short to be told from
 * a real one (label.h), are left out and counted; all are counted once. */
int calendar_list_make(const struct calendar_list_wish *wish, FILE *to,
	struct calendar_list_tally *tally, struct err *why);
