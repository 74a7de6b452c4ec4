/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One walk over the fields serves both ways, so that what is written is what is read.
 */
#include "resolver/evidence/evidence_codec.h"

#include <string.h>

#include "resolver/evidence/sprt.h"

struct walk {
	uint8_t *to; /* writing; NULL: reading */
	const uint8_t *from;
	size_t len, at;
	bool is_bad;
};

/* --- the ways of one field -------------------------------------------------------------------- */

static void octets(struct walk *w, void *field, size_t n)
{
	if (w->is_bad || n > w->len - w->at) {
		w->is_bad = true;
		return;
	}
	if (w->to)
		memcpy(w->to + w->at, field, n);
	else
		memcpy(field, w->from + w->at, n);
	w->at += n;
}

/* A number of `n` octets; the value stays as it is after a failure. */
static uint64_t number(struct walk *w, uint64_t value, unsigned n)
{
	uint8_t b[8];
	for (unsigned i = 0; i < n; i++)
		b[i] = (uint8_t)(value >> (8 * (n - 1 - i)));
	octets(w, b, n);
	uint64_t v = 0;
	for (unsigned i = 0; i < n; i++)
		v = v << 8 | b[i];
	return w->is_bad ? value : v;
}

static uint64_t number_below(struct walk *w, uint64_t value, unsigned n, uint64_t end)
{
	uint64_t v = number(w, value, n);
	w->is_bad = w->is_bad || v >= end;
	return w->is_bad ? 0 : v;
}

#define NUMBER(w, field) \
	((field) = (__typeof__(field))number((w), (uint64_t)(field), sizeof(field)))

static void sum(struct walk *w, int32_t *field)
{
	NUMBER(w, *field);
	w->is_bad = w->is_bad || *field > SPRT_SUM_MAX || *field < -SPRT_SUM_MAX;
}

/* Printable, in room for `size` with its zero. */
static void text(struct walk *w, char *field, size_t size)
{
	size_t n = (size_t)number_below(w, w->to ? strnlen(field, size - 1) : 0, 2, size);
	octets(w, field, n);
	if (w->is_bad)
		return;
	field[n] = 0;
	for (size_t i = 0; i < n; i++)
		w->is_bad = w->is_bad || field[i] < ' ' || field[i] > '~';
}

static void name(struct walk *w, struct dname *field)
{
	uint8_t wire[DNAME_MAX] = {0};
	size_t n = (size_t)number_below(w, field->len, 1, DNAME_MAX + 1);
	if (w->to)
		memcpy(wire, field->bytes, n);
	octets(w, wire, n);
	/* Lower case, as it was written. */
	if (!w->is_bad && !w->to)
		w->is_bad = !n || dname_from_wire(wire, n, field) != n ||
			memcmp(wire, field->bytes, n) != 0;
}

/* --- the parts -------------------------------------------------------------------------------- */

static void line_of(struct walk *w, struct case_line *l)
{
	NUMBER(w, l->at_ms);
	l->kind = (enum evidence_kind)number_below(w, l->kind, 1, EVIDENCE_KIND_COUNT);
	l->class = (enum dga_class)number_below(w, l->class, 1, DGA_CLASSES);
	NUMBER(w, l->qtype);
	NUMBER(w, l->score);
	NUMBER(w, l->llr);
	name(w, &l->name);
}

static void endpoint(struct walk *w, struct addr_endpoint *e)
{
	octets(w, e->addr.bytes, sizeof e->addr.bytes);
	NUMBER(w, e->port);
}

static void knock_of(struct walk *w, struct knock *k)
{
	NUMBER(w, k->at_ms);
	endpoint(w, &k->from);
	endpoint(w, &k->to);
	k->is_udp = number_below(w, k->is_udp, 1, 2);
	k->has_token = number_below(w, k->has_token, 1, 2);
	octets(w, k->asker.bytes, sizeof k->asker.bytes);
	text(w, k->rule, sizeof k->rule);
	k->kind = (enum knock_kind)number_below(w, k->kind, 1, KNOCK_KIND_COUNT);
	text(w, k->request_line, sizeof k->request_line);
	text(w, k->host, sizeof k->host);
	text(w, k->user_agent, sizeof k->user_agent);
	text(w, k->sni, sizeof k->sni);
	text(w, k->ja3, sizeof k->ja3);
	text(w, k->ja4, sizeof k->ja4);
	k->head_len = (uint16_t)number_below(w, k->head_len, 2, KNOCK_HEAD_MAX + 1);
	octets(w, k->head, k->head_len);
}

