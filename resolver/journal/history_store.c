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

#include "resolver/base/clock.h"
#include "resolver/base/log.h"
#include "resolver/base/wire.h"
#include "resolver/journal/history_file.h"

enum {
	WAITING_MAX = 4096, /* rows in memory while the disk takes none, */
	WAITING_BYTES_MAX = 8 << 20, /* and their octets */
	TOGETHER_MAX = 256, /* in one transaction: the pages it leaves are free after it */
	WAIT_MS = 2000,
	DAY_S = 86400,
};

/* How many rows: two days, 90 days, ten years with their leap days. A row fills its page or its two pages, and if all rows are as large as they may be, it is
 * 60 MB: the rest is for LMDB's tree, and for the pages that are not free until a save is over. */
static const struct {
	uint32_t step_s, rows;
	size_t row_max;
} tiers[HISTORY_TIERS] = {
	[HISTORY_MINUTES] = {60, 2 * 24 * 60, 4096 - 16},
	[HISTORY_HOURS] = {3600, 90 * 24, HISTORY_STORE_ROW_MAX},
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
	pthread_mutex_t lock; /* of all that follows */
	struct history_file file;
	struct waiting *waiting[WAITING_MAX]; /* by tier and time */
	size_t waiting_count, waiting_bytes;
	bool is_failing; /* the last save did not work */
	uint64_t today; /* of written_today */
	struct history_info info;
};

/* For those who ask: a save that takes long is not waited for to its end. */
static bool lock_soon(struct history_store *s)
{
	uint64_t until_ms = clock_wall_ms() + WAIT_MS;
	struct timespec until = {
		.tv_sec = (time_t)(until_ms / 1000), .tv_nsec = (long)(until_ms % 1000 * 1000000)};
	return !pthread_mutex_timedlock(&s->lock, &until);
}

/* --- opening -------------------------------------------------------------------------------------- */

static void say_problem(struct history_store *s, const struct err *why)
{
	snprintf(s->info.problem, sizeof s->info.problem, "%.*s", (int)sizeof s->info.problem - 1,
		why->text);
	if (!s->is_failing)
		log_error("history", "event=not_kept reason=\"%s\"", why->text);
	s->is_failing = true;
}

static void measure(struct history_store *s)
{
	struct stat st;
	if (!stat(s->file.path, &st))
		s->info.bytes = (uint64_t)st.st_size;
}

int history_store_open(const char *state_directory, struct history_store **out, struct err *why)
{
	struct err problem = {""};
	struct history_store *s = calloc(1, sizeof *s);
	if (!s || asprintf(&s->file.path, "%s/history.mdb", state_directory) < 0) {
		free(s);
		return err_set(why, -ENOMEM, "history: memory is short");
	}
	pthread_mutex_init(&s->lock, NULL);
	randombytes_buf(&s->file.seed, sizeof s->file.seed);
	if (history_file_open(&s->file, false, s->info.problem, sizeof s->info.problem, &problem))
		say_problem(s, &problem);
	s->file.has_seed = true;
	measure(s);
	*out = s;
	return 0;
}

void history_store_free(struct history_store *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->waiting_count; i++)
		free(s->waiting[i]);
	history_file_close(&s->file);
	pthread_mutex_destroy(&s->lock);
	free(s->file.path);
	free(s);
}

uint64_t history_store_seed(const struct history_store *s)
{
	return s->file.seed;
}

