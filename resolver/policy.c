/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/policy.h"

#include <string.h>

#include "resolver/stats.h"
#include "resolver/worker.h"

static int16_t first_bit(const struct listdb_bits *bits)
{
	for (int i = 0; i < LISTDB_LISTS_MAX / 64; i++)
		if (bits->w[i])
			return (int16_t)(i * 64 + __builtin_ctzll(bits->w[i]));
	return -1;
}

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

struct policy_verdict policy_judge(const struct view *v, uint16_t group, const struct dname *name)
{
	struct policy_verdict r = {.kind = POLICY_NONE, .list = -1, .monitored = -1};
	struct listdb_bits held;
	if (!collect(v, name, &held) || !listdb_bits_any(&held))
		return r;
	r.is_held = true;
	const struct view_group *g = &v->groups[group < v->group_count ? group : 0];
	struct listdb_bits allow = listdb_bits_and(&held, &g->allow);
	struct listdb_bits deny = listdb_bits_and(&held, &g->deny);
	struct listdb_bits monitor = listdb_bits_and(&held, &g->monitor);
	/* Own rules hold the two lowest bits, so that the first bit of either side is the stronger rule. */
	if (listdb_bits_test(&held, LISTDB_OWN_ALLOW)) {
		r.kind = POLICY_ALLOW;
		r.list = LISTDB_OWN_ALLOW;
	} else if (listdb_bits_test(&held, LISTDB_OWN_DENY)) {
		r.kind = POLICY_DENY;
		r.list = LISTDB_OWN_DENY;
	} else if (listdb_bits_any(&allow)) {
		r.kind = POLICY_ALLOW;
		r.list = first_bit(&allow);
	} else {
		r.list = first_bit(&deny);
		r.kind = r.list >= 0 ? POLICY_DENY : POLICY_NONE;
		r.monitored = first_bit(&monitor);
	}
	return r;
}

void policy_block(const struct view *v, struct query *q, const struct policy_verdict *verdict,
	enum query_outcome outcome)
{
	const struct view_list *list = &v->lists[verdict->list];
	q->outcome = outcome;
	q->list = verdict->list;
	q->action = list->action;
	q->ede = list->ede;
	q->ede_text = list->ede_text;
}

enum step policy(struct worker *w, struct query *q)
{
	const struct view *v = w->view;
	struct policy_verdict verdict = policy_judge(v, q->group, &q->qname);
	if (__builtin_expect(!verdict.is_held, 1))
		return STEP_NEXT;
	if (verdict.monitored >= 0)
		stats_add(&w->stats->list_monitored[v->lists[verdict.monitored].counter], 1);
	if (verdict.kind == POLICY_ALLOW) {
		q->is_allowed = true;
		q->list = verdict.list;
		return STEP_NEXT;
	}
	if (verdict.kind == POLICY_NONE)
		return STEP_NEXT;
	policy_block(v, q, &verdict, OUTCOME_BLOCKED);
	if (q->action == SINK_DROP) {
		q->outcome = OUTCOME_DROPPED_POLICY;
		return STEP_DROP;
	}
	return STEP_REPLY;
}

void policy_again(struct worker *w, struct query *q)
{
	if (!q->is_allowed)
		return;
	struct policy_verdict verdict = policy_judge(w->view, q->group, &q->qname);
	q->is_allowed = verdict.kind == POLICY_ALLOW;
	q->list = q->is_allowed ? verdict.list : -1;
}
