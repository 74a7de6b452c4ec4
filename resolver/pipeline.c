/* SPDX-License-Identifier: BSD-2-Clause
 *
 *   socket -> parse -> admit -> local -> policy -> cache -> classify -> recurse -> keep -> inspect -> reply -> record
 *
 * The table below is the whole way of a query. A stage fills its fields of struct query and says what comes next; no stage
 * calls another. `recurse` parks: its query comes back through pipeline_resume, behind it. `inspect` may park a moment, too, until
 * the zone's servers are known (nameservers.c), where a policy zone judges them.
 */
#include "resolver/pipeline.h"

#include "resolver/admit.h"
#include "resolver/cache.h"
#include "resolver/classify.h"
#include "resolver/inspect.h"
#include "resolver/local.h"
#include "resolver/nameservers.h"
#include "resolver/parse.h"
#include "resolver/policy.h"
#include "resolver/record.h"
#include "resolver/recurse.h"
#include "resolver/reply.h"
#include "resolver/tcp.h"
#include "resolver/udp.h"
#include "resolver/worker.h"

enum stage { PARSE, ADMIT, LOCAL, POLICY, CACHE, CLASSIFY, RECURSE, KEEP, INSPECT, REPLY, STAGES };

static query_stage *const stages[STAGES] = {
	[PARSE] = parse, /* bytes to question: FORMERR, NOTIMP, BADVERS, or silence */
	[ADMIT] = admit, /* who may ask; the client's group; what parse refused ends here */
	[LOCAL] = local, /* own records, special-use names, ANY */
	[POLICY] = policy, /* own allow > own deny > allow lists > policy zones > deny lists */
	[CACHE] = cache, /* answers kept before */
	[CLASSIFY] = classify, /* does a program seem to have made up the name? Counts, or blocks */
	[RECURSE] = recurse, /* libunbound; parks */
	[KEEP] = cache_keep, /* into the cache as it came */
	[INSPECT] = inspect, /* chain targets and addresses against policy */
	[REPLY] = reply, /* the packet */
};

/* The packet leaves, the query is counted, the slot is free unless libunbound still holds it. */
static void depart(struct worker *w, struct query *q, bool is_dropped)
{
	if (!is_dropped && q->transport == TRANSPORT_UDP)
		udp_send(w, q);
	else if (q->transport == TRANSPORT_TCP)
		(is_dropped ? tcp_drop : tcp_send)(w, q);
	record(w, q);
	if (q->waiter)
		nameservers_done(w, q);
	if (!q->is_parked)
		worker_give_back(w, q);
}

static void run(struct worker *w, struct query *q, enum stage from)
{
	for (enum stage i = from; i < STAGES; i++) {
		switch (stages[i](w, q)) {
		case STEP_NEXT:
			continue;
		case STEP_REPLY:
			i = REPLY - 1;
			continue;
		case STEP_AGAIN:
			i = LOCAL - 1;
			continue;
		case STEP_PARK:
			return; /* it may be gone already */
		case STEP_DROP:
			depart(w, q, true);
			return;
		}
	}
	depart(w, q, false);
}

void pipeline_lend_out(struct worker *w, struct query *q)
{
	q->out = udp_next_out(w->udp);
	q->out_max = WIRE_MAX;
	q->out_len = 0;
}

void pipeline_run(struct worker *w, struct query *q)
{
	pipeline_lend_out(w, q);
	run(w, q, PARSE);
}

void pipeline_refresh(struct worker *w, struct query *q)
{
	pipeline_lend_out(w, q);
	run(w, q, CLASSIFY);
}

/* The view may be another one than when the query came. */
static void look_again(struct worker *w, struct query *q)
{
	admit_group(w, q);
	policy_again(w, q);
}

void pipeline_resume(struct worker *w, struct query *q)
{
	q->is_parked = false;
	look_again(w, q);
	/* The client has its answer: what came late is for the cache alone. */
	if (q->is_answered)
		q->transport = TRANSPORT_NONE;
	run(w, q, KEEP);
}

void pipeline_return(struct worker *w, struct query *q)
{
	look_again(w, q);
	pipeline_lend_out(w, q);
	q->source = ANSWER_NONE;
	q->ede = EDE_NONE;
	q->ede_text = NULL;
	q->is_secure = q->is_clean = false;
	run(w, q, CACHE);
}

void pipeline_answer_early(struct worker *w, struct query *q)
{
	enum transport transport = q->transport;
	q->is_answered = true;
	look_again(w, q);
	/* A deadline is a failure to be remembered, too (RFC 9520 2.2): the next client does not wait as long. */
	if (q->source == ANSWER_NONE) {
		pipeline_lend_out(
			w, q); /* the one it was lent when it came is another query's by now */
		cache_keep(w, q);
	}
	run(w, q, INSPECT);
	q->transport = transport;
}
