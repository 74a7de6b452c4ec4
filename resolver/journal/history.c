/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/journal/history.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { MINUTE_S = 60 };

struct history {
	pthread_mutex_t lock; /* of all that follows */
	struct history_point total; /* since the start */
	struct stats_total last;
};

int history_open(const char *state_directory, struct history **out, struct err *why)
{
	(void)state_directory;
	struct history *h = calloc(1, sizeof *h);
	if (!h)
		return err_set(why, -ENOMEM, "history: memory is short");
	pthread_mutex_init(&h->lock, NULL);
	*out = h;
	return 0;
}

void history_free(struct history *h)
{
	if (!h)
		return;
	pthread_mutex_destroy(&h->lock);
	free(h);
}

void history_feed(
	struct history *h, const struct journal_event *e, const char *client_text, bool has_name)
{
	(void)h;
	(void)e;
	(void)client_text;
	(void)has_name;
}

static void add_gain(uint64_t *sum, const uint64_t *now, const uint64_t *last, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum[i] += now[i] > last[i] ? now[i] - last[i] : 0;
}

void history_tick(struct history *h, uint64_t now_ms, const struct stats_total *t)
{
	pthread_mutex_lock(&h->lock);
	if (!h->total.at_s)
		h->total.at_s = now_ms / 1000 / MINUTE_S * MINUTE_S;
	h->total.step_s = MINUTE_S;
	add_gain(&h->total.queries, &t->queries, &h->last.queries, 1);
	add_gain(h->total.outcomes, t->outcomes, h->last.outcomes, OUTCOME_COUNT);
	add_gain(h->total.types, t->types, h->last.types, STATS_TYPES);
	add_gain(h->total.replies, t->replies, h->last.replies, JOURNAL_REPLY_COUNT);
	add_gain(h->total.latency, t->latency, h->last.latency, STATS_BUCKETS);
	add_gain(&h->total.latency_sum_us, &t->latency_sum_us, &h->last.latency_sum_us, 1);
	h->last = *t;
	pthread_mutex_unlock(&h->lock);
}

void history_save(struct history *h)
{
	(void)h;
}

void history_total(struct history *h, uint64_t from_s, uint64_t to_s, struct history_point *out)
{
	memset(out, 0, sizeof *out);
	pthread_mutex_lock(&h->lock);
	if (h->total.at_s >= from_s && h->total.at_s < to_s)
		*out = h->total;
	pthread_mutex_unlock(&h->lock);
}

size_t history_series(struct history *h, uint64_t from_s, uint64_t to_s, enum history_step step,
	uint32_t *step_s, struct history_point *out, size_t max)
{
	(void)step;
	*step_s = MINUTE_S;
	if (!max)
		return 0;
	history_total(h, from_s, to_s, out);
	return out->queries ? 1 : 0;
}

size_t history_top(struct history *h, enum history_top_kind kind, uint64_t from_s, uint64_t to_s,
	struct history_entry *out, size_t max)
{
	(void)h;
	(void)kind;
	(void)from_s;
	(void)to_s;
	(void)out;
	(void)max;
	return 0;
}

size_t history_client(struct history *h, const char *client, uint64_t from_s, uint64_t to_s,
	struct history_client_point *out, size_t max)
{
	(void)h;
	(void)client;
	(void)from_s;
	(void)to_s;
	(void)out;
	(void)max;
	return 0;
}

void history_info(struct history *h, struct history_info *out)
{
	(void)h;
	memset(out, 0, sizeof *out);
}
