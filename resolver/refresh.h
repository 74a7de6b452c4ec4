/* SPDX-License-Identifier: BSD-2-Clause
 * Popular names are resolved again at the moment they expire, so that no client waits for them.
 *
 * Threads: the worker's. Owns: a bounded heap of what is due when.
 */
#pragma once

#include "resolver/base/err.h"
#include "resolver/query.h"

struct refresh;

int refresh_new(struct worker *w, struct refresh **out, struct err *why);
void refresh_free(struct refresh *r);

/* Remembers the question of `q`, to be resolved in `in_s` seconds (plus a moment: the resolver library's own cache must have let go of it). When
 * the heap is full the refresh is dropped and counted; the name is then resolved when it is next asked. */
void refresh_schedule(struct worker *w, const struct query *q, uint32_t in_s);
