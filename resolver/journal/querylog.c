/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Rows go into a block in memory. A block that is full, or has waited long enough, is closed and written; the last BLOCKS of them stay in memory. One that
 * finds no room on disk waits there for it, until the next ones need its place.
 */
#include "resolver/journal/querylog.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/base/clock.h"
#include "resolver/base/log.h"
#include "resolver/journal/event.h"
#include "resolver/journal/querylog_block.h"
#include "resolver/journal/querylog_files.h"
#include "resolver/journal/querylog_match.h"
#include "resolver/stats.h"

enum {
	BLOCKS = 32,
	RETRY_MS = 1000, /* after the disk took none */
	TIDY_MS = 1000,
	READ_US = 100000, /* of one call, and what its last block takes */
};

struct querylog {
	struct querylog_files *files;
	uint64_t next_save_ms, next_try_ms, next_tidy_ms; /* the writer's own */
	uint8_t *room; /* the same: for a block */

	pthread_mutex_t lock; /* of what follows */
	struct querylog_block *blocks; /* number n at n % BLOCKS */
	uint64_t last; /* the block that is being filled; those before it are closed */
	uint64_t unsaved; /* the first that is not on disk */
	uint64_t start_id, next_id; /* the first of this run, the next one */
	uint64_t save_ms;
	struct querylog_info info;
};

/* --- names ------------------------------------------------------------------------------------ */

const char *querylog_reply_name(unsigned reply)
{
	static const char *const names[] = {
#define X(symbol, name) name,
		JOURNAL_REPLIES(X)
#undef X
	};
	return reply < JOURNAL_REPLY_COUNT ? names[reply] : "unknown";
}

const char *querylog_verdict_name(enum query_outcome outcome)
{
	switch (querylog_match_verdict(outcome)) {
	case QUERYLOG_BLOCKED:
		return "blocked";
	case QUERYLOG_FAILED:
		return "failed";
	default:
		return "answered";
	}
}

/* --- life ------------------------------------------------------------------------------------- */

struct querylog *querylog_new(const char *state_directory)
{
	struct querylog *q = calloc(1, sizeof *q);
	if (!q)
		return NULL;
	pthread_mutex_init(&q->lock, NULL);
	q->next_id = 1;
	q->blocks = calloc(BLOCKS, sizeof *q->blocks);
	q->room = malloc(QUERYLOG_BLOCK_MAX);
	q->files = querylog_files_new(state_directory);
	if (q->blocks && q->room && q->files)
		return q;
	querylog_free(q);
	return NULL;
}

void querylog_free(struct querylog *q)
{
	if (!q)
		return;
	querylog_files_free(q->files);
	free(q->blocks);
	free(q->room);
	pthread_mutex_destroy(&q->lock);
	free(q);
}

void querylog_limit(struct querylog *q, uint64_t bytes, uint32_t days, uint32_t save_s)
{
	querylog_files_limit(q->files, bytes, days);
	pthread_mutex_lock(&q->lock);
	q->save_ms = (uint64_t)save_s * 1000;
	pthread_mutex_unlock(&q->lock);
}

/* Numbers are told from the clock, so that they rise also when rows or files were lost. A clock that goes back does not make them fall. */
void querylog_begin(struct querylog *q)
{
	struct querylog_files_info i;
	querylog_files_begin(q->files);
	querylog_files_info(q->files, &i);
	uint64_t now_us = clock_wall_ms() * 1000;
	pthread_mutex_lock(&q->lock);
	q->next_id = i.end_id > now_us ? i.end_id : now_us + 1;
	q->start_id = q->next_id;
	querylog_block_begin(&q->blocks[0], q->next_id);
	pthread_mutex_unlock(&q->lock);
}

/* --- the writer ------------------------------------------------------------------------------- */

static struct querylog_block *block(struct querylog *q, uint64_t number)
{
	return &q->blocks[number % BLOCKS];
}

/* Under the lock: the next block is begun, and the oldest makes room for it. */
static void close_last(struct querylog *q)
{
	q->last++;
	if (q->last >= BLOCKS && q->unsaved == q->last - BLOCKS) {
		uint32_t rows = block(q, q->unsaved++)->rows;
		q->info.dropped += rows;
		q->info.pending -= rows;
	}
	querylog_block_begin(block(q, q->last), q->next_id);
}

void querylog_enter(struct querylog *q)
{
	pthread_mutex_lock(&q->lock);
	querylog_block_forget(block(q, q->last));
}

void querylog_leave(struct querylog *q)
{
	pthread_mutex_unlock(&q->lock);
}

void querylog_add(struct querylog *q, const struct querylog_kept *row)
{
	if (!querylog_block_add(block(q, q->last), row)) {
		close_last(q);
		querylog_block_add(block(q, q->last), row);
	}
	q->next_id++;
	q->info.pending++;
}

