/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/journal/querylog_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "resolver/base/clock.h"
#include "resolver/base/log.h"
#include "resolver/journal/querylog_segment.h"

enum {
	SEGMENTS_MAX = 8192,
	PARTS = 16, /* of the size, for one file */
	PATH_BYTES = 4096,
};

#define DAY_MS UINT64_C(86400000)
#define SEGMENT_MIN_BYTES ((uint64_t)256 << 10)
#define SEGMENT_MAX_BYTES ((uint64_t)16 << 20)

struct querylog_files {
	char *folder;
	int fd; /* of the last segment while it is not sealed; -1: there is none, or it is not open yet */
	uint64_t day; /* that it belongs to */
	_Atomic uint64_t total_max_bytes, keep_ms;

	pthread_mutex_t lock; /* of what follows; only the writer changes it, but for doubts */
	struct querylog_segment *segments; /* oldest first */
	size_t count;
	struct querylog_files_info info;
};

static void path_of(const struct querylog_files *f, uint64_t first_id, const char *more,
	char out[static PATH_BYTES])
{
	snprintf(out, PATH_BYTES, "%s/%016" PRIu64 ".log%s", f->folder, first_id, more);
}

/* --- setting aside ---------------------------------------------------------------------------- */

/* Is `name` a file of the log, and of which kind? */
static bool read_name(const char *name, uint64_t *first_id, bool *is_aside)
{
	int end = 0;
	size_t len = strlen(name);
	if (len < 20 || sscanf(name, "%16" SCNu64 ".log%n", first_id, &end) != 1 || end != 20)
		return false;
	*is_aside = !strcmp(name + end, ".damaged");
	return *is_aside || !name[end];
}

/* Of those set aside only the last one is kept. */
static void sweep(const struct querylog_files *f, uint64_t kept)
{
	char path[PATH_BYTES];
	uint64_t id;
	bool is_aside;
	DIR *d = opendir(f->folder);
	for (struct dirent *e; d && (e = readdir(d));) {
		if (!read_name(e->d_name, &id, &is_aside) || !is_aside || id == kept)
			continue;
		path_of(f, id, ".damaged", path);
		(void)unlink(path);
	}
	if (d)
		closedir(d);
}

static void set_aside(struct querylog_files *f, uint64_t first_id, const struct err *why)
{
	char path[PATH_BYTES], aside[PATH_BYTES];
	path_of(f, first_id, "", path);
	path_of(f, first_id, ".damaged", aside);
	log_error("journal", "event=log_set_aside file=%s reason=\"%s\"", aside, why->text);
	if (rename(path, aside))
		log_error("journal", "event=not_set_aside file=%s reason=\"%s\"", path,
			err_string(-errno));
	sweep(f, first_id);
	pthread_mutex_lock(&f->lock);
	f->info.failures++;
	snprintf(f->info.problem, sizeof f->info.problem, "%.200s; set aside", why->text);
	pthread_mutex_unlock(&f->lock);
}

/* --- the list of segments --------------------------------------------------------------------- */

static struct querylog_segment *last_of(struct querylog_files *f)
{
	return f->count ? &f->segments[f->count - 1] : NULL;
}

/* The writer's place in the file is gone with it. */
static void forget(struct querylog_files *f, size_t i)
{
	if (i + 1 == f->count && f->fd >= 0) {
		close(f->fd);
		f->fd = -1;
	}
	pthread_mutex_lock(&f->lock);
	f->count--;
	memmove(f->segments + i, f->segments + i + 1, (f->count - i) * sizeof *f->segments);
	pthread_mutex_unlock(&f->lock);
}

static void drop_oldest(struct querylog_files *f)
{
	char path[PATH_BYTES];
	path_of(f, f->segments[0].first_id, "", path);
	if (unlink(path) && errno != ENOENT)
		log_error("journal", "event=not_removed file=%s reason=\"%s\"", path,
			err_string(-errno));
	forget(f, 0);
}

static uint64_t total_bytes(const struct querylog_files *f)
{
	uint64_t bytes = 0;
	for (size_t i = 0; i < f->count; i++)
		bytes += f->segments[i].bytes;
	return bytes;
}

static bool is_past(const struct querylog_files *f, const struct querylog_segment *s)
{
	return s->max_ms + atomic_load(&f->keep_ms) < clock_wall_ms();
}

/* --- opening ---------------------------------------------------------------------------------- */

static int by_id(const void *a, const void *b)
{
	const struct querylog_segment *x = a, *y = b;
	return (x->first_id > y->first_id) - (x->first_id < y->first_id);
}

static size_t list_folder(const struct querylog_files *f, struct querylog_segment *out)
{
	struct querylog_segment s = {0};
	size_t n = 0;
	bool is_aside;
	DIR *d = opendir(f->folder);
	for (struct dirent *e; d && n < SEGMENTS_MAX && (e = readdir(d));)
		if (read_name(e->d_name, &s.first_id, &is_aside) && !is_aside)
			out[n++] = s;
	if (d)
		closedir(d);
	qsort(out, n, sizeof *out, by_id);
	return n;
}

