/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/journal/history.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/base/clock.h"
#include "resolver/base/hash.h"
#include "resolver/base/log.h"
#include "resolver/journal/event.h"
#include "resolver/journal/history_codec.h"
#include "resolver/journal/history_internal.h"

enum {
	SAVE_MS = 10 * 60 * 1000,
	RETRY_MS = 60 * 1000,
};

int history_open(const char *state_directory, struct history **out, struct err *why)
{
	struct history *h = calloc(1, sizeof *h);
	if (!h)
		return err_set(why, -ENOMEM, "history: memory is short");
	pthread_mutex_init(&h->lock, NULL);
	int code = history_store_open(state_directory, &h->store, why);
	if (!code) {
		h->seed = history_store_seed(h->store);
		bool is_whole = history_row_init(&h->spare, HISTORY_ROW_ALL, h->seed);
		for (int i = 0; i < HISTORY_TIERS; i++)
			is_whole =
				history_row_init(&h->open[i], HISTORY_ROW_ALL, h->seed) && is_whole;
		if (!is_whole)
			code = err_set(why, -ENOMEM, "history: memory is short");
	}
	if (code) {
		history_free(h);
		return code;
	}
	h->save_by_ms = clock_ms() + SAVE_MS;
	*out = h;
	return 0;
}

void history_free(struct history *h)
{
	if (!h)
		return;
	history_row_free(&h->spare);
	for (int i = 0; i < HISTORY_TIERS; i++)
		history_row_free(&h->open[i]);
	history_store_free(h->store);
	pthread_mutex_destroy(&h->lock);
	free(h);
}

/* --- counting ------------------------------------------------------------------------------------- */

static void add_text(struct top *t, const char *text)
{
	top_add(t, (const uint8_t *)text, strlen(text), 1);
}

/* What is in the minute's top list was counted as different before. */
static void add_distinct(
	struct top *t, struct distinct *d, uint64_t hash, const uint8_t *key, size_t len)
{
	if (top_add_hashed(t, hash, key, len, 1))
		distinct_add(d, hash);
}

static void feed_name(struct history_row *r, const struct history_fact *f, bool is_blocked)
{
	const struct dname *name = &f->event->name;
	add_distinct(r->tops[HISTORY_DOMAINS], &r->domains, f->name_hash, name->bytes, name->len);
	if (is_blocked)
		top_add_hashed(
			r->tops[HISTORY_BLOCKED_DOMAINS], f->name_hash, name->bytes, name->len, 1);
}

static void feed_client(struct history_row *r, const struct history_client *client, bool is_blocked)
{
	const uint8_t *key = (const uint8_t *)client->text;
	add_distinct(r->tops[HISTORY_CLIENTS], &r->clients, client->hash, key, client->len);
	if (is_blocked)
		top_add_hashed(r->tops[HISTORY_BLOCKED_CLIENTS], client->hash, key, client->len, 1);
}

void history_name_client(const struct history *h, struct history_client *client)
{
	client->len = (uint32_t)strlen(client->text);
	client->hash = hash_bytes(client->text, client->len, h->seed);
}

uint64_t history_expect(const struct history *h, const struct journal_event *e)
{
	const struct history_row *r = &h->open[HISTORY_MINUTES];
	uint64_t hash = hash_bytes(e->name.bytes, e->name.len, h->seed);
	top_expect(r->tops[HISTORY_DOMAINS], hash);
	if (stats_outcome_is_blocked((enum query_outcome)e->outcome))
		top_expect(r->tops[HISTORY_BLOCKED_DOMAINS], hash);
	return hash;
}

void history_enter(struct history *h)
{
	pthread_mutex_lock(&h->lock);
}

void history_leave(struct history *h)
{
	pthread_mutex_unlock(&h->lock);
}

void history_feed(struct history *h, const struct history_fact *f)
{
	const struct journal_event *e = f->event;
	struct history_row *r = &h->open[HISTORY_MINUTES];
	bool is_blocked = stats_outcome_is_blocked((enum query_outcome)e->outcome);
	h->has_news[HISTORY_MINUTES] = true;
	if (f->has_name)
		feed_name(r, f, is_blocked);
	if (f->client)
		feed_client(r, f->client, is_blocked);
	if (e->list && *e->list && !e->is_monitored)
		add_text(r->tops[HISTORY_LISTS], e->list);
	if (e->family)
		add_text(r->tops[HISTORY_FAMILIES], e->family);
}

/* --- rows come and go ------------------------------------------------------------------------------- */

static void put(struct history *h, unsigned tier, const struct history_row *r)
{
	size_t len = history_codec_write(r, h->room, history_store_row_max(tier));
	history_store_put(h->store, tier, h->at_s[tier], h->room, len);
	h->has_news[tier] = false;
}

