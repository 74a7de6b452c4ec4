/* SPDX-License-Identifier: BSD-2-Clause
 * LMDB behind one door: files written once in key order, read-only maps of them, and books that change.
 *
 * Threads: a writer belongs to one thread. A file may be read by any number of threads, and a book used, one call at a
 *          time (the caller locks): a file's one read transaction lives as long as it does.
 * Owns: the map. Bytes handed out lie in it, unaligned, and are valid until mdb_file_close, or the book's next change.
 * Rule: the one includer of lmdb.h. LMDB does not check the pages it reads: verify a file's checksum before
 *       it comes here, and check the size of every value.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/base/err.h"

enum { MDB_FILE_TABLES_MAX = 8, MDB_FILE_KEY_MAX = 511 };

struct mdb_bytes {
	const uint8_t *at;
	size_t len;
};

struct mdb_file;
struct mdb_writer;

/* Maps the first `body_bytes` of `path`, which hold a whole LMDB file with the named tables. CEN_ECORRUPT when they hold
 * fewer pages than their head says. Returns owned. */
int mdb_file_open(const char *path, size_t body_bytes, const char *const *tables,
	unsigned table_count, struct mdb_file **out, struct err *why);
void mdb_file_close(struct mdb_file *f);

/* 0, CEN_ENOTFOUND or CEN_ELIB. `table` is the index at open. */
int mdb_file_get(struct mdb_file *f, unsigned table, struct mdb_bytes key, struct mdb_bytes *value);

/* Calls `each` in key order, from the first key at or after `from` (empty: from the start), until it returns
 * false. 0 or CEN_ELIB. */
int mdb_file_walk(struct mdb_file *f, unsigned table, struct mdb_bytes from,
	bool (*each)(void *arg, struct mdb_bytes key, struct mdb_bytes value), void *arg);

uint64_t mdb_file_entries(struct mdb_file *f, unsigned table);

/* Creates `path` (it must not exist). `max_bytes` bounds the file; it costs address space only. Nothing is
 * synced: the caller does that once, at the end. Returns owned. */
int mdb_writer_open(const char *path, size_t max_bytes, const char *const *tables,
	unsigned table_count, struct mdb_writer **out, struct err *why);

/* Adds one at the end of its table: keys must come in rising order. 0, CEN_ELIMIT when the file is full, or CEN_ELIB. */
int mdb_writer_append(struct mdb_writer *w, unsigned table, struct mdb_bytes key,
	struct mdb_bytes value, struct err *why);

/* The same for a value of `len` bytes that the caller writes into `*room` before the next call. */
int mdb_writer_reserve(struct mdb_writer *w, unsigned table, struct mdb_bytes key, size_t len,
	uint8_t **room, struct err *why);

/* Hands what was added so far to the kernel, which frees the memory it takes. */
int mdb_writer_flush(struct mdb_writer *w, struct err *why);

/* Flushes and closes; `*body_bytes` is what mdb_file_open wants. The file may be shorter than that by pages that were
 * never used: extend it. Frees `w` in any case. */
int mdb_writer_finish(struct mdb_writer *w, uint64_t *body_bytes, struct err *why);
/* Gives up; the file stays for the caller to remove. NULL is allowed. */
void mdb_writer_abandon(struct mdb_writer *w);

/* A book: a file that is read and changed, a transaction at a time, by this process alone. */
struct mdb_book;

/* Opens what is there, if it is sound. After a commit it is on the disk: a crash leaves the state of the last one. CEN_ENOTFOUND, CEN_ECORRUPT. */
int mdb_book_open(const char *path, size_t max_bytes, const char *const *tables,
	unsigned table_count, struct mdb_book **out, struct err *why);
/* Makes a new one (what is at `path` is removed), which is on the disk after mdb_book_sync only. */
int mdb_book_create(const char *path, size_t max_bytes, const char *const *tables,
	unsigned table_count, struct mdb_book **out, struct err *why);
int mdb_book_sync(struct mdb_book *b, struct err *why);
/* Gives up a transaction that is open. NULL is allowed. */
void mdb_book_close(struct mdb_book *b);

/* All that follows needs a transaction. After a failure of one it must be given up. CEN_ELIMIT: the file would become larger
 * than `max_bytes`; a transaction of more than some 500 MB of changed pages fails, too. */
int mdb_book_begin(struct mdb_book *b, struct err *why);
int mdb_book_commit(struct mdb_book *b, struct err *why);
void mdb_book_abort(struct mdb_book *b);
/* 0 or CEN_ENOTFOUND. */
int mdb_book_get(struct mdb_book *b, unsigned table, struct mdb_bytes key, struct mdb_bytes *value);
int mdb_book_put(struct mdb_book *b, unsigned table, struct mdb_bytes key, struct mdb_bytes value,
	struct err *why);
/* A key that is not there is no failure. */
int mdb_book_remove(struct mdb_book *b, unsigned table, struct mdb_bytes key, struct err *why);
/* As mdb_file_walk. `each` must not change the book. */
int mdb_book_walk(struct mdb_book *b, unsigned table, struct mdb_bytes from,
	bool (*each)(void *arg, struct mdb_bytes key, struct mdb_bytes value), void *arg);
uint64_t mdb_book_entries(struct mdb_book *b, unsigned table);
