/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/local.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/base/check.h"
#include "resolver/local_table.h"
#include "resolver/worker.h"

enum {
	NEGATIVE_TTL_S = 300, /* of NODATA where the operator gave no SOA */
	ANY_TTL_S = 3600,
	OWNER_POINTER = 0xc000 | WIRE_HEADER, /* the question's name (RFC 1035 4.1.4) */
};

struct local {
	struct local_table table;
};

int local_new(const struct config *config, struct local **out, struct err *why)
{
	struct local *l = calloc(1, sizeof *l);
	if (!l)
		return err_set(why, -ENOMEM, "records: out of memory");
	int rc = local_table_build(&l->table, config, why);
	if (rc) {
		local_free(l);
		return rc;
	}
	*out = l;
	return 0;
}

void local_free(struct local *l)
{
	if (!l)
		return;
	local_table_clear(&l->table);
	free(l);
}

/* Appends one record. False when it does not fit. */
static bool put_record(struct query *q, const struct dname *owner, uint16_t type, uint32_t ttl_s,
	const uint8_t *data, uint16_t len)
{
	bool is_question = dname_equal(owner, &q->qname);
	uint32_t owner_len = is_question ? 2 : owner->len;
	if (q->out_max - q->out_len < owner_len + 10U + len)
		return false;
	uint8_t *p = q->out + q->out_len;
	if (is_question)
		wire_put_u16(p, OWNER_POINTER);
	else
		memcpy(p, owner->bytes, owner_len);
	p += owner_len;
	wire_put_u16(p, type);
	wire_put_u16(p + 2, CLASS_IN);
	wire_put_u32(p + 4, ttl_s);
	wire_put_u16(p + 8, len);
	memcpy(p + 10, data, len);
	q->out_len += owner_len + 10U + len;
	return true;
}

static bool put_set(struct query *q, const struct local_table *t, const struct dname *owner,
	const struct local_table_record *r, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++, r++) {
		if (!put_record(q, owner, r->type, r->ttl_s, t->bytes + r->at, r->data_len))
			return false;
		q->answer_count++;
	}
	return true;
}

/* Without an SOA of the operator or of a special zone: a made one at the name itself (RFC 6303 3). */
static bool put_made_soa(struct query *q, const struct dname *name)
{
	static const uint8_t data[] =
		"\x09localhost\0\x06nobody\x07invalid\0"
		"\0\0\0\x01\0\0\x0e\x10\0\0\x04\xb0\0\x09\x3a\x80\0\0\x01\x2c";
	q->authority_count = 1;
	return put_record(q, name, TYPE_SOA, NEGATIVE_TTL_S, data, sizeof data - 1);
}

/* RFC 2308 3: the SOA goes with a negative answer, with the smaller of its TTL and its minimum. */
static bool put_negative(struct query *q, const struct local_table *t,
	const struct local_table_place *p, const struct dname *name, uint16_t rcode)
{
	q->rcode = rcode;
	if (!p->soa)
		return put_made_soa(q, name);
	const struct local_table_record *r = &t->records[p->soa->soa - 1];
	const uint8_t *data = t->bytes + r->at;
	uint32_t minimum_s = wire_u32(data + r->data_len - 4);
	struct dname owner;
	q->authority_count = 1;
	return CHECK(dname_from_wire(t->bytes + p->soa->name_at, p->soa->name_len, &owner)) &&
		put_record(q, &owner, TYPE_SOA, minimum_s < r->ttl_s ? minimum_s : r->ttl_s, data,
			r->data_len);
}

/* Is the name the apex of a special zone where not even the apex exists? */
static bool is_absent_apex(const struct local_table_place *p)
{
	return p->node && p->node == p->zone && !p->node->has_own &&
		(p->zone->special == LOCAL_SPECIAL_ABSENT ||
			p->zone->special == LOCAL_SPECIAL_CANARY);
}

