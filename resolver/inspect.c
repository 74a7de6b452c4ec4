/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/inspect.h"

#include <string.h>

#include "resolver/answer.h"
#include "resolver/base/addr_special.h"
#include "resolver/cache.h"
#include "resolver/policy.h"
#include "resolver/rebinding.h"
#include "resolver/stats.h"
#include "resolver/worker.h"

/* SvcParamKeys with addresses (RFC 9460 14.3.2). */
enum { KEY_IPV4HINT = 4, KEY_IPV6HINT = 6 };

/* What a walk over the records has found so far. */
struct finding {
	struct worker *w;
	struct query *q;
	bool is_clean; /* nothing speaks against it, for any group */
	bool is_bad; /* malformed */
	bool is_blocked; /* `verdict` and `outcome` say by what */
	struct policy_verdict verdict;
	enum query_outcome outcome;
	int16_t monitored; /* bit of the first list that would have blocked it, -1: none */
	uint32_t private_count; /* records with a private address, where that is not allowed */
	uint32_t private_types; /* their types, see type_bit */
};

/* The types that carry addresses. */
static uint32_t type_bit(uint16_t type)
{
	switch (type) {
	case TYPE_A:
		return 1;
	case TYPE_AAAA:
		return 2;
	case TYPE_SVCB:
		return 4;
	case TYPE_HTTPS:
		return 8;
	default:
		return 0;
	}
}

/* --- addresses of a record -------------------------------------------------------------------- */

/* Goes through the addresses of an A, AAAA, SVCB or HTTPS record. Start with address_start. */
struct address_walk {
	const uint8_t *at, *end; /* the addresses at hand */
	unsigned octets; /* of one of them: 4 or 16 */
	const uint8_t *params, *params_end; /* SvcParams not looked at yet */
	bool is_bad;
};

/* Where SvcParams begin: behind SvcPriority and the uncompressed TargetName (RFC 9460 2.2); 0 when malformed. */
static size_t svcb_params_at(const uint8_t *data, size_t len)
{
	size_t at = 2;
	while (at < len && data[at] > 0 && data[at] <= DNAME_LABEL_MAX)
		at += (size_t)data[at] + 1;
	return at < len && data[at] == 0 && at - 2 < DNAME_MAX ? at + 1 : 0;
}

static struct address_walk address_start(const struct query *q, const struct answer_record *r)
{
	const uint8_t *data = q->out + r->data_at;
	struct address_walk a = {.at = data, .end = data};
	size_t params;
	switch (r->type) {
	case TYPE_A:
	case TYPE_AAAA:
		a.octets = r->type == TYPE_A ? 4 : 16;
		a.is_bad = r->data_len != a.octets;
		a.end = data + r->data_len;
		break;
	case TYPE_SVCB:
	case TYPE_HTTPS:
		params = svcb_params_at(data, r->data_len);
		a.is_bad = !params;
		a.params = data + params;
		a.params_end = data + r->data_len;
		break;
	default:
		break;
	}
	return a;
}

/* Moves on to the next parameter with addresses; false at the end or on malformed octets. */
static bool next_hint(struct address_walk *a)
{
	while (!a->is_bad && a->params < a->params_end) {
		size_t left = (size_t)(a->params_end - a->params);
		size_t len = left < 4 ? 0 : wire_u16(a->params + 2);
		a->is_bad = left < 4 || left - 4 < len;
		if (a->is_bad)
			return false;
		uint16_t key = wire_u16(a->params);
		a->octets = key == KEY_IPV4HINT ? 4 : key == KEY_IPV6HINT ? 16 : 0;
		a->at = a->params + 4;
		a->end = a->params = a->at + len;
		if (a->octets) {
			a->is_bad = len == 0 || len % a->octets; /* RFC 9460 7.3 */
			return !a->is_bad;
		}
	}
	return false;
}

