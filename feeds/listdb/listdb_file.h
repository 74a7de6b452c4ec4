/* SPDX-License-Identifier: BSD-2-Clause
 * The bytes of a generation file, shared by its writer (build.c) and its reader (listdb.c).
 *
 * Threads: pure.
 *
 * The file, in the machine's byte order (it never leaves the machine; elsewhere its magic does not match):
 *   - a whole LMDB file with two tables:
 *     "names":  key: dname_key of a name; value: 4 octets, the number of its list set
 *     "values": "filter", "lists", "meta", "rule_texts", "rules", "sets", "table", each one value
 *   - one page of LISTDB_TRAILER octets: struct listdb_trailer, then zeros. It holds the checksum of all before
 *     it, so that not one damaged page reaches LMDB, which does not check what it reads.
 */
#pragma once

#include <stdint.h>

#include "feeds/listdb/listdb.h"

enum {
	LISTDB_VERSION = 3, /* rises when an older cenote could not read the file */
	LISTDB_TRAILER = 4096,
	LISTDB_PAD =
		48, /* LMDB puts big values at 16 octets into a page: 48 more align the lines */
	LISTDB_NAMES_MAX = 100000000,
	LISTDB_SPECIAL_MAX = 20000000, /* rules of listdb_rule.h */
	LISTDB_PATTERNS_MAX = 100000, /* ... that are patterns */
};

#define LISTDB_MAGIC UINT64_C(0x6c6e65672d6e6563) /* "cen-genl" */

struct listdb_trailer {
	uint64_t magic;
	uint32_t version;
	uint32_t unused;
	uint64_t body_bytes; /* octets before the trailer */
	uint64_t checksum; /* XXH3-64 of them */
	uint64_t own_checksum; /* of the four fields above */
};

struct listdb_meta {
	uint64_t number, names, created_s, digest, seed;
	uint32_t list_count, set_count, filter_lines, table_lines;
	uint32_t rule_count, texts_bytes;
};

_Static_assert(sizeof(struct listdb_trailer) == 40, "no holes");
_Static_assert(sizeof(struct listdb_meta) == 64, "no holes");
_Static_assert(sizeof(struct listdb_set) == 64, "no holes");
_Static_assert(sizeof(struct listdb_list) == 152, "no holes");

enum listdb_tables { LISTDB_NAMES, LISTDB_VALUES, LISTDB_TABLES };
#define LISTDB_TABLE_NAMES \
	{ \
		"names", "values" \
	}

uint64_t listdb_file_own_checksum(const struct listdb_trailer *t);

/* The checksum of the first `bytes` of the file, read with read(2), so that nothing of it is mapped. 0, -errno, or
 * CEN_ECORRUPT when it is shorter. */
int listdb_file_checksum(int fd, uint64_t bytes, uint64_t *out);
