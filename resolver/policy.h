/* SPDX-License-Identifier: BSD-2-Clause
 * The policy stage, and the judgement of one name that `inspect` and `explain` use too.
 *
 * Threads: pure but for the worker's counters; a struct policy_work belongs to one thread.
 * Order: own allow > own deny > allow lists > important rules > policy zones (RPZ) > deny lists; policy.c has it in one place.
 */
#pragma once

#include "resolver/policy_rules.h"
#include "resolver/query.h"
#include "resolver/view.h"

enum policy_kind {
	POLICY_NONE, /* no list of the group holds the name */
	POLICY_ALLOW, /* an allow rule holds it */
	POLICY_DENY, /* block it, or answer as a list says */
};

struct policy_verdict {
	enum policy_kind kind;
	enum sink_action action; /* POLICY_DENY: what to answer; SINK_DEFAULT with `is_data` */
	uint8_t trigger; /* enum rule_trigger by which the deciding list holds it */
	bool is_data; /* the answer is in the work's rows */
	bool is_zone; /* a policy zone decides: over its chain, too */
	bool is_held; /* some list holds it or an ancestor, in this group or another: not clean for the cache */
	int16_t list; /* bit of the deciding list, -1: none */
	int16_t monitored; /* bit of the first monitor-mode list that would have blocked it, -1: none */
	uint8_t monitored_trigger;
	const char *
		family; /* whose name it is, when the calendar speaks about it; of the generation; NULL: it does not */
	const struct policy_candidate
		*by; /* the deciding rule, valid with the work; NULL: plain names alone */
};

enum step policy(struct worker *w, struct query *q);

/* The view may be another one than when the stage ran: is the question still allowed, and by which list? For a query that was parked. */
void policy_again(struct worker *w, struct query *q);

/* Judges the name of the question. `work` may be NULL where no list has special rules; else it holds what was found. */
struct policy_verdict policy_judge(
	const struct view *v, struct policy_work *work, const struct policy_question *about);
/* Judges what has been gathered in `work` (policy_rules.h). */
struct policy_verdict policy_decide(const struct view *v, const struct policy_work *work);

/* What a query asks, for a judgement of its own name; `name` may then be set to another one of its chain. */
struct policy_question policy_question_of(const struct query *q);

/* A deny verdict that lets this query through: "TCP only" is PASSTHRU over TCP. */
bool policy_is_let_through(const struct query *q, const struct policy_verdict *verdict);

/* The query's name, or one that it leads to, is one of the calendar: it is counted with the query. */
void policy_note_family(
	const struct worker *w, struct query *q, const struct policy_verdict *verdict);

/* A list would have blocked the query, but only watches, or its client's blocking is paused: it is counted. */
void policy_note_monitored(const struct worker *w, struct query *q, int16_t list);

/* Does what a deny verdict says: fills outcome, action, list and EDE, or the answer. `outcome` is for a plain block. STEP_REPLY, STEP_DROP,
 * STEP_AGAIN; STEP_NEXT when the query may go on, as an allowed one. */
enum step policy_act(struct worker *w, struct query *q, const struct policy_verdict *verdict,
	enum query_outcome outcome);
