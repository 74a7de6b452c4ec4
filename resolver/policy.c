/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A name that only plain lists hold is judged by the bits of their sets: one pass of hashes, three masks. What needs more
 * (conditions, records, patterns, the order of policy zones) is gathered by policy_rules.c and decided by policy_decide.
 */
#include "resolver/policy.h"

#include <limits.h>
#include <string.h>

#include "feeds/listdb/detail.h"
#include "resolver/botnets.h"
#include "resolver/rewrite.h"
#include "resolver/stats.h"
#include "resolver/worker.h"

static int16_t first_bit(const struct listdb_bits *bits)
{
	for (int i = 0; i < LISTDB_LISTS_MAX / 64; i++)
		if (bits->w[i])
			return (int16_t)(i * 64 + __builtin_ctzll(bits->w[i]));
	return -1;
}

static const struct view_group *group_of(const struct view *v, uint16_t group)
{
	return &v->groups[group < v->group_count ? group : 0];
}

static struct policy_verdict nothing(void)
{
	return (struct policy_verdict){.kind = POLICY_NONE, .list = -1, .monitored = -1};
}

static void deny(const struct view *v, int16_t list, struct policy_verdict *r)
{
	r->kind = POLICY_DENY;
	r->list = list;
	r->action = v->lists[list].action;
	if (r->action == SINK_PASSTHRU)
		r->kind = POLICY_ALLOW;
}

/* --- the fast path: plain bits --- */

/* All lists that hold the name or an ancestor of it: one pass from the right, the hash extended label by label. */
static bool collect(const struct view *v, const struct dname *name, struct listdb_bits *held)
{
	uint8_t offsets[DNAME_LABELS_MAX];
	unsigned labels = dname_offsets(name, offsets);
	uint64_t hash = v->index.seed;
	bool is_held = false;
	memset(held, 0, sizeof *held);
	for (unsigned i = labels; i--;) {
		hash = hash_label(hash, name->bytes + offsets[i]);
		const struct listdb_set *set = view_find(v, hash);
		if (__builtin_expect(!set, 1))
			continue;
		listdb_bits_or(held, i ? &set->below : &set->self);
		is_held = true;
	}
	return is_held;
}

static struct policy_verdict decide_plain(
	const struct view *v, const struct view_group *g, const struct listdb_bits *held)
{
	struct policy_verdict r = nothing();
	r.is_held = true;
	struct listdb_bits allow = listdb_bits_and(held, &g->allow);
	struct listdb_bits denied = listdb_bits_and(held, &g->deny);
	struct listdb_bits monitor = listdb_bits_and(held, &g->monitor);
	/* Own rules hold the two lowest bits, so that the first bit of either side is the stronger rule. */
	if (listdb_bits_test(held, LISTDB_OWN_ALLOW)) {
		r.kind = POLICY_ALLOW;
		r.list = LISTDB_OWN_ALLOW;
	} else if (listdb_bits_test(held, LISTDB_OWN_DENY)) {
		deny(v, LISTDB_OWN_DENY, &r);
	} else if (listdb_bits_any(&allow)) {
		r.kind = POLICY_ALLOW;
		r.list = first_bit(&allow);
	} else {
		if (listdb_bits_any(&denied))
			deny(v, first_bit(&denied), &r);
		r.monitored = first_bit(&monitor);
	}
	return r;
}

static bool overlaps(const struct listdb_bits *a, const struct listdb_bits *b)
{
	struct listdb_bits both = listdb_bits_and(a, b);
	return listdb_bits_any(&both);
}

