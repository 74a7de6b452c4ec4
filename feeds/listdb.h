/* SPDX-License-Identifier: BSD-2-Clause
 * A policy generation, open for reading: which lists hold a name.
 *
 * Threads: an open generation is immutable; listdb_probe may be called from any number of threads.
 *          listdb_find and listdb_walk take a lock of the generation and are for explain, diff and tests.
 * Owns: the map of the file; pointers handed out are valid until listdb_close.
 * Format: see the head of listdb.c. A generation is written whole by build.c and never changed after.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/base/dname.h"
#include "resolver/base/err.h"
#include "resolver/base/hash.h"

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

/* A list as the generation was built from it. */
struct listdb_list {
	char name[64];
	char format[16]; /* "hosts", "domains", "wildcard" */
	uint64_t rules; /* names it contributed, its own duplicates not counted */
	uint64_t unique; /* names that no other list holds */
	uint64_t lines, skipped;
	uint64_t fetched_s; /* wall time of its content */
};

struct listdb; /* opaque but for the part below, which the query path reads */

/* The part of an open generation that the query path reads in place. */
struct listdb_index {
	uint64_t seed; /* of hash_label */
	const uint8_t *filter; /* bits of all names' hashes, in place in the map */
	const uint8_t *table;
	uint64_t filter_mask, table_mask; /* as the builder chose; the meaning is listdb.c's */
	const struct listdb_set *sets; /* set 0 is empty; copied out of the file, aligned */
	uint32_t set_count;
	uint32_t list_count;
};

/* Opens and verifies a generation (whole-file checksum read with read(2), so that it does not become resident). Returns
 * 0, -errno, CEN_ECORRUPT or CEN_EVERSION with a sentence. Returns owned. */
int listdb_open(const char *path, struct listdb **out, struct err *why);
void listdb_close(struct listdb *db);

const struct listdb_index *listdb_index(const struct listdb *db);
const struct listdb_list *listdb_list(
	const struct listdb *db, uint32_t i); /* i < list_count; its bit is LISTDB_FIRST_LIST + i */
uint64_t listdb_number(const struct listdb *db); /* of the generation, rising */
uint64_t listdb_name_count(const struct listdb *db);
uint64_t listdb_created_s(const struct listdb *db); /* wall time */
/* Of all that went in: two generations with equal digests say the same. */
uint64_t listdb_digest(const struct listdb *db);

/* The number of the list set of the name with this hash; 0 when no list holds it. A false answer needs a collision of 64 bits. Never
 * fails: sizes are checked at open, positions are masked. Costs the filter for a clean name, one cache line more for a listed one. */
static inline uint32_t listdb_probe(const struct listdb_index *x, uint64_t hash)
{
	(void)x;
	(void)hash;
	return 0;
}

/* By the tree, not the hash: the set of exactly this name. Returns 0 or CEN_ENOTFOUND. */
int listdb_find(struct listdb *db, const struct dname *name, struct listdb_set *out);

/* Calls `each` for every name in key order until it returns false. */
int listdb_walk(struct listdb *db,
	bool (*each)(void *arg, const struct dname *name, const struct listdb_set *set), void *arg);

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
