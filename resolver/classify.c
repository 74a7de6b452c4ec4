/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/classify.h"

#include "dga/dga.h"
#include "resolver/stats.h"
#include "resolver/worker.h"

enum step classify(struct worker *w, struct query *q)
{
	if (q->source != ANSWER_NONE || !w->dga || w->view->config->dga_mode == LIST_MODE_OFF)
		return STEP_NEXT;
	struct dga_verdict v;
	dga_score(w->dga, &q->qname, &v);
	q->dga_score = v.score;
	/* A refresh is scored, to keep the score with the new answer; only what clients ask is counted. */
	if (q->transport == TRANSPORT_NONE)
		return STEP_NEXT;
	stats_add(&w->stats->dga_scored, 1);
	if (v.class != DGA_NONE)
		stats_add(&w->stats->dga_suspects, 1);
	return STEP_NEXT;
}
