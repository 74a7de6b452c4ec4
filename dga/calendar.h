/* SPDX-License-Identifier: BSD-2-Clause
 * What known botnets will ask for: the names that their generators make on a given day.
 *
 * Threads: pure; nothing is shared between calls.
 * Source: published analyses, named in each file of families/. Days are counted from 1970-01-01, in UTC.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "resolver/base/err.h"

enum {
	CALENDAR_DAYS_MAX = 62, /* days in one request */
	CALENDAR_SET_MAX = 10000, /* names of one set of parameters on one day */
	CALENDAR_NAME_TEXT = 256,
	CALENDAR_SETS_MAX = 4096, /* sets of parameters in one file */
};

/* Who makes a name. */
struct calendar_maker {
	const char *family, *variant; /* static */
	const char *parameters; /* JSON text; valid during the call */
	bool is_dated; /* makes other names on other days */
};

struct calendar_request {
	int64_t first_day, last_day;
	const char *family; /* only this one; NULL: all */
	const char *
		seeds; /* file with further sets of parameters, `family TAB variant TAB JSON` a line; NULL: only the built-in ones */
};

/* A name, lower case, without the last dot. False ends it all. Day by day; what no date changes comes once, with the first day. The same name may
 * come several times (of several days or makers). */
typedef bool calendar_each_name(
	void *arg, int64_t day, const struct calendar_maker *maker, const char *name);

/* 0, or negative with one sentence: CEN_ENOTFOUND for an unknown family, CEN_EFORMAT for a line of `seeds`, -EINVAL for the days. */
int calendar_each(
	const struct calendar_request *r, calendar_each_name *each, void *arg, struct err *why);

/* The i-th family and variant there is a generator for; false past the end. `sets`: how many sets of parameters are built in. */
bool calendar_generator(size_t i, struct calendar_maker *out, size_t *sets);

/* Compares the generators with a file of known answers: a header line, then `family TAB variant TAB JSON TAB index TAB name` a line, the date
 * within the JSON as "date". Tells each set that differs and a count for each family to `tell`. 0 when all agree, CEN_EFORMAT when one does not or
 * the file is no such file. */
int calendar_check(const char *file, FILE *tell, struct err *why);

/* "2026-11-23" to days and back. False: no such date. Years 1970 to 2199. */
bool calendar_day_from_text(const char *text, int64_t *day);
void calendar_day_to_text(int64_t day, char text[static 11]);