static void note_write(
	struct querylog *q, const struct querylog_block *b, int code, const struct err *why)
{
	/* Said once: what follows is a counter. */
	if (code && !q->info.problem[0])
		log_error("journal", "event=log_not_written reason=\"%s\"", why->text);
	pthread_mutex_lock(&q->lock);
	snprintf(q->info.problem, sizeof q->info.problem, "%.200s", code ? why->text : "");
	if (code) {
		q->info.failed_writes++;
	} else {
		q->info.written += b->rows;
		q->info.pending -= b->rows;
		q->unsaved++;
	}
	pthread_mutex_unlock(&q->lock);
}

/* Closed blocks are changed by nobody but this thread. */
static void write_closed(struct querylog *q)
{
	while (q->unsaved < q->last) {
		struct err why = {0};
		const struct querylog_block *b = block(q, q->unsaved);
		querylog_block_write(b, q->room);
		int code = querylog_files_append(q->files, q->room, &why);
		note_write(q, b, code, &why);
		if (!code)
			continue;
		q->next_try_ms = clock_ms() + RETRY_MS;
		return;
	}
}

static void save(struct querylog *q)
{
	pthread_mutex_lock(&q->lock);
	if (block(q, q->last)->rows)
		close_last(q);
	q->next_save_ms = clock_ms() + q->save_ms;
	pthread_mutex_unlock(&q->lock);
}

void querylog_tick(struct querylog *q)
{
	uint64_t now_ms = clock_ms();
	if (now_ms >= q->next_save_ms)
		save(q);
	if (now_ms >= q->next_try_ms)
		write_closed(q);
	if (now_ms >= q->next_tidy_ms) {
		querylog_files_tidy(q->files);
		q->next_tidy_ms = now_ms + TIDY_MS;
	}
}

void querylog_save(struct querylog *q)
{
	save(q);
	write_closed(q);
	querylog_files_tidy(q->files);
}

/* --- a reader's page -------------------------------------------------------------------------- */

struct page {
	struct querylog_match match;
	struct querylog_row *out;
	size_t max, n;
	uint8_t bytes[QUERYLOG_BLOCK_MAX];
	struct querylog_mark hits[QUERYLOG_ROWS];
};

static struct page *new_page(
	const struct querylog_filter *f, uint64_t horizon_ms, struct querylog_row *out, size_t max)
{
	struct page *p = malloc(sizeof *p);
	if (!p)
		return NULL;
	querylog_match_init(&p->match, f);
	if (p->match.from_ms < horizon_ms)
		p->match.from_ms = horizon_ms;
	p->out = out;
	p->max = max;
	p->n = 0;
	return p;
}

static void copy_word(char *to, size_t size, const char *word)
{
	snprintf(to, size, "%s", word);
}

static void show(const struct querylog_kept *k, struct querylog_row *row)
{
	row->id = k->id;
	row->at_ms = k->at_ms;
	row->client[0] = 0;
	if (k->client_kind == CLIENT_PSEUDONYM)
		snprintf(row->client, sizeof row->client, "client-%08x", (unsigned)k->pseudonym);
	else if (k->client_kind != CLIENT_WITHHELD)
		addr_to_text(&k->client, row->client);
	row->name.len = 0;
	if (k->name)
		dname_copy(&row->name, k->name);
	row->qtype = k->qtype;
	row->rcode = k->rcode;
	row->outcome = k->outcome;
	row->reply = k->reply;
	row->dga_class = k->dga_class;
	row->transport = k->transport;
	row->dga_score = k->dga_score;
	row->took_us = k->took_us;
	row->is_secure = k->is_secure;
	row->is_monitored = k->is_monitored;
	row->is_allowed = k->is_allowed;
	copy_word(row->list, sizeof row->list, k->list);
	copy_word(row->family, sizeof row->family, k->family);
	copy_word(row->group, sizeof row->group, k->group);
}

static bool is_in_time(const struct page *p, uint64_t min_ms, uint64_t max_ms)
{
	return max_ms >= p->match.from_ms && min_ms < p->match.to_ms;
}

/* The block in `bytes`, its last row first; false when it is damaged. Rows that were looked at are behind `before` then. */
static bool take_block(struct page *p, size_t len)
{
	struct querylog_reader r;
	struct querylog_kept k;
	size_t hits = 0;
	if (!querylog_codec_open(p->bytes, len, &r))
		return false;
	for (struct querylog_mark mark = r.mark; querylog_codec_next(&r, &k); mark = r.mark)
		if (querylog_match(&p->match, &k))
			p->hits[hits++] = mark;
	if (r.is_bad)
		return false;
	while (hits && p->n < p->max) {
		r.mark = p->hits[--hits];
		querylog_codec_next(&r, &k);
		show(&k, &p->out[p->n++]);
		p->match.before = k.id;
	}
	if (!hits)
		p->match.before = r.head.first_id;
	return true;
}

/* --- newest first ----------------------------------------------------------------------------- */

/* Copies the newest block in memory that has rows before those looked at. 0: there is none. */
static size_t copy_before(struct querylog *q, struct page *p)
{
	size_t len = 0;
	pthread_mutex_lock(&q->lock);
	for (uint64_t n = q->last + 1; n-- && q->last - n < BLOCKS && !len;) {
		const struct querylog_block *b = block(q, n);
		if (b->rows && b->first_id < p->match.before)
			len = querylog_block_write(b, p->bytes);
	}
	pthread_mutex_unlock(&q->lock);
	return len;
}

