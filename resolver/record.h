/* SPDX-License-Identifier: BSD-2-Clause
 * The one place that counts queries: each gets one outcome, one type, one transport and one latency, and an event for the journal.
 *
 * Threads: the worker's.
 */
#pragma once

#include "resolver/query.h"

/* The last stage. Refreshes are not queries and are not counted here. */
enum step record(struct worker *w, struct query *q);
/* A query that came when all slots were in use, and was not even read. */
void record_no_slot(struct worker *w, enum transport transport);
