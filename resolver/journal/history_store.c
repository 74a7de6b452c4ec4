/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/journal/history_store.h"

#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "resolver/base/clock.h"
#include "resolver/base/log.h"
#include "resolver/base/mdb.h"
#include "resolver/base/wire.h"

enum {
	VERSION = 1,
	FILE_MAX = 64 << 20,
	KEY = 8,
	ASIDE_MAX = 4,
	WAITING_MAX = 4096, /* rows in memory while the disk takes none, */
	WAITING_BYTES_MAX = 8 << 20, /* and their octets */
	FORGET_MAX = 256,
	WAIT_MS = 2000,
	DAY_S = 86400,
};

/* The tables of the tiers come first. */
enum { META = HISTORY_TIERS, TABLES };

static const char *const tables[TABLES] = {"minutes", "hours", "days", "meta"};

/* How many rows: two days, 90 days, ten years with their leap days. A row fills its page or its two pages, and if all rows are as large as they may be, it is
 * 51 MB: the rest is for LMDB's tree, and for the pages that are free until a save is over. */
static const struct {
	uint32_t step_s, rows;
	size_t row_max;
} tiers[HISTORY_TIERS] = {
	[HISTORY_MINUTES] = {60, 2 * 24 * 60, 4096 - 16},
	[HISTORY_HOURS] = {3600, 90 * 24, 4096 - 16},
	[HISTORY_DAYS] = {DAY_S, 3653, HISTORY_STORE_ROW_MAX},
};

/* A row on its way to the disk. */
struct waiting {
	uint64_t at_s;
	unsigned tier;
	size_t len;
	uint8_t bytes[];
};

struct history_store {
	char *path;
	uint64_t seed, newest_s;
	bool has_seed; /* rows were hashed with it */
	pthread_mutex_t lock; /* of all that follows */
	struct mdb_book *book; /* NULL: there is no file */
	struct waiting *waiting[WAITING_MAX]; /* by tier and time */
	size_t waiting_count, waiting_bytes;
	bool is_failing; /* the last save did not work */
	uint64_t first_s[HISTORY_TIERS]; /* on disk; UINT64_MAX: no row */
	uint64_t today; /* of written_today */
	struct history_info info;
};

static struct mdb_bytes bytes_of(const void *at, size_t len)
{
	return (struct mdb_bytes){.at = at, .len = len};
}

static void put_u64(uint8_t *to, uint64_t n)
{
	wire_put_u32(to, (uint32_t)(n >> 32));
	wire_put_u32(to + 4, (uint32_t)n);
}

static uint64_t get_u64(const uint8_t *at)
{
	return (uint64_t)wire_u32(at) << 32 | wire_u32(at + 4);
}

/* For those who ask: a save that takes long is not waited for to its end. */
static bool lock_soon(struct history_store *s)
{
	uint64_t until_ms = clock_wall_ms() + WAIT_MS;
	struct timespec until = {
		.tv_sec = (time_t)(until_ms / 1000), .tv_nsec = (long)(until_ms % 1000 * 1000000)};
	return !pthread_mutex_timedlock(&s->lock, &until);
}

/* --- opening -------------------------------------------------------------------------------------- */

static int load_meta(struct history_store *s, struct err *why)
{
	struct mdb_bytes value;
	if (mdb_book_get(s->book, META, bytes_of("version", 7), &value) || value.len != 4)
		return err_set(why, CEN_ECORRUPT, "%s: it has no version", s->path);
	uint32_t version = wire_u32(value.at);
	if (version != VERSION)
		return err_set(why, CEN_EVERSION, "%s: it has version %u, this cenote reads %d",
			s->path, version, VERSION);
	if (mdb_book_get(s->book, META, bytes_of("seed", 4), &value) || value.len != 8)
		return err_set(why, CEN_ECORRUPT, "%s: it has no seed", s->path);
	uint64_t seed = get_u64(value.at);
	if (s->has_seed && s->seed != seed)
		return err_set(why, -EBUSY, "%s: another one took its place", s->path);
	s->seed = seed;
	return 0;
}