/* RFC 8375 4 (b): DS of a served zone is the parent's, and proves to validators that what is below is unsigned. */
static bool is_parents_ds(const struct query *q, const struct local_table_place *p)
{
	return q->qtype == TYPE_DS && p->is_exact && p->zone &&
		p->zone->special == LOCAL_SPECIAL_EMPTY && p->zone->name_len == q->qname.len;
}

enum found {
	FOUND_NOTHING, /* not a local name */
	FOUND_ANSWER, /* written */
	FOUND_ALIAS, /* the CNAME is written, the target is the next name */
	FOUND_NO_ROOM,
};

static enum found answer_name(struct query *q, const struct local_table *t,
	const struct dname *name, struct dname *target)
{
	struct local_table_place p = local_table_find(t, name);
	uint32_t count;
	if ((!p.node && !p.zone) || is_parents_ds(q, &p))
		return FOUND_NOTHING;
	if (is_absent_apex(&p))
		return put_negative(q, t, &p, name, RCODE_NXDOMAIN) ? FOUND_ANSWER : FOUND_NO_ROOM;
	if (!p.node) {
		bool is_there = p.is_exact || p.zone->special == LOCAL_SPECIAL_NODATA;
		return put_negative(q, t, &p, name, is_there ? RCODE_NOERROR : RCODE_NXDOMAIN)
			? FOUND_ANSWER
			: FOUND_NO_ROOM;
	}
	const struct local_table_record *r = local_table_set(t, p.node, q->qtype, &count);
	if (r)
		return put_set(q, t, name, r, count) ? FOUND_ANSWER : FOUND_NO_ROOM;
	r = local_table_set(t, p.node, TYPE_CNAME, &count);
	if (!r)
		return put_negative(q, t, &p, name, RCODE_NOERROR) ? FOUND_ANSWER : FOUND_NO_ROOM;
	if (!put_set(q, t, name, r, 1))
		return FOUND_NO_ROOM;
	return CHECK(dname_from_wire(t->bytes + r->at, r->data_len, target)) ? FOUND_ALIAS
									     : FOUND_NO_ROOM;
}

static enum step finish(struct query *q, enum found found)
{
	q->source = ANSWER_LOCAL;
	q->outcome = OUTCOME_LOCAL;
	/* The table holds what fits (LOCAL_TABLE_SET_MAX), so there is room. */
	if (CHECK(found != FOUND_NO_ROOM))
		return STEP_REPLY;
	q->out_len = query_records_at(q);
	q->answer_count = q->authority_count = 0;
	q->source = ANSWER_NONE;
	q->rcode = RCODE_SERVFAIL;
	q->outcome = OUTCOME_SERVFAIL;
	return STEP_REPLY;
}

/* RFC 8482 4.2: ANY is answered with one made HINFO, for every name, and never asked upstream. */
static enum step answer_any(struct query *q)
{
	static const uint8_t data[] = "\x07RFC8482";
	q->answer_count = 1;
	return finish(q,
		put_record(q, &q->qname, TYPE_HINFO, ANY_TTL_S, data, sizeof data) ? FOUND_ANSWER
										   : FOUND_NO_ROOM);
}

enum step local(struct worker *w, struct query *q)
{
	const struct local_table *t = &w->view->local->table;
	struct dname names[2];
	const struct dname *name = &q->qname;
	q->out_len = query_records_at(q);
	if (q->qtype == TYPE_ANY)
		return answer_any(q);
	if (!local_table_may_know(t, name))
		return STEP_NEXT;
	enum found found = FOUND_ALIAS;
	for (unsigned hop = 0; found == FOUND_ALIAS && hop <= LOCAL_TABLE_HOPS_MAX; hop++) {
		struct dname *target = &names[hop % 2];
		found = answer_name(q, t, name, target);
		if (!hop && found == FOUND_NOTHING)
			return STEP_NEXT;
		name = target;
	}
	/* An alias that leads out of the table ends there: the client gets the CNAME alone (it was warned of when the table was built). */
	return finish(q, found);
}
