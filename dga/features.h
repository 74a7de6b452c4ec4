/* SPDX-License-Identifier: BSD-2-Clause
 * What is seen of a label: places in a table of weights, one for each n-gram and for a few facts of the whole.
 *
 * Threads: pure.
 * Method: n-grams of 1-5 characters (the ends count as characters) and of 4-7 character classes (vowel, consonant, digit, other), the
 *         length, the top-level domain and both together, each as a number of 32 bits that no other feature has, hashed into
 *         the table. Scoring and training share this file: a change here makes a new FEATURES_VERSION.
 */
#pragma once

#include <stdint.h>

#include "dga/label.h"

enum {
	FEATURES_VERSION = 1,
	FEATURES_CHARACTERS = 5, /* longest n-gram */
	FEATURES_CLASSES_MIN = 4, /* shortest and longest n-gram of classes */
	FEATURES_CLASSES_MAX = 7,
	/* Of the longest label with its two ends, and three facts. */
	FEATURES_MAX = (DNAME_LABEL_MAX + 2) * FEATURES_CHARACTERS +
		DNAME_LABEL_MAX * (FEATURES_CLASSES_MAX - FEATURES_CLASSES_MIN + 1) + 3,
};

/* Numbers of characters, 6 bits: letters from 1, digits from 27, hyphen, all others, both ends. */
enum { FEATURES_HYPHEN = 37, FEATURES_OTHER, FEATURES_FIRST, FEATURES_LAST };

/* Consonant, vowel, digit, other: 2 bits. */
static inline unsigned features_class(uint8_t c)
{
	/* A bit for each of a, e, i, o, u. */
	static const uint32_t vowels = 1u | 1u << 4 | 1u << 8 | 1u << 14 | 1u << 20;
	uint8_t letter = (uint8_t)(c - 'a');
	if (letter < 26)
		return vowels >> letter & 1;
	return (uint8_t)(c - '0') < 10 ? 2 : 3;
}

static inline unsigned features_character(uint8_t c)
{
	uint8_t letter = (uint8_t)(c - 'a'), digit = (uint8_t)(c - '0');
	if (letter < 26)
		return letter + 1u;
	if (digit < 10)
		return digit + 27u;
	return c == '-' ? FEATURES_HYPHEN : FEATURES_OTHER;
}

/* Knuth's multiplicative hash; the upper bits are the good ones. */
static inline uint32_t features_place(uint32_t feature, unsigned bits)
{
	return feature * 0x9e3779b1u >> (32 - bits);
}

/* FNV-1a. */
static inline uint32_t features_top(const uint8_t *top)
{
	uint32_t h = 0x811c9dc5u;
	for (unsigned i = 1; i <= top[0]; i++)
		h = (h ^ top[i]) * 0x01000193u;
	return h >> 4;
}

/* Writes the places of `l` in a table of 2^bits weights; returns how many. */
static inline unsigned features_of(
	const struct label *l, unsigned bits, uint32_t at[static FEATURES_MAX])
{
	unsigned n = 0;
	uint32_t characters = FEATURES_FIRST, classes = 0;
	for (unsigned i = 0; i <= l->len; i++) {
		unsigned c = i < l->len ? features_character(l->bytes[i]) : FEATURES_LAST;
		/* The last five characters, 6 bits each. */
		characters = (characters << 6 | c) & 0x3fffffff;
		/* A leading 1 tells n-grams of different length apart. */
		for (unsigned k = 1; k <= FEATURES_CHARACTERS && k <= i + 2; k++)
			at[n++] = features_place(
				1u << 6 * k | (characters & ((1u << 6 * k) - 1)), bits);
		if (i == l->len)
			break;
		classes = classes << 2 | features_class(l->bytes[i]);
		for (unsigned k = FEATURES_CLASSES_MIN; k <= FEATURES_CLASSES_MAX && k <= i + 1;
			k++)
			at[n++] = features_place(
				0x80000000u | 1u << 2 * k | (classes & ((1u << 2 * k) - 1)), bits);
	}
	uint32_t top = features_top(l->top);
	at[n++] = features_place(0xc0000000u | l->len, bits);
	at[n++] = features_place(0xd0000000u | top, bits);
	at[n++] =
		features_place(0xe0000000u | ((top ^ l->len / 3u * 0x9e3779u) & 0x0fffffff), bits);
	return n;
}
