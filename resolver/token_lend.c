/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/token_lend.h"

#include "resolver/base/clock.h"
#include "resolver/evidence/evidence.h"
#include "resolver/evidence/token.h"
#include "resolver/worker.h"

/* Is it for a bot? The sinkhole is no place for people whom a list of advertisers sends there. */
static bool is_of_a_bot(const struct worker *w, const struct query *q)
{
	if (q->outcome == OUTCOME_BLOCKED_GENERATED || q->outcome == OUTCOME_BLOCKED_INFECTED)
		return true;
	return q->list >= 0 && w->view->lists[q->list].is_botnet;
}

static const struct addr_prefix *prefix_for(const struct config *c, uint16_t type)
{
	for (size_t i = 0; i < c->sinkhole_token_count; i++)
		if (addr_is_v4(&c->sinkhole_tokens[i].addr) == (type == TYPE_A))
			return &c->sinkhole_tokens[i];
	return NULL;
}

bool token_lend(struct worker *w, const struct query *q, struct addr *out)
{
	const struct config *c = w->view->config;
	if (!w->evidence || c->evidence_mode == LIST_MODE_OFF || q->transport == TRANSPORT_NONE ||
		!is_of_a_bot(w, q))
		return false;
	const struct addr_prefix *prefix = prefix_for(c, q->qtype);
	if (!prefix)
		return false;
	/* Each worker has every n-th. */
	uint32_t number =
		(uint32_t)((w->next_token++ * w->worker_count + w->index) % token_room(prefix));
	struct evidence_event e = {.at_ms = clock_wall_ms(),
		.client = q->client,
		.kind = EVIDENCE_TOKEN,
		.qtype = q->qtype,
		.token = number,
		.rule = q->list >= 0 ? w->list_names[w->view->lists[q->list].counter] : "",
		.name = q->qname};
	token_address(prefix, w->token_seed, number, out);
	evidence_put(w->evidence, w->index, &e);
	return true;
}
