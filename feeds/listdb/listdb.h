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

#include "feeds/listdb/listdb_probe.h"
#include "feeds/listdb/listdb_rule.h"
#include "feeds/listdb/listdb_set.h"
#include "resolver/base/dname.h"
#include "resolver/base/err.h"

/* A list as the generation was built from it. */
struct listdb_list {
	char name[64];
	char format[16]; /* "hosts", "domains", ... */
	uint64_t rules; /* names it contributed, its own duplicates not counted */
	uint64_t unique; /* names that no other list holds */
	uint64_t lines, skipped;
	uint64_t fetched_s; /* wall time of its content */
	uint64_t point; /* of a transferred zone: which of its changes the content holds; else 0 */
	uint64_t source; /* hash of where it comes from */
	uint64_t taken_s; /* wall time at which a generation first held the list from this source */
	uint16_t bit; /* of its plain names */
	uint16_t special_bit; /* of its other rules (listdb_rule.h); 0: it has none */
	uint32_t unused;
};

struct listdb;

/* Opens and verifies a generation (whole-file checksum read with read(2), so that it does not become resident). Returns
 * 0, -errno, CEN_ECORRUPT or CEN_EVERSION with a sentence. Returns owned. */
int listdb_open(const char *path, struct listdb **out, struct err *why);
void listdb_close(struct listdb *db);

const struct listdb_index *listdb_index(const struct listdb *db);
const struct listdb_list *listdb_list(const struct listdb *db, uint32_t i); /* i < list_count */
uint64_t listdb_number(const struct listdb *db); /* of the generation, rising */
uint64_t listdb_name_count(const struct listdb *db);
uint64_t listdb_created_s(const struct listdb *db); /* wall time */
/* Of all that went in: two generations with equal digests say the same. */
uint64_t listdb_digest(const struct listdb *db);

/* By the tree, not the hash: the set of exactly this name. Returns 0 or CEN_ENOTFOUND. */
int listdb_find(struct listdb *db, const struct dname *name, struct listdb_set *out);

/* Calls `each` for every name in key order until it returns false. */
int listdb_walk(struct listdb *db,
	bool (*each)(void *arg, const struct dname *name, const struct listdb_set *set), void *arg);

/* The same by keys (dname_key), from the first one at or after `from` (`len` 0: from the start). */
int listdb_walk_keys(struct listdb *db, const uint8_t *from, size_t len,
	bool (*each)(void *arg, const uint8_t *key, size_t len, const struct listdb_set *set),
	void *arg);

/* How often patterns ran into their limit of steps since it was opened. */
uint64_t listdb_patterns_limited(const struct listdb *db);
