/* SPDX-License-Identifier: BSD-2-Clause
 * Who may ask, and to which group a client belongs.
 *
 * Threads: the worker's.
 */
#pragma once

#include "resolver/query.h"

/* The stage: REFUSED for clients outside `access`, at most so many a second, then silence; malformed queries are no way round that.
 * For the others, what `parse` found wrong is the answer. */
enum step admit(struct worker *w, struct query *q);

/* The client's group, and whether blocking is paused for it, under the current view; again after a park, since the view may be another. */
void admit_group(struct worker *w, struct query *q);
