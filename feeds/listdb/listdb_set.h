/* SPDX-License-Identifier: BSD-2-Clause
 * Sets of lists, one bit each. Included by listdb.h.
 *
 * Threads: pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
	LISTDB_LISTS_MAX = 256,
	LISTDB_OWN_ALLOW =
		0, /* bit of the operator's own allow rules; never in a file, only in the overlay */
	LISTDB_OWN_DENY = 1,
	LISTDB_FIRST_LIST = 2, /* bit of list 0 of the generation */
};

/* A set of lists, one bit each. */
struct listdb_bits {
	uint64_t w[LISTDB_LISTS_MAX / 64];
};

/* What lists say of one name: on itself, and on the names below it. */
struct listdb_set {
	struct listdb_bits self, below;
};

static inline bool listdb_bits_any(const struct listdb_bits *a)
{
	return (a->w[0] | a->w[1] | a->w[2] | a->w[3]) != 0;
}

static inline bool listdb_bits_test(const struct listdb_bits *a, unsigned bit)
{
	return a->w[bit / 64] >> (bit % 64) & 1;
}

static inline void listdb_bits_put(struct listdb_bits *a, unsigned bit, bool is_on)
{
	uint64_t m = (uint64_t)1 << (bit % 64);
	a->w[bit / 64] = (a->w[bit / 64] & ~m) | (is_on ? m : 0);
}

static inline struct listdb_bits listdb_bits_and(
	const struct listdb_bits *a, const struct listdb_bits *b)
{
	struct listdb_bits r;
	for (int i = 0; i < LISTDB_LISTS_MAX / 64; i++)
		r.w[i] = a->w[i] & b->w[i];
	return r;
}

static inline void listdb_bits_or(struct listdb_bits *a, const struct listdb_bits *b)
{
	for (int i = 0; i < LISTDB_LISTS_MAX / 64; i++)
		a->w[i] |= b->w[i];
}
