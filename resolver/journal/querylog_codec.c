/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/journal/querylog_codec.h"

#include <string.h>

#include "resolver/base/hash.h"
#include "resolver/base/wire.h"

enum {
	MAGIC = 0x43514c42, /* CQLB */
	SUM_AT = QUERYLOG_HEAD - 8,
	KIND_MASK = 3,
	SECURE = 4,
	MONITORED = 8,
	ALLOWED = 16,
	TCP = 32,
	SCORED = 64,
	NAMED = 128,
};

/* --- numbers ---------------------------------------------------------------------------------- */

static void put_u64(uint8_t *to, uint64_t v)
{
	wire_put_u32(to, (uint32_t)(v >> 32));
	wire_put_u32(to + 4, (uint32_t)v);
}

static uint64_t get_u64(const uint8_t *from)
{
	return (uint64_t)wire_u32(from) << 32 | wire_u32(from + 4);
}

static uint8_t *put_number(uint8_t *to, uint64_t v)
{
	for (; v > 127; v >>= 7)
		*to++ = (uint8_t)(v | 128);
	*to++ = (uint8_t)v;
	return to;
}

static uint64_t zigzag(int64_t v)
{
	return (uint64_t)v << 1 ^ (uint64_t)(v >> 63);
}

static int64_t unzigzag(uint64_t v)
{
	return (int64_t)(v >> 1 ^ (~(v & 1) + 1));
}

/* --- writing ---------------------------------------------------------------------------------- */

static uint8_t *put_octets(uint8_t *to, const void *from, size_t n)
{
	memcpy(to, from, n);
	return to + n;
}

static uint8_t *put_client(uint8_t *to, const struct querylog_kept *row)
{
	switch (row->client_kind) {
	case CLIENT_V4:
		return put_octets(to, row->client.bytes + 12, 4);
	case CLIENT_V6:
		return put_octets(to, row->client.bytes, 16);
	case CLIENT_PSEUDONYM:
		wire_put_u32(to, row->pseudonym);
		return to + 4;
	case CLIENT_WITHHELD:
		break;
	}
	return to;
}

/* Most names are short, and eight octets at a time are copied faster than a number of octets. The two that come before the name, its lengths, come
 * along: what is before `to` is written later. No word begins behind the name's end, where the ring may hold an event that is just made. */
static uint8_t *put_name(uint8_t *to, const struct dname *name)
{
	size_t n = offsetof(struct dname, bytes) + name->len;
	uint8_t *from_lengths = to - offsetof(struct dname, bytes);
	if (__builtin_expect(n > 64, 0))
		memcpy(to, name->bytes, name->len);
	else
		for (size_t i = 0; i < n; i += 8)
			memcpy(from_lengths + i, (const uint8_t *)name + i, 8);
	return to + name->len;
}

size_t querylog_codec_row(const struct querylog_kept *row, const struct querylog_words *words,
	uint64_t before_ms, uint8_t *to)
{
	uint8_t *p = put_number(to, zigzag((int64_t)(row->at_ms - before_ms)));
	*p++ = (uint8_t)((unsigned)row->client_kind | (row->is_secure ? SECURE : 0) |
		(row->is_monitored ? MONITORED : 0) | (row->is_allowed ? ALLOWED : 0) |
		(row->transport ? TCP : 0) | (row->dga_score || row->dga_class ? SCORED : 0) |
		(row->name ? NAMED : 0));
	*p++ = row->outcome;
	*p++ = row->reply;
	p = put_number(p, row->qtype);
	p = put_number(p, row->rcode);
	p = put_client(p, row);
	p = put_number(p, row->took_us);
	if (row->dga_score || row->dga_class) {
		*p++ = row->dga_class;
		p = put_number(p, zigzag(row->dga_score));
	}
	uint8_t *end = row->name ? put_name(p + 3, row->name) : p + 3;
	*p++ = words->list;
	*p++ = words->family;
	*p = words->group;
	return (size_t)(end - to);
}

static uint64_t sum_of(const uint8_t *block, size_t bytes)
{
	uint64_t of_head = hash_bytes(block, SUM_AT, 0);
	return hash_bytes(block + QUERYLOG_HEAD, bytes - QUERYLOG_HEAD, of_head);
}

void querylog_codec_close(const struct querylog_head *h, uint8_t *block)
{
	wire_put_u32(block, MAGIC);
	wire_put_u32(block + 4, h->bytes);
	wire_put_u32(block + 8, h->rows);
	wire_put_u32(block + 12, h->words_at);
	put_u64(block + 16, h->first_id);
	put_u64(block + 24, h->base_ms);
	put_u64(block + 32, h->min_ms);
	put_u64(block + 40, h->max_ms);
	wire_put_u32(block + h->bytes - QUERYLOG_TAIL, h->bytes);
	put_u64(block + SUM_AT, sum_of(block, h->bytes));
}

/* --- reading a block -------------------------------------------------------------------------- */

bool querylog_codec_head(const uint8_t *bytes, struct querylog_head *out)
{
	if (wire_u32(bytes) != MAGIC)
		return false;
	*out = (struct querylog_head){.bytes = wire_u32(bytes + 4),
		.rows = wire_u32(bytes + 8),
		.words_at = wire_u32(bytes + 12),
		.first_id = get_u64(bytes + 16),
		.base_ms = get_u64(bytes + 24),
		.min_ms = get_u64(bytes + 32),
		.max_ms = get_u64(bytes + 40)};
	return out->bytes >= QUERYLOG_HEAD + QUERYLOG_TAIL && out->bytes <= QUERYLOG_BLOCK_MAX &&
		out->rows <= QUERYLOG_ROWS && out->words_at >= QUERYLOG_HEAD &&
		out->words_at <= out->bytes - QUERYLOG_TAIL &&
		out->first_id <= UINT64_MAX - QUERYLOG_ROWS;
}

