/* SPDX-License-Identifier: BSD-2-Clause
 * What made-up families are made of: words, letters and top-level domains of the benign names that are learned.
 *
 * Threads: none of this is shared.
 * Owns: everything until synth_stock_free.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dga/samples.h"
#include "dga/synth_dice.h"

enum {
	SYNTH_WORD_MIN = 3,
	SYNTH_WORD_MAX = 14, /* octets */
	SYNTH_WORDS_MAX = 20000,
	SYNTH_PROSE_MAX = 8000,
	SYNTH_TOPS_MAX = 400,
	SYNTH_LETTERS = 26,
	SYNTH_END = 26, /* in `followers`: the label's beginning or end */
	SYNTH_CONTEXTS = 27 * 27,
};

struct synth_word {
	char text[SYNTH_WORD_MAX + 1];
	uint8_t len;
	uint32_t count; /* in how many labels */
};

struct synth_top {
	char text[16]; /* dotless: `com` */
	uint32_t names;
};

struct synth_stock {
	struct synth_word *words; /* the most frequent first */
	uint32_t word_count;
	uint32_t prose_count; /* words of prose, behind the others; the most frequent first too */
	struct synth_top tops[SYNTH_TOPS_MAX]; /* the most frequent first */
	uint32_t top_count;
	uint32_t letters[SYNTH_LETTERS]; /* how often each stands in a label */
	/* After the letters a, b (a * 27 + b): how often each of the letters, or the end, follows. */
	uint32_t (*followers)[27];
	uint64_t *labels; /* hashes; 0: free */
	size_t label_mask;
};

/* 0 or -ENOMEM. After a failure there is nothing to free. */
int synth_stock_make(const struct samples *s, struct synth_stock *out, struct err *why);
void synth_stock_free(struct synth_stock *stock);

/* Is it a label that is learned as benign? */
bool synth_stock_has(const struct synth_stock *stock, const char *label, size_t len);
