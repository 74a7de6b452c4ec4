/* SPDX-License-Identifier: BSD-2-Clause
 * Writes a generation: takes the rules of all lists, merges them into one index, writes the file of listdb.h.
 *
 * Threads: a build belongs to one thread; it has a process of its own in the daemon.
 * Owns: its memory (bounded, see sorter.h, plus the flat table: 17 octets a name) and unnamed temporary files.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feeds/listdb/listdb.h"
#include "feeds/listdb/rule.h"
#include "resolver/base/err.h"

struct build;

struct build_options {
	const char *folder; /* for temporary files; borrowed */
	uint64_t max_rules; /* of all lists; 0: LISTDB's own limit */
	uint64_t memory_bytes; /* what the process may take; 0: enough */
	uint32_t run_keys; /* 0: as the memory allows */
};

/* What the generation says of itself. */
struct build_head {
	uint64_t number, created_s, digest;
};

/* Time of the parts, for the bench. */
struct build_times {
	uint64_t sort_us, names_us, tables_us, checksum_us;
};

int build_new(const struct build_options *options, struct build **out, struct err *why);
void build_free(struct build *b);

/* Starts a list: all that is added belongs to it until the next call. */
int build_begin(struct build *b, struct err *why);

/* Adds a rule, whatever it says; its name is not the root. 0, CEN_ELIMIT or a failure of the disk. */
int build_add(struct build *b, const struct rule *rule, struct err *why);

/* The list in hand is good: it becomes the next list of the generation. `about` is copied; its `rules` and `unique` are counted
 * here. What was begun and not kept never shows. */
int build_keep(struct build *b, const struct listdb_list *about, struct err *why);

/* Rules of the list in hand, its duplicates included. */
uint64_t build_added(const struct build *b);

/* Writes the whole file at `path`, which must not exist, and syncs it (the folder and the final name are the caller's).
 * Once only. On failure the file may be there, unfinished. */
int build_write(struct build *b, const char *path, const struct build_head *head, struct err *why);

/* After build_write. */
uint64_t build_names(const struct build *b);
uint32_t build_list_count(const struct build *b);
const struct listdb_list *build_list(const struct build *b, uint32_t i);
void build_times(const struct build *b, struct build_times *out);
