/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/admit.h"

#include "resolver/worker.h"

/* The last client's findings: queries of one client come in bursts. */
static const struct worker_client *look_up(struct worker *w, const struct addr *client)
{
	struct worker_client *memo = &w->last_client;
	if (memo->view_serial != w->view->serial || !addr_equal(&memo->client, client)) {
		memo->view_serial = w->view->serial;
		memo->client = *client;
		memo->is_admitted = addr_table_find(w->view->access, client, 0) != 0;
		memo->group = (uint16_t)addr_table_find(w->view->group_of_client, client, 0);
		memo->paused_until_us = w->view->respites
			? view_respite_paused_until(w->view->respites, client, memo->group)
			: 0;
	}
	return memo;
}

/* A refusal is an answer to a possibly forged source: few of them a second, counted in whole seconds. */
static bool may_refuse(struct worker *w)
{
	uint32_t second = (uint32_t)(w->now_us / 1000000);
	if (second != w->refused_second) {
		w->refused_second = second;
		w->refused_count = 0;
	}
	return w->refused_count++ <
		(w->view->config->refused_per_s + w->worker_count - 1) / w->worker_count;
}

static void take(struct query *q, const struct worker_client *client)
{
	q->group = client->group;
	q->is_paused = client->paused_until_us > q->arrived_us;
}

void admit_group(struct worker *w, struct query *q)
{
	if (q->transport == TRANSPORT_NONE) {
		q->group = 0;
		q->is_paused = false;
	} else {
		take(q, look_up(w, &q->client));
	}
}

enum step admit(struct worker *w, struct query *q)
{
	const struct worker_client *client = look_up(w, &q->client);
	take(q, client);
	if (__builtin_expect(client->is_admitted, 1))
		return q->rcode == RCODE_NOERROR ? STEP_NEXT : STEP_REPLY;
	if (!may_refuse(w)) {
		q->outcome = OUTCOME_DROPPED_LIMIT;
		return STEP_DROP;
	}
	q->outcome = OUTCOME_REFUSED;
	q->rcode = RCODE_REFUSED;
	q->ede = EDE_PROHIBITED;
	return STEP_REPLY;
}