struct policy_verdict policy_judge(
	const struct view *v, struct policy_work *work, const struct policy_question *about)
{
	static const unsigned always = 1u << RULE_PATTERN | 1u << RULE_CLIENT;
	struct listdb_bits held;
	bool is_held = collect(v, about->name, &held) && listdb_bits_any(&held);
	bool asks_rules = v->triggers & always;
	if (__builtin_expect(v->respites != NULL, 0) && policy_rules_unblock(v, about)) {
		listdb_bits_put(&held, LISTDB_OWN_ALLOW, true);
		is_held = true;
	}
	if (__builtin_expect(!is_held && !asks_rules, 1))
		return nothing();
	if (!asks_rules && !overlaps(&held, &v->slow))
		return decide_plain(v, group_of(v, about->group), &held);
	policy_gather(v, work, about);
	return policy_decide(v, work);
}

/* --- the slow path: who wins --- */

/* A judgement under way. */
struct judging {
	const struct view *v;
	const struct policy_work *w;
	const struct view_group *g;
	struct policy_verdict r;
	/* What `@@` rules of adblock lists take away, from their own lists and all others in that format. */
	bool is_excepted, is_strongly_excepted, is_monitor_excepted;
};

static const struct view_list *list_of(const struct judging *j, const struct policy_candidate *c)
{
	return &j->v->lists[c->bit];
}

static bool is_blocking(const struct view_list *l)
{
	return l->mode == LIST_MODE_BLOCK;
}

static void note_monitored(struct judging *j, int16_t list, uint8_t trigger)
{
	bool is_counted = j->w->question.is_again && trigger != RULE_ANSWER &&
		trigger != RULE_NS_NAME && trigger != RULE_NS_ADDRESS;
	if (j->r.monitored >= 0 || is_counted)
		return;
	j->r.monitored = list;
	j->r.monitored_trigger = trigger;
}

/* What a rule says becomes the verdict. */
static void act(struct judging *j, const struct policy_candidate *c)
{
	static const enum sink_action actions[RULE_VERBS] = {[RULE_DROP] = SINK_DROP,
		[RULE_TCP_ONLY] = SINK_TCP_ONLY,
		[RULE_NXDOMAIN] = SINK_NXDOMAIN,
		[RULE_NODATA] = SINK_NODATA,
		[RULE_REFUSED] = SINK_REFUSED};
	const struct view_list *l = list_of(j, c);
	deny(j->v, (int16_t)c->bit, &j->r);
	j->r.by = c;
	j->r.trigger = c->trigger;
	j->r.is_zone = l->is_rpz;
	if (c->verb == RULE_PASSTHRU) {
		j->r.kind = POLICY_ALLOW;
	} else if (c->verb != RULE_MATCH && !l->is_override) {
		j->r.kind = POLICY_DENY;
		j->r.action = actions[c->verb];
		j->r.is_data = c->verb == RULE_DATA;
	}
}

static bool by_own_rules(struct judging *j)
{
	if (listdb_bits_test(&j->w->held, LISTDB_OWN_ALLOW)) {
		j->r.kind = POLICY_ALLOW;
		j->r.list = LISTDB_OWN_ALLOW;
		return true;
	}
	if (!listdb_bits_test(&j->w->held, LISTDB_OWN_DENY))
		return false;
	deny(j->v, LISTDB_OWN_DENY, &j->r);
	return true;
}

static bool by_allow_lists(struct judging *j)
{
	struct listdb_bits allow = listdb_bits_and(&j->w->held, &j->g->allow);
	if (listdb_bits_any(&allow)) {
		j->r.kind = POLICY_ALLOW;
		j->r.list = first_bit(&allow);
		return true;
	}
	for (unsigned i = 0; i < j->w->count; i++) {
		const struct policy_candidate *c = &j->w->found[i];
		if (!c->is_meant || list_of(j, c)->kind != LIST_ALLOW)
			continue;
		j->r.kind = POLICY_ALLOW;
		j->r.list = (int16_t)c->bit;
		j->r.trigger = c->trigger;
		return true;
	}
	return false;
}

