/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/record.h"

#include "resolver/base/clock.h"
#include "resolver/classify.h"
#include "resolver/evidence/evidence.h"
#include "resolver/stats.h"
#include "resolver/worker.h"

/* --- evidence --------------------------------------------------------------------------------- */

static void testify(struct worker *w, const struct query *q, enum evidence_kind kind)
{
	struct evidence_event e;
	e.at_ms = clock_wall_ms();
	e.client = q->client;
	e.kind = kind;
	e.qtype = q->qtype;
	e.score = q->dga_score;
	e.class = q->dga_class;
	e.is_held = false;
	e.family = q->family ? botnets_name(w->botnets, q->family - 1U) : NULL;
	e.name = q->qname;
	evidence_put(w->evidence, w->index, &e);
}

/* A name that was looked up and does not exist. What lies in zones of the operator's own says nothing, nor does a popular domain, whose score
 * counts for nothing either. */
static bool is_missing(const struct worker *w, const struct query *q)
{
	if (q->rcode != RCODE_NXDOMAIN || q->answer_count || !q->dga_score || q->is_allowed ||
		q->is_aliased)
		return false;
	if (q->outcome != OUTCOME_RECURSED && q->outcome != OUTCOME_CACHED &&
		q->outcome != OUTCOME_STALE)
		return false;
	if (q->dga_class == DGA_NONE && w->view->dga && q->dga_score > dga_threshold(w->view->dga))
		return false;
	return !classify_is_exempt(w->view->config, &q->qname, q->qtype);
}

/* What the question says of the client who asked. */
static void gather(struct worker *w, const struct query *q)
{
	if (q->is_allowed || w->view->config->evidence_mode == LIST_MODE_OFF)
		return;
	if (__builtin_expect(q->family, 0))
		testify(w, q, EVIDENCE_CALENDAR);
	else if (q->list >= 0 && w->view->lists[q->list].is_botnet)
		testify(w, q, EVIDENCE_LISTED);
	else if (is_missing(w, q))
		testify(w, q, EVIDENCE_NXDOMAIN);
}

/* --- counters --------------------------------------------------------------------------------- */

enum step record(struct worker *w, struct query *q)
{
	struct stats_worker *s = w->stats;
	if (q->transport == TRANSPORT_NONE)
		return STEP_NEXT;
	stats_add(&s->outcomes[q->outcome], 1);
	stats_add(&s->types[stats_type_index(q->qtype)], 1);
	stats_add(&s->transports[q->transport], 1);
	if (q->list >= 0)
		stats_add(&s->list_hits[w->view->lists[q->list].counter], 1);
	if (__builtin_expect(q->family, 0))
		stats_add(&s->families[q->family - 1], 1);
	if (w->evidence)
		gather(w, q);
	if (q->arrived_us == w->now_us) {
		w->batch_count++; /* answered within its batch: one clock reading for all of them, in worker_leave */
	} else {
		uint64_t took_us = clock_us() - q->arrived_us;
		stats_add(&s->latency[stats_bucket(took_us)], 1);
		stats_add(&s->latency_sum_us, took_us);
	}
	return STEP_NEXT;
}
