/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/classify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dga/dga.h"
#include "resolver/rebinding.h"
#include "resolver/stats.h"
#include "resolver/worker.h"

size_t classify_text(enum dga_class class, int32_t score, char *out, size_t size)
{
	int tenths = (abs(score) + 50) / 100;
	int n = snprintf(out, size, "generated name (%s, score %s%d.%d)", dga_class_name(class),
		score < 0 && tenths ? "-" : "", tenths / 10, tenths % 10);
	return n < 0 ? 0 : (size_t)n < size ? (size_t)n : size - 1;
}

/* Infrastructure (RFC 3172), where the labels are numbers by design. */
static bool is_below_arpa(const struct dname *name)
{
	static const uint8_t end[] = "\4arpa";
	return name->len >= sizeof end &&
		!memcmp(name->bytes + name->len - sizeof end, end, sizeof end);
}

bool classify_is_exempt(const struct config *config, const struct dname *name, uint16_t type)
{
	/* A question for a name is never one for its address; and what the operator serves by own servers is known by name. */
	return type == TYPE_PTR || is_below_arpa(name) || rebinding_is_exempt(config, name);
}

/* A client's question is counted once, also when it is looked up anew after a wait for name servers. */
static void count(struct worker *w, const struct query *q, const struct dga_verdict *found)
{
	struct stats_worker *s = w->stats;
	if (q->transport == TRANSPORT_NONE || q->wait_rounds)
		return;
	stats_add(&s->dga_scored, 1);
	if (found->class == DGA_NONE) {
		if (found->is_popular && found->score > dga_threshold(w->view->dga))
			stats_add(&s->dga_popular, 1);
	} else if (q->dga_class == DGA_NONE || q->is_allowed || q->is_waiting) {
		stats_add(&s->dga_exempt, 1);
	} else {
		stats_add(&s->dga_suspects[found->class], 1);
	}
}

static void judge(struct worker *w, struct query *q)
{
	const struct view *v = w->view;
	struct dga_verdict found;
	dga_score(v->dga, &q->qname, &found);
	q->dga_serial = v->serial;
	q->dga_score = found.score;
	q->dga_class = found.class;
	if (found.class != DGA_NONE && classify_is_exempt(v->config, &q->qname, q->qtype))
		q->dga_class = DGA_NONE;
	count(w, q, &found);
}

/* As a list's word on the question. */
static enum step block(const struct worker *w, struct query *q)
{
	q->outcome = OUTCOME_BLOCKED_GENERATED;
	q->action = w->view->config->sinkhole_action;
	q->source = ANSWER_NONE;
	q->rcode = RCODE_NOERROR;
	q->ede = EDE_BLOCKED; /* RFC 8914 4.16; the text is made in `reply` */
	q->ede_text = q->ede_trigger = NULL;
	q->is_secure = false;
	if (q->action != SINK_DROP)
		return STEP_REPLY;
	q->outcome = OUTCOME_DROPPED_POLICY;
	return STEP_DROP;
}

enum step classify(struct worker *w, struct query *q)
{
	const struct view *v = w->view;
	bool is_kept = q->source != ANSWER_NONE,
	     is_blocking = v->config->dga_mode == LIST_MODE_BLOCK && !q->is_paused;
	if (!v->dga || v->config->dga_mode == LIST_MODE_OFF)
		return STEP_NEXT;
	/* What is clean was found to be no suspect under this view, see inspect.c. */
	if (is_kept && (!is_blocking || q->is_clean || q->is_allowed))
		return STEP_NEXT;
	/* The target of a list's own CNAME is where the list wants it. */
	if (q->is_aliased)
		return STEP_NEXT;
	judge(w, q);
	if (!is_blocking || q->dga_class == DGA_NONE || q->is_allowed || q->is_waiting)
		return STEP_NEXT;
	/* An answer from before block mode is not kept up for bots that go on asking; what another question waits for is wanted. */
	if (q->transport == TRANSPORT_NONE)
		return q->waiter ? STEP_NEXT : STEP_DROP;
	return block(w, q);
}
