/* SPDX-License-Identifier: BSD-2-Clause
 * The query log on disk: a ring of files in the folder `querylog` of the state folder. Each is named after its first row's number, holds blocks
 * (querylog_codec.h) of at most one day, and ends with a seal once it is full. The oldest are removed when they are too old or too much.
 *
 * Threads: the writer's functions belong to the journal thread; the readers' may be called by any thread, and hold no lock while the disk works.
 * Owns: its files. One that is damaged, or was written by a newer cenote, is set aside as NAME.damaged, of which the last one is kept.
 */
#pragma once

#include "resolver/journal/querylog_segment.h"

struct querylog_files;

struct querylog_files_info {
	uint64_t bytes, rows, oldest_ms, end_id;
	uint64_t failures; /* files set aside */
	char problem[256]; /* of the last one; "": none */
};

/* --- the writer ------------------------------------------------------------------------------- */

/* NULL when memory is short. What is there already is read by querylog_files_begin, which may take a second. */
struct querylog_files *querylog_files_new(const char *state_directory);
void querylog_files_begin(struct querylog_files *f);
void querylog_files_free(struct querylog_files *f);

void querylog_files_limit(struct querylog_files *f, uint64_t bytes, uint32_t days);
/* Appends a block as it was written by querylog_block_write. After a failure the file is as it was. */
int querylog_files_append(struct querylog_files *f, const uint8_t *block, struct err *why);
/* Removes what is too old or too much, sets aside what a reader found damaged, and ends a file that is a day old. */
void querylog_files_tidy(struct querylog_files *f);

/* --- readers ---------------------------------------------------------------------------------- */

void querylog_files_info(struct querylog_files *f, struct querylog_files_info *out);
/* No row before this time is to be shown. */
uint64_t querylog_files_horizon_ms(struct querylog_files *f);
/* The newest one that has a row with a number below `before`. False: there is none. */
bool querylog_files_find(struct querylog_files *f, uint64_t before, struct querylog_segment *out);
void querylog_files_doubt(struct querylog_files *f, const struct querylog_segment *s);

/* Reads one file's blocks from its end. */
struct querylog_cursor {
	int fd;
	uint64_t at; /* the end of the next one */
	uint64_t before; /* blocks must have lower numbers */
	bool is_bad;
};

/* False when it is gone meanwhile. */
bool querylog_files_enter(const struct querylog_files *f, const struct querylog_segment *s,
	struct querylog_cursor *c);
void querylog_files_leave(struct querylog_cursor *c);
/* Moves to the block before. False at the beginning, or when it is damaged. */
bool querylog_files_previous(struct querylog_cursor *c, struct querylog_head *out);
/* Reads the block that the cursor is at. False when it is damaged. */
bool querylog_files_read(
	struct querylog_cursor *c, const struct querylog_head *h, uint8_t to[QUERYLOG_BLOCK_MAX]);
