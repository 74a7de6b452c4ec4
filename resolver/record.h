/* SPDX-License-Identifier: BSD-2-Clause
 * The one place that counts queries: each gets one outcome, one type, one transport and one latency.
 *
 * Threads: the worker's.
 */
#pragma once

#include "resolver/query.h"

/* The last stage. Refreshes are not queries and are not counted here. */
enum step record(struct worker *w, struct query *q);
