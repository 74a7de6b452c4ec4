/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Records are copied as a block when only the final OPT goes. When others go too, every name is written again: a label is
 * written once, at its first use, and `moved` remembers where, so that every later pointer to it stays a pointer. Unless names
 * had to be expanded for RFC 3597, the copy is never longer than the original, and no label moves to a higher offset.
 */
#include "resolver/answer.h"

#include <string.h>

enum {
	POINTER = 0xc0, /* the two high bits of a label's length octet (RFC 1035 4.1.4) */
	POINTER_MAX = 0x3fff,
	FIXED = 10, /* type, class, TTL, RDLENGTH */
	SOA_FIXED = 20, /* serial, refresh, retry, expire, minimum */
};

/* Reads the record at `at`. False when it runs over `len`. */
static bool read_record(const uint8_t *p, uint32_t len, uint32_t at, struct answer_record *r)
{
	size_t end = at;
	if (at > len || !dname_skip(p, len, &end) || len - end < FIXED)
		return false;
	r->owner_at = at;
	r->type_at = (uint32_t)end;
	r->ttl_at = r->type_at + 4;
	r->data_at = r->type_at + FIXED;
	r->type = wire_u16(p + r->type_at);
	r->rclass = wire_u16(p + r->type_at + 2);
	r->ttl_s = wire_u32(p + r->ttl_at);
	if (r->ttl_s > INT32_MAX)
		r->ttl_s = 0; /* RFC 2181 8 */
	r->data_len = wire_u16(p + r->type_at + 8);
	if (len - r->data_at < r->data_len)
		return false;
	r->end_at = r->data_at + r->data_len;
	return true;
}

bool answer_next(const struct query *q, struct answer_cursor *c, struct answer_record *r)
{
	uint32_t authority_at = q->answer_count;
	uint32_t additional_at = authority_at + q->authority_count;
	if (c->is_bad || c->seen >= additional_at + q->additional_count)
		return false;
	if (c->seen == 0)
		c->at = query_records_at(q);
	if (!read_record(q->out, q->out_len, c->at, r)) {
		c->is_bad = true;
		return false;
	}
	r->section = c->seen < authority_at ? 0 : c->seen < additional_at ? 1 : 2;
	c->at = r->end_at;
	c->seen++;
	return true;
}

/* --- writing records again ------------------------------------------------------------------- */

/* From one message into another that has the same header and question. */
struct copy {
	const uint8_t *from;
	uint32_t from_len, question_end;
	bool is_renamed; /* the question is another one in `to`: `moved` has its labels, too */
	uint8_t *to;
	uint32_t to_len, to_max;
	uint16_t *
		moved; /* [POINTER_MAX + 1]: where the label at this offset of `from` is in `to`; 0: not yet */
};

static bool put(struct copy *c, uint32_t at, uint32_t n)
{
	if (c->from_len - at < n || c->to_max - c->to_len < n)
		return false;
	memcpy(c->to + c->to_len, c->from + at, n);
	c->to_len += n;
	return true;
}

static bool put_pointer(struct copy *c, uint32_t target)
{
	if (c->to_max - c->to_len < 2)
		return false;
	wire_put_u16(c->to + c->to_len, (uint16_t)(POINTER << 8 | target));
	c->to_len += 2;
	return true;
}

/* Where the name at `at` already is in `to`; 0: nowhere yet. */
static uint32_t written_at(const struct copy *c, uint32_t at)
{
	if (at < c->question_end && !c->is_renamed)
		return at;
	return at <= POINTER_MAX ? c->moved[at] : 0;
}

/* Follows the pointer at `*at`. It must lead to before `start`, where this run of labels began, to a place behind the header, and
 * not to type and class of the question. */
static bool follow(const struct copy *c, uint32_t start, uint32_t *at)
{
	if (c->from_len - *at < 2)
		return false;
	uint32_t target = wire_u16(c->from + *at) & POINTER_MAX;
	bool is_inside = target >= WIRE_HEADER && target < start;
	bool is_name = target < c->question_end || target >= c->question_end + 4;
	*at = target;
	return is_inside && is_name;
}

/* Writes the name at `*at` and moves `*at` behind it. `is_plain`: without pointers, for types whose rdata must not have them. */
static bool put_name(struct copy *c, uint32_t *at, bool is_plain)
{
	uint32_t from = *at, start = from, octets = 0;
	unsigned hops = 0;
	bool is_behind = false; /* `*at` is behind the name already */
	for (;;) {
		if (from >= c->from_len)
			return false;
		uint8_t n = c->from[from];
		if ((n & POINTER) == POINTER) {
			if (!is_behind)
				*at = from + 2;
			is_behind = true;
			if (++hops > DNAME_LABELS_MAX || !follow(c, start, &from))
				return false;
			start = from;
			uint32_t old = is_plain ? 0 : written_at(c, from);
			if (old)
				return put_pointer(c, old);
			continue;
		}
		octets += n + 1u;
		if (n > DNAME_LABEL_MAX || octets > DNAME_MAX)
			return false;
		if (n && !is_plain && from <= POINTER_MAX && c->to_len <= POINTER_MAX)
			c->moved[from] = (uint16_t)c->to_len;
		if (!put(c, from, n + 1u))
			return false;
		from += n + 1u;
		if (n == 0) {
			if (!is_behind)
				*at = from;
			return true;
		}
	}
}