uint64_t history_store_newest_s(const struct history_store *s)
{
	return s->file.newest_s;
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

/* --- saving ------------------------------------------------------------------------------------ */

static int write_some(struct history_store *s, size_t from, size_t to, struct err *why)
{
	struct history_file *f = &s->file;
	int code = mdb_book_begin(f->book, why);
	if (code)
		return code;
	for (size_t i = from; i < to && !code; i++) {
		const struct waiting *w = s->waiting[i];
		code = history_file_put(f, w->tier, w->at_s,
			(struct mdb_bytes){.at = w->bytes, .len = w->len}, why);
	}
	for (unsigned i = 0; i < HISTORY_TIERS && !code; i++)
		code = history_file_forget(f, i, tiers[i].rows, why);
	if (!code)
		code = history_file_look(f, why);
	if (code) {
		mdb_book_abort(f->book);
		return code;
	}
	return mdb_book_commit(f->book, why);
}

static int write_all(struct history_store *s, struct err *why)
{
	int code = 0;
	for (size_t from = 0; from < s->waiting_count && !code; from += TOGETHER_MAX) {
		size_t left = s->waiting_count - from;
		code = write_some(s, from, from + (left < TOGETHER_MAX ? left : TOGETHER_MAX), why);
	}
	return code;
}

static void count_written(struct history_store *s)
{
	uint64_t today = clock_wall_s() / DAY_S;
	if (today != s->today)
		s->info.written_today = 0;
	s->today = today;
	s->info.written_today += s->waiting_bytes;
	s->info.written_total += s->waiting_bytes;
	s->info.saves++;
	measure(s);
	while (s->waiting_count)
		free(s->waiting[--s->waiting_count]);
	s->waiting_bytes = 0;
}

bool history_store_save(struct history_store *s)
{
	struct err why = {""};
	int code = 0;
	struct history_file *f = &s->file;
	pthread_mutex_lock(&s->lock);
	if (!f->book)
		code = history_file_open(f, false, s->info.problem, sizeof s->info.problem, &why);
	bool has_work = !code && s->waiting_count;
	if (has_work)
		code = write_all(s, &why);
	if (!code) {
		if (has_work)
			count_written(s);
		if (s->is_failing) {
			s->info.problem[0] = 0;
			log_info("history", "event=kept_again failed_saves=%llu",
				(unsigned long long)s->info.failed_saves);
		}
		s->is_failing = false;
	} else {
		s->info.failed_saves++;
		say_problem(s, &why);
		/* After some failures LMDB takes no more until it is opened anew; it may be the file's fault, too. */
		history_file_close(f);
		struct err again = {""};
		(void)history_file_open(
			f, code <= CEN_EFORMAT, s->info.problem, sizeof s->info.problem, &again);
	}
	pthread_mutex_unlock(&s->lock);
	return !code;
}

/* --- reading ------------------------------------------------------------------------------------- */

size_t history_store_get(struct history_store *s, unsigned tier, uint64_t at_s,
	uint8_t out[static HISTORY_STORE_ROW_MAX])
{
	size_t len = 0;
	uint8_t key[HISTORY_FILE_KEY];
	struct mdb_bytes value;
	if (!lock_soon(s))
		return 0;
	const struct waiting *w = waiting_at(s, find_waiting(s, tier, at_s), tier, at_s + 1);
	if (w) {
		len = w->len;
		memcpy(out, w->bytes, len);
	} else if (s->file.book && !mdb_book_begin(s->file.book, NULL)) {
		if (!mdb_book_get(s->file.book, tier, history_file_key(at_s, key), &value) &&
			value.len <= HISTORY_STORE_ROW_MAX) {
			len = value.len;
			memcpy(out, value.at, len);
		}
		mdb_book_abort(s->file.book);
	}
	pthread_mutex_unlock(&s->lock);
	return len;
}

struct reading {
	const struct history_store *store;
	struct history_store_batch *out;
	unsigned tier;
	uint64_t to_s;
	size_t row_max;
	size_t waiting; /* the next of those */
};

/* False: no room. A row: time, length, octets. */
static bool add_row(struct reading *r, uint64_t at_s, const uint8_t *bytes, size_t len)
{
	struct history_store_batch *b = r->out;
	uint8_t *to = b->bytes + b->used;
	len = len < r->row_max ? len : r->row_max;
	if (HISTORY_STORE_BATCH - b->used < 8 + 4 + len) {
		b->next_s = at_s;
		b->is_last = false;
		return false;
	}
	(void)history_file_key(at_s, to);
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
	uint64_t at_s = history_file_time(key);
	if (at_s >= r->to_s || !add_waiting(r, at_s))
		return false;
	/* What waits is newer. */
	if (waiting_at(r->store, r->waiting, r->tier, at_s + 1))
		return add_waiting(r, at_s + 1);
	return value.len > HISTORY_STORE_ROW_MAX || add_row(r, at_s, value.at, value.len);
}

void history_store_read(struct history_store *s, unsigned tier, uint64_t from_s, uint64_t to_s,
	size_t row_max, struct history_store_batch *out)
{
	struct reading r = {.store = s, .out = out, .tier = tier, .to_s = to_s, .row_max = row_max};
	uint8_t key[HISTORY_FILE_KEY];
	out->used = out->at = 0;
	out->is_last = true;
	if (!lock_soon(s))
		return;
	r.waiting = find_waiting(s, tier, from_s);
	if (s->file.book && !mdb_book_begin(s->file.book, NULL)) {
		(void)mdb_book_walk(
			s->file.book, tier, history_file_key(from_s, key), add_kept, &r);
		mdb_book_abort(s->file.book);
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
	*at_s = history_file_time((struct mdb_bytes){.at = at, .len = HISTORY_FILE_KEY});
	*len = wire_u32(at + 8);
	*bytes = at + 12;
	b->at += 12 + *len;
	return true;
}

/* Of the oldest row, wherever it is. */
static uint64_t first_of(const struct history_store *s, unsigned tier)
{
	const struct waiting *w = waiting_at(s, find_waiting(s, tier, 0), tier, UINT64_MAX);
	return w && w->at_s < s->file.first_s[tier] ? w->at_s : s->file.first_s[tier];
}

bool history_store_covers(struct history_store *s, unsigned tier, uint64_t at_s)
{
	if (!lock_soon(s))
		return true;
	bool is_whole = s->file.rows[tier] < tiers[tier].rows || at_s >= first_of(s, tier);
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
	memcpy(out->rows, s->file.rows, sizeof out->rows);
	out->waiting_rows = s->waiting_count;
	pthread_mutex_unlock(&s->lock);
}