/* False: it is gone, or set aside. */
static bool open_one(struct querylog_files *f, uint64_t first_id, struct querylog_segment *out)
{
	char path[PATH_BYTES];
	struct err why = {0};
	path_of(f, first_id, "", path);
	int code = querylog_segment_open(path, first_id, out, &why);
	if (!code && out->rows)
		return true;
	if (code == CEN_ECORRUPT || code == CEN_EVERSION)
		set_aside(f, first_id, &why);
	else if (code)
		log_error("journal", "event=log_not_read reason=\"%s\"", why.text);
	else
		(void)unlink(path); /* it was begun, and no more */
	return false;
}

void querylog_files_begin(struct querylog_files *f)
{
	struct querylog_segment s, *found = calloc(SEGMENTS_MAX, sizeof *found);
	size_t count = found ? list_folder(f, found) : 0;
	for (size_t i = 0; i < count; i++) {
		if (!open_one(f, found[i].first_id, &s))
			continue;
		pthread_mutex_lock(&f->lock);
		f->segments[f->count++] = s;
		if (s.end_id > f->info.end_id)
			f->info.end_id = s.end_id;
		pthread_mutex_unlock(&f->lock);
	}
	free(found);
	querylog_files_tidy(f);
}

struct querylog_files *querylog_files_new(const char *state_directory)
{
	struct querylog_files *f = calloc(1, sizeof *f);
	if (!f)
		return NULL;
	f->fd = -1;
	pthread_mutex_init(&f->lock, NULL);
	f->segments = calloc(SEGMENTS_MAX, sizeof *f->segments);
	if (!f->segments || asprintf(&f->folder, "%s/querylog", state_directory) < 0) {
		f->folder = NULL;
		querylog_files_free(f);
		return NULL;
	}
	return f;
}

void querylog_files_free(struct querylog_files *f)
{
	if (!f)
		return;
	if (f->fd >= 0)
		close(f->fd);
	free(f->segments);
	free(f->folder);
	pthread_mutex_destroy(&f->lock);
	free(f);
}

/* --- writing ---------------------------------------------------------------------------------- */

void querylog_files_limit(struct querylog_files *f, uint64_t bytes, uint32_t days)
{
	atomic_store(&f->total_max_bytes, bytes);
	atomic_store(&f->keep_ms, days * DAY_MS);
}

static uint64_t segment_max(const struct querylog_files *f)
{
	uint64_t bytes = atomic_load(&f->total_max_bytes) / PARTS;
	bytes = bytes > SEGMENT_MAX_BYTES ? SEGMENT_MAX_BYTES : bytes;
	return bytes < SEGMENT_MIN_BYTES ? SEGMENT_MIN_BYTES : bytes;
}

