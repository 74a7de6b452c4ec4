/* SPDX-License-Identifier: BSD-2-Clause
 * One file of the query log: a head with magic, version and the first row's number, then blocks.
 *
 * Threads: pure but for the file. Any bytes may stand in it; also ones that change while it is read.
 */
#pragma once

#include "resolver/base/err.h"
#include "resolver/journal/querylog_codec.h"

enum { QUERYLOG_SEGMENT_HEAD = 32 };

struct querylog_segment {
	uint64_t first_id, end_id; /* the rows' numbers; end_id: behind the last */
	uint64_t min_ms, max_ms;
	uint64_t rows, bytes;
	bool is_sealed, is_doubted; /* a reader found it damaged */
};

/* What it holds. A file without a seal is read to its end, and what a crash has left half written there is cut off. CEN_ECORRUPT, CEN_EVERSION (of a newer
 * cenote), or what the system says. */
int querylog_segment_open(
	const char *path, uint64_t first_id, struct querylog_segment *out, struct err *why);
/* A new one; returns its descriptor or a negative code. */
int querylog_segment_create(const char *path, uint64_t first_id, struct err *why);
/* Writes whole at this place, or cuts off what was written. 0 or a negative errno. */
int querylog_segment_write(int fd, uint64_t at, const void *bytes, size_t len);
int querylog_segment_seal(int fd, const struct querylog_segment *s);

/* Moves `*at`, the end of a block, to its beginning. False: there is none. */
bool querylog_segment_before(int fd, uint64_t *at, struct querylog_head *out);
/* False: it is not what was written. */
bool querylog_segment_read(
	int fd, uint64_t at, const struct querylog_head *h, uint8_t to[QUERYLOG_BLOCK_MAX]);