static bool note_key(void *arg, struct mdb_bytes key, struct mdb_bytes value)
{
	(void)value;
	if (key.len == KEY)
		*(uint64_t *)arg = get_u64(key.at);
	return true;
}

static bool note_first_key(void *arg, struct mdb_bytes key, struct mdb_bytes value)
{
	return !note_key(arg, key, value);
}

/* Within a transaction. */
static int look_around(struct history_store *s)
{
	int code = 0;
	for (unsigned i = 0; i < HISTORY_TIERS && !code; i++) {
		s->first_s[i] = UINT64_MAX;
		s->info.rows[i] = mdb_book_entries(s->book, i);
		code = mdb_book_walk(s->book, i, bytes_of("", 0), note_first_key, &s->first_s[i]);
	}
	return code;
}

static int load(struct history_store *s, struct err *why)
{
	int code = mdb_book_begin(s->book, why);
	if (code)
		return code;
	code = load_meta(s, why);
	if (!code &&
		(look_around(s) ||
			mdb_book_walk(
				s->book, HISTORY_MINUTES, bytes_of("", 0), note_key, &s->newest_s)))
		code = err_set(why, CEN_ECORRUPT, "%s: it cannot be read", s->path);
	mdb_book_abort(s->book);
	return code;
}

static int put_meta(struct history_store *s, struct err *why)
{
	uint8_t version[4], seed[8];
	wire_put_u32(version, VERSION);
	put_u64(seed, s->seed);
	int code = mdb_book_put(
		s->book, META, bytes_of("version", 7), bytes_of(version, sizeof version), why);
	return code ? code
		    : mdb_book_put(
			      s->book, META, bytes_of("seed", 4), bytes_of(seed, sizeof seed), why);
}

static void drop_book(struct history_store *s)
{
	mdb_book_close(s->book);
	s->book = NULL;
}

/* A new one, closed and opened again: from then on each commit is on the disk when it is over. */
static int create(struct history_store *s, struct err *why)
{
	int code = mdb_book_create(s->path, FILE_MAX, tables, TABLES, &s->book, why);
	if (!code)
		code = mdb_book_begin(s->book, why);
	if (!code)
		code = put_meta(s, why);
	if (!code)
		code = mdb_book_commit(s->book, why);
	if (!code)
		code = mdb_book_sync(s->book, why);
	drop_book(s);
	if (!code)
		code = mdb_book_open(s->path, FILE_MAX, tables, TABLES, &s->book, why);
	else
		(void)unlink(s->path);
	for (unsigned i = 0; i < HISTORY_TIERS; i++)
		s->first_s[i] = UINT64_MAX;
	return code;
}

/* Under the first free name; the last one is used again. */
static bool set_aside(struct history_store *s, const struct err *why)
{
	char *aside = NULL;
	bool is_done = false;
	for (int n = 1; n <= ASIDE_MAX; n++) {
		free(aside);
		aside = NULL;
		if (asprintf(&aside, "%s.damaged-%d", s->path, n) < 0) {
			aside = NULL;
			break;
		}
		if (access(aside, F_OK))
			break;
	}
	if (aside && !rename(s->path, aside)) {
		is_done = true;
		snprintf(s->info.problem, sizeof s->info.problem,
			"%.180s; set aside, a new one begun", why->text);
		log_error("history", "event=set_aside file=%s reason=\"%s\"", aside, why->text);
	}
	free(aside);
	return is_done;
}

static void say_problem(struct history_store *s, const struct err *why)
{
	snprintf(s->info.problem, sizeof s->info.problem, "%.*s", (int)sizeof s->info.problem - 1,
		why->text);
	log_error("history", "event=not_kept reason=\"%s\"", why->text);
}

/* Takes what is at the path, or begins a new file. */
static int open_book(struct history_store *s, struct err *why)
{
	int code = mdb_book_open(s->path, FILE_MAX, tables, TABLES, &s->book, why);
	if (!code)
		code = load(s, why);
	if (!code)
		return 0;
	drop_book(s);
	/* What may not be read now is no damage: it stays. */
	if (code == CEN_ENOTFOUND || (code <= CEN_EFORMAT && set_aside(s, why)))
		code = create(s, why);
	return code;
}

