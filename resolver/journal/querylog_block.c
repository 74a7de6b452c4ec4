/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/journal/querylog_block.h"

#include <string.h>

void querylog_block_begin(struct querylog_block *b, uint64_t first_id)
{
	b->first_id = first_id;
	b->rows = b->used = b->words_used = 0;
	b->word_count = 0;
	querylog_block_forget(b);
}

void querylog_block_forget(struct querylog_block *b)
{
	b->list = b->family = b->group = (struct querylog_block_memo){0};
}

/* Its number, from 1; 0: the empty word. -1: there is no room for a new one. */
static int number_of(struct querylog_block *b, const char *word)
{
	size_t len = strnlen(word, QUERYLOG_WORD_MAX);
	if (!len)
		return 0;
	for (unsigned i = 0; i < b->word_count; i++) {
		const uint8_t *w = b->words + b->word_at[i];
		if (w[0] == len && !memcmp(w + 1, word, len))
			return (int)i + 1;
	}
	if (b->word_count == QUERYLOG_WORDS || b->words_used + len + 2 > QUERYLOG_WORDS_BYTES)
		return -1;
	uint8_t *w = b->words + b->words_used;
	w[0] = (uint8_t)len;
	memcpy(w + 1, word, len);
	w[len + 1] = 0;
	b->word_at[b->word_count++] = (uint16_t)b->words_used;
	b->words_used += (uint32_t)len + 2;
	return (int)b->word_count;
}

static bool remember(struct querylog_block *b, struct querylog_block_memo *memo, const char *word)
{
	if (memo->word == word)
		return true;
	int number = number_of(b, word);
	if (number < 0)
		return false;
	*memo = (struct querylog_block_memo){.word = word, .number = (uint8_t)number};
	return true;
}

bool querylog_block_add(struct querylog_block *b, const struct querylog_kept *row)
{
	if (b->rows == QUERYLOG_ROWS || b->used + QUERYLOG_ROW_MAX > QUERYLOG_ROWS_BYTES)
		return false;
	if (!remember(b, &b->list, row->list) || !remember(b, &b->family, row->family) ||
		!remember(b, &b->group, row->group))
		return false;
	if (!b->rows)
		b->base_ms = b->last_ms = b->min_ms = b->max_ms = row->at_ms;
	const struct querylog_words words = {b->list.number, b->family.number, b->group.number};
	b->used += (uint32_t)querylog_codec_row(row, &words, b->last_ms, b->row_bytes + b->used);
	b->last_ms = row->at_ms;
	b->min_ms = row->at_ms < b->min_ms ? row->at_ms : b->min_ms;
	b->max_ms = row->at_ms > b->max_ms ? row->at_ms : b->max_ms;
	b->rows++;
	return true;
}

size_t querylog_block_write(const struct querylog_block *b, uint8_t *to)
{
	const struct querylog_head h = {
		.bytes = QUERYLOG_HEAD + b->used + b->words_used + QUERYLOG_TAIL,
		.rows = b->rows,
		.words_at = QUERYLOG_HEAD + b->used,
		.first_id = b->first_id,
		.base_ms = b->base_ms,
		.min_ms = b->min_ms,
		.max_ms = b->max_ms};
	memcpy(to + QUERYLOG_HEAD, b->row_bytes, b->used);
	memcpy(to + h.words_at, b->words, b->words_used);
	querylog_codec_close(&h, to);
	return h.bytes;
}