static bool is_over(const struct page *p, uint64_t until_us)
{
	return p->n == p->max || clock_us() >= until_us;
}

/* False: it is over before the segment is. */
static bool read_segment(
	struct querylog *q, const struct querylog_segment *s, struct page *p, uint64_t until_us)
{
	struct querylog_cursor c;
	struct querylog_head h;
	bool is_done = true;
	if (!querylog_files_enter(q->files, s, &c))
		return true;
	while (is_done && querylog_files_previous(&c, &h)) {
		if (!h.rows || h.first_id >= p->match.before || !is_in_time(p, h.min_ms, h.max_ms))
			continue;
		if (!querylog_files_read(&c, &h, p->bytes) || !take_block(p, h.bytes))
			c.is_bad = true;
		else
			is_done = !is_over(p, until_us);
	}
	if (c.is_bad)
		querylog_files_doubt(q->files, s);
	querylog_files_leave(&c);
	return is_done;
}

static bool read_files(struct querylog *q, struct page *p, uint64_t until_us)
{
	struct querylog_segment s;
	while (querylog_files_find(q->files, p->match.before, &s)) {
		if (is_in_time(p, s.min_ms, s.max_ms) && !read_segment(q, &s, p, until_us))
			return false;
		p->match.before = s.first_id;
	}
	return true;
}

size_t querylog_read(struct querylog *q, const struct querylog_filter *f, struct querylog_row *out,
	size_t max, uint64_t *next)
{
	struct page *p = new_page(f, querylog_files_horizon_ms(q->files), out, max);
	uint64_t until_us = clock_us() + READ_US;
	*next = 0; /* may be the filter's `before` */
	if (!p || p->match.is_nothing || !max) {
		free(p);
		return 0;
	}
	/* However late it is, one block is looked at: the next page must not begin where this one did. */
	size_t len;
	do {
		len = copy_before(q, p);
		if (len)
			take_block(p, len);
	} while (len && !is_over(p, until_us));
	if (len || !read_files(q, p, until_us))
		*next = p->match.before;
	size_t n = p->n;
	free(p);
	return n;
}

/* --- oldest first ----------------------------------------------------------------------------- */

/* Copies the oldest block in memory with rows after that number; where there is a gap, moves the number up to it and tells how many were left out. 0:
 * there is none. */
static size_t copy_after(struct querylog *q, uint64_t *after, uint64_t *lost, uint8_t *to)
{
	size_t len = 0;
	uint64_t first = q->last >= BLOCKS ? q->last - BLOCKS + 1 : 0;
	for (uint64_t n = first; n <= q->last && !len; n++) {
		const struct querylog_block *b = block(q, n);
		if (!b->rows || b->first_id + b->rows - 1 <= *after)
			continue;
		/* Numbers before the start are no rows of ours. */
		uint64_t from = *after + 1 > q->start_id ? *after + 1 : q->start_id;
		if (b->first_id > from)
			*lost += b->first_id - from;
		if (b->first_id > *after + 1)
			*after = b->first_id - 1;
		len = querylog_block_write(b, to);
	}
	return len;
}

static void take_after(struct page *p, size_t len, uint64_t *after)
{
	struct querylog_reader r;
	struct querylog_kept k;
	if (!querylog_codec_open(p->bytes, len, &r))
		return;
	while (p->n < p->max && querylog_codec_next(&r, &k)) {
		if (k.id <= *after)
			continue;
		*after = k.id;
		if (querylog_match(&p->match, &k))
			show(&k, &p->out[p->n++]);
	}
}

size_t querylog_follow(struct querylog *q, const struct querylog_filter *f,
	struct querylog_row *out, size_t max, uint64_t *after, uint64_t *lost)
{
	pthread_mutex_lock(&q->lock);
	uint64_t newest = q->next_id - 1;
	*lost = 0;
	pthread_mutex_unlock(&q->lock);
	if (*after >= newest)
		*after = newest;
	struct page *p = *after < newest ? new_page(f, 0, out, max) : NULL;
	if (!p)
		return 0;
	for (size_t len = 1; len && p->n < max;) {
		pthread_mutex_lock(&q->lock);
		len = copy_after(q, after, lost, p->bytes);
		pthread_mutex_unlock(&q->lock);
		if (len)
			take_after(p, len, after);
	}
	size_t n = p->n;
	free(p);
	return n;
}

/* --- what it knows ---------------------------------------------------------------------------- */

/* The files are asked last: they know of a block before it is counted as written. */
void querylog_info(struct querylog *q, struct querylog_info *out)
{
	struct querylog_files_info i;
	pthread_mutex_lock(&q->lock);
	*out = q->info;
	pthread_mutex_unlock(&q->lock);
	querylog_files_info(q->files, &i);
	out->bytes = i.bytes;
	out->rows = i.rows;
	out->oldest_ms = i.oldest_ms;
	if (!out->problem[0])
		memcpy(out->problem, i.problem, sizeof out->problem);
}
