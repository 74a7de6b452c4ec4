/* SPDX-License-Identifier: BSD-2-Clause
 * Words that benign names are made of, and the cheapest way to lay a label out with them.
 *
 * Threads: pure.
 * Format: two tables. One of u16 slots, 2^bits of them: 12 bits of the word's hash, 4 bits of its code. A word stands in one of the
 *         WORDS_PROBES slots from its place; a slot of 0 is empty. The codes below WORDS_LEVELS are of words that prose (prose.h) has not,
 *         and say how rare these are among benign names (0: frequent); the others are of words of prose, and say how much likelier they
 *         are there than in benign names, in nats from WORDS_PROSE_LEAST on. And WORDS_TRIPLES u16, one for each three letters: how long
 *         the words are that begin with them, a set, WORDS_MIN being its lowest bit. Most sets are small, and most look-ups need not be.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	WORDS_MIN = 3, /* letters */
	WORDS_MAX = 11,
	WORDS_SIZES = (1 << (WORDS_MAX - WORDS_MIN + 1)) - 1, /* all of them, a set */
	WORDS_LETTERS = 26,
	WORDS_TRIPLES = WORDS_LETTERS * WORDS_LETTERS * WORDS_LETTERS,
	WORDS_PROBES = 3,
	WORDS_LEVELS = 8,
	WORDS_CODES = 2 * WORDS_LEVELS,
	WORDS_PROSE_LEAST = -3, /* and of all words that are not of prose */
	WORDS_PROSE_RARITY = 3, /* a level that stands for all words of prose */
	/* Costs, bits. */
	WORDS_COST_BASE = 7, /* of the most frequent words */
	WORDS_COST_LEVEL = 2, /* of each level more */
	WORDS_COST_LOOSE = 5, /* of a character in no word */
};

struct words_layout {
	uint8_t words, covered, longest, rarest, loose_runs; /* characters; `rarest` a level */
	uint16_t bits; /* of all words and loose characters */
	int16_t prose; /* how much likelier the words are in prose, nats: the sum, */
	int16_t prose_most, prose_least; /* and the extremes; 0 without words */
};

/* Borrowed. */
struct words {
	const uint8_t *table, *sizes;
	unsigned bits;
};

/* The hash of a word grows letter by letter from 0: a polynomial, so that a part's is known by those of two beginnings. */
#define WORDS_HASH_STEP 0x01000193u

static inline uint32_t words_hash_next(uint32_t hash, uint8_t letter)
{
	return hash * WORDS_HASH_STEP + letter;
}

static inline uint32_t words_hash_end(uint32_t hash)
{
	hash ^= hash >> 15;
	hash *= 0x2c1b3c6du;
	return hash ^ hash >> 12;
}

static inline uint32_t words_hash(const uint8_t *letters, size_t len)
{
	uint32_t hash = 0;
	for (size_t i = 0; i < len; i++)
		hash = words_hash_next(hash, letters[i]);
	return words_hash_end(hash);
}

/* Of the first three letters of a word, a to z. */
static inline unsigned words_triple(const uint8_t *letters)
{
	unsigned a = letters[0] - (unsigned)'a', b = letters[1] - (unsigned)'a',
		 c = letters[2] - (unsigned)'a';
	return (a * WORDS_LETTERS + b) * WORDS_LETTERS + c;
}

static inline unsigned words_rarity(unsigned code)
{
	return code < WORDS_LEVELS ? code : (unsigned)WORDS_PROSE_RARITY;
}

static inline int words_prose(unsigned code)
{
	return WORDS_PROSE_LEAST + (code < WORDS_LEVELS ? 0 : (int)code - WORDS_LEVELS);
}

/* Puts in a word with this (ended) hash. False: all its slots are taken. */
bool words_put(uint8_t *table, unsigned bits, uint32_t hash, unsigned code);
/* A word of `size` letters begins so. */
void words_put_size(uint8_t *sizes, unsigned triple, unsigned size);
/* `len` <= DNAME_LABEL_MAX. */
void words_lay_out(
	const struct words *w, const uint8_t *label, unsigned len, struct words_layout *out);
