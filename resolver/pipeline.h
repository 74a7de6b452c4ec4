/* SPDX-License-Identifier: BSD-2-Clause
 * The way of a query through its stages.
 *
 * Threads: the query's worker, between worker_enter and worker_leave.
 */
#pragma once

#include "resolver/query.h"

/* Runs a query from its first stage to its departure or its park. The query may be gone when this returns. */
void pipeline_run(struct worker *w, struct query *q);

/* Goes on at `inspect` with a query that `recurse` parked, now that its answer or its failure is filled in (records in q->out, written by answer_take;
 * call pipeline_lend_out first). If q->is_answered, what came is only kept in the cache. The query is gone when this returns. */
void pipeline_resume(struct worker *w, struct query *q);

/* A deadline passed: answers the client of a parked query with what is filled in (a stale answer, or SERVFAIL with its EDE), while
 * libunbound works on. The slot stays until pipeline_resume. */
void pipeline_answer_early(struct worker *w, struct query *q);

/* Points q->out at a buffer of the worker; for use before writing records outside of a stage. */
void pipeline_lend_out(struct worker *w, struct query *q);

/* Resolves a refresh (TRANSPORT_NONE): from `recurse` on, past the cache. */
void pipeline_refresh(struct worker *w, struct query *q);

/* Goes on with a query that `inspect` parked, from `cache` on: its answer is there, unless it was for one time only. */
void pipeline_return(struct worker *w, struct query *q);
