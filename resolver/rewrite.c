/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/rewrite.h"

#include <string.h>

#include "feeds/listdb/detail.h"
#include "resolver/answer.h"
#include "resolver/worker.h"

enum {
	OWNER_POINTER = 0xc000 | WIRE_HEADER, /* the question's name (RFC 1035 4.1.4) */
	FIXED = 12, /* that, type, class, TTL, RDLENGTH */
	RECORD_HEAD = 6, /* of a DETAIL_RECORD: type, TTL */
};

static void put_record(
	struct query *q, uint16_t type, uint32_t ttl_s, const uint8_t *data, uint16_t len)
{
	if (q->out_max - q->out_len < (uint32_t)FIXED + len)
		return; /* local data beyond 64 KiB is cut */
	uint8_t *p = q->out + q->out_len;
	wire_put_u16(p, OWNER_POINTER);
	wire_put_u16(p + 2, type);
	wire_put_u16(p + 4, CLASS_IN);
	wire_put_u32(p + 6, ttl_s);
	wire_put_u16(p + 10, len);
	memcpy(p + FIXED, data, len);
	q->out_len += (uint32_t)FIXED + len;
	q->answer_count++;
}

static bool is_alias(const struct detail_item *i)
{
	return i->kind == DETAIL_ALIAS || i->kind == DETAIL_ALIAS_BELOW;
}

/* Of all rules that belong to the verdict: the same owner's, in lists of adblock rules all of the list's. */
static bool belongs(
	const struct view *v, const struct policy_candidate *c, const struct policy_candidate *by)
{
	return c->bit == by->bit && c->verb == RULE_DATA && c->is_meant &&
		c->trigger == by->trigger && (c->owner == by->owner || v->lists[c->bit].is_adblock);
}

/* Writes the records of the type asked for; returns whether there is an alias, which then is in `alias`. */
static bool put_rows(struct worker *w, struct query *q, const struct policy_candidate *by,
	struct detail_item *alias)
{
	bool has_alias = false;
	for (unsigned i = 0; i < w->policy->count; i++) {
		const struct policy_candidate *c = &w->policy->found[i];
		if (!belongs(w->view, c, by))
			continue;
		struct detail_cursor cursor = detail_start(c->about, c->about_len);
		struct detail_item item;
		while (c->about_len && detail_next(&cursor, &item)) {
			if (is_alias(&item) && !has_alias) {
				has_alias = true;
				*alias = item;
			} else if (item.kind == DETAIL_RECORD && wire_u16(item.at) == q->qtype) {
				put_record(q, q->qtype, wire_u32(item.at + 2),
					item.at + RECORD_HEAD, (uint16_t)(item.len - RECORD_HEAD));
			}
		}
	}
	return has_alias;
}

/* False when the name would be too long. */
static bool target_of(
	const struct dname *name, const struct detail_item *alias, struct dname *target)
{
	uint8_t wire[2 * DNAME_MAX];
	size_t len = 0;
	if (alias->kind == DETAIL_ALIAS_BELOW) {
		len = name->len - 1u;
		memcpy(wire, name->bytes, len);
	}
	memcpy(wire + len, alias->at, alias->len);
	return dname_from_wire(wire, len + alias->len, target) > 0;
}

static enum step no_records(struct query *q, enum sink_action action)
{
	q->source = ANSWER_NONE;
	q->action = action;
	return STEP_REPLY;
}

/* `name` is the one the rule was found by. */
static enum step follow(
	struct query *q, const struct dname *name, const struct detail_item *alias, uint32_t ttl_s)
{
	struct dname target;
	if (!target_of(name, alias, &target))
		return no_records(q, SINK_NXDOMAIN);
	if (q->qtype == TYPE_CNAME || dname_equal(&target, &q->qname)) {
		put_record(q, TYPE_CNAME, ttl_s, target.bytes, target.len);
		q->source = ANSWER_LOCAL;
		return STEP_REPLY;
	}
	q->asked = q->qname;
	q->qname = target;
	q->is_aliased = q->is_allowed = true; /* where the list leads is not judged */
	q->source = ANSWER_NONE;
	q->is_clean = q->is_waiting = false;
	return STEP_AGAIN;
}

enum step rewrite(struct worker *w, struct query *q, const struct policy_verdict *verdict)
{
	struct detail_item alias;
	q->outcome = OUTCOME_REWRITTEN;
	q->rcode = RCODE_NOERROR;
	q->is_secure = false;
	q->out_len = query_records_at(q);
	q->answer_count = q->authority_count = q->additional_count = 0;
	bool has_alias = put_rows(w, q, verdict->by, &alias);
	if (has_alias) {
		q->out_len = query_records_at(q);
		q->answer_count = 0;
		/* Nobody waits for it, or it cannot be waited for any more: a stale answer led here. */
		if (q->transport == TRANSPORT_NONE || q->is_answered)
			return no_records(q, SINK_NODATA);
		return follow(q, w->policy->question.name, &alias, w->view->config->sinkhole_ttl_s);
	}
	if (!q->answer_count)
		return no_records(q, SINK_NODATA);
	q->source = ANSWER_LOCAL;
	return STEP_REPLY;
}

void rewrite_alias(struct worker *w, struct query *q)
{
	const struct view *v = w->view;
	bool is_answer = q->source != ANSWER_NONE;
	bool is_put = answer_put_alias(q, &q->asked, v->config->sinkhole_ttl_s);
	q->is_secure = false;
	if (!is_answer || !is_put) {
		q->source = ANSWER_NONE;
		return;
	}
	q->outcome = OUTCOME_REWRITTEN;
	q->ede_trigger = NULL;
	q->ede = EDE_BLOCKED;
	q->ede_text = q->list >= 0 ? v->lists[q->list].ede_text : NULL;
}
