/* SPDX-License-Identifier: BSD-2-Clause
 * Words that benign names are made of, and the cheapest way to lay a label out with them.
 *
 * Threads: pure.
 * Format: a table of u16 slots, 2^bits of them: 13 bits of the word's hash, 3 bits of how rare it is (0: frequent). A word stands in one of
 *         the WORDS_PROBES slots from its place; a slot of 0 is empty.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
	WORDS_MIN = 3, /* letters */
	WORDS_MAX = 11,
	WORDS_PROBES = 3,
	WORDS_LEVELS = 8,
	/* Costs, bits. */
	WORDS_COST_BASE = 7, /* of the most frequent words */
	WORDS_COST_LEVEL = 2, /* of each level more */
	WORDS_COST_LOOSE = 5, /* of a character in no word */
};

struct words_layout {
	uint8_t words, covered, longest, rarest, loose_runs; /* characters; `rarest` a level */
	uint16_t bits; /* of all words and loose characters */
};

/* The hash of a word grows letter by letter from WORDS_HASH. */
static const uint32_t WORDS_HASH = 0x811c9dc5u;

static inline uint32_t words_hash_next(uint32_t hash, uint8_t letter)
{
	return (hash ^ letter) * 0x01000193u;
}

static inline uint32_t words_hash_end(uint32_t hash)
{
	hash ^= hash >> 15;
	hash *= 0x2c1b3c6du;
	return hash ^ hash >> 12;
}

/* How rare the word with this (ended) hash is, or -1: it is none. */
int words_find(const uint8_t *table, unsigned bits, uint32_t hash);
/* Puts a word in. False: all its slots are taken. */
bool words_put(uint8_t *table, unsigned bits, uint32_t hash, unsigned level);
/* `len` <= DNAME_LABEL_MAX. */
void words_lay_out(const uint8_t *table, unsigned bits, const uint8_t *label, unsigned len,
	struct words_layout *out);
