/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/journal/history_codec.h"

#include <string.h>

#include "resolver/base/wire.h"

enum {
	FORMAT = 1,
	NUMBER_BITS = 56, /* sums of such do not run over */
	NUMBER_MAX = NUMBER_BITS / 7, /* octets */
};

/* What a top list may take of the room in hundredths, in the order of the file. What one does not need goes to the next. */
static const struct {
	enum history_top_kind kind;
	unsigned share;
} order_of_tops[HISTORY_TOP_KINDS] = {
	{HISTORY_FAMILIES, 6},
	{HISTORY_LISTS, 8},
	{HISTORY_BLOCKED_CLIENTS, 12},
	{HISTORY_CLIENTS, 20},
	{HISTORY_BLOCKED_DOMAINS, 24},
	{HISTORY_DOMAINS, 30},
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
	uint8_t *at, *end;
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

static void put_entry(struct writer *w, const struct top *t, const struct top_entry *e)
{
	*w->at++ = e->len;
	memcpy(w->at, top_key(t, e), e->len);
	w->at += e->len;
	put_number(w, e->count);
	put_number(w, e->over);
	put_number(w, e->under);
}

static size_t entry_size(const struct top_entry *e)
{
	return 1U + e->len + number_size(e->count) + number_size(e->over) + number_size(e->under);
}

/* As many as fit before `end`. */
static void put_top(struct writer *w, const struct top *t, const uint8_t *end)
{
	uint32_t order[2 * HISTORY_ROW_TOP_MAX], n = t ? t->count : 0, i = 0;
	uint64_t floor = t ? t->floor : 0;
	uint8_t *count = w->at;
	w->at += 2;
	if (t)
		top_order(t, order);
	for (; i < n && i < UINT16_MAX; i++) {
		const struct top_entry *e = &t->entries[order[i]];
		if (entry_size(e) + NUMBER_MAX + 1 > (size_t)(end - w->at))
			break;
		put_entry(w, t, e);
	}
	wire_put_u16(count, (uint16_t)i);
	for (; i < n; i++) {
		uint64_t bound = t->entries[order[i]].count + t->entries[order[i]].under;
		floor = floor < bound ? bound : floor;
	}
	put_number(w, floor);
}

size_t history_codec_write(const struct history_row *r, uint8_t *out, size_t max)
{
	struct writer w = {.at = out, .end = out + max};
	*w.at++ = FORMAT;
	put_number(&w, r->sum.queries);
	put_counters(&w, &r->sum);
	w.at += distinct_write(&r->clients, w.at);
	w.at += distinct_write(&r->domains, w.at);
	/* Two octets and a number for each are spoken for, and whatever else they take is shared. */
	size_t fixed = HISTORY_TOP_KINDS * (2 + NUMBER_MAX + 1);
	size_t room = (size_t)(w.end - w.at) - fixed;
	const uint8_t *end = w.at;
	for (int i = 0; i < HISTORY_TOP_KINDS; i++) {
		end += order_of_tops[i].share * room / 100 + fixed / HISTORY_TOP_KINDS;
		put_top(&w, r->tops[order_of_tops[i].kind], end);
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

static void read_top(struct reader *r, struct top *t)
{
	for (unsigned n = word(r); n && !r->is_bad; n--) {
		struct top_entry e = {.len = octet(r)};
		const uint8_t *key = r->at;
		if (e.len > left(r)) {
			r->is_bad = true;
			return;
		}
		r->at += e.len;
		e.count = number(r);
		e.over = number(r);
		e.under = number(r);
		if (!r->is_bad && (e.over > e.count || (t && !top_restore(t, key, e.len, &e))))
			r->is_bad = true;
	}
	uint64_t floor = number(r);
	if (t && t->floor < floor)
		t->floor = floor;
}

bool history_codec_read(const uint8_t *bytes, size_t len, struct history_row *out)
{
	struct reader r = {.at = bytes, .end = bytes + len};
	history_row_clear(out);
	r.is_bad = octet(&r) != FORMAT;
	read_counters(&r, &out->sum);
	read_distinct(&r, &out->clients);
	read_distinct(&r, &out->domains);
	for (int i = 0; i < HISTORY_TOP_KINDS; i++)
		read_top(&r, out->tops[order_of_tops[i].kind]);
	if (!r.is_bad && !left(&r))
		return true;
	history_row_clear(out);
	return false;
}
