/* SPDX-License-Identifier: BSD-2-Clause
 * Rows of the history as octets, by the second they begin: on disk in `history.mdb`, and in memory until they are there.
 *
 * Threads: history_store_put, _save, _open and _free belong to the one that writes; the others may be called by any. Locked within, for a moment, or
 *          while a save takes, two seconds at most: then there is no answer.
 * Owns: the file, of 64 MiB at most. One that is damaged, or of a newer cenote, is renamed to `history.mdb.damaged-N`, N from 1 to 4.
 * Rule: of each tier the newest rows are kept, by their number and not by the clock, which may jump.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/base/err.h"
#include "resolver/journal/history.h"

enum {
	HISTORY_STORE_ROW_MAX = 2 * 4096 - 16, /* two pages */
	HISTORY_STORE_BATCH = 64 * 1024,
};

struct history_store;

/* Fails only when memory is short. */
int history_store_open(const char *state_directory, struct history_store **out, struct err *why);
void history_store_free(struct history_store *s);

/* Of the hashes in the rows; the same as long as the file lives. */
uint64_t history_store_seed(const struct history_store *s);
/* The begin of the newest minute that was there at open; 0: none. */
uint64_t history_store_newest_s(const struct history_store *s);
/* How long the rows of a tier are, and how many octets one may have to fill its pages well. */
uint32_t history_store_step_s(unsigned tier);
size_t history_store_row_max(unsigned tier);

/* Takes a copy, in place of what is there with this time. */
void history_store_put(
	struct history_store *s, unsigned tier, uint64_t at_s, const uint8_t *bytes, size_t len);
/* Writes what was put; forgets the oldest rows. False: it did not work, and all stays in memory. */
bool history_store_save(struct history_store *s);

/* Returns the octets; 0: there is none. */
size_t history_store_get(struct history_store *s, unsigned tier, uint64_t at_s,
	uint8_t out[static HISTORY_STORE_ROW_MAX]);

struct history_store_batch {
	uint64_t next_s; /* where to go on */
	bool is_last;
	size_t used, at; /* octets; of history_store_next */
	uint8_t bytes[HISTORY_STORE_BATCH];
};

/* Copies rows of `from_s` and later, before `to_s`, as many as there is room for; of each row at most `row_max` octets. */
void history_store_read(struct history_store *s, unsigned tier, uint64_t from_s, uint64_t to_s,
	size_t row_max, struct history_store_batch *out);
/* The next row of a batch; false: no more. */
bool history_store_next(
	struct history_store_batch *b, uint64_t *at_s, const uint8_t **bytes, size_t *len);

/* Is nothing of this time or later forgotten in this tier? */
bool history_store_covers(struct history_store *s, unsigned tier, uint64_t at_s);
/* Begin of the oldest row, UINT64_MAX: there is none. */
uint64_t history_store_first_s(struct history_store *s, unsigned tier);

void history_store_info(struct history_store *s, struct history_info *out);
