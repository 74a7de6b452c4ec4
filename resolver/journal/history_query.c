/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "resolver/base/clock.h"
#include "resolver/base/dname.h"
#include "resolver/journal/history_codec.h"
#include "resolver/journal/history_internal.h"

enum {
	TRIES = 3, /* while rows come and go */
	DAY_S = 86400,
	SPANS_MAX = 8, /* minutes, hours, days, hours, minutes, and some where the tiers end */
};

/* --- all rows of a span ---------------------------------------------------------------------------- */

struct span {
	unsigned tier;
	uint64_t from_s, to_s;
};

/* Works on what is known of a span, row by row in the order of their time within a tier. */
typedef void take_row(void *arg, uint64_t at_s, const struct history_row *row);

/* What is open, as it was at one moment. */
struct open_rows {
	struct history_row rows[HISTORY_TIERS];
	uint64_t at_s[HISTORY_TIERS];
	bool is_wanted[HISTORY_TIERS];
};

struct visit {
	struct history *history;
	const struct span *spans;
	unsigned span_count;
	take_row *take;
	void *arg;
	struct open_rows open;
	struct history_row read; /* from its octets */
	size_t row_max; /* octets that are enough */
	struct history_store_batch batch;
};

static bool is_in(const struct span *s, uint64_t at_s)
{
	return at_s >= s->from_s && at_s < s->to_s;
}

static struct visit *visit_new(struct history *h, unsigned kinds)
{
	struct visit *v = calloc(1, sizeof *v);
	if (!v)
		return NULL;
	bool is_whole = history_row_init(&v->read, kinds, h->seed);
	for (int i = 0; i < HISTORY_TIERS; i++)
		is_whole = history_row_init(&v->open.rows[i], kinds, h->seed) && is_whole;
	v->history = h;
	v->row_max = kinds ? HISTORY_STORE_ROW_MAX : HISTORY_CODEC_HEAD_MAX;
	if (is_whole)
		return v;
	for (int i = 0; i < HISTORY_TIERS; i++)
		history_row_free(&v->open.rows[i]);
	history_row_free(&v->read);
	free(v);
	return NULL;
}

static void visit_free(struct visit *v)
{
	if (!v)
		return;
	for (int i = 0; i < HISTORY_TIERS; i++)
		history_row_free(&v->open.rows[i]);
	history_row_free(&v->read);
	free(v);
}

static uint64_t copy_open(struct visit *v)
{
	struct history *h = v->history;
	struct open_rows *o = &v->open;
	pthread_mutex_lock(&h->lock);
	for (unsigned i = 0; i < HISTORY_TIERS; i++) {
		o->at_s[i] = h->at_s[i];
		o->is_wanted[i] = false;
		/* The open minute belongs to every tier. */
		for (unsigned k = 0; k < v->span_count && o->at_s[i]; k++)
			o->is_wanted[i] = o->is_wanted[i] ||
				((i == HISTORY_MINUTES || v->spans[k].tier == i) &&
					is_in(&v->spans[k], o->at_s[i]));
		history_row_clear(&o->rows[i]);
		if (o->is_wanted[i])
			history_row_add(&o->rows[i], &h->open[i]);
	}
	uint64_t turns = h->turns;
	pthread_mutex_unlock(&h->lock);
	return turns;
}

/* Those open rows whose turn it is before `at_s`; each once. */
static void take_open(struct visit *v, const struct span *s, uint64_t before_s)
{
	for (unsigned i = HISTORY_TIERS; i--;) {
		if (!v->open.is_wanted[i] || v->open.at_s[i] >= before_s ||
			(i != HISTORY_MINUTES && i != s->tier) || !is_in(s, v->open.at_s[i]))
			continue;
		v->open.is_wanted[i] = false;
		v->take(v->arg, v->open.at_s[i], &v->open.rows[i]);
	}
}

