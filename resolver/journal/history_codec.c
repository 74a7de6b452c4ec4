/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/journal/history_codec.h"

#include <string.h>

#include "resolver/base/wire.h"

enum {
	FORMAT = 1,
	NUMBER_BITS = 56,
	NUMBER_MAX = NUMBER_BITS / 7, /* octets */
	COUNT_BITS = 48, /* in top lists: the sum of all rows does not run over */
};

/* In the order of the file: what a top list may take of the room, in hundredths. What one does not need goes to the next. Most of what is
 * blocked stands in the list of all, too, and is told by its place there. */
static const struct {
	enum history_top_kind kind;
	bool is_part; /* of the one before */
	unsigned share;
} order_of_tops[HISTORY_TOP_KINDS] = {
	{HISTORY_FAMILIES, false, 6},
	{HISTORY_LISTS, false, 8},
	{HISTORY_CLIENTS, false, 20},
	{HISTORY_BLOCKED_CLIENTS, true, 6},
	{HISTORY_DOMAINS, false, 50},
	{HISTORY_BLOCKED_DOMAINS, true, 10},
};

uint16_t history_codec_word(enum query_outcome outcome)
{
	/* FNV-1a, folded. */
	uint32_t h = 2166136261U;
	for (const char *at = stats_outcome_name(outcome); *at; at++)
		h = (h ^ (uint8_t)*at) * 16777619U;
	return (uint16_t)(h >> 16 ^ h);
}

/* --- writing -------------------------------------------------------------------------------------- */

struct writer {
	uint8_t *at;
};

static unsigned number_size(uint64_t n)
{
	return n >> 7 ? 1 + number_size(n >> 7) : 1;
}

/* Seven bits an octet, the lowest first. The caller has the room. */
static void put_number(struct writer *w, uint64_t n)
{
	if (n >> NUMBER_BITS)
		n = ((uint64_t)1 << NUMBER_BITS) - 1;
	for (; n >> 7; n >>= 7)
		*w->at++ = (uint8_t)(n | 0x80);
	*w->at++ = (uint8_t)n;
}

static void put_word(struct writer *w, uint16_t word)
{
	wire_put_u16(w->at, word);
	w->at += 2;
}

/* Up to the last one that is not zero. */
static void put_array(struct writer *w, const uint64_t *array, unsigned count)
{
	while (count && !array[count - 1])
		count--;
	*w->at++ = (uint8_t)count;
	for (unsigned i = 0; i < count; i++)
		put_number(w, array[i]);
}

static void put_counters(struct writer *w, const struct history_point *p)
{
	uint8_t *count = w->at++;
	*count = 0;
	for (int i = 0; i < OUTCOME_COUNT; i++) {
		if (!p->outcomes[i])
			continue;
		put_word(w, history_codec_word((enum query_outcome)i));
		put_number(w, p->outcomes[i]);
		++*count;
	}
	count = w->at++;
	*count = 0;
	for (unsigned i = 0; i < STATS_TYPES; i++) {
		if (!p->types[i])
			continue;
		put_word(w, stats_type_number(i));
		put_number(w, p->types[i]);
		++*count;
	}
	put_array(w, p->replies, JOURNAL_REPLY_COUNT);
	put_array(w, p->latency, STATS_BUCKETS);
	put_number(w, p->latency_sum_us);
}

static uint64_t small(uint64_t count)
{
	return count >> COUNT_BITS ? ((uint64_t)1 << COUNT_BITS) - 1 : count;
}

/* A list on its way to the file. */
struct list {
	const struct top *top;
	uint32_t order[2 * HISTORY_ROW_TOP_MAX];
	uint16_t places[2 *
		HISTORY_ROW_TOP_MAX]; /* by entry: its place in the file and 1; 0: it is not there */
};

/* Where a key stands in the list before, and 1; 0: nowhere. */
static unsigned place_in(const struct list *l, const uint8_t *key, size_t len)
{
	const struct top_entry *e = l->top ? top_find(l->top, key, len) : NULL;
	return e ? l->places[e - l->top->entries] : 0;
}

