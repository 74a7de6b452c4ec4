/* SPDX-License-Identifier: BSD-2-Clause
 * A file of lines with fields between tabs, in memory.
 *
 * Threads: pure.
 * Owns: the bytes of the file.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "resolver/base/err.h"

enum { CALENDAR_TEXT_MAX = 16 << 20 }; /* octets of a file */

struct calendar_text {
	const char *file; /* borrowed */
	char *bytes, *next; /* NULL: nothing read */
	char *at; /* this line, without its end */
	size_t line; /* counted from 1 */
};

/* 0, or negative with one sentence. */
int calendar_text_read(struct calendar_text *t, const char *file, struct err *why);
void calendar_text_free(struct calendar_text *t);
/* Goes to the next line; false at the end. */
bool calendar_text_next(struct calendar_text *t);
/* The line is empty or begins with '#'. */
bool calendar_text_is_comment(const struct calendar_text *t);
/* Splits the line into exactly `count` fields, in place. */
bool calendar_text_fields(struct calendar_text *t, char **fields, size_t count);