static void visit_span(struct visit *v, const struct span *s)
{
	uint64_t from_s = s->from_s, at_s;
	const uint8_t *bytes;
	size_t len;
	do {
		history_store_read(
			v->history->store, s->tier, from_s, s->to_s, v->row_max, &v->batch);
		while (history_store_next(&v->batch, &at_s, &bytes, &len)) {
			/* The open one knows all that the store does. */
			if (s->tier != HISTORY_MINUTES && at_s == v->open.at_s[s->tier])
				continue;
			take_open(v, s, at_s);
			if (history_codec_read(bytes, len, &v->read))
				v->take(v->arg, at_s, &v->read);
		}
		from_s = v->batch.next_s;
	} while (!v->batch.is_last);
	take_open(v, s, UINT64_MAX);
}

/* Calls `begin`, then `take` for each row; all of it again when a row was closed meanwhile. */
static void visit(struct visit *v, const struct span *spans, unsigned count, take_row *take,
	void (*begin)(void *arg), void *arg)
{
	v->spans = spans;
	v->span_count = count;
	v->take = take;
	v->arg = arg;
	for (unsigned tries = 0; tries < TRIES; tries++) {
		uint64_t turns = copy_open(v);
		begin(arg);
		for (unsigned i = 0; i < count; i++)
			visit_span(v, &spans[i]);
		pthread_mutex_lock(&v->history->lock);
		bool is_same = v->history->turns == turns;
		pthread_mutex_unlock(&v->history->lock);
		if (is_same)
			return;
	}
}

/* --- which rows ------------------------------------------------------------------------------------- */

static uint64_t floor_to(uint64_t at_s, uint64_t step_s)
{
	return at_s - at_s % step_s;
}

/* Nobody asks for what will be, or for what was before there was anything. */
static void bound(struct history *h, uint64_t *from_s, uint64_t *to_s)
{
	pthread_mutex_lock(&h->lock);
	uint64_t newest_s = h->at_s[HISTORY_MINUTES], first_s = h->at_s[HISTORY_DAYS];
	pthread_mutex_unlock(&h->lock);
	if (!newest_s)
		first_s = newest_s = clock_wall_s();
	uint64_t kept_s = history_store_first_s(h->store, HISTORY_DAYS);
	first_s = kept_s < first_s ? kept_s : first_s;
	*to_s = *to_s > newest_s + 60 ? newest_s + 60 : *to_s;
	/* A span that is longer than what can be known. */
	if (*from_s<*to_s && * to_s - *from_s>(uint64_t) HISTORY_AUTO_POINTS * 7 * DAY_S)
		*from_s = *from_s < first_s ? first_s : *from_s;
}

/* The longest rows that lie within the span; at its ends and where those are forgotten, what holds them. A span that ends now ends with
 * the open day: it is known in full, and nothing comes after. */
static unsigned plan(
	struct history *h, uint64_t from_s, uint64_t to_s, struct span spans[static SPANS_MAX])
{
	unsigned count = 0;
	pthread_mutex_lock(&h->lock);
	if (h->at_s[HISTORY_MINUTES] && to_s > h->at_s[HISTORY_MINUTES])
		to_s = h->at_s[HISTORY_DAYS] + DAY_S;
	pthread_mutex_unlock(&h->lock);
	for (uint64_t at_s = from_s; at_s < to_s;) {
		unsigned tier = HISTORY_DAYS;
		while (tier &&
			(at_s % history_store_step_s(tier) ||
				to_s - at_s < history_store_step_s(tier)))
			tier--;
		while (tier < HISTORY_DAYS && !history_store_covers(h->store, tier, at_s))
			tier++;
		uint64_t begin_s = floor_to(at_s, history_store_step_s(tier));
		at_s = begin_s + history_store_step_s(tier);
		struct span *last = count ? &spans[count - 1] : NULL;
		if (last && last->tier == tier && last->to_s == begin_s)
			last->to_s = at_s;
		else if (count < SPANS_MAX)
			spans[count++] = (struct span){tier, begin_s, at_s};
	}
	return count;
}

static unsigned tier_of(uint32_t step_s)
{
	unsigned tier = HISTORY_DAYS;
	while (tier && step_s < history_store_step_s(tier))
		tier--;
	return tier;
}