/* False: it does not fit before `end`. */
static bool put_entry(struct writer *w, const struct top *t, const struct top_entry *e,
	const struct list *all, const uint8_t *end)
{
	unsigned place = all ? place_in(all, top_key(t, e), e->len) : 0;
	bool is_exact = !e->over && !e->under;
	uint64_t count = small(e->count), over = small(e->over), under = small(e->under);
	size_t size = 1 + (place ? number_size(place) : e->len) + number_size(count << 1) +
		(is_exact ? 0 : number_size(over) + number_size(under));
	if (size > (size_t)(end - w->at))
		return false;
	if (place) {
		*w->at++ = 0;
		put_number(w, place - 1);
	} else {
		*w->at++ = e->len;
		memcpy(w->at, top_key(t, e), e->len);
		w->at += e->len;
	}
	put_number(w, count << 1 | !is_exact);
	if (!is_exact) {
		put_number(w, over);
		put_number(w, under);
	}
	return true;
}

/* As many as fit before `end`, and the bound of those that do not. */
static void put_list(struct writer *w, struct list *l, const struct list *all, const uint8_t *end)
{
	const struct top *t = l->top;
	uint32_t n = t ? t->count : 0, i = 0;
	uint64_t floor = t ? t->floor : 0;
	uint8_t *count = w->at;
	w->at += 2;
	if (t)
		top_order(t, l->order);
	memset(l->places, 0, n * sizeof l->places[0]);
	for (; i < n && put_entry(w, t, &t->entries[l->order[i]], all, end - NUMBER_MAX); i++)
		l->places[l->order[i]] = (uint16_t)(i + 1);
	wire_put_u16(count, (uint16_t)i);
	for (; i < n; i++) {
		uint64_t bound = t->entries[l->order[i]].count + t->entries[l->order[i]].under;
		floor = floor < bound ? bound : floor;
	}
	put_number(w, small(floor));
}

size_t history_codec_write(const struct history_row *r, uint8_t *out, size_t max)
{
	struct writer w = {.at = out};
	*w.at++ = FORMAT;
	put_number(&w, r->sum.queries);
	put_counters(&w, &r->sum);
	w.at += distinct_write(&r->clients, w.at);
	w.at += distinct_write(&r->domains, w.at);
	/* A count and a floor for each are spoken for; the rest is shared. */
	size_t fixed = 2 + NUMBER_MAX,
	       room = max - (size_t)(w.at - out) - HISTORY_TOP_KINDS * fixed;
	const uint8_t *end = w.at;
	struct list lists[2]; /* this one, and the one before */
	for (unsigned i = 0; i < HISTORY_TOP_KINDS; i++) {
		struct list *l = &lists[i % 2];
		l->top = r->tops[order_of_tops[i].kind];
		end += order_of_tops[i].share * room / 100 + fixed;
		put_list(&w, l, order_of_tops[i].is_part ? &lists[1 - i % 2] : NULL, end);
	}
	return (size_t)(w.at - out);
}

/* --- reading -------------------------------------------------------------------------------------- */

struct reader {
	const uint8_t *at, *end;
	bool is_bad;
};

static size_t left(const struct reader *r)
{
	return r->is_bad ? 0 : (size_t)(r->end - r->at);
}

static uint8_t octet(struct reader *r)
{
	if (!left(r)) {
		r->is_bad = true;
		return 0;
	}
	return *r->at++;
}

static uint16_t word(struct reader *r)
{
	uint8_t high = octet(r), low = octet(r);
	return (uint16_t)(high << 8 | low);
}

static uint64_t number(struct reader *r)
{
	uint64_t n = 0;
	for (unsigned shift = 0; shift < NUMBER_BITS; shift += 7) {
		uint8_t b = octet(r);
		n |= (uint64_t)(b & 0x7f) << shift;
		if (!(b & 0x80))
			return n;
	}
	r->is_bad = true;
	return 0;
}

static void read_outcomes(struct reader *r, struct history_point *p)
{
	for (unsigned n = octet(r); n && !r->is_bad; n--) {
		uint16_t of = word(r);
		uint64_t count = number(r);
		for (int i = 0; i < OUTCOME_COUNT; i++)
			if (history_codec_word((enum query_outcome)i) == of)
				p->outcomes[i] = count;
	}
}

