/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/record.h"

#include "resolver/base/clock.h"
#include "resolver/stats.h"
#include "resolver/worker.h"

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
	if (q->arrived_us == w->now_us) {
		w->batch_count++; /* answered within its batch: one clock reading for all of them, in worker_leave */
	} else {
		uint64_t took_us = clock_us() - q->arrived_us;
		stats_add(&s->latency[stats_bucket(took_us)], 1);
		stats_add(&s->latency_sum_us, took_us);
	}
	return STEP_NEXT;
}