static size_t points_of(uint64_t from_s, uint64_t to_s, uint32_t step_s)
{
	uint64_t n = (to_s - floor_to(from_s, step_s) + step_s - 1) / step_s;
	return n < SIZE_MAX ? (size_t)n : SIZE_MAX;
}

static uint32_t choose_step(
	struct history *h, uint64_t from_s, uint64_t to_s, enum history_step step, size_t max)
{
	static const uint32_t steps[] = {60, 300, 600, 1800, 3600, 10800, 21600, DAY_S};
	size_t most = max < HISTORY_AUTO_POINTS ? max : HISTORY_AUTO_POINTS;
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		unsigned tier = tier_of(steps[i]);
		bool is_one = step == HISTORY_AUTO
			? points_of(from_s, to_s, steps[i]) <= most
			: tier + 1 >= (unsigned)step && steps[i] == history_store_step_s(tier);
		if (is_one && history_store_covers(h->store, tier, from_s))
			return steps[i];
	}
	return step == HISTORY_AUTO ? 7 * DAY_S : DAY_S;
}

/* --- series ------------------------------------------------------------------------------------------ */

struct series {
	uint64_t from_s;
	uint32_t step_s;
	size_t count, current;
	struct history_point *points;
	struct history_row sum; /* of the current point */
};

static void begin_series(void *arg)
{
	struct series *s = arg;
	s->current = 0;
	history_row_clear(&s->sum);
	for (size_t i = 0; i < s->count; i++)
		s->points[i] = (struct history_point){
			.at_s = s->from_s + i * s->step_s, .step_s = s->step_s};
}

static void finish_point(struct series *s)
{
	history_row_point(
		&s->sum, s->from_s + s->current * s->step_s, s->step_s, &s->points[s->current]);
}

static void take_point(void *arg, uint64_t at_s, const struct history_row *row)
{
	struct series *s = arg;
	size_t i = (size_t)((at_s - s->from_s) / s->step_s);
	if (i != s->current) {
		finish_point(s);
		history_row_clear(&s->sum);
		s->current = i;
	}
	history_row_add(&s->sum, row);
}

size_t history_series(struct history *h, uint64_t from_s, uint64_t to_s, enum history_step step,
	uint32_t *step_s, struct history_point *out, size_t max)
{
	*step_s = 60;
	bound(h, &from_s, &to_s);
	if (from_s >= to_s || !max)
		return 0;
	*step_s = choose_step(h, from_s, to_s, step, max);
	size_t count = points_of(from_s, to_s, *step_s);
	struct series s = {.from_s = floor_to(from_s, *step_s),
		.step_s = *step_s,
		.count = count < max ? count : max,
		.points = out};
	struct span span = {tier_of(*step_s), s.from_s, s.from_s + s.count * *step_s};
	struct visit *v = visit_new(h, 0);
	if (!v)
		return 0;
	visit(v, &span, 1, take_point, begin_series, &s);
	finish_point(&s);
	visit_free(v);
	return s.count;
}

/* --- sums -------------------------------------------------------------------------------------------- */

static void begin_sum(void *arg)
{
	history_row_clear(arg);
}

static void take_sum(void *arg, uint64_t at_s, const struct history_row *row)
{
	(void)at_s;
	history_row_add(arg, row);
}

/* Adds up the span; `sum` has been set up. Returns its begin, `*step_s` its length. */
static uint64_t sum_up(struct history *h, unsigned kinds, uint64_t from_s, uint64_t to_s,
	struct history_row *sum, uint32_t *step_s)
{
	struct span spans[SPANS_MAX];
	bound(h, &from_s, &to_s);
	*step_s = 0;
	unsigned count = from_s < to_s ? plan(h, from_s, to_s, spans) : 0;
	struct visit *v = count ? visit_new(h, kinds) : NULL;
	if (!v)
		return from_s;
	visit(v, spans, count, take_sum, begin_sum, sum);
	visit_free(v);
	*step_s = (uint32_t)(spans[count - 1].to_s - spans[0].from_s);
	return spans[0].from_s;
}

