/* SPDX-License-Identifier: BSD-2-Clause
 * The policy stage, and the judgement of one name that `inspect` and `explain` use too.
 *
 * Threads: pure but for the worker's counters.
 * Order: own allow > own deny > allow lists > deny lists.
 */
#pragma once

#include "resolver/query.h"
#include "resolver/view.h"

enum policy_kind {
	POLICY_NONE, /* no list of the group holds the name */
	POLICY_ALLOW, /* an allow rule holds it */
	POLICY_DENY, /* block it */
};

struct policy_verdict {
	enum policy_kind kind;
	int16_t list; /* bit of the deciding list, -1: none */
	int16_t monitored; /* bit of the first monitor-mode list that would have blocked it, -1: none */
	bool is_held; /* some list holds it or an ancestor, in this group or another: not clean for the cache */
};

enum step policy(struct worker *w, struct query *q);

/* The view may be another one than when the stage ran: is the question still allowed, and by which list? For a query that was parked. */
void policy_again(struct worker *w, struct query *q);

/* Judges `name` for the clients of `group`. */
struct policy_verdict policy_judge(const struct view *v, uint16_t group, const struct dname *name);

/* Fills the query's verdict from a deny verdict: outcome, action, list, EDE. */
void policy_block(const struct view *v, struct query *q, const struct policy_verdict *verdict,
	enum query_outcome outcome);
