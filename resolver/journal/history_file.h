/* SPDX-License-Identifier: BSD-2-Clause
 * `history.mdb`: opened, begun, set aside, written to; see history_store.h for what it promises.
 *
 * Threads: one at a time (the store locks).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/base/err.h"
#include "resolver/base/mdb.h"
#include "resolver/journal/history.h"

enum { HISTORY_FILE_KEY = 8 };

struct history_file {
	char *path;
	struct mdb_book *book; /* NULL: there is none; the tables of the tiers come first */
	uint64_t seed; /* of the hashes in it */
	bool has_seed; /* rows were hashed with it: a file with another one is not taken */
	uint64_t newest_s; /* minute, as it was found; 0: none */
	uint64_t first_s[HISTORY_TIERS]; /* UINT64_MAX: no row */
	uint64_t rows[HISTORY_TIERS];
};

/* Takes what is at `path`, or begins a new file. `set_aside` is written when there was one that cannot be used: why.
 * `is_thorough`: looks at all of it, after something went wrong. */
int history_file_open(struct history_file *f, bool is_thorough, char *set_aside,
	size_t set_aside_size, struct err *why);
void history_file_close(struct history_file *f);

/* Writes one row, forgets those over the limits of their tiers: within a transaction of the book. */
int history_file_put(struct history_file *f, unsigned tier, uint64_t at_s, struct mdb_bytes row,
	struct err *why);
int history_file_forget(struct history_file *f, unsigned tier, uint64_t limit, struct err *why);
/* Counts the rows anew. */
int history_file_look(struct history_file *f, struct err *why);

/* Times as keys: in their order. */
static inline struct mdb_bytes history_file_key(
	uint64_t at_s, uint8_t room[static HISTORY_FILE_KEY])
{
	for (unsigned i = 0; i < HISTORY_FILE_KEY; i++)
		room[i] = (uint8_t)(at_s >> (8 * (HISTORY_FILE_KEY - 1 - i)));
	return (struct mdb_bytes){.at = room, .len = HISTORY_FILE_KEY};
}

/* UINT64_MAX for what is no such key. */
static inline uint64_t history_file_time(struct mdb_bytes key)
{
	uint64_t at_s = 0;
	if (key.len != HISTORY_FILE_KEY)
		return UINT64_MAX;
	for (unsigned i = 0; i < HISTORY_FILE_KEY; i++)
		at_s = at_s << 8 | key.at[i];
	return at_s;
}