/* `@@` rules reach all lists in adblock format, and none in another: a list of advertisers must not take back a list of botnets. */
static void find_exceptions(struct judging *j)
{
	for (unsigned i = 0; i < j->w->count; i++) {
		const struct policy_candidate *c = &j->w->found[i];
		if (!c->is_meant || c->verb != RULE_EXCEPT)
			continue;
		j->is_monitor_excepted = true;
		if (!is_blocking(list_of(j, c)))
			continue;
		j->is_excepted = true;
		j->is_strongly_excepted |= c->flags & LISTDB_RULE_IMPORTANT;
	}
}

static bool by_important_rules(struct judging *j)
{
	const struct policy_candidate *best = NULL;
	for (unsigned i = 0; i < j->w->count && !j->is_strongly_excepted; i++) {
		const struct policy_candidate *c = &j->w->found[i];
		const struct view_list *l = list_of(j, c);
		if (!c->is_meant || !(c->flags & LISTDB_RULE_IMPORTANT) || l->is_rpz ||
			c->verb == RULE_EXCEPT || l->kind != LIST_DENY)
			continue;
		if (!is_blocking(l))
			note_monitored(j, (int16_t)c->bit, c->trigger);
		else if (!best || l->order < list_of(j, best)->order)
			best = c;
	}
	if (best)
		act(j, best);
	return best;
}

/* Within a zone: client, name, address, server's name, server's address; then the longest prefix. Other actions than records first, should
 * a zone say both of an owner. */
static bool is_nearer(const struct policy_candidate *a, const struct policy_candidate *b)
{
	static const uint8_t ranks[RULE_TRIGGERS] = {[RULE_CLIENT] = 0,
		[RULE_NAME] = 1,
		[RULE_PATTERN] = 1,
		[RULE_ANSWER] = 2,
		[RULE_NS_NAME] = 3,
		[RULE_NS_ADDRESS] = 4};
	if (ranks[a->trigger] != ranks[b->trigger])
		return ranks[a->trigger] < ranks[b->trigger];
	if (a->depth != b->depth)
		return a->depth > b->depth;
	return a->verb != RULE_DATA && b->verb == RULE_DATA;
}

/* The deciding rule of the first zone behind `after` that has one; NULL: none. */
static const struct policy_candidate *next_zone(const struct judging *j, int after)
{
	const struct policy_candidate *best = NULL;
	for (unsigned i = 0; i < j->w->count; i++) {
		const struct policy_candidate *c = &j->w->found[i];
		const struct view_list *l = list_of(j, c);
		if (!c->is_meant || !l->is_rpz || l->kind != LIST_DENY || l->order <= after)
			continue;
		unsigned order = best ? list_of(j, best)->order : UINT_MAX;
		if (l->order < order || (l->order == order && is_nearer(c, best)))
			best = c;
	}
	return best;
}

static bool by_policy_zones(struct judging *j)
{
	const struct policy_candidate *c;
	for (int after = -1; (c = next_zone(j, after)); after = list_of(j, c)->order) {
		if (is_blocking(list_of(j, c))) {
			act(j, c);
			return true;
		}
		note_monitored(j, (int16_t)c->bit, c->trigger);
	}
	return false;
}

/* Is the rule the word of its list on this name? In adblock lists records come before blocking, wherever they are from; in
 * others the nearest rule counts. */
static bool speaks_before(const struct view_list *l, const struct policy_candidate *a,
	const struct policy_candidate *b)
{
	if (l->is_adblock)
		return a->verb != RULE_MATCH && b->verb == RULE_MATCH;
	return a->depth > b->depth;
}

/* The word of the list that `of` is from; NULL: it takes itself out. */
static const struct policy_candidate *word_of(
	const struct judging *j, const struct policy_candidate *of)
{
	const struct view_list *l = list_of(j, of);
	const struct policy_candidate *best = of;
	for (unsigned i = 0; i < j->w->count; i++) {
		const struct policy_candidate *c = &j->w->found[i];
		if (c->bit == of->bit && c->is_meant && speaks_before(l, c, best) &&
			(c->verb != RULE_EXCEPT || !l->is_adblock))
			best = c;
	}
	return best->verb == RULE_PASSTHRU || best->verb == RULE_EXCEPT ? NULL : best;
}

