/* SPDX-License-Identifier: BSD-2-Clause
 * The servers of a name's zones, for rules on their names and addresses: what the answer cache holds of them, and a short wait for what it
 * does not.
 *
 * Threads: the worker's. Owns: a probe's buffer and the ring of queries that wait.
 * Method: NS sets are asked for at the name and each name above it, top-level domains left out (BIND's min-ns-dots 1), then the
 *         addresses of the servers. The answers go into the cache like all others; who waits for them is run again from the cache.
 */
#pragma once

#include "resolver/base/err.h"
#include "resolver/query.h"

struct nameservers;

enum {
	NAMESERVERS_WAIT_MS = 500, /* for all that one query waits for */
	NAMESERVERS_ROUNDS_MAX =
		4, /* waits: sets of servers, then their addresses, once more for what a chain adds */
	NAMESERVERS_ASKED_MAX = 32, /* questions of our own in one wait */
	NAMESERVERS_DEPTH_MAX = 8, /* names of which the NS set is asked for */
};

/* What is not known yet. */
struct nameservers_missing {
	unsigned count;
	struct {
		struct dname name;
		uint16_t type;
	} asked[NAMESERVERS_ASKED_MAX];
};

int nameservers_new(struct worker *w, struct nameservers **out, struct err *why);
void nameservers_free(struct nameservers *n);

/* Adds to w->policy the rules on the servers of `name`'s zones, as far as they are known, and to `missing` what is not. */
void nameservers_gather(
	struct worker *w, const struct dname *name, struct nameservers_missing *missing);

/* Asks for what is missing and parks the query until all of it is there, or its time is over. False: it has waited enough, or nobody waits for
 * it. The query's `out` is not its own any more after true. */
bool nameservers_wait(struct worker *w, struct query *q, const struct nameservers_missing *missing);

/* One of our own questions (q->waiter is set) is over. */
void nameservers_done(struct worker *w, struct query *q);