/* Where names are in the rdata of types that a sender may have compressed. */
struct layout {
	uint8_t before, names; /* octets in front of the names, number of names */
	bool is_plain; /* must be sent without compression */
};

/* RFC 3597 4: only the types of RFC 1035 are sent compressed; a few more may arrive so. */
static struct layout rdata_layout(uint16_t type)
{
	enum { MD = 3, MF, MB = 7, MG, MR, MINFO = 14, RP = 17, AFSDB, RT = 21, PX = 26, KX = 36 };
	switch (type) {
	case TYPE_NS:
	case MD:
	case MF:
	case TYPE_CNAME:
	case MB:
	case MG:
	case MR:
	case TYPE_PTR:
		return (struct layout){0, 1, false};
	case TYPE_SOA:
	case MINFO:
		return (struct layout){0, 2, false};
	case TYPE_MX:
		return (struct layout){2, 1, false};
	case RP:
		return (struct layout){0, 2, true};
	case AFSDB:
	case RT:
	case KX:
		return (struct layout){2, 1, true};
	case PX:
		return (struct layout){2, 2, true};
	case TYPE_SIG:
		return (struct layout){18, 1, true};
	case TYPE_NXT:
	case TYPE_DNAME:
		return (struct layout){0, 1, true};
	case TYPE_SRV:
		return (struct layout){6, 1, true};
	default:
		return (struct layout){0, 0, false};
	}
}

static bool put_record(struct copy *c, const struct answer_record *r)
{
	struct layout l = rdata_layout(r->type);
	uint32_t at = r->owner_at;
	if (!put_name(c, &at, false) || !put(c, r->type_at, FIXED))
		return false;
	uint32_t data_at = c->to_len;
	at = r->data_at;
	/* Rdata too short for its layout is not ours to judge: it goes through as it is. */
	if (l.names && r->data_len > l.before) {
		if (!put(c, at, l.before))
			return false;
		at += l.before;
		for (unsigned i = 0; i < l.names; i++)
			if (at >= r->end_at || !put_name(c, &at, l.is_plain))
				return false;
	}
	if (at > r->end_at || !put(c, at, r->end_at - at))
		return false;
	wire_put_u16(c->to + data_at - 2, (uint16_t)(c->to_len - data_at));
	return true;
}

/* --- taking an answer ------------------------------------------------------------------------ */

struct taken {
	uint32_t at, left[3]; /* the walk: where, and how many records are left of each section */
	uint16_t kept[3];
	uint32_t ttl_s, soa_ttl_s;
	bool has_type,
		has_soa; /* a record of the type asked for; an SOA in the authority section */
	bool needs_rewrite; /* something else than a final OPT goes */
	uint32_t opt_at; /* where a final OPT begins, or the end */
};

static bool is_dnssec(uint16_t type)
{
	return type == TYPE_RRSIG || type == TYPE_NSEC || type == TYPE_NSEC3 || type == TYPE_SIG ||
		type == TYPE_NXT;
}

/* RFC 4035 3.2.1; as Unbound does, "asked for itself" holds for the answer section only. */
static bool is_wanted(const struct query *q, const struct answer_record *r)
{
	if (r->type == TYPE_OPT)
		return false;
	if (q->has_do || !is_dnssec(r->type))
		return true;
	return r->section == 0 && (r->type == q->qtype || q->qtype == TYPE_ANY);
}

static bool take_next(
	struct taken *t, const uint8_t *packet, uint32_t len, struct answer_record *r, bool *is_bad)
{
	uint8_t section = t->left[0] ? 0 : t->left[1] ? 1 : 2;
	if (!t->left[section])
		return false;
	*is_bad = !read_record(packet, len, t->at, r);
	if (*is_bad)
		return false;
	t->left[section]--;
	t->at = r->end_at;
	r->section = section;
	return true;
}

static void take_begin(struct taken *t, const uint8_t *packet, uint32_t records_at)
{
	t->at = records_at;
	for (unsigned i = 0; i < 3; i++)
		t->left[i] = wire_u16(packet + 6 + 2 * i);
}

