/* SPDX-License-Identifier: BSD-2-Clause
 * The facts of a whole label that trees ask about.
 *
 * Threads: pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dga/linear.h"

enum dense_feature {
	/* Parts of the linear score, 1/4 milli-nats... see dense.c for units */
	DENSE_LINEAR,
	DENSE_LINEAR_TRIPLES,
	DENSE_LINEAR_LONG, /* four and five characters */
	DENSE_LINEAR_CLASSES,
	DENSE_LINEAR_TOP,
	DENSE_LINEAR_MEAN, /* n-grams' part for each character */
	DENSE_LINEAR_MOST, /* of three neighbouring n-grams */
	DENSE_LINEAR_LEAST,
	/* The benign names' letters, against an even draw. */
	DENSE_PAIRS,
	DENSE_PAIRS_MEAN,
	DENSE_PAIRS_LEAST, /* of three neighbours */
	DENSE_TRIPLES,
	DENSE_TRIPLES_MEAN,
	DENSE_TRIPLES_LEAST, /* of three neighbours */
	DENSE_TRIPLES_LEAST_LONG, /* of six neighbours */
	DENSE_TRIPLES_MOST,
	DENSE_QUADS,
	DENSE_QUADS_MEAN,
	DENSE_QUADS_RARE, /* how many are rare */
	/* Counts. */
	DENSE_LENGTH,
	DENSE_DIGITS,
	DENSE_DIGITS_LAST, /* at the end */
	DENSE_DIGITS_RUN,
	DENSE_SWITCHES, /* between letters and digits */
	DENSE_VOWELS, /* of 64 letters */
	DENSE_CONSONANTS_RUN,
	DENSE_VOWELS_RUN,
	DENSE_ALTERNATIONS, /* of 64 pairs of letters */
	DENSE_DISTINCT,
	DENSE_DISTINCT_MISSING, /* against an even draw of letters */
	DENSE_REPEATED, /* neighbours that are the same */
	DENSE_MOST_FREQUENT,
	DENSE_ENTROPY,
	DENSE_NOT_HEX,
	DENSE_NOT_BASE32,
	DENSE_HYPHENS,
	DENSE_SELDOM, /* j q w x z */
	/* Words. */
	DENSE_WORDS,
	DENSE_WORDS_LOOSE, /* characters in no word */
	DENSE_WORDS_LONGEST,
	DENSE_WORDS_RAREST,
	DENSE_WORDS_MEAN, /* characters a word */
	DENSE_WORDS_BITS, /* for each character */
	DENSE_WORDS_SAVED, /* against loose characters */
	/* How much likelier these words are in prose. */
	DENSE_PROSE,
	DENSE_PROSE_MEAN,
	DENSE_PROSE_MOST,
	DENSE_PROSE_LEAST,
	/* Top-level domain. */
	DENSE_TOP_FREQUENCY,
	DENSE_TOP_LENGTH,
	DENSE_COUNT,
};

/* `linear` is what linear_of says of the label. */
void dense_of(const struct dga *d, const struct label *l, const struct linear *linear,
	int16_t x[static DENSE_COUNT]);

/* Do words cover most of the label? What such a name says is hardly ever enough. */
static inline bool dense_is_words(const int16_t *x)
{
	return x[DENSE_WORDS_LOOSE] * 4 <= x[DENSE_LENGTH] && x[DENSE_WORDS_MEAN] >= 4 * 16;
}