static bool is_taken_out(const struct judging *j, const struct view_list *l)
{
	if (!l->is_adblock)
		return false;
	return is_blocking(l) ? j->is_excepted : j->is_monitor_excepted;
}

static void by_deny_lists(struct judging *j)
{
	const struct policy_candidate *best = NULL;
	unsigned order = UINT_MAX;
	int16_t plain = -1;
	for (unsigned bit = LISTDB_FIRST_LIST; bit < LISTDB_LISTS_MAX; bit++) {
		const struct view_list *l = &j->v->lists[bit];
		if (!listdb_bits_test(&j->w->held, bit) || listdb_bits_test(&j->v->levels, bit) ||
			bit != (unsigned)l->bit || is_taken_out(j, l))
			continue;
		if (listdb_bits_test(&j->g->monitor, bit))
			note_monitored(j, (int16_t)bit, RULE_NAME);
		if (!listdb_bits_test(&j->g->deny, bit) || l->order >= order)
			continue;
		plain = (int16_t)bit;
		order = l->order;
	}
	for (unsigned i = 0; i < j->w->count; i++) {
		const struct policy_candidate *c = &j->w->found[i];
		const struct view_list *l = list_of(j, c);
		if (!c->is_meant || l->is_rpz || l->kind != LIST_DENY || is_taken_out(j, l))
			continue;
		c = word_of(j, c);
		if (!c)
			continue;
		if (!is_blocking(l))
			note_monitored(j, (int16_t)c->bit, c->trigger);
		/* Its records before its plain word, too. */
		else if (l->order < order || (l->order == order && !best)) {
			best = c;
			order = l->order;
		}
	}
	if (best)
		act(j, best);
	else if (plain >= 0)
		deny(j->v, plain, &j->r);
}

/* Whichever list decides: what the calendar knows is worth saying. */
static const char *family_of(const struct policy_work *w)
{
	for (unsigned i = 0; i < w->count; i++) {
		const struct policy_candidate *c = &w->found[i];
		const char *family = c->is_meant ? detail_family(c->about, c->about_len) : NULL;
		if (family)
			return family;
	}
	return NULL;
}

struct policy_verdict policy_decide(const struct view *v, const struct policy_work *w)
{
	struct judging j = {.v = v, .w = w, .g = group_of(v, w->question.group), .r = nothing()};
	j.r.is_held = w->is_held;
	if (by_own_rules(&j) || by_allow_lists(&j))
		return j.r;
	j.r.family = family_of(w);
	find_exceptions(&j);
	if (!by_important_rules(&j) && !by_policy_zones(&j))
		by_deny_lists(&j);
	return j.r;
}

/* --- the stage --- */

struct policy_question policy_question_of(const struct query *q)
{
	return (struct policy_question){.name = &q->qname,
		.client = q->transport == TRANSPORT_NONE ? NULL : &q->client,
		.group = q->group,
		.type = q->qtype,
		.now_us = q->arrived_us,
		.is_first = true};
}

static void block(const struct view *v, struct query *q, const struct policy_verdict *verdict,
	enum query_outcome outcome)
{
	static const char *const triggers[RULE_TRIGGERS] = {[RULE_PATTERN] = "a pattern",
		[RULE_ANSWER] = "an address in the answer",
		[RULE_CLIENT] = "the client's address",
		[RULE_NS_NAME] = "a name server of the zone",
		[RULE_NS_ADDRESS] = "the address of a name server of the zone"};
	const struct view_list *list = &v->lists[verdict->list];
	q->outcome = outcome;
	q->list = verdict->list;
	q->action = verdict->action;
	q->ede = list->ede;
	q->ede_text = list->ede_text;
	q->ede_trigger = verdict->family ? verdict->family : triggers[verdict->trigger];
}

