/* SPDX-License-Identifier: BSD-2-Clause
 * A small file of ours that is read whole and written whole.
 *
 * Threads: pure but for the file.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "resolver/base/err.h"

/* What there is to write; a failed write is found by whole_file_write. */
typedef void whole_file_writer(const void *arg, FILE *f);

/* Owned text; NULL and 0 when there is no file. -EFBIG over `max` octets: not ours. */
int whole_file_read(const char *path, size_t max, char **text, size_t *len);
/* Written beside it, synced, renamed: after a crash there is the old one or the new one. On failure the old one stays. */
int whole_file_write(const char *path, whole_file_writer *write, const void *arg, struct err *why);
/* A damaged one gets the name `<path>.damaged`, in the place of an earlier one. */
int whole_file_set_aside(const char *path);
/* Gives `take` each line, without its end. Returns how many it refused, and in `first_bad` the number of the first of them. */
size_t whole_file_lines(const char *text, size_t len,
	bool (*take)(void *arg, const char *line, size_t len), void *arg, size_t *first_bad);
