/* SPDX-License-Identifier: BSD-2-Clause
 * A block of the query log while it is filled, and as long as it is kept in memory.
 *
 * Threads: one at a time.
 * Owns: nothing.
 */
#pragma once

#include "resolver/journal/querylog_codec.h"

/* The word that a row had last in this place, by where it lies. */
struct querylog_block_memo {
	const char *word; /* NULL: none */
	uint8_t number;
};

struct querylog_block {
	uint64_t first_id, base_ms, last_ms, min_ms, max_ms;
	uint32_t rows, used, words_used;
	unsigned word_count;
	struct querylog_block_memo list, family, group;
	uint16_t word_at[QUERYLOG_WORDS];
	uint8_t row_bytes[QUERYLOG_ROWS_BYTES];
	uint8_t words[QUERYLOG_WORDS_BYTES];
};

/* Empties it. */
void querylog_block_begin(struct querylog_block *b, uint64_t first_id);
/* Words of rows to come may lie where others have lain. */
void querylog_block_forget(struct querylog_block *b);
/* Gives the row the number first_id + rows. False when there is no room. */
bool querylog_block_add(struct querylog_block *b, const struct querylog_kept *row);
/* Writes it whole: at most QUERYLOG_BLOCK_MAX octets; returns how many. */
size_t querylog_block_write(const struct querylog_block *b, uint8_t *to);
