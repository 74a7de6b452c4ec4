/* SPDX-License-Identifier: BSD-2-Clause
 * A block of the query log while it is filled, and as long as it is kept in memory.
 *
 * Threads: one at a time.
 * Owns: nothing.
 */
#pragma once

#include "resolver/journal/querylog_codec.h"

struct querylog_block {
	uint64_t first_id, base_ms, last_ms, min_ms, max_ms;
	uint32_t rows, used, words_used;
	unsigned word_count;
	uint16_t word_at[QUERYLOG_WORDS];
	uint8_t row_bytes[QUERYLOG_ROWS_BYTES];
	uint8_t words[QUERYLOG_WORDS_BYTES];
};

/* Empties it. */
void querylog_block_begin(struct querylog_block *b, uint64_t first_id);
/* Gives the row the number first_id + rows. False when there is no room. */
bool querylog_block_add(struct querylog_block *b, const struct querylog_kept *row);
/* Writes it whole: at most QUERYLOG_BLOCK_MAX octets; returns how many. */
size_t querylog_block_write(const struct querylog_block *b, uint8_t *to);
