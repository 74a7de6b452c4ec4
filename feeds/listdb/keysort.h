/* SPDX-License-Identifier: BSD-2-Clause
 * Sorts keys in memory by their octets: a three-way quicksort that compares eight octets at a time.
 *
 * Threads: pure.
 * Source: J. Bentley, R. Sedgewick, "Fast algorithms for sorting and searching strings" (1997); the cached
 *         eight octets after W. Ng, K. Kakehi, "Cache efficient radix sort for string sorting" (2007).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { KEYSORT_SLACK = 8 }; /* octets that may be read behind the last key */

/* One key: its text is the octet of its length and its octets, at `text + at`. */
struct keysort_entry {
	uint64_t head; /* for the sort: eight octets, the first one highest */
	uint32_t at;
	uint32_t tag;
};

/* `seed` chooses the pivots, so that no list can be written to make the sort slow. No key may continue another one by a
 * zero octet: names do not, as a label's length is never zero. */
void keysort(struct keysort_entry *entries, size_t n, const uint8_t *text, uint64_t seed);
