/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/inspect.h"

#include <string.h>

#include "resolver/answer.h"
#include "resolver/base/addr_special.h"
#include "resolver/cache.h"
#include "resolver/inspect_address.h"
#include "resolver/inspect_client.h"
#include "resolver/nameservers.h"
#include "resolver/policy.h"
#include "resolver/rebinding.h"
#include "resolver/stats.h"
#include "resolver/worker.h"

/* What a walk over the records has found so far. */
struct finding {
	struct worker *w;
	struct query *q;
	bool is_clean; /* nothing speaks against it, for any group */
	bool is_bad; /* malformed */
	bool is_late; /* some list has rules on addresses or servers: see late_begin */
	bool is_let_through; /* a policy zone says so: what follows is not judged */
	bool is_blocked; /* `verdict` and `outcome` say by what */
	struct policy_verdict verdict;
	enum query_outcome outcome;
	int16_t monitored; /* bit of the first list that would have blocked it, -1: none */
	uint32_t private_count; /* records with a private address, where that is not allowed */
	uint32_t private_types; /* their types, see type_bit */
	struct dname *name; /* with is_late: the one of the chain that is being judged */
	bool is_first; /* it is the question's */
	bool is_unsure; /* what is missing may change the verdict */
	struct nameservers_missing *missing; /* NULL: servers do not matter */
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

/* --- judging ---------------------------------------------------------------------------------- */

static void block(
	struct finding *f, const struct policy_verdict *verdict, enum query_outcome outcome)
{
	f->is_clean = false;
	/* What the operator has allowed by name is not blocked for where it leads. */
	if (f->is_blocked || f->q->is_allowed)
		return;
	if (f->q->is_paused) {
		f->monitored = verdict->list;
		return;
	}
	f->is_blocked = true;
	f->verdict = *verdict;
	f->outcome = outcome;
}

static enum query_outcome outcome_of(const struct policy_verdict *v, bool is_first)
{
	switch (v->trigger) {
	case RULE_ANSWER:
		return OUTCOME_BLOCKED_ADDRESS;
	case RULE_NS_NAME:
	case RULE_NS_ADDRESS:
		return OUTCOME_BLOCKED_SERVER;
	default:
		return is_first ? OUTCOME_BLOCKED : OUTCOME_BLOCKED_CHAIN;
	}
}

static void take_verdict(struct finding *f, const struct policy_verdict *v, bool is_first)
{
	struct query *q = f->q;
	if (v->is_held)
		f->is_clean = false;
	if (q->is_allowed || f->is_blocked)
		return;
	if (f->monitored < 0)
		f->monitored = v->monitored;
	policy_note_family(f->w, q, v);
	if (v->kind == POLICY_DENY && !policy_is_let_through(q, v)) {
		block(f, v, outcome_of(v, is_first));
		return;
	}
	if (v->kind == POLICY_NONE || (!is_first && !v->is_zone))
		return;
	f->is_let_through = true;
	if (is_first) {
		q->is_allowed = true;
		q->list = v->list;
	}
}

/* --- lists with rules on addresses or servers --- */

/* Then all that is known of one name of the chain is gathered before it is judged: which zone comes first is not known before. */
static void late_begin(struct finding *f, const struct dname *name, bool is_first)
{
	struct policy_question about = policy_question_of(f->q);
	*f->name = *name;
	about.name = f->name;
	about.is_first = about.is_again = f->is_first = is_first;
	policy_gather(f->w->view, f->w->policy, &about);
	/* Stage `policy` asks for the question itself every time. */
	if (is_first)
		f->w->policy->is_held = false;
}

/* Are the servers of the zone still of interest? Not behind a verdict that they cannot change. */
static bool needs_servers(const struct finding *f, const struct policy_verdict *v)
{
	const struct view *view = f->w->view;
	if (!f->missing || f->is_let_through || f->q->transport == TRANSPORT_NONE)
		return false;
	if (v->kind == POLICY_NONE)
		return true;
	return v->is_zone ? view->groups[f->q->group].server_order < view->lists[v->list].order
			  : v->list > LISTDB_OWN_DENY && view->lists[v->list].kind == LIST_DENY;
}

static void late_end(struct finding *f)
{
	struct worker *w = f->w;
	if (f->is_blocked || f->is_let_through)
		return;
	struct policy_verdict v = policy_decide(w->view, w->policy);
	if (f->missing && needs_servers(f, &v)) {
		unsigned before = f->missing->count;
		nameservers_gather(w, f->name, f->missing);
		v = policy_decide(w->view, w->policy);
		if (f->missing->count > before) {
			f->is_clean = false;
			/* Not before more is known; unless there is no time left, see inspect_records. */
			if (v.kind == POLICY_NONE || needs_servers(f, &v))
				f->is_unsure = true;
		}
	} else if (f->missing) {
		f->is_clean = false;
	}
	take_verdict(f, &v, f->is_first);
}

static void judge_name(struct finding *f, const struct dname *name)
{
	if (!name->labels) /* RFC 9460 2.5: "." is the owner, which was judged; or no service */
		return;
	if (f->is_late) {
		late_end(f);
		if (!f->is_blocked)
			late_begin(f, name, false);
		return;
	}
	struct policy_question about = policy_question_of(f->q);
	about.name = name;
	about.is_first = false;
	struct policy_verdict v = policy_judge(f->w->view, f->w->policy, &about);
	take_verdict(f, &v, false);
}

/* A server shown in the authority section. */
static void judge_server(struct finding *f, const struct answer_record *r)
{
	struct dname owner, server;
	size_t at = r->owner_at, data_at = r->data_at;
	if (!f->missing || !dname_from_packet(f->q->out, r->end_at, &at, &owner) ||
		!dname_from_packet(f->q->out, r->end_at, &data_at, &server))
		return;
	/* BIND's min-ns-dots: the servers of top-level domains are everybody's. */
	if (owner.labels > 1 && dname_is_at_or_below(f->name, &owner))
		policy_gather_server(f->w->view, f->w->policy, &server);
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
	struct inspect_address walk = inspect_address_start(q, r);
	struct addr a;
	while (inspect_address_next(&walk, &a))
		if (addr_special_is_private(&a))
			return true;
	return false;
}

static void judge_addresses(struct finding *f, const struct answer_record *r)
{
	const struct view *v = f->w->view;
	/* An address rule is the operator's own deny rule. */
	const struct policy_verdict own = {.kind = POLICY_DENY,
		.action = v->lists[LISTDB_OWN_DENY].action,
		.list = LISTDB_OWN_DENY,
		.monitored = -1,
		.is_held = true};
	struct inspect_address walk = inspect_address_start(f->q, r);
	struct addr a;
	bool is_private = false;
	while (inspect_address_next(&walk, &a)) {
		if (r->section == 0 && v->denied_addresses && is_denied_address(v, &a))
			block(f, &own, OUTCOME_BLOCKED_ADDRESS);
		if (r->section == 0 && f->is_late && !f->is_let_through)
			policy_gather_answer(v, f->w->policy, &a);
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
	case TYPE_NS:
		if (r->section == 1 && f->is_late)
			judge_server(f, r);
		break;
	default:
		break;
	}
}

/* --- acting ----------------------------------------------------------------------------------- */

static enum step fail(struct query *q)
{
	answer_empty(q);
	q->rcode = RCODE_SERVFAIL;
	q->outcome = OUTCOME_SERVFAIL;
	q->ede = EDE_OTHER;
	q->ede_text = "malformed record in the answer";
	return STEP_REPLY;
}

static enum step act_block(const struct finding *f)
{
	static const char text[] = "denied address in the answer";
	struct query *q = f->q;
	answer_empty(q);
	q->rcode = RCODE_NOERROR;
	enum step step = policy_act(f->w, q, &f->verdict, f->outcome);
	if (f->verdict.list == LISTDB_OWN_DENY && f->outcome == OUTCOME_BLOCKED_ADDRESS) {
		q->ede = EDE_BLOCKED;
		q->ede_text = text;
		q->ede_trigger = NULL;
	}
	return step;
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
	answer_empty(q);
	q->rcode = RCODE_NOERROR;
	q->outcome = OUTCOME_REBINDING;
	q->action = SINK_NODATA;
	q->ede = EDE_BLOCKED;
	q->ede_text = "private address for a public name";
	return STEP_REPLY;
}

static void note_monitored(struct finding *f)
{
	/* Stage `policy` has counted what is paused; by lists that watch, each name counts. */
	if (f->monitored >= 0 && (!f->q->is_paused || f->q->monitored < 0))
		policy_note_monitored(f->w, f->q, f->monitored);
}

static void walk_records(struct finding *f, bool *is_bad)
{
	struct query *q = f->q;
	struct answer_cursor c = {0};
	struct answer_record r;
	/* Names in the records may point to the question. */
	memcpy(q->out + WIRE_HEADER, q->qname.bytes, q->qname.len);
	if (f->is_late)
		late_begin(f, &q->qname, true);
	while (!f->is_blocked && answer_next(q, &c, &r))
		judge_record(f, &r);
	if (f->is_late)
		late_end(f);
	*is_bad = c.is_bad || f->is_bad;
}

/* Under this view the classifier would not block the name, whoever asks? Else the next hit is to be judged by `classify`, too: what was
 * parked meanwhile, what was let through for one group alone, and what stands for another name. */
static bool is_no_suspect(const struct view *v, const struct query *q)
{
	return v->config->dga_mode != LIST_MODE_BLOCK || !v->dga ||
		(q->dga_serial == v->serial && q->dga_class == DGA_NONE);
}

static enum step inspect_records(struct worker *w, struct query *q)
{
	static const unsigned late = 1u << RULE_ANSWER | 1u << RULE_NS_NAME | 1u << RULE_NS_ADDRESS;
	static const unsigned servers = 1u << RULE_NS_NAME | 1u << RULE_NS_ADDRESS;
	/* Large, and seldom used: not cleared. */
	struct nameservers_missing missing;
	struct dname name;
	struct finding f = {.w = w, .q = q, .monitored = -1, .name = &name};
	f.is_clean = is_no_suspect(w->view, q);
	missing.count = 0;
	bool is_bad;
	/* The target of a list's own CNAME is where the list wants it. */
	f.is_late = w->view->triggers & late && !q->is_aliased;
	if (f.is_late && w->view->triggers & servers) {
		/* Who is paused does not wait for what would not act. */
		f.missing = q->is_paused ? NULL : &missing;
		f.is_clean = f.is_clean && !q->is_paused;
	}
	walk_records(&f, &is_bad);
	if (f.is_unsure && nameservers_wait(w, q, &missing))
		return STEP_PARK;
	if (q->wait_rounds && q->outcome == OUTCOME_CACHED)
		q->outcome = q->waited_outcome;
	if (f.is_blocked)
		return act_block(&f);
	if (is_bad)
		return fail(q);
	note_monitored(&f);
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
	enum step by_client = inspect_client(w, q);
	if (by_client != STEP_NEXT)
		return by_client;
	/* What `cache` found out about an expired entry says nothing of the answer that came for it. */
	if (q->is_clean && q->source != ANSWER_FRESH && !q->is_waiting)
		return STEP_NEXT;
	if (q->source == ANSWER_NONE || q->source == ANSWER_LOCAL)
		return STEP_NEXT;
	return inspect_records(w, q);
}
