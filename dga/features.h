/* SPDX-License-Identifier: BSD-2-Clause
 * What is seen of a label: where in the model's tables its n-grams and the facts of the whole have their entries.
 *
 * Threads: pure.
 * Method: n-grams of 1-3 characters (the ends count as characters) have entries of their own, summed up into one of the
 *         longest; those of 4 and of 5 are hashed. Windows of up to 7 character classes (vowel, consonant, digit, other)
 *         stand for their shorter ends as well. Scoring and training share this file: a change here makes a new FEATURES_VERSION.
 */
#pragma once

#include <stdint.h>

#include "dga/label.h"

enum {
	FEATURES_VERSION = 3,
	FEATURES_SYMBOLS = 40,
	FEATURES_PAIRS = FEATURES_SYMBOLS * FEATURES_SYMBOLS,
	FEATURES_TRIPLES = FEATURES_PAIRS * FEATURES_SYMBOLS,
	FEATURES_CLASS_WINDOW = 7,
	FEATURES_CLASSES =
		2 << 2 * FEATURES_CLASS_WINDOW, /* a leading 1 tells the window's length */
	FEATURES_LENGTHS = DNAME_LABEL_MAX + 1,
	FEATURES_TOPS = 1 << 12, /* top-level domains, hashed */
	FEATURES_TOP_LENGTHS = 1 << 13, /* these with a third of the length, hashed */
	FEATURES_LETTERS = 27, /* 0: no letter */
	FEATURES_LETTER_QUADS =
		FEATURES_LETTERS * FEATURES_LETTERS * FEATURES_LETTERS * FEATURES_LETTERS,
};

/* Numbers of characters: letters from 1, digits from 27. */
enum {
	FEATURES_PAD, /* in front of the first edge */
	FEATURES_DIGIT = 27,
	FEATURES_HYPHEN = 37,
	FEATURES_OTHER,
	FEATURES_EDGE
};

enum features_class { FEATURES_CONSONANT, FEATURES_VOWEL, FEATURES_NUMBER, FEATURES_MARK };

static inline enum features_class features_class(unsigned symbol)
{
	/* A bit for each of a, e, i, o, u. */
	static const uint32_t vowels = 1u << 1 | 1u << 5 | 1u << 9 | 1u << 15 | 1u << 21;
	if (symbol < FEATURES_DIGIT)
		return vowels >> symbol & 1 ? FEATURES_VOWEL : FEATURES_CONSONANT;
	return symbol < FEATURES_HYPHEN ? FEATURES_NUMBER : FEATURES_MARK;
}

/* Both of a character at once: the symbol in the lower six bits, its class above. In a random label nobody can foretell whether a letter comes next,
 * so that a table is quicker than comparisons. */
static inline unsigned features_kind(uint8_t c)
{
#define C(letter) [letter] = letter - 'a' + 1
#define V(letter) [letter] = (letter - 'a' + 1) | FEATURES_VOWEL << 6
#define D(digit) [digit] = (digit - '0' + FEATURES_DIGIT) | FEATURES_NUMBER << 6
	static const uint8_t kinds[UINT8_MAX + 1] = {V('a'), C('b'), C('c'), C('d'), V('e'), C('f'),
		C('g'), C('h'), V('i'), C('j'), C('k'), C('l'), C('m'), C('n'), V('o'), C('p'),
		C('q'), C('r'), C('s'), C('t'), V('u'), C('v'), C('w'), C('x'), C('y'), C('z'),
		D('0'), D('1'), D('2'), D('3'), D('4'), D('5'), D('6'), D('7'), D('8'),
		D('9'), ['-'] = FEATURES_HYPHEN | FEATURES_MARK << 6};
#undef C
#undef V
#undef D
	return kinds[c] ? kinds[c] : FEATURES_OTHER | FEATURES_MARK << 6;
}

static inline unsigned features_symbol(uint8_t c)
{
	return features_kind(c) & 0x3f;
}

/* The windows that end at one character. Begins with FEATURES_WALK. */
struct features_walk {
	uint32_t pair, triple; /* entries */
	uint32_t key; /* the last five symbols, 6 bits each */
	uint32_t classes; /* entry */
};

#define FEATURES_WALK \
	((struct features_walk){.pair = FEATURES_EDGE, \
		.triple = FEATURES_EDGE, \
		.key = FEATURES_EDGE, \
		.classes = 1})

/* The next character, or FEATURES_EDGE behind the last one. */
static inline void features_next(struct features_walk *w, unsigned symbol)
{
	w->triple = w->pair * FEATURES_SYMBOLS + symbol;
	w->pair = (w->key & 0x3f) * FEATURES_SYMBOLS + symbol;
	w->key = (w->key << 6 | symbol) & 0x3fffffff;
}

static inline void features_add_class(struct features_walk *w, enum features_class class)
{
	uint32_t longer = w->classes << 2 | (uint32_t) class;
	w->classes = longer < FEATURES_CLASSES
		? longer
		: (longer & (FEATURES_CLASSES / 2 - 1)) | FEATURES_CLASSES / 2;
}

static inline void features_next_class(struct features_walk *w, unsigned symbol)
{
	features_add_class(w, features_class(symbol));
}

/* Entries of the last four and five symbols in tables of 2^bits, by Knuth's multiplicative hash: the upper bits are the good ones. */
static inline uint32_t features_quad(const struct features_walk *w, unsigned bits)
{
	return (w->key & 0xffffff) * 0x9e3779b1u >> (32 - bits);
}

static inline uint32_t features_quint(const struct features_walk *w, unsigned bits)
{
	return (w->key | 0x40000000) * 0x9e3779b1u >> (32 - bits);
}

/* FNV-1a with a last mix, so that its upper bits are good ones. */
static inline uint32_t features_top_hash(const uint8_t *top)
{
	uint32_t h = 0x811c9dc5u;
	for (unsigned i = 1; i <= top[0]; i++)
		h = (h ^ top[i]) * 0x01000193u;
	return h * 0x9e3779b1u;
}

static inline uint32_t features_top(uint32_t hash)
{
	return hash / (UINT32_MAX / FEATURES_TOPS + 1);
}

static inline uint32_t features_top_length(uint32_t hash, unsigned length)
{
	return (hash ^ length / 3 * 0x9e3779b1u) * 0x85ebca6bu /
		(UINT32_MAX / FEATURES_TOP_LENGTHS + 1);
}