int history_store_open(const char *state_directory, struct history_store **out, struct err *why)
{
	struct history_store *s = calloc(1, sizeof *s);
	if (!s || asprintf(&s->path, "%s/history.mdb", state_directory) < 0) {
		free(s);
		return err_set(why, -ENOMEM, "history: memory is short");
	}
	pthread_mutex_init(&s->lock, NULL);
	randombytes_buf(&s->seed, sizeof s->seed);
	for (unsigned i = 0; i < HISTORY_TIERS; i++)
		s->first_s[i] = UINT64_MAX;
	struct err problem = {""};
	if (open_book(s, &problem))
		say_problem(s, &problem);
	s->has_seed = true;
	*out = s;
	return 0;
}

void history_store_free(struct history_store *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->waiting_count; i++)
		free(s->waiting[i]);
	mdb_book_close(s->book);
	pthread_mutex_destroy(&s->lock);
	free(s->path);
	free(s);
}

uint64_t history_store_seed(const struct history_store *s)
{
	return s->seed;
}

uint64_t history_store_newest_s(const struct history_store *s)
{
	return s->newest_s;
}

uint32_t history_store_step_s(unsigned tier)
{
	return tiers[tier].step_s;
}

size_t history_store_row_max(unsigned tier)
{
	return tiers[tier].row_max;
}

/* --- what waits ------------------------------------------------------------------------------------ */

