/* SPDX-License-Identifier: BSD-2-Clause
 * Recursion by libunbound's event API: one context a worker, in-flight caps, own deadlines.
 *
 * Threads: the worker's. Contexts are created one after another by the control side before the threads start.
 * Standards: RFC 4035 3.2.2 (CD), RFC 8767, RFC 8914, RFC 9156, RFC 9520.
 */
#pragma once

#include "resolver/base/config.h"
#include "resolver/base/err.h"
#include "resolver/query.h"

struct recurse;

/* Creates the context on w->base (w->flight is set already) and asks one throw-away question, so that a bad option is an error now and
 * not at the first client's query. Returns owned. */
int recurse_new(
	struct worker *w, const struct config *config, struct recurse **out, struct err *why);
/* Fires or mutes what is in flight; no query is touched after. */
void recurse_free(struct recurse *r);

/* The stage. NEXT when the answer is there already (cache, local); REPLY with SERVFAIL when a cap is reached; else PARK. */
enum step recurse(struct worker *w, struct query *q);

/* Answers all who still wait: SERVFAIL, since we are about to end. Between worker_enter and worker_leave. */
void recurse_give_up(struct recurse *r);

/* Queries parked in this worker. */
uint32_t recurse_in_flight(const struct recurse *r);

/* In a child process (a bad option may crash the library): would contexts with this config work? */
int recurse_check(const struct config *config, struct err *why);

/* A name that contexts answer by themselves, without network. */
#define RECURSE_PROBE_NAME "start.cenote.invalid."

/* The resolver's configuration text for this config, for recurse_new and for tests. Refuses strings that could break out of their quotes,
 * and files that cannot be read. `*out` is owned by the caller (free). */
int recurse_config_text(const struct config *config, char **out, struct err *why);
