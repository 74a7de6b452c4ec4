/* SPDX-License-Identifier: BSD-2-Clause
 * A journal that is not there: log and history are the fields below and in fake_history.h. Included by fake_edge.h.
 *
 * Threads: the fields are set before the edge starts.
 */
#pragma once

#include <stdio.h>
#include <string.h>

#include "resolver/journal/journal.h"
#include "resolver/journal/querylog.h"
#include "tests/unit/fake_history.h"

struct querylog {
	struct querylog_row rows[8]; /* the oldest first */
	size_t count;
	uint64_t lost; /* told once */
	struct querylog_filter asked; /* its texts are in `texts` */
	char texts[3][64];
};

struct journal {
	struct history history;
	struct querylog log;
	struct journal_info info;
};

struct querylog *journal_querylog(struct journal *j)
{
	return &j->log;
}

struct history *journal_history(struct journal *j)
{
	return &j->history;
}

void journal_info(struct journal *j, struct journal_info *out)
{
	*out = j->info;
}

const char *querylog_verdict_name(enum query_outcome outcome)
{
	if (stats_outcome_is_blocked(outcome))
		return "blocked";
	return outcome == OUTCOME_SERVFAIL || outcome == OUTCOME_BOGUS ? "failed" : "answered";
}

const char *querylog_reply_name(unsigned reply)
{
	return reply ? "ip" : "none";
}

static inline void fake_note(struct querylog *q, const struct querylog_filter *f)
{
	const char *const texts[] = {f->client, f->name, f->list};
	q->asked = *f;
	for (size_t i = 0; i < 3; i++)
		snprintf(q->texts[i], sizeof q->texts[i], "%s", texts[i] ? texts[i] : "");
}

size_t querylog_read(struct querylog *q, const struct querylog_filter *f, struct querylog_row *out,
	size_t max, uint64_t *next)
{
	size_t n = 0, i = q->count;
	fake_note(q, f);
	*next = 0;
	while (i && n < max) {
		const struct querylog_row *row = &q->rows[--i];
		if (f->before && row->id >= f->before)
			continue;
		out[n++] = *row;
		*next = i ? row->id : 0;
	}
	return n;
}

size_t querylog_follow(struct querylog *q, const struct querylog_filter *f,
	struct querylog_row *out, size_t max, uint64_t *after, uint64_t *lost)
{
	size_t n = 0;
	fake_note(q, f);
	*lost = q->lost;
	q->lost = 0;
	if (*after == UINT64_MAX)
		*after = q->count ? q->rows[q->count - 1].id : 0;
	for (size_t i = 0; i < q->count && n < max; i++) {
		if (q->rows[i].id <= *after)
			continue;
		out[n++] = q->rows[i];
		*after = q->rows[i].id;
	}
	return n;
}