/* The place of the first one at or after this time. */
static size_t find_waiting(const struct history_store *s, unsigned tier, uint64_t at_s)
{
	size_t low = 0, high = s->waiting_count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct waiting *w = s->waiting[middle];
		if (w->tier < tier || (w->tier == tier && w->at_s < at_s))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct waiting *waiting_at(
	const struct history_store *s, size_t i, unsigned tier, uint64_t to_s)
{
	if (i >= s->waiting_count || s->waiting[i]->tier != tier || s->waiting[i]->at_s >= to_s)
		return NULL;
	return s->waiting[i];
}

static void remove_waiting(struct history_store *s, size_t i)
{
	s->waiting_bytes -= s->waiting[i]->len;
	free(s->waiting[i]);
	s->waiting_count--;
	memmove(s->waiting + i, s->waiting + i + 1, (s->waiting_count - i) * sizeof *s->waiting);
}

void history_store_put(
	struct history_store *s, unsigned tier, uint64_t at_s, const uint8_t *bytes, size_t len)
{
	struct waiting *w = malloc(sizeof *w + len);
	if (w) {
		*w = (struct waiting){.at_s = at_s, .tier = tier, .len = len};
		memcpy(w->bytes, bytes, len);
	}
	pthread_mutex_lock(&s->lock);
	size_t at = find_waiting(s, tier, at_s);
	if (w && waiting_at(s, at, tier, at_s + 1))
		remove_waiting(s, at);
	/* The oldest minute makes room: the hours and days know its sum. */
	while (w && s->waiting_count &&
		(s->waiting_count == WAITING_MAX || s->waiting_bytes + len > WAITING_BYTES_MAX)) {
		remove_waiting(s, 0);
		s->info.dropped_rows++;
		at = find_waiting(s, tier, at_s);
	}
	if (w) {
		memmove(s->waiting + at + 1, s->waiting + at,
			(s->waiting_count - at) * sizeof *s->waiting);
		s->waiting[at] = w;
		s->waiting_count++;
		s->waiting_bytes += len;
	} else {
		s->info.dropped_rows++;
	}
	pthread_mutex_unlock(&s->lock);
}

/* --- saving ---------------------------------------------------------------------------------------- */

struct forgetting {
	uint64_t want;
	unsigned count;
	uint8_t keys[FORGET_MAX][KEY];
};

static bool note_old(void *arg, struct mdb_bytes key, struct mdb_bytes value)
{
	struct forgetting *f = arg;
	(void)value;
	if (f->count == f->want || f->count == FORGET_MAX)
		return false;
	if (key.len == KEY)
		memcpy(f->keys[f->count++], key.at, KEY);
	return true;
}

static int forget(struct history_store *s, unsigned tier, struct err *why)
{
	int code = 0;
	uint64_t rows = mdb_book_entries(s->book, tier);
	struct forgetting f = {.want = rows > tiers[tier].rows ? rows - tiers[tier].rows : 0};
	if (!f.want)
		return 0;
	if (mdb_book_walk(s->book, tier, bytes_of("", 0), note_old, &f))
		return err_set(why, CEN_ECORRUPT, "%s: it cannot be read", s->path);
	for (unsigned i = 0; i < f.count && !code; i++)
		code = mdb_book_remove(s->book, tier, bytes_of(f.keys[i], KEY), why);
	return code;
}

static int write_all(struct history_store *s, struct err *why)
{
	int code = mdb_book_begin(s->book, why);
	if (code)
		return code;
	for (size_t i = 0; i < s->waiting_count && !code; i++) {
		const struct waiting *w = s->waiting[i];
		uint8_t key[KEY];
		put_u64(key, w->at_s);
		code = mdb_book_put(
			s->book, w->tier, bytes_of(key, KEY), bytes_of(w->bytes, w->len), why);
	}
	for (unsigned i = 0; i < HISTORY_TIERS && !code; i++)
		code = forget(s, i, why);
	if (!code && look_around(s))
		code = err_set(why, CEN_ECORRUPT, "%s: it cannot be read", s->path);
	if (code) {
		mdb_book_abort(s->book);
		return code;
	}
	return mdb_book_commit(s->book, why);
}

static void count_written(struct history_store *s)
{
	struct stat st;
	uint64_t today = clock_wall_s() / DAY_S;
	if (today != s->today)
		s->info.written_today = 0;
	s->today = today;
	s->info.written_today += s->waiting_bytes;
	s->info.written_total += s->waiting_bytes;
	s->info.saves++;
	if (!stat(s->path, &st))
		s->info.bytes = (uint64_t)st.st_size;
	while (s->waiting_count)
		free(s->waiting[--s->waiting_count]);
	s->waiting_bytes = 0;
}

bool history_store_save(struct history_store *s)
{
	struct err why = {""};
	int code = 0;
	pthread_mutex_lock(&s->lock);
	if (!s->book)
		code = open_book(s, &why);
	bool has_work = !code && s->waiting_count;
	if (has_work)
		code = write_all(s, &why);
	if (!code) {
		if (has_work)
			count_written(s);
		if (s->is_failing)
			s->info.problem[0] = 0;
	} else {
		s->info.failed_saves++;
		say_problem(s, &why);
		/* After some failures LMDB takes no more until it is opened anew. */
		drop_book(s);
		struct err again = {""};
		(void)open_book(s, &again);
	}
	s->is_failing = code != 0;
	pthread_mutex_unlock(&s->lock);
	return !code;
}

/* --- reading ------------------------------------------------------------------------------------- */

size_t history_store_get(struct history_store *s, unsigned tier, uint64_t at_s,
	uint8_t out[static HISTORY_STORE_ROW_MAX])
{
	size_t len = 0;
	uint8_t key[KEY];
	struct mdb_bytes value;
	put_u64(key, at_s);
	if (!lock_soon(s))
		return 0;
	const struct waiting *w = waiting_at(s, find_waiting(s, tier, at_s), tier, at_s + 1);
	if (w) {
		len = w->len;
		memcpy(out, w->bytes, len);
	} else if (s->book && !mdb_book_begin(s->book, NULL)) {
		if (!mdb_book_get(s->book, tier, bytes_of(key, KEY), &value) &&
			value.len <= HISTORY_STORE_ROW_MAX) {
			len = value.len;
			memcpy(out, value.at, len);
		}
		mdb_book_abort(s->book);
	}
	pthread_mutex_unlock(&s->lock);
	return len;
}

struct reading {
	const struct history_store *store;
	struct history_store_batch *out;
	unsigned tier;
	uint64_t to_s;
	size_t waiting; /* the next of those */
};

/* False: no room. A row: time, length, octets. */
static bool add_row(struct reading *r, uint64_t at_s, const uint8_t *bytes, size_t len)
{
	struct history_store_batch *b = r->out;
	uint8_t *to = b->bytes + b->used;
	if (HISTORY_STORE_BATCH - b->used < 8 + 4 + len) {
		b->next_s = at_s;
		b->is_last = false;
		return false;
	}
	put_u64(to, at_s);
	wire_put_u32(to + 8, (uint32_t)len);
	memcpy(to + 12, bytes, len);
	b->used += 12 + len;
	return true;
}

static bool add_waiting(struct reading *r, uint64_t to_s)
{
	for (const struct waiting *w; (w = waiting_at(r->store, r->waiting, r->tier, to_s));
		r->waiting++)
		if (!add_row(r, w->at_s, w->bytes, w->len))
			return false;
	return true;
}

static bool add_kept(void *arg, struct mdb_bytes key, struct mdb_bytes value)
{
	struct reading *r = arg;
	uint64_t at_s = key.len == KEY ? get_u64(key.at) : UINT64_MAX;
	if (at_s >= r->to_s || !add_waiting(r, at_s))
		return false;
	/* What waits is newer. */
	if (waiting_at(r->store, r->waiting, r->tier, at_s + 1))
		return add_waiting(r, at_s + 1);
	return value.len > HISTORY_STORE_ROW_MAX || add_row(r, at_s, value.at, value.len);
}

void history_store_read(struct history_store *s, unsigned tier, uint64_t from_s, uint64_t to_s,
	struct history_store_batch *out)
{
	struct reading r = {.store = s, .out = out, .tier = tier, .to_s = to_s};
	uint8_t key[KEY];
	put_u64(key, from_s);
	out->used = out->at = 0;
	out->is_last = true;
	if (!lock_soon(s))
		return;
	r.waiting = find_waiting(s, tier, from_s);
	if (s->book && !mdb_book_begin(s->book, NULL)) {
		(void)mdb_book_walk(s->book, tier, bytes_of(key, KEY), add_kept, &r);
		mdb_book_abort(s->book);
	}
	if (out->is_last)
		(void)add_waiting(&r, to_s);
	pthread_mutex_unlock(&s->lock);
}

bool history_store_next(
	struct history_store_batch *b, uint64_t *at_s, const uint8_t **bytes, size_t *len)
{
	if (b->at == b->used)
		return false;
	const uint8_t *at = b->bytes + b->at;
	*at_s = get_u64(at);
	*len = wire_u32(at + 8);
	*bytes = at + 12;
	b->at += 12 + *len;
	return true;
}

/* Of the oldest row, wherever it is. */
static uint64_t first_of(const struct history_store *s, unsigned tier)
{
	const struct waiting *w = waiting_at(s, find_waiting(s, tier, 0), tier, UINT64_MAX);
	return w && w->at_s < s->first_s[tier] ? w->at_s : s->first_s[tier];
}

bool history_store_covers(struct history_store *s, unsigned tier, uint64_t at_s)
{
	if (!lock_soon(s))
		return true;
	bool is_whole = s->info.rows[tier] < tiers[tier].rows || at_s >= first_of(s, tier);
	pthread_mutex_unlock(&s->lock);
	return is_whole;
}

uint64_t history_store_first_s(struct history_store *s, unsigned tier)
{
	if (!lock_soon(s))
		return UINT64_MAX;
	uint64_t first_s = first_of(s, tier);
	pthread_mutex_unlock(&s->lock);
	return first_s;
}

void history_store_info(struct history_store *s, struct history_info *out)
{
	if (!lock_soon(s)) {
		memset(out, 0, sizeof *out);
		snprintf(out->problem, sizeof out->problem, "a save takes long");
		return;
	}
	*out = s->info;
	out->waiting_rows = s->waiting_count;
	pthread_mutex_unlock(&s->lock);
}