static void case_of(struct walk *w, struct evidence_case *c)
{
	NUMBER(w, c->id);
	octets(w, c->client.bytes, sizeof c->client.bytes);
	c->client_bits = (uint8_t)number_below(w, c->client_bits, 1, 129);
	c->state = (enum case_state)number_below(w, c->state, 1, CASE_STATE_COUNT);
	NUMBER(w, c->first_ms);
	NUMBER(w, c->last_ms);
	NUMBER(w, c->opened_ms);
	NUMBER(w, c->changed_ms);
	sum(w, &c->sum);
	NUMBER(w, c->evidence_count);
	NUMBER(w, c->sinkholed_count);
	NUMBER(w, c->knock_total);
	c->family_count = (uint8_t)number_below(w, c->family_count, 1, CASE_FAMILIES_MAX + 1);
	c->line_count = (uint8_t)number_below(w, c->line_count, 1, CASE_LINES_MAX + 1);
	c->knock_count = (uint8_t)number_below(w, c->knock_count, 1, CASE_KNOCKS_MAX + 1);
	for (unsigned i = 0; i < c->family_count; i++)
		text(w, c->families[i], sizeof c->families[i]);
	text(w, c->note, sizeof c->note);
	for (unsigned i = 0; i < c->line_count; i++)
		line_of(w, &c->lines[i]);
	for (unsigned i = 0; i < c->knock_count; i++)
		knock_of(w, &c->knocks[i]);
	/* Only where it has happened. */
	if (w->to ? c->unsealed_count : w->at < w->len) {
		NUMBER(w, c->unsealed_count);
		NUMBER(w, c->unsealed_ms);
		w->is_bad = w->is_bad || !c->unsealed_count;
	}
	w->is_bad = w->is_bad || !c->id;
}

static void client_of(struct walk *w, struct codec_client *c)
{
	NUMBER(w, c->last_s);
	NUMBER(w, c->seen_since_s);
	sum(w, &c->sum);
	NUMBER(w, c->counted);
	for (unsigned i = 0; i < CLIENTS_SEEN_WORDS; i++)
		NUMBER(w, c->seen[i]);
	c->line_count = (size_t)number_below(w, c->line_count, 1, CODEC_LINES_MAX + 1);
	for (size_t i = 0; i < c->line_count; i++)
		line_of(w, &c->lines[i]);
}

/* --- both ways -------------------------------------------------------------------------------- */

/* Writing changes nothing of what it is given: each field comes back as it was. */
size_t evidence_codec_case(const struct evidence_case *c, uint8_t out[static CODEC_CASE_MAX])
{
	struct evidence_case copy = *c;
	struct walk w = {.to = out, .len = CODEC_CASE_MAX};
	case_of(&w, &copy);
	return w.is_bad ? 0 : w.at;
}

size_t evidence_codec_client(const struct codec_client *c, uint8_t out[static CODEC_CLIENT_MAX])
{
	struct codec_client copy = *c;
	struct walk w = {.to = out, .len = CODEC_CLIENT_MAX};
	client_of(&w, &copy);
	return w.is_bad ? 0 : w.at;
}

bool evidence_codec_read_case(const uint8_t *bytes, size_t len, struct evidence_case *out)
{
	struct evidence_case c = {0};
	struct walk w = {.from = bytes, .len = len};
	case_of(&w, &c);
	if (w.is_bad || w.at != len)
		return false;
	*out = c;
	return true;
}

bool evidence_codec_read_client(const uint8_t *bytes, size_t len, struct codec_client *out)
{
	struct codec_client c = {0};
	struct walk w = {.from = bytes, .len = len};
	client_of(&w, &c);
	if (w.is_bad || w.at != len)
		return false;
	*out = c;
	return true;
}
