/* SPDX-License-Identifier: BSD-2-Clause
 * All prefixes that hold an address, longest first, out of an array of things that have one.
 *
 * Threads: immutable once made.
 * Owns: its tables, 4 octets an item and 256 kB for many; the array is borrowed and sorted by prefixes_compare.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "resolver/base/addr.h"

#define PREFIXES_NONE UINT32_MAX

struct prefixes {
	const uint8_t *first; /* the prefix of item 0 */
	size_t stride; /* octets from one to the next */
	uint32_t count;
	uint32_t *
		around; /* of each: the last item with the next shorter prefix that holds its own; NONE */
	uint32_t *
		v4_starts; /* the first item at or behind each IPv4 /16, one more at the end; NULL: few items */
};

/* By address, then the shorter one first. */
int prefixes_compare(const struct addr_prefix *a, const struct addr_prefix *b);

/* 0 or -ENOMEM. `first`: the prefix within the first item. */
int prefixes_init(struct prefixes *p, const struct addr_prefix *first, size_t stride, size_t count);
void prefixes_clear(struct prefixes *p);

/* The last of the items with the longest prefix that holds the address, then of those with the next shorter one; NONE. */
uint32_t prefixes_find(const struct prefixes *p, const struct addr *a);
uint32_t prefixes_next(const struct prefixes *p, uint32_t at);
/* The first of the items with the same prefix. */
uint32_t prefixes_begin(const struct prefixes *p, uint32_t at);
