/* SPDX-License-Identifier: BSD-2-Clause
 * The generation file being written: names in order, then the filter and the flat table, then the seal.
 *
 * Threads: belongs to one thread.
 * Owns: the open file and an unnamed temporary one that keeps each name's hash until the table is filled.
 */
#pragma once

#include <stdint.h>

#include "feeds/listdb/build_rules.h"
#include "feeds/listdb/listdb_file.h"
#include "resolver/base/err.h"
#include "resolver/base/mdb.h"

struct buildfile;

/* `names`, `key_bytes` and `special_bytes` (of special rules) bound what will come. `path` must not exist. Returns owned. */
int buildfile_new(const char *path, const char *folder, uint64_t names, uint64_t key_bytes,
	uint64_t special_bytes, struct buildfile **out, struct err *why);
void buildfile_free(struct buildfile *f);

/* The next name, in rising order of keys. */
int buildfile_name(
	struct buildfile *f, struct mdb_bytes key, uint32_t set, uint64_t hash, struct err *why);

/* After the last name: everything else. Chooses the sizes of filter and table and sets them in `meta`. Empties `rules` when they are written:
 * the table needs the memory. */
int buildfile_values(struct buildfile *f, struct listdb_meta *meta, const struct listdb_list *lists,
	const struct listdb_set *sets, struct build_rules *rules, struct err *why);

/* Closes LMDB's part, appends the trailer with the checksum, and syncs. */
int buildfile_seal(struct buildfile *f, struct err *why);
