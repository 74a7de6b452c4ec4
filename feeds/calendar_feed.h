/* SPDX-License-Identifier: BSD-2-Clause
 * The calendar as a list of feeds: made anew when the day or what it is made of is another, and taken into the build. The lines of its
 * file are `name TAB family`, then one comment with the facts.
 *
 * Threads: belongs to the helper's one thread. Owns: nothing after a call returns.
 */
#pragma once

#include <stdint.h>

#include "feeds/feeds.h"
#include "feeds/fetch/fetch.h"
#include "feeds/format/intake.h"
#include "feeds/guard.h"
#include "feeds/listdb/build.h"
#include "feeds/plan.h"
#include "resolver/base/err.h"

/* Makes the file of the job, as fetching would: FETCH_UNCHANGED while the day and the files it is made of are the same. */
void calendar_feed_make(struct fetch_job *job, const struct plan_calendar *plan);

/* Reads such a file into the list begun in `build` (NULL: only looks), but for names that the guards protect. 0, or a code with the sentence. */
int calendar_feed_take(const char *path, const struct intake_limits *limits,
	const struct publics *publics, const struct guard *guard, struct build *build,
	struct intake_report *report, struct calendar_list_facts *facts, struct err *why);
