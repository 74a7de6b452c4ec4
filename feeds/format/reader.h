/* SPDX-License-Identifier: BSD-2-Clause
 * The lines of a list within bounds: plain, gzip, xz or zstd, or of all files of a tar or zip archive, one after another. The one includer of
 * archive.h.
 *
 * Threads: a reader belongs to one thread. Owns: the open file and 1 MiB of buffer.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/base/err.h"

enum {
	READER_RATIO_MAX =
		200, /* octets unpacked for one packed: text reaches ten, a bomb a thousand */
	READER_RATIO_FREE = 4 << 20, /* octets unpacked before the ratio counts */
	READER_FILES_MAX = 64, /* in an archive */
};

struct reader;

struct reader_line {
	const char *at; /* valid until the next call */
	size_t len; /* without the line's end */
	uint64_t number; /* from 1 */
	bool is_too_long; /* only its beginning is here */
	bool is_first; /* of the list, or of a file of the archive */
};

/* `max_bytes` bounds what comes out. Returns owned. */
int reader_open(const char *path, uint64_t max_bytes, struct reader **out, struct err *why);
void reader_close(struct reader *r);

/* 1; 0 at the end; negative with a sentence that begins behind the list's name (CEN_ELIMIT, CEN_EFORMAT for a damaged archive,
 * CEN_EREFUSED for one within another and for text that is not in lines of UTF-8, -errno). */
int reader_next(struct reader *r, struct reader_line *out, struct err *why);
