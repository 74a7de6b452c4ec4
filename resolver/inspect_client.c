/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/inspect_client.h"

#include "resolver/answer.h"
#include "resolver/base/clock.h"
#include "resolver/classify.h"
#include "resolver/evidence/evidence.h"
#include "resolver/worker.h"

/* Is there something to hold back at all? */
static bool is_meeting_place(const struct query *q)
{
	return q->source != ANSWER_NONE && q->source != ANSWER_LOCAL && q->rcode == RCODE_NOERROR &&
		q->answer_count && !q->is_allowed && !q->is_aliased &&
		q->transport != TRANSPORT_NONE;
}

static void testify(
	struct worker *w, const struct query *q, const struct dga_verdict *found, bool is_held)
{
	const struct evidence_event e = {.at_ms = clock_wall_ms(),
		.client = q->client,
		.kind = EVIDENCE_MEETING,
		.qtype = q->qtype,
		.score = found->score,
		.class = found->class,
		.is_held = is_held,
		.name = q->qname};
	evidence_put(w->evidence, w->index, &e);
}

static enum step hold_back(const struct worker *w, struct query *q, const struct dga_verdict *found)
{
	answer_empty(q);
	q->rcode = RCODE_NOERROR;
	q->outcome = OUTCOME_BLOCKED_INFECTED;
	q->action = w->view->config->sinkhole_action;
	q->dga_score = found->score;
	q->dga_class = found->class == DGA_NONE ? DGA_RANDOM : found->class;
	q->ede = EDE_BLOCKED; /* RFC 8914 4.16; the text is made in `reply` */
	q->ede_text = q->ede_trigger = NULL;
	if (q->action != SINK_DROP)
		return STEP_REPLY;
	q->outcome = OUTCOME_DROPPED_POLICY;
	return STEP_DROP;
}

enum step inspect_client(struct worker *w, struct query *q)
{
	struct dga_verdict found;
	enum list_mode mode = w->view->config->evidence_mode;
	if (!w->suspects || mode == LIST_MODE_OFF || !w->suspects->count || !w->view->dga ||
		!is_meeting_place(q))
		return STEP_NEXT;
	const struct suspect *s = suspects_find(w->suspects, &q->client);
	if (!s || classify_is_exempt(w->view->config, &q->qname, q->qtype))
		return STEP_NEXT;
	/* Kept with the answer, it spares most names the rest. */
	if (q->dga_score && !suspects_is_generated(s, q->dga_score, &q->qname))
		return STEP_NEXT;
	/* It does not say whether the domain is popular, and is 0 where nothing is classified. */
	dga_score(w->view->dga, &q->qname, &found);
	if (!suspects_is_generated(s, found.score, &q->qname) ||
		dga_is_popular(w->view->dga, &q->qname))
		return STEP_NEXT;
	bool is_held = mode == LIST_MODE_BLOCK;
	testify(w, q, &found, is_held);
	return is_held ? hold_back(w, q, &found) : STEP_NEXT;
}
