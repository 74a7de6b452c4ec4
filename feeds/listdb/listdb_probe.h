/* SPDX-License-Identifier: BSD-2-Clause
 * The lookup of the query path: from a name's hash to its list set, inline. Included by listdb.h.
 *
 * Threads: pure; what it reads is immutable.
 * Owns: nothing; it reads the generation's map in place, and never outside of it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feeds/listdb/listdb_set.h"
#include "resolver/base/hash.h"

struct listdb_special;

/* The part of an open generation that the query path reads in place. */
struct listdb_index {
	uint64_t seed; /* of hash_label */
	const uint8_t *filter; /* lines of bits for all names' hashes, in place in the map */
	const uint8_t *table; /* lines of hashes with their set numbers, in place in the map */
	uint32_t filter_lines, table_lines; /* 0: nothing is listed */
	const struct listdb_set *sets; /* set 0 is empty; copied out of the file, aligned */
	uint32_t set_count;
	uint32_t list_count;
	const struct listdb_special *special; /* listdb_rule.h; NULL: there are none */
};

enum {
	LISTDB_LINE = 64, /* octets of a line of the filter and the table: a cache line */
	LISTDB_LINE_NAMES = 5, /* names in a line of the table */
	LISTDB_AT_SETS = 8 * LISTDB_LINE_NAMES, /* in a line of the table: the set numbers */
	LISTDB_AT_SPILL = 12 * LISTDB_LINE_NAMES, /* not 0: names of this line are in the next */
};

/* Loads of 8 and 4 octets at any address: LMDB aligns nothing. */
static inline uint64_t listdb_u64(const uint8_t *p)
{
	uint64_t v;
	__builtin_memcpy(&v, p, sizeof v);
	return v;
}

static inline uint32_t listdb_u32(const uint8_t *p)
{
	uint32_t v;
	__builtin_memcpy(&v, p, sizeof v);
	return v;
}

/* The line of `lines` where a hash lives; always below `lines`. */
static inline size_t listdb_line(uint64_t hash, uint32_t lines)
{
	return (size_t)((hash >> 32) * lines >> 32);
}

/* The filter is a Bloom filter whose six bits of a name lie in two words of one cache line: false for 1.1 % at ten bits a name. */
struct listdb_bloom {
	unsigned word[2];
	uint64_t bits[2];
};

static inline struct listdb_bloom listdb_bloom(uint64_t hash)
{
	uint64_t x = hash * 0x9e3779b97f4a7c15; /* the high half has chosen the line already */
	return (struct listdb_bloom){
		.word = {(unsigned)hash & 7, (unsigned)(hash >> 3) & 7},
		.bits = {(uint64_t)1 << (x >> 28 & 63) | (uint64_t)1 << (x >> 34 & 63) |
				(uint64_t)1 << (x >> 40 & 63),
			(uint64_t)1 << (x >> 46 & 63) | (uint64_t)1 << (x >> 52 & 63) |
				(uint64_t)1 << (x >> 58)},
	};
}

static inline bool listdb_may_hold(const struct listdb_index *x, uint64_t hash)
{
	if (!x->filter_lines)
		return false;
	const uint8_t *line = x->filter + listdb_line(hash, x->filter_lines) * LISTDB_LINE;
	struct listdb_bloom b = listdb_bloom(hash);
	uint64_t missing = ~listdb_u64(line + b.word[0] * 8) & b.bits[0];
	missing |= ~listdb_u64(line + b.word[1] * 8) & b.bits[1];
	return !missing;
}

/* An empty place holds set 0, so it needs no mark. The five compares take no branch. */
static inline uint32_t listdb_table_find(const struct listdb_index *x, uint64_t hash)
{
	size_t at = listdb_line(hash, x->table_lines);
	for (uint32_t n = 0; n < x->table_lines; n++) {
		const uint8_t *line = x->table + at * LISTDB_LINE;
		uint32_t set = 0;
		for (size_t i = 0; i < LISTDB_LINE_NAMES; i++)
			set |= listdb_u32(line + LISTDB_AT_SETS + 4 * i) &
				-(uint32_t)(listdb_u64(line + 8 * i) == hash);
		if (set || !listdb_u32(line + LISTDB_AT_SPILL))
			return set < x->set_count ? set : 0;
		at = at + 1 < x->table_lines ? at + 1 : 0;
	}
	return 0;
}

/* The number of the list set of the name with this hash; 0 when no list holds it. A false answer needs a collision of 64 bits. Never
 * fails: sizes are checked at open, positions are bounded. Costs the filter for a clean name, one cache line more for a listed one. */
static inline uint32_t listdb_probe(const struct listdb_index *x, uint64_t hash)
{
	return __builtin_expect(!listdb_may_hold(x, hash), 1) ? 0 : listdb_table_find(x, hash);
}
