/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/journal/history_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "resolver/base/log.h"
#include "resolver/base/mdb_check.h"
#include "resolver/base/wire.h"

enum {
	VERSION = 1,
	BYTES_MAX = 64 << 20,
	ASIDE_MAX = 4,
	FORGET_MAX = 256, /* in one walk */
};

/* The tables of the tiers come first. */
enum { META = HISTORY_TIERS, TABLES };

static const char *const tables[TABLES] = {"minutes", "hours", "days", "meta"};

static struct mdb_bytes bytes_of(const void *at, size_t len)
{
	return (struct mdb_bytes){.at = at, .len = len};
}

static int unreadable(const struct history_file *f, struct err *why)
{
	return err_set(why, CEN_ECORRUPT, "%s: it cannot be read", f->path);
}

/* --- what is there ---------------------------------------------------------------------------- */

static int load_meta(struct history_file *f, struct err *why)
{
	struct mdb_bytes value;
	if (mdb_book_get(f->book, META, bytes_of("version", 7), &value) || value.len != 4)
		return err_set(why, CEN_ECORRUPT, "%s: it has no version", f->path);
	uint32_t version = wire_u32(value.at);
	if (version != VERSION)
		return err_set(why, CEN_EVERSION, "%s: it has version %u, this cenote reads %d",
			f->path, version, VERSION);
	if (mdb_book_get(f->book, META, bytes_of("seed", 4), &value) || value.len != 8)
		return err_set(why, CEN_ECORRUPT, "%s: it has no seed", f->path);
	uint64_t seed = history_file_time(value);
	if (f->has_seed && f->seed != seed)
		return err_set(why, -EBUSY, "%s: another one took its place", f->path);
	f->seed = seed;
	return 0;
}

static bool note_key(void *arg, struct mdb_bytes key, struct mdb_bytes value)
{
	(void)value;
	*(uint64_t *)arg = history_file_time(key);
	return true;
}

static bool note_first_key(void *arg, struct mdb_bytes key, struct mdb_bytes value)
{
	return !note_key(arg, key, value);
}

int history_file_look(struct history_file *f, struct err *why)
{
	for (unsigned i = 0; i < HISTORY_TIERS; i++) {
		f->first_s[i] = UINT64_MAX;
		f->rows[i] = mdb_book_entries(f->book, i);
		if (mdb_book_walk(f->book, i, bytes_of("", 0), note_first_key, &f->first_s[i]))
			return unreadable(f, why);
	}
	return 0;
}

static int load(struct history_file *f, struct err *why)
{
	int code = mdb_book_begin(f->book, why);
	if (code)
		return code;
	code = load_meta(f, why);
	if (!code)
		code = history_file_look(f, why);
	if (!code &&
		mdb_book_walk(f->book, HISTORY_MINUTES, bytes_of("", 0), note_key, &f->newest_s))
		code = unreadable(f, why);
	mdb_book_abort(f->book);
	return code;
}

/* --- a new one -------------------------------------------------------------------------------- */

static int put_meta(struct history_file *f, struct err *why)
{
	uint8_t version[4], seed[HISTORY_FILE_KEY];
	wire_put_u32(version, VERSION);
	int code = mdb_book_put(
		f->book, META, bytes_of("version", 7), bytes_of(version, sizeof version), why);
	return code ? code
		    : mdb_book_put(f->book, META, bytes_of("seed", 4),
			      history_file_key(f->seed, seed), why);
}

/* Closed and opened again: from then on each commit is on the disk when it is over. */
static int create(struct history_file *f, struct err *why)
{
	int code = mdb_book_create(f->path, BYTES_MAX, tables, TABLES, &f->book, why);
	if (!code)
		code = mdb_book_begin(f->book, why);
	if (!code)
		code = put_meta(f, why);
	if (!code)
		code = mdb_book_commit(f->book, why);
	if (!code)
		code = mdb_book_sync(f->book, why);
	history_file_close(f);
	if (code) {
		(void)unlink(f->path);
		return code;
	}
	return mdb_book_open(f->path, BYTES_MAX, tables, TABLES, &f->book, why);
}

/* Under the first free name; the last one is used again. */
static bool set_aside(const struct history_file *f, const struct err *why, char *said, size_t size)
{
	char *aside = NULL;
	for (int n = 1; n <= ASIDE_MAX; n++) {
		free(aside);
		if (asprintf(&aside, "%s.damaged-%d", f->path, n) < 0)
			return false;
		if (access(aside, F_OK))
			break;
	}
	bool is_done = !rename(f->path, aside);
	if (is_done) {
		snprintf(said, size, "%.180s; set aside, a new one begun", why->text);
		log_error("history", "event=set_aside file=%s reason=\"%s\"", aside, why->text);
	}
	free(aside);
	return is_done;
}

int history_file_open(struct history_file *f, bool is_thorough, char *set_aside_text,
	size_t set_aside_size, struct err *why)
{
	for (unsigned i = 0; i < HISTORY_TIERS; i++)
		f->first_s[i] = UINT64_MAX;
	memset(f->rows, 0, sizeof f->rows);
	int code = is_thorough ? mdb_check_file(f->path, true, why) : 0;
	if (!code)
		code = mdb_book_open(f->path, BYTES_MAX, tables, TABLES, &f->book, why);
	if (!code)
		code = load(f, why);
	if (!code)
		return 0;
	history_file_close(f);
	/* What may not be read now is no damage: it stays. */
	if (code == CEN_ENOTFOUND ||
		(code <= CEN_EFORMAT && set_aside(f, why, set_aside_text, set_aside_size)))
		code = create(f, why);
	return code;
}

void history_file_close(struct history_file *f)
{
	mdb_book_close(f->book);
	f->book = NULL;
}

/* --- rows ------------------------------------------------------------------------------------- */

int history_file_put(
	struct history_file *f, unsigned tier, uint64_t at_s, struct mdb_bytes row, struct err *why)
{
	uint8_t key[HISTORY_FILE_KEY];
	return mdb_book_put(f->book, tier, history_file_key(at_s, key), row, why);
}

struct forgetting {
	uint64_t want;
	unsigned count;
	uint64_t times[FORGET_MAX];
};

static bool note_old(void *arg, struct mdb_bytes key, struct mdb_bytes value)
{
	struct forgetting *g = arg;
	(void)value;
	if (g->count == g->want || g->count == FORGET_MAX)
		return false;
	g->times[g->count++] = history_file_time(key);
	return true;
}

int history_file_forget(struct history_file *f, unsigned tier, uint64_t limit, struct err *why)
{
	int code = 0;
	for (uint64_t rows; (rows = mdb_book_entries(f->book, tier)) > limit && !code;) {
		struct forgetting g = {.want = rows - limit};
		uint8_t key[HISTORY_FILE_KEY];
		if (mdb_book_walk(f->book, tier, bytes_of("", 0), note_old, &g) || !g.count)
			return unreadable(f, why);
		for (unsigned i = 0; i < g.count && !code; i++)
			code = mdb_book_remove(
				f->book, tier, history_file_key(g.times[i], key), why);
		if (!code && mdb_book_entries(f->book, tier) == rows)
			return unreadable(f, why);
	}
	return code;
}