void history_total(struct history *h, uint64_t from_s, uint64_t to_s, struct history_point *out)
{
	struct history_row sum;
	uint32_t step_s;
	(void)history_row_init(&sum, 0, h->seed);
	uint64_t at_s = sum_up(h, 0, from_s, to_s, &sum, &step_s);
	history_row_point(&sum, at_s, step_s, out);
}

static void entry_text(
	enum history_top_kind kind, const uint8_t *key, size_t len, char out[static HISTORY_TEXT])
{
	char text[DNAME_TEXT_MAX];
	struct dname name;
	if (kind != HISTORY_DOMAINS && kind != HISTORY_BLOCKED_DOMAINS) {
		memcpy(out, key, len);
		out[len] = 0;
		return;
	}
	text[0] = 0;
	if (dname_from_wire(key, len, &name) == len)
		(void)dname_to_text(name.bytes, text);
	size_t n = strnlen(text, HISTORY_TEXT - 1);
	memcpy(out, text, n);
	out[n] = 0;
}

size_t history_top(struct history *h, enum history_top_kind kind, uint64_t from_s, uint64_t to_s,
	struct history_entry *out, size_t max)
{
	struct history_row sum;
	uint32_t step_s, order[2 * HISTORY_ROW_TOP_MAX];
	size_t n = 0;
	if (history_row_init(&sum, 1U << kind, h->seed)) {
		struct top *t = sum.tops[kind];
		(void)sum_up(h, 1U << kind, from_s, to_s, &sum, &step_s);
		top_order(t, order);
		for (; n < max && n < t->count; n++) {
			const struct top_entry *e = &t->entries[order[n]];
			entry_text(kind, top_key(t, e), e->len, out[n].text);
			out[n].count = e->count;
			out[n].error = e->over > e->under ? e->over : e->under;
		}
	}
	history_row_free(&sum);
	return n;
}

/* --- a client ---------------------------------------------------------------------------------------- */

struct client_series {
	const char *client;
	uint64_t from_s;
	uint32_t step_s;
	size_t count;
	struct history_client_point *points;
};

static void begin_client(void *arg)
{
	struct client_series *s = arg;
	for (size_t i = 0; i < s->count; i++)
		s->points[i] = (struct history_client_point){
			.at_s = s->from_s + i * s->step_s, .step_s = s->step_s};
}

static uint64_t count_of(const struct top *t, const char *client)
{
	const struct top_entry *e = top_find(t, (const uint8_t *)client, strlen(client));
	return e ? e->count : 0;
}

static void take_client(void *arg, uint64_t at_s, const struct history_row *row)
{
	struct client_series *s = arg;
	struct history_client_point *p = &s->points[(at_s - s->from_s) / s->step_s];
	p->queries += count_of(row->tops[HISTORY_CLIENTS], s->client);
	p->blocked += count_of(row->tops[HISTORY_BLOCKED_CLIENTS], s->client);
}

size_t history_client(struct history *h, const char *client, uint64_t from_s, uint64_t to_s,
	struct history_client_point *out, size_t max)
{
	bound(h, &from_s, &to_s);
	if (from_s >= to_s || !max)
		return 0;
	uint32_t step_s = choose_step(h, from_s, to_s, HISTORY_AUTO, max);
	size_t count = points_of(from_s, to_s, step_s);
	struct client_series s = {.client = client,
		.from_s = floor_to(from_s, step_s),
		.step_s = step_s,
		.count = count < max ? count : max,
		.points = out};
	struct span span = {tier_of(step_s), s.from_s, s.from_s + s.count * step_s};
	struct visit *v = visit_new(h, 1U << HISTORY_CLIENTS | 1U << HISTORY_BLOCKED_CLIENTS);
	if (!v)
		return 0;
	visit(v, &span, 1, take_client, begin_client, &s);
	visit_free(v);
	return s.count;
}