static void note_record(const struct query *q, const uint8_t *packet, const struct answer_record *r,
	struct taken *t)
{
	t->kept[r->section]++;
	if (r->section == 2)
		return;
	if (r->ttl_s < t->ttl_s)
		t->ttl_s = r->ttl_s;
	if (r->section == 0 && (r->type == q->qtype || q->qtype == TYPE_ANY))
		t->has_type = true;
	if (r->section == 1 && r->type == TYPE_SOA && r->data_len >= SOA_FIXED + 2) {
		uint32_t minimum = wire_u32(packet + r->end_at - 4);
		t->has_soa = true;
		t->soa_ttl_s = r->ttl_s < minimum ? r->ttl_s : minimum;
	}
}

/* Looks at all records: well-formed? What stays, and how long? */
static bool survey(const struct query *q, const uint8_t *packet, uint32_t len, struct taken *t)
{
	struct answer_record r;
	bool is_bad = false;
	take_begin(t, packet, query_records_at(q));
	t->opt_at = t->at;
	while (take_next(t, packet, len, &r, &is_bad)) {
		bool is_last = !t->left[0] && !t->left[1] && !t->left[2];
		/* One class in one answer; an OPT has a size in that place (RFC 6891 6.1.2). */
		if (r.rclass != q->qclass && r.type != TYPE_OPT)
			return false;
		if (is_wanted(q, &r)) {
			note_record(q, packet, &r, t);
			t->opt_at = r.end_at;
		} else if (r.type != TYPE_OPT || !is_last) {
			t->needs_rewrite = true;
		}
	}
	return !is_bad;
}

static bool rewrite(struct query *q, const uint8_t *packet, uint32_t len)
{
	uint16_t moved[POINTER_MAX + 1];
	memset(moved, 0, sizeof moved[0] * (len <= POINTER_MAX ? len : POINTER_MAX + 1));
	struct copy c = {.from = packet,
		.from_len = len,
		.question_end = query_records_at(q) - 4,
		.to = q->out,
		.to_len = query_records_at(q),
		.to_max = q->out_max < WIRE_MAX ? q->out_max : WIRE_MAX,
		.moved = moved};
	struct taken t = {0};
	struct answer_record r;
	bool is_bad = false;
	take_begin(&t, packet, query_records_at(q));
	while (take_next(&t, packet, len, &r, &is_bad))
		if (is_wanted(q, &r) && !put_record(&c, &r))
			return false;
	q->out_len = c.to_len;
	return !is_bad;
}

/* Is it an answer to our question, and whole? The question comes uncompressed, as it stands in every packet. */
static bool is_answer_to(const struct query *q, const uint8_t *packet, uint32_t len)
{
	if (len < query_records_at(q) || len > WIRE_MAX)
		return false;
	if (!(packet[2] & WIRE_QR) || (packet[2] & WIRE_TC) || wire_u16(packet + 4) != 1)
		return false;
	const uint8_t *name = packet + WIRE_HEADER;
	for (unsigned i = 0; i < q->qname.len; i++)
		if (dname_lower(name[i]) != q->qname.bytes[i])
			return false;
	return wire_u16(name + q->qname.len) == q->qtype &&
		wire_u16(name + q->qname.len + 2) == q->qclass;
}

/* RFC 2308 5: a negative answer without SOA is not kept. */
static uint32_t keep_s(const struct taken *t, bool is_negative)
{
	if (!is_negative)
		return t->ttl_s;
	if (!t->has_soa)
		return 0;
	return t->soa_ttl_s < t->ttl_s ? t->soa_ttl_s : t->ttl_s;
}

bool answer_take(struct query *q, const uint8_t *packet, uint32_t len, uint32_t min_ttl_s,
	uint32_t max_ttl_s)
{
	struct taken t = {.ttl_s = UINT32_MAX};
	if (!is_answer_to(q, packet, len) || !survey(q, packet, len, &t))
		return false;
	uint32_t records_at = query_records_at(q);
	uint32_t block_end = t.needs_rewrite ? records_at : t.opt_at;
	if (block_end > q->out_max)
		return false;
	memcpy(q->out, packet, block_end);
	q->out_len = block_end;
	if (t.needs_rewrite && !rewrite(q, packet, len))
		return false;
	/* Names may point into the question: it has to be there for who reads the records. */
	memcpy(q->out + WIRE_HEADER, q->qname.bytes, q->qname.len);

	q->rcode = packet[3] & 0x0f;
	q->answer_count = t.kept[0];
	q->authority_count = t.kept[1];
	q->additional_count = t.kept[2];
	q->source = ANSWER_FRESH;
	uint32_t ttl_s = keep_s(&t, q->rcode == RCODE_NXDOMAIN || !t.has_type);
	if (ttl_s < min_ttl_s)
		ttl_s = min_ttl_s;
	q->min_ttl_s = ttl_s > max_ttl_s ? max_ttl_s : ttl_s;
	return true;
}

/* --- removing records ------------------------------------------------------------------------ */