static bool next_address(struct address_walk *a, struct addr *out)
{
	if (a->is_bad || ((a->at == a->end || !a->octets) && !next_hint(a)))
		return false;
	if (a->octets == 4)
		addr_from_v4(a->at, out);
	else
		memcpy(out->bytes, a->at, 16);
	a->at += a->octets;
	return true;
}

/* --- judging ---------------------------------------------------------------------------------- */

static void block(
	struct finding *f, const struct policy_verdict *verdict, enum query_outcome outcome)
{
	f->is_clean = false;
	/* What the operator has allowed by name is not blocked for where it leads. */
	if (f->is_blocked || f->q->is_allowed)
		return;
	f->is_blocked = true;
	f->verdict = *verdict;
	f->outcome = outcome;
}

static void judge_name(struct finding *f, const struct dname *name)
{
	if (!name->labels) /* RFC 9460 2.5: "." is the owner, which was judged; or no service */
		return;
	struct policy_verdict v = policy_judge(f->w->view, f->q->group, name);
	if (v.is_held)
		f->is_clean = false;
	if (f->monitored < 0 && !f->q->is_allowed)
		f->monitored = v.monitored;
	if (v.kind == POLICY_DENY)
		block(f, &v, OUTCOME_BLOCKED_CHAIN);
}

static bool is_denied_address(const struct view *v, const struct addr *a)
{
	struct addr inner;
	uint8_t v4[4];
	if (addr_table_find(v->denied_addresses, a, 0))
		return true;
	if (addr_is_v4(a) || !addr_special_embedded_v4(a, v4))
		return false;
	addr_from_v4(v4, &inner);
	return addr_table_find(v->denied_addresses, &inner, 0) != 0;
}

/* Does the record hold an address that is not for a public name? */
static bool has_private(const struct query *q, const struct answer_record *r)
{
	struct address_walk walk = address_start(q, r);
	struct addr a;
	while (next_address(&walk, &a))
		if (addr_special_is_private(&a))
			return true;
	return false;
}

static void judge_addresses(struct finding *f, const struct answer_record *r)
{
	const struct view *v = f->w->view;
	/* An address rule is the operator's own deny rule. */
	static const struct policy_verdict own = {
		.kind = POLICY_DENY, .list = LISTDB_OWN_DENY, .monitored = -1, .is_held = true};
	struct address_walk walk = address_start(f->q, r);
	struct addr a;
	bool is_private = false;
	while (next_address(&walk, &a)) {
		if (r->section == 0 && v->denied_addresses && is_denied_address(v, &a))
			block(f, &own, OUTCOME_BLOCKED_ADDRESS);
		is_private = is_private || addr_special_is_private(&a);
	}
	f->is_bad = f->is_bad || walk.is_bad;
	if (!is_private || !v->config->rebinding_is_enabled)
		return;
	if (!f->private_count && rebinding_is_exempt(v->config, &f->q->qname))
		return;
	f->is_clean = false;
	f->private_count++;
	f->private_types |= type_bit(r->type);
}

/* Where a record leads: the target of CNAME, DNAME, SVCB or HTTPS. */
static void judge_target(struct finding *f, const struct answer_record *r)
{
	bool is_service = r->type == TYPE_SVCB || r->type == TYPE_HTTPS;
	struct dname target;
	size_t at = r->data_at + (is_service ? 2U : 0U);
	if (at < r->end_at && dname_from_packet(f->q->out, r->end_at, &at, &target) &&
		(is_service || at == r->end_at))
		judge_name(f, &target);
	else
		f->is_bad = true;
}

static void judge_record(struct finding *f, const struct answer_record *r)
{
	switch (r->type) {
	case TYPE_SVCB:
	case TYPE_HTTPS:
		if (r->section == 0)
			judge_target(f, r);
		judge_addresses(f, r);
		break;
	case TYPE_A:
	case TYPE_AAAA:
		judge_addresses(f, r);
		break;
	case TYPE_CNAME:
	case TYPE_DNAME:
		if (r->section == 0)
			judge_target(f, r);
		break;
	default:
		break;
	}
}

