/* SPDX-License-Identifier: BSD-2-Clause
 * Lists of popular domains as they are published: a name a line, the most popular first, also `rank,name`, also gzipped.
 *
 * Threads: pure; nothing is shared between calls.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/base/dname.h"
#include "resolver/base/err.h"

enum {
	TOP_LIST_LINE_MAX = 1024, /* octets; a longer line holds no name */
	TOP_LIST_LINES_MAX = 5000000,
	TOP_LIST_BAD_SHARE = 100, /* one line in so many may hold something else than a name */
};

/* A name of the list. False ends the reading. */
typedef bool top_list_name(void *arg, const struct dname *name);

/* Reads all of it. Empty lines and those that begin with # are skipped, as are a few that hold no name: what big lists have of them. 0, or
 * negative with one sentence, which shows the first such line. */
int top_list_read(const char *file, top_list_name *each, void *arg, struct err *why);
/* The same from memory; `file` stands for it in sentences. */
int top_list_text(const char *file, const uint8_t *text, size_t len, top_list_name *each, void *arg,
	struct err *why);