/* Writes the records that stay from `from` (a copy of q->out) into q->out. */
static int remove_from(struct query *q, struct copy *c,
	bool (*is_unwanted)(void *arg, const struct query *q, const struct answer_record *r),
	void *arg)
{
	/* The predicate reads q->out, so it must be the untouched copy while it does. */
	struct query original = *q;
	original.out = (uint8_t *)(uintptr_t)c->from;
	struct answer_cursor cursor = {0};
	struct answer_record r;
	uint16_t kept[3] = {0};
	int removed = 0;
	while (answer_next(&original, &cursor, &r)) {
		if (is_unwanted(arg, &original, &r)) {
			removed++;
			continue;
		}
		if (!put_record(c, &r))
			return -1;
		kept[r.section]++;
	}
	if (cursor.is_bad)
		return -1;
	q->answer_count = kept[0];
	q->authority_count = kept[1];
	q->additional_count = kept[2];
	q->out_len = c->to_len;
	return removed;
}

int answer_remove(struct query *q,
	bool (*is_unwanted)(void *arg, const struct query *q, const struct answer_record *r),
	void *arg)
{
	uint8_t from[WIRE_MAX];
	uint16_t moved[POINTER_MAX + 1];
	uint32_t len = q->out_len, records_at = query_records_at(q);
	if (len < records_at || len > sizeof from || len > q->out_max)
		return -1;
	memcpy(from, q->out, len);
	memset(moved, 0, sizeof moved[0] * (len <= POINTER_MAX ? len : POINTER_MAX + 1));
	struct copy c = {.from = from,
		.from_len = len,
		.question_end = records_at - 4,
		.to = q->out,
		.to_len = records_at,
		.to_max = q->out_max < WIRE_MAX ? q->out_max : WIRE_MAX,
		.moved = moved};
	int removed = remove_from(q, &c, is_unwanted, arg);
	if (removed < 0)
		memcpy(q->out, from, len);
	return removed;
}

void answer_empty(struct query *q)
{
	q->source = ANSWER_NONE;
	q->answer_count = q->authority_count = q->additional_count = 0;
	q->out_len = query_records_at(q);
	q->is_secure = q->is_clean = false;
}

/* --- behind an alias ------------------------------------------------------------------------- */

enum { ALIAS_HEAD = 12 }; /* owner, type, class, TTL, RDLENGTH */

/* The CNAME, and where the labels of its target stand now. */
static void put_cname(struct copy *c, const struct dname *target, uint32_t ttl_s)
{
	uint8_t *p = c->to + c->to_len;
	wire_put_u16(p, (uint16_t)(POINTER << 8 | WIRE_HEADER));
	wire_put_u16(p + 2, TYPE_CNAME);
	wire_put_u16(p + 4, CLASS_IN);
	wire_put_u32(p + 6, ttl_s);
	wire_put_u16(p + 10, target->len);
	memcpy(p + ALIAS_HEAD, target->bytes, target->len);
	uint8_t offsets[DNAME_LABELS_MAX];
	for (unsigned i = dname_offsets(target, offsets); i--;)
		c->moved[WIRE_HEADER + offsets[i]] =
			(uint16_t)(c->to_len + ALIAS_HEAD + offsets[i]);
	c->to_len += ALIAS_HEAD + target->len;
}

bool answer_put_alias(struct query *q, const struct dname *asked, uint32_t ttl_s)
{
	uint8_t from[WIRE_MAX];
	uint16_t moved[POINTER_MAX + 1];
	struct query original = *q;
	struct answer_cursor cursor = {0};
	struct answer_record r;
	uint16_t kept[3] = {1, 0, 0};
	uint32_t len = q->out_len < sizeof from ? q->out_len : (uint32_t)sizeof from;
	memcpy(from, q->out, len);
	memcpy(from + WIRE_HEADER, q->qname.bytes, q->qname.len);
	memset(moved, 0, sizeof moved);
	original.out = from;
	q->qname = *asked;
	struct copy c = {.from = from,
		.from_len = len,
		.question_end = query_records_at(&original) - 4,
		.is_renamed = true,
		.to = q->out,
		.to_len = query_records_at(q),
		.to_max = q->out_max < WIRE_MAX ? q->out_max : WIRE_MAX,
		.moved = moved};
	put_cname(&c, &original.qname, ttl_s);
	bool is_good = true;
	while (is_good && answer_next(&original, &cursor, &r)) {
		is_good = put_record(&c, &r);
		kept[r.section]++;
	}
	is_good = is_good && !cursor.is_bad;
	q->answer_count = is_good ? kept[0] : 0;
	q->authority_count = is_good ? kept[1] : 0;
	q->additional_count = is_good ? kept[2] : 0;
	q->out_len = is_good ? c.to_len : query_records_at(q);
	return is_good;
}