/* --- acting ----------------------------------------------------------------------------------- */

/* Takes all records out: the reply stage makes what the verdict needs. */
static void empty(struct query *q)
{
	q->source = ANSWER_NONE;
	q->answer_count = q->authority_count = q->additional_count = 0;
	q->out_len = query_records_at(q);
	q->is_secure = q->is_clean = false;
}

static enum step fail(struct query *q)
{
	empty(q);
	q->rcode = RCODE_SERVFAIL;
	q->outcome = OUTCOME_SERVFAIL;
	q->ede = EDE_OTHER;
	q->ede_text = "malformed record in the answer";
	return STEP_REPLY;
}

static enum step act_block(const struct finding *f)
{
	struct query *q = f->q;
	empty(q);
	policy_block(f->w->view, q, &f->verdict, f->outcome);
	if (f->outcome == OUTCOME_BLOCKED_ADDRESS) {
		q->ede = EDE_BLOCKED;
		q->ede_text = "denied address in the answer";
	}
	return STEP_REPLY;
}

/* A record with a private address, or a signature over a set that loses one: it would no longer verify. */
static bool is_unwanted(void *arg, const struct query *q, const struct answer_record *r)
{
	const struct finding *f = arg;
	uint16_t type = r->type;
	if (type == TYPE_RRSIG && r->data_len >= 2)
		return type_bit(wire_u16(q->out + r->data_at)) & f->private_types;
	return type_bit(type) && has_private(q, r);
}

/* Is a record of the type asked for left? */
static bool has_answer(const struct query *q)
{
	struct answer_cursor c = {0};
	struct answer_record r;
	while (answer_next(q, &c, &r))
		if (r.section == 0 && r.type == q->qtype)
			return true;
	return false;
}

static enum step act_rebinding(struct finding *f)
{
	struct query *q = f->q;
	if (q->transport != TRANSPORT_NONE)
		stats_add(&f->w->stats->rebinding_removed, f->private_count);
	if (answer_remove(q, is_unwanted, f) < 0)
		return fail(q);
	q->is_secure = false;
	if (!type_bit(q->qtype) || has_answer(q))
		return STEP_NEXT;
	empty(q);
	q->rcode = RCODE_NOERROR;
	q->outcome = OUTCOME_REBINDING;
	q->action = SINK_NODATA;
	q->ede = EDE_BLOCKED;
	q->ede_text = "private address for a public name";
	return STEP_REPLY;
}

static enum step inspect_records(struct worker *w, struct query *q)
{
	struct finding f = {.w = w, .q = q, .is_clean = true, .monitored = -1};
	struct answer_cursor c = {0};
	struct answer_record r;
	/* Names in the records may point to the question. */
	memcpy(q->out + WIRE_HEADER, q->qname.bytes, q->qname.len);
	while (!f.is_blocked && answer_next(q, &c, &r))
		judge_record(&f, &r);
	if (f.is_blocked)
		return act_block(&f);
	if (c.is_bad || f.is_bad)
		return fail(q);
	if (f.monitored >= 0 && q->transport != TRANSPORT_NONE)
		stats_add(&w->stats->list_monitored[w->view->lists[f.monitored].counter], 1);
	if (f.private_count)
		return act_rebinding(&f);
	if (f.is_clean) {
		q->is_clean = true;
		cache_stamp(w, q);
	}
	return STEP_NEXT;
}

enum step inspect(struct worker *w, struct query *q)
{
	/* What `cache` found out about an expired entry says nothing of the answer that came for it. */
	if (q->is_clean && q->source != ANSWER_FRESH)
		return STEP_NEXT;
	if (q->source == ANSWER_NONE || q->source == ANSWER_LOCAL)
		return STEP_NEXT;
	return inspect_records(w, q);
}