/* The seal is a help for the next start: without it the file is read to its end. */
static void seal(struct querylog_files *f)
{
	if (!f->count)
		return;
	struct querylog_segment *s = &f->segments[f->count - 1];
	if (s->is_sealed)
		return;
	bool is_written = f->fd >= 0 && !querylog_segment_seal(f->fd, s);
	pthread_mutex_lock(&f->lock);
	s->is_sealed = true;
	if (is_written)
		s->bytes += QUERYLOG_HEAD + QUERYLOG_TAIL;
	pthread_mutex_unlock(&f->lock);
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

static int begin_segment(struct querylog_files *f, uint64_t first_id, struct err *why)
{
	char path[PATH_BYTES];
	seal(f);
	if (mkdir(f->folder, 0750) && errno != EEXIST)
		return err_set(why, -errno, "%s: %s", f->folder, err_string(-errno));
	while (f->count == SEGMENTS_MAX)
		drop_oldest(f);
	path_of(f, first_id, "", path);
	int fd = querylog_segment_create(path, first_id, why);
	if (fd < 0)
		return fd;
	f->fd = fd;
	f->day = clock_wall_ms() / DAY_MS;
	pthread_mutex_lock(&f->lock);
	f->segments[f->count++] = (struct querylog_segment){.first_id = first_id,
		.end_id = first_id,
		.min_ms = UINT64_MAX,
		.bytes = QUERYLOG_SEGMENT_HEAD};
	pthread_mutex_unlock(&f->lock);
	return 0;
}

/* Goes on with the file of the run before, or begins a new one. */
static int ready_segment(struct querylog_files *f, const struct querylog_head *h, struct err *why)
{
	char path[PATH_BYTES];
	const struct querylog_segment *s = last_of(f);
	bool is_begun = f->count && !s->is_sealed;
	if (is_begun && f->fd < 0) {
		path_of(f, s->first_id, "", path);
		f->fd = open(path, O_RDWR | O_CLOEXEC);
		f->day = s->max_ms / DAY_MS;
	}
	if (is_begun && f->fd >= 0 && s->bytes + h->bytes <= segment_max(f) &&
		f->day == clock_wall_ms() / DAY_MS)
		return 0;
	return begin_segment(f, h->first_id, why);
}

static void note_block(struct querylog_files *f, const struct querylog_head *h)
{
	struct querylog_segment *s = last_of(f);
	pthread_mutex_lock(&f->lock);
	s->bytes += h->bytes;
	s->rows += h->rows;
	s->end_id = h->first_id + h->rows;
	s->min_ms = h->min_ms < s->min_ms ? h->min_ms : s->min_ms;
	s->max_ms = h->max_ms > s->max_ms ? h->max_ms : s->max_ms;
	f->info.end_id = s->end_id;
	pthread_mutex_unlock(&f->lock);
}

int querylog_files_append(struct querylog_files *f, const uint8_t *block, struct err *why)
{
	struct querylog_head h;
	if (!querylog_codec_head(block, &h))
		return err_set(why, CEN_EFORMAT, "%s: a block has no head", f->folder);
	int code = ready_segment(f, &h, why);
	if (code)
		return code;
	code = querylog_segment_write(f->fd, last_of(f)->bytes, block, h.bytes);
	if (code)
		return err_set(why, code, "%s: %s", f->folder, err_string(code));
	note_block(f, &h);
	return 0;
}

/* --- tidying ---------------------------------------------------------------------------------- */

static void set_aside_doubted(struct querylog_files *f)
{
	for (size_t i = f->count; i--;) {
		struct err why;
		pthread_mutex_lock(&f->lock);
		bool is_doubted = f->segments[i].is_doubted;
		pthread_mutex_unlock(&f->lock);
		if (!is_doubted)
			continue;
		err_set(&why, CEN_ECORRUPT, "%s/%016" PRIu64 ".log: a block is damaged", f->folder,
			f->segments[i].first_id);
		set_aside(f, f->segments[i].first_id, &why);
		forget(f, i);
	}
}

void querylog_files_tidy(struct querylog_files *f)
{
	if (f->count && f->fd >= 0 && f->day != clock_wall_ms() / DAY_MS)
		seal(f);
	set_aside_doubted(f);
	while (f->count &&
		(total_bytes(f) > atomic_load(&f->total_max_bytes) || is_past(f, &f->segments[0])))
		drop_oldest(f);
}

/* --- readers ---------------------------------------------------------------------------------- */

void querylog_files_info(struct querylog_files *f, struct querylog_files_info *out)
{
	pthread_mutex_lock(&f->lock);
	*out = f->info;
	out->bytes = total_bytes(f);
	for (size_t i = 0; i < f->count; i++)
		out->rows += f->segments[i].rows;
	out->oldest_ms = out->rows ? f->segments[0].min_ms : 0;
	pthread_mutex_unlock(&f->lock);
}

uint64_t querylog_files_horizon_ms(struct querylog_files *f)
{
	uint64_t now_ms = clock_wall_ms(), keep_ms = atomic_load(&f->keep_ms);
	return now_ms > keep_ms ? now_ms - keep_ms : 0;
}

bool querylog_files_find(struct querylog_files *f, uint64_t before, struct querylog_segment *out)
{
	bool is_found = false;
	pthread_mutex_lock(&f->lock);
	for (size_t i = f->count; i-- && !is_found;) {
		const struct querylog_segment *s = &f->segments[i];
		is_found = s->first_id < before && s->rows && !s->is_doubted;
		if (is_found)
			*out = *s;
	}
	pthread_mutex_unlock(&f->lock);
	return is_found;
}

void querylog_files_doubt(struct querylog_files *f, const struct querylog_segment *s)
{
	pthread_mutex_lock(&f->lock);
	for (size_t i = 0; i < f->count; i++)
		if (f->segments[i].first_id == s->first_id)
			f->segments[i].is_doubted = true;
	pthread_mutex_unlock(&f->lock);
}

bool querylog_files_enter(
	const struct querylog_files *f, const struct querylog_segment *s, struct querylog_cursor *c)
{
	char path[PATH_BYTES];
	path_of(f, s->first_id, "", path);
	*c = (struct querylog_cursor){
		.fd = open(path, O_RDONLY | O_CLOEXEC), .at = s->bytes, .before = UINT64_MAX};
	return c->fd >= 0;
}

void querylog_files_leave(struct querylog_cursor *c)
{
	close(c->fd);
}

bool querylog_files_previous(struct querylog_cursor *c, struct querylog_head *out)
{
	if (c->at == QUERYLOG_SEGMENT_HEAD || c->is_bad)
		return false;
	c->is_bad = !querylog_segment_before(c->fd, &c->at, out) ||
		out->first_id + out->rows > c->before;
	c->before = out->first_id;
	return !c->is_bad;
}

bool querylog_files_read(
	struct querylog_cursor *c, const struct querylog_head *h, uint8_t to[QUERYLOG_BLOCK_MAX])
{
	c->is_bad |= !querylog_segment_read(c->fd, c->at, h, to);
	return !c->is_bad;
}