/* False: there is none, or it cannot be read, and its time begins anew. */
static bool get(struct history *h, unsigned tier, uint64_t at_s, struct history_row *out)
{
	size_t len = history_store_get(h->store, tier, at_s, h->room);
	if (!len) {
		history_row_clear(out);
		return false;
	}
	bool is_read = history_codec_read(h->room, len, out);
	if (!is_read)
		log_warn("history", "event=row_left_out at_s=%llu", (unsigned long long)at_s);
	return is_read;
}

/* The minute goes to the hour, the day and the store. There may be a row of it: the process was started in this minute, or the
 * clock went back. */
static void close_minute(struct history *h)
{
	struct history_row *minute = &h->open[HISTORY_MINUTES];
	if (!h->has_news[HISTORY_MINUTES] || !h->at_s[HISTORY_MINUTES])
		return;
	for (unsigned i = HISTORY_HOURS; i < HISTORY_TIERS; i++) {
		history_row_add(&h->open[i], minute);
		h->has_news[i] = true;
	}
	if (get(h, HISTORY_MINUTES, h->at_s[HISTORY_MINUTES], &h->spare))
		history_row_add(minute, &h->spare);
	put(h, HISTORY_MINUTES, minute);
	history_row_clear(minute);
	h->turns++;
}

/* Makes the rows of `now_s` the open ones. They begin with what is known of their time, so that it may go back and forth. */
static void turn(struct history *h, uint64_t now_s)
{
	for (unsigned i = 0; i < HISTORY_TIERS; i++) {
		uint64_t at_s = now_s - now_s % history_store_step_s(i);
		if (at_s == h->at_s[i])
			continue;
		if (i == HISTORY_MINUTES)
			close_minute(h);
		else if (h->has_news[i])
			put(h, i, &h->open[i]);
		h->at_s[i] = at_s;
		if (i != HISTORY_MINUTES)
			(void)get(h, i, at_s, &h->open[i]);
		h->turns++;
	}
}

/* --- the clock and the counters ---------------------------------------------------------------------- */

/* A clock from before this cenote was made is wrong: until it is right, all belongs to the newest minute known. */
static uint64_t right_s(const struct history *h, uint64_t now_s)
{
	if (now_s >= CENOTE_RELEASED_S)
		return now_s;
	if (h->at_s[HISTORY_MINUTES])
		return h->at_s[HISTORY_MINUTES];
	uint64_t newest_s = history_store_newest_s(h->store);
	return newest_s ? newest_s : CENOTE_RELEASED_S;
}

/* Returns the sum of what was gained. */
static uint64_t add_gain(uint64_t *sum, const uint64_t *now, const uint64_t *last, size_t n)
{
	uint64_t all = 0;
	for (size_t i = 0; i < n; i++) {
		uint64_t gain = now[i] > last[i] ? now[i] - last[i] : 0;
		sum[i] += gain;
		all += gain;
	}
	return all;
}

static void count_gain(struct history *h, const struct stats_total *t)
{
	struct history_point *p = &h->open[HISTORY_MINUTES].sum;
	/* Counters that went back have begun anew. */
	if (t->queries < h->last.queries)
		memset(&h->last, 0, sizeof h->last);
	uint64_t gain = add_gain(p->outcomes, t->outcomes, h->last.outcomes, OUTCOME_COUNT);
	p->queries += gain;
	gain += add_gain(p->types, t->types, h->last.types, STATS_TYPES);
	gain += add_gain(p->replies, t->replies, h->last.replies, JOURNAL_REPLY_COUNT);
	gain += add_gain(p->latency, t->latency, h->last.latency, STATS_BUCKETS);
	gain += add_gain(&p->latency_sum_us, &t->latency_sum_us, &h->last.latency_sum_us, 1);
	h->has_news[HISTORY_MINUTES] = h->has_news[HISTORY_MINUTES] || gain;
	h->last = *t;
}

static void save(struct history *h)
{
	pthread_mutex_lock(&h->lock);
	for (unsigned i = HISTORY_HOURS; i < HISTORY_TIERS; i++)
		if (h->has_news[i])
			put(h, i, &h->open[i]);
	pthread_mutex_unlock(&h->lock);
	bool is_saved = history_store_save(h->store);
	h->save_by_ms = clock_ms() + (is_saved ? SAVE_MS : RETRY_MS);
}

void history_tick(struct history *h, uint64_t now_ms, const struct stats_total *t)
{
	pthread_mutex_lock(&h->lock);
	uint64_t now_s = right_s(h, now_ms / 1000);
	if (!h->at_s[HISTORY_MINUTES])
		turn(h, now_s);
	count_gain(h, t);
	turn(h, now_s);
	pthread_mutex_unlock(&h->lock);
	if (clock_ms() >= h->save_by_ms)
		save(h);
}

void history_save(struct history *h)
{
	pthread_mutex_lock(&h->lock);
	if (!h->at_s[HISTORY_MINUTES])
		turn(h, right_s(h, clock_wall_s()));
	close_minute(h);
	pthread_mutex_unlock(&h->lock);
	save(h);
}

void history_info(struct history *h, struct history_info *out)
{
	history_store_info(h->store, out);
}
