/* SPDX-License-Identifier: BSD-2-Clause
 * The folder of generations, `<state>/generations/NNNNNNNN.mdb`: made, locked, searched, added to, kept short.
 *
 * Threads: pure but for the file system. One writer at a time: the lock sees to that.
 * Rule: a file is written under a name that begins with `tmp-`, synced, verified, renamed; so every file with a
 *       number is whole, or was damaged later.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feeds/listdb/listdb.h"
#include "resolver/base/err.h"

enum { STORE_FILES_MAX = 128 };

/* Makes `<state>`, `<state>/generations`, `<cache>` and `<cache>/lists` where they are missing (mode 0750). 0 or -errno. */
int store_make(const char *state, const char *cache, struct err *why);

/* Locks the state folder for this process: the descriptor that holds the lock, CEN_ELOCKED, or -errno. */
int store_lock(const char *state, struct err *why);

/* The numbers of the files, highest first; at most `max`. Returns how many were written. */
size_t store_numbers(const char *state, uint64_t *numbers, size_t max);

/* Opens the newest good one; says in the log which it passes over. CEN_ENOTFOUND when there is none. */
int store_open_newest(const char *state, struct listdb **out, struct err *why);
int store_open(const char *state, uint64_t number, struct listdb **out, struct err *why);

/* When the file was written, as the file system says; 0: there is none. */
uint64_t store_created_s(const char *state, uint64_t number);

/* `<state>/pinned`: the number of the generation that serves although it is not the newest. 0: none. */
uint64_t store_pinned(const char *state);
int store_pin(const char *state, uint64_t number, struct err *why);

/* Removes what builders that died have left in both folders. */
void store_sweep(const char *state, const char *cache);
/* Removes the contents of lists that are not configured any more. `name` is not terminated. */
void store_sweep_lists(const char *cache,
	bool (*is_configured)(const void *arg, const char *name, size_t len), const void *arg);
/* Gives the synced file `path` its number and syncs the folder. */
int store_add(const char *state, const char *path, uint64_t number, struct err *why);
/* Keeps the newest `kept` files, two at least, and the one with the number `spared`. */
void store_prune(const char *state, size_t kept, uint64_t spared);

/* Replaces `path` by `len` bytes, all or nothing, synced. */
int store_write_file(const char *path, const void *bytes, size_t len, struct err *why);
/* Syncs the folder that `path` lies in. */
int store_sync_folder(const char *folder, struct err *why);
