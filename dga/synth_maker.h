/* SPDX-License-Identifier: BSD-2-Clause
 * A made-up family: the parameters of its generator, and its next label.
 *
 * Threads: none of this is shared.
 * Owns: nothing; the stock is borrowed.
 */
#pragma once

#include "dga/synth_stock.h"

enum {
	SYNTH_LABEL_MAX = 40, /* no label made is longer */
	SYNTH_ALPHABET_MAX = 64,
	SYNTH_LIST_MAX = 1000,
	SYNTH_PIECES_MAX = 128,
	SYNTH_PIECE_MAX = 6,
	SYNTH_PATTERN_MAX = 24,
	SYNTH_AFFIX_MAX = 16,
};

struct synth_label {
	char text[64];
	size_t len;
};

struct synth_maker {
	const struct synth_stock *stock;
	struct synth_dice dice;
	unsigned kind;
	unsigned length_min, length_max;
	/* Letters, and the sums of their weights up to each. */
	char alphabet[SYNTH_ALPHABET_MAX];
	uint32_t weights[SYNTH_ALPHABET_MAX];
	unsigned alphabet_len;
	/* `c` consonant, `v` vowel, `d` digit, `l` letter of the alphabet */
	char pattern[SYNTH_PATTERN_MAX];
	unsigned pattern_len;
	char consonants[22], vowels[7]; /* texts */
	char pieces[SYNTH_PIECES_MAX][SYNTH_PIECE_MAX + 1]; /* syllables */
	unsigned piece_count;
	uint32_t list[SYNTH_LIST_MAX]; /* words, by their place in the stock */
	unsigned list_len;
	unsigned parts_min, parts_max; /* words or syllables of a label */
	char prefix[SYNTH_AFFIX_MAX], suffix[SYNTH_AFFIX_MAX], separator[2]; /* texts */
	struct synth_label base; /* of mutated names */
	uint64_t key; /* of transitions and of sequences */
	uint32_t state, factor, increment, modulus, shift; /* of a linear congruential generator */
	unsigned branches, order; /* of a chain: how many letters follow one, or two */
	unsigned way; /* what the kind makes of it */
};

/* How many kinds there are, their names, and how often each is made. */
unsigned synth_maker_kinds(void);
const char *synth_maker_kind_name(unsigned kind);
unsigned synth_maker_kind_weight(unsigned kind);
bool synth_maker_kind_is_of_words(unsigned kind);

/* Draws the parameters of a family of the kind. */
void synth_maker_start(
	struct synth_maker *m, const struct synth_stock *stock, unsigned kind, uint64_t seed);
/* The next label: 1 to SYNTH_LABEL_MAX letters, digits and hyphens, none of these at its ends. */
void synth_maker_next(struct synth_maker *m, struct synth_label *out);