void policy_note_family(
	const struct worker *w, struct query *q, const struct policy_verdict *verdict)
{
	if (__builtin_expect(verdict->family != NULL, 0))
		q->family = (uint8_t)(1 + botnets_index(w->botnets, verdict->family));
}

void policy_note_monitored(const struct worker *w, struct query *q, int16_t list)
{
	const struct view_list *l = &w->view->lists[list];
	q->monitored = (int16_t)l->counter;
	q->is_spared_bot |= q->is_paused && l->is_botnet && l->mode == LIST_MODE_BLOCK;
	if (q->transport != TRANSPORT_NONE)
		stats_add(&w->stats->list_monitored[q->monitored], 1);
}

bool policy_is_let_through(const struct query *q, const struct policy_verdict *verdict)
{
	return verdict->kind == POLICY_DENY && verdict->action == SINK_TCP_ONLY &&
		!verdict->is_data && q->transport == TRANSPORT_TCP;
}

enum step policy_act(struct worker *w, struct query *q, const struct policy_verdict *verdict,
	enum query_outcome outcome)
{
	const struct view *v = w->view;
	if (policy_is_let_through(q, verdict)) {
		q->is_allowed = true;
		q->list = verdict->list;
		return STEP_NEXT;
	}
	block(v, q, verdict, outcome);
	policy_note_family(w, q, verdict);
	if (verdict->is_data)
		return rewrite(w, q, verdict);
	switch (q->action) {
	case SINK_TCP_ONLY:
		q->outcome = OUTCOME_TCP_ONLY;
		return STEP_REPLY;
	case SINK_DROP:
		/* A chain that leads to a plain list's name is refused: the question itself was not to be dropped. */
		if (outcome != OUTCOME_BLOCKED && !verdict->is_zone)
			return STEP_REPLY;
		q->outcome = OUTCOME_DROPPED_POLICY;
		return STEP_DROP;
	default:
		return STEP_REPLY;
	}
}

/* Does a policy zone before the deciding one act on what is not known yet, the answer or its servers? As in BIND, it has to be seen first. */
static bool must_wait(
	const struct view *v, const struct query *q, const struct policy_verdict *verdict)
{
	return verdict->is_zone &&
		group_of(v, q->group)->late_order < v->lists[verdict->list].order;
}

enum step policy(struct worker *w, struct query *q)
{
	const struct view *v = w->view;
	struct policy_question about = policy_question_of(q);
	if (q->is_aliased) /* it stands for one that was judged */
		return STEP_NEXT;
	struct policy_verdict verdict = policy_judge(v, w->policy, &about);
	if (__builtin_expect(!verdict.is_held, 1))
		return STEP_NEXT;
	if (verdict.monitored >= 0)
		policy_note_monitored(w, q, verdict.monitored);
	policy_note_family(w, q, &verdict);
	if (verdict.kind == POLICY_NONE)
		return STEP_NEXT;
	if (q->is_paused && verdict.kind == POLICY_DENY) {
		policy_note_monitored(w, q, verdict.list);
		return STEP_NEXT;
	}
	if (must_wait(v, q, &verdict)) {
		q->is_waiting = true;
		return STEP_NEXT;
	}
	if (verdict.kind == POLICY_ALLOW) {
		q->is_allowed = true;
		q->list = verdict.list;
		return STEP_NEXT;
	}
	return policy_act(w, q, &verdict, OUTCOME_BLOCKED);
}

void policy_again(struct worker *w, struct query *q)
{
	struct policy_question about = policy_question_of(q);
	struct policy_verdict verdict;
	if (q->is_aliased) {
		about.name = &q->asked;
		verdict = policy_judge(w->view, w->policy, &about);
		q->list = verdict.is_data ? verdict.list : -1;
		return;
	}
	if (!q->is_allowed)
		return;
	verdict = policy_judge(w->view, w->policy, &about);
	q->is_allowed = verdict.kind == POLICY_ALLOW || policy_is_let_through(q, &verdict);
	q->list = q->is_allowed ? verdict.list : -1;
}