bool querylog_codec_is_whole(const uint8_t *bytes, const struct querylog_head *h)
{
	return get_u64(bytes + SUM_AT) == sum_of(bytes, h->bytes) &&
		wire_u32(bytes + h->bytes - QUERYLOG_TAIL) == h->bytes;
}

/* Each with its length before it and a zero behind. */
static bool read_words(struct querylog_reader *r)
{
	uint32_t at = r->head.words_at, end = r->head.bytes - QUERYLOG_TAIL;
	r->words[0] = "";
	r->word_count = 1;
	while (at < end) {
		uint32_t len = r->bytes[at];
		if (!len || len > QUERYLOG_WORD_MAX || at + len + 2 > end ||
			r->word_count > QUERYLOG_WORDS ||
			memchr(r->bytes + at + 1, 0, len + 1) != r->bytes + at + 1 + len)
			return false;
		r->words[r->word_count++] = (const char *)r->bytes + at + 1;
		at += len + 2;
	}
	return true;
}

bool querylog_codec_open(const uint8_t *bytes, size_t len, struct querylog_reader *out)
{
	out->bytes = bytes;
	out->is_bad = false;
	if (len < QUERYLOG_HEAD || !querylog_codec_head(bytes, &out->head) || out->head.bytes > len)
		return false;
	out->mark = (struct querylog_mark){.before_ms = out->head.base_ms, .at = QUERYLOG_HEAD};
	return read_words(out);
}

/* --- reading a row ---------------------------------------------------------------------------- */

struct cursor {
	const uint8_t *at, *end;
	bool is_bad;
};

static uint64_t number(struct cursor *c, uint64_t max)
{
	uint64_t v = 0;
	for (unsigned shift = 0; shift < 64 && c->at < c->end; shift += 7) {
		uint8_t b = *c->at++;
		v |= (uint64_t)(b & 127) << shift;
		if (b < 128) {
			c->is_bad |= v > max;
			return v;
		}
	}
	c->is_bad = true;
	return 0;
}

/* Are there so many more? */
static bool has(struct cursor *c, size_t n)
{
	c->is_bad |= n > (size_t)(c->end - c->at);
	return !c->is_bad;
}

static uint8_t octet(struct cursor *c)
{
	return has(c, 1) ? *c->at++ : 0;
}

static void read_client(struct cursor *c, struct querylog_kept *out)
{
	static const size_t lengths[] = {0, 4, 16, 4};
	size_t len = lengths[out->client_kind];
	if (!has(c, len))
		return;
	if (out->client_kind == CLIENT_V4)
		addr_from_v4(c->at, &out->client);
	else if (out->client_kind == CLIENT_V6)
		memcpy(out->client.bytes, c->at, 16);
	else if (out->client_kind == CLIENT_PSEUDONYM)
		out->pseudonym = wire_u32(c->at);
	c->at += len;
}

static const char *word(struct cursor *c, const struct querylog_reader *r)
{
	uint8_t i = octet(c);
	c->is_bad |= i >= r->word_count;
	return i < r->word_count ? r->words[i] : "";
}

static void read_name(struct cursor *c, struct dname *out)
{
	size_t left = (size_t)(c->end - c->at);
	size_t n = dname_from_wire(c->at, left < DNAME_MAX ? left : DNAME_MAX, out);
	c->is_bad |= !n;
	c->at += n;
}

static void read_row(struct cursor *c, struct querylog_reader *r, struct querylog_kept *out)
{
	int64_t gap = unzigzag(number(c, UINT64_MAX));
	uint8_t flags = octet(c);
	out->id = r->head.first_id + r->mark.row;
	out->at_ms = r->mark.before_ms + (uint64_t)gap;
	out->client_kind = (enum querylog_client)(flags & KIND_MASK);
	out->is_secure = flags & SECURE;
	out->is_monitored = flags & MONITORED;
	out->is_allowed = flags & ALLOWED;
	out->transport = (flags & TCP) != 0;
	out->outcome = octet(c);
	out->reply = octet(c);
	out->qtype = (uint16_t)number(c, UINT16_MAX);
	out->rcode = (uint16_t)number(c, UINT16_MAX);
	read_client(c, out);
	out->took_us = (uint32_t)number(c, UINT32_MAX);
	out->dga_class = flags & SCORED ? octet(c) : 0;
	out->dga_score = flags & SCORED ? (int32_t)unzigzag(number(c, UINT32_MAX)) : 0;
	out->list = word(c, r);
	out->family = word(c, r);
	out->group = word(c, r);
	out->name = flags & NAMED ? &r->name : NULL;
	if (flags & NAMED)
		read_name(c, &r->name);
}

bool querylog_codec_next(struct querylog_reader *r, struct querylog_kept *out)
{
	if (r->is_bad || r->mark.row >= r->head.rows)
		return false;
	struct cursor c = {.at = r->bytes + r->mark.at, .end = r->bytes + r->head.words_at};
	read_row(&c, r, out);
	if (c.is_bad) {
		r->is_bad = true;
		return false;
	}
	r->mark.at = (uint32_t)(c.at - r->bytes);
	r->mark.before_ms = out->at_ms;
	r->mark.row++;
	return true;
}
