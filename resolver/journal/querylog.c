/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/journal/querylog.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/journal/event.h"
#include "resolver/journal/querylog_match.h"
#include "resolver/stats.h"

enum { ROWS = 4096 };

struct querylog {
	pthread_mutex_t lock;
	struct querylog_row *rows; /* row `id` at id % ROWS */
	uint64_t next_id, first_id;
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

struct querylog *querylog_new(void)
{
	struct querylog *q = calloc(1, sizeof *q);
	if (!q)
		return NULL;
	pthread_mutex_init(&q->lock, NULL);
	q->next_id = q->first_id = 1;
	q->rows = calloc(ROWS, sizeof *q->rows);
	if (q->rows)
		return q;
	querylog_free(q);
	return NULL;
}

void querylog_free(struct querylog *q)
{
	if (!q)
		return;
	free(q->rows);
	pthread_mutex_destroy(&q->lock);
	free(q);
}

void querylog_add(struct querylog *q, const struct querylog_row *row)
{
	pthread_mutex_lock(&q->lock);
	struct querylog_row *to = &q->rows[q->next_id % ROWS];
	*to = *row;
	to->id = q->next_id++;
	if (q->next_id - q->first_id > ROWS)
		q->first_id = q->next_id - ROWS;
	pthread_mutex_unlock(&q->lock);
}

/* --- reading ---------------------------------------------------------------------------------- */

size_t querylog_read(struct querylog *q, const struct querylog_filter *f, struct querylog_row *out,
	size_t max, uint64_t *next)
{
	struct querylog_match m;
	size_t n = 0;
	*next = 0;
	querylog_match_init(&m, f);
	pthread_mutex_lock(&q->lock);
	uint64_t id = f->before && f->before < q->next_id ? f->before : q->next_id;
	while (id > q->first_id && n < max) {
		const struct querylog_row *row = &q->rows[--id % ROWS];
		if (querylog_match(&m, row))
			out[n++] = *row;
	}
	if (id > q->first_id)
		*next = id;
	pthread_mutex_unlock(&q->lock);
	return n;
}

size_t querylog_follow(struct querylog *q, const struct querylog_filter *f,
	struct querylog_row *out, size_t max, uint64_t *after, uint64_t *lost)
{
	struct querylog_match m;
	size_t n = 0;
	*lost = 0;
	querylog_match_init(&m, f);
	pthread_mutex_lock(&q->lock);
	if (*after >= q->next_id)
		*after = q->next_id - 1;
	if (*after + 1 < q->first_id) {
		*lost = q->first_id - 1 - *after;
		*after = q->first_id - 1;
	}
	while (*after + 1 < q->next_id && n < max) {
		const struct querylog_row *row = &q->rows[++*after % ROWS];
		if (querylog_match(&m, row))
			out[n++] = *row;
	}
	pthread_mutex_unlock(&q->lock);
	return n;
}