/* What is beyond the known ones counts as `other`. */
static void read_array(struct reader *r, uint64_t *array, unsigned count, unsigned other)
{
	for (unsigned i = 0, n = octet(r); i < n && !r->is_bad; i++)
		array[i < count ? i : other] += number(r);
}

static void read_counters(struct reader *r, struct history_point *p)
{
	p->queries = number(r);
	read_outcomes(r, p);
	for (unsigned n = octet(r); n && !r->is_bad; n--) {
		unsigned i = stats_type_index(word(r));
		p->types[i] += number(r);
	}
	read_array(r, p->replies, JOURNAL_REPLY_COUNT, JOURNAL_REPLY_OTHER);
	read_array(r, p->latency, STATS_BUCKETS, STATS_BUCKETS - 1);
	p->latency_sum_us = number(r);
}

static void read_distinct(struct reader *r, struct distinct *d)
{
	size_t used = distinct_read(d, r->at, left(r));
	r->is_bad = r->is_bad || !used;
	r->at += used;
}

/* The keys of a list, where they stand. */
struct keys {
	unsigned count;
	const uint8_t *at[2 * HISTORY_ROW_TOP_MAX];
	uint8_t len[2 * HISTORY_ROW_TOP_MAX];
};

/* `all`: of the list before, which the place of a key may be in; NULL: none. */
static const uint8_t *read_key(struct reader *r, const struct keys *all, uint8_t *len)
{
	*len = octet(r);
	if (!*len) {
		uint64_t place = number(r);
		r->is_bad = r->is_bad || !all || place >= all->count;
		if (r->is_bad)
			return NULL;
		*len = all->len[place];
		return all->at[place];
	}
	const uint8_t *key = r->at;
	r->is_bad = *len > left(r);
	if (!r->is_bad)
		r->at += *len;
	return key;
}

static void read_list(struct reader *r, struct top *t, const struct keys *all, struct keys *own)
{
	own->count = 0;
	for (unsigned n = word(r); n && !r->is_bad; n--) {
		struct top_entry e = {0};
		const uint8_t *key = read_key(r, all, &e.len);
		uint64_t count = number(r);
		e.count = count >> 1;
		if (count & 1) {
			e.over = number(r);
			e.under = number(r);
		}
		if (r->is_bad || e.over > e.count || (e.count | e.under) >> COUNT_BITS ||
			own->count == 2 * HISTORY_ROW_TOP_MAX ||
			(t && !top_restore(t, key, e.len, &e))) {
			r->is_bad = true;
			return;
		}
		own->at[own->count] = key;
		own->len[own->count++] = e.len;
	}
	uint64_t floor = number(r);
	r->is_bad = r->is_bad || floor >> COUNT_BITS;
	if (t && t->floor < floor)
		t->floor = floor;
}

static bool wants_tops(const struct history_row *row)
{
	bool wants = false;
	for (int i = 0; i < HISTORY_TOP_KINDS; i++)
		wants = wants || row->tops[i];
	return wants;
}

bool history_codec_read(const uint8_t *bytes, size_t len, struct history_row *out)
{
	struct reader r = {.at = bytes, .end = bytes + len};
	history_row_clear(out);
	r.is_bad = octet(&r) != FORMAT;
	read_counters(&r, &out->sum);
	read_distinct(&r, &out->clients);
	read_distinct(&r, &out->domains);
	/* Counters alone: what follows is not looked at, and may be cut off. */
	if (!r.is_bad && !wants_tops(out))
		return true;
	struct keys keys[2]; /* of this list, and of the one before */
	keys[0].count = keys[1].count = 0;
	for (unsigned i = 0; i < HISTORY_TOP_KINDS; i++)
		read_list(&r, out->tops[order_of_tops[i].kind],
			order_of_tops[i].is_part ? &keys[1 - i % 2] : NULL, &keys[i % 2]);
	if (!r.is_bad && !left(&r))
		return true;
	history_row_clear(out);
	return false;
}
