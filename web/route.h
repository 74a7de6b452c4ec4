/* SPDX-License-Identifier: BSD-2-Clause
 * Which path and method lead to which handler, and who may ask.
 *
 * Threads: pure.
 */
#pragma once

#include "web/edge.h"

enum route_flags {
	ROUTE_IS_METRICS = 1, /* `http.anonymous: metrics` opens it */
	ROUTE_OWN_LOGIN = 2, /* the handler finds out who asks, and refuses in a shape of its own */
	ROUTE_VERIFIES = 4, /* hashes a password: not on a thread that carries connections */
	ROUTE_WAITS = 8, /* for the disk or for other threads: neither */
};

struct route {
	enum edge_method method;
	/* As decoded; an asterisk at the end stands for whatever follows. The first row that fits counts. */
	const char *path;
	enum edge_scope scope; /* that the asker must have */
	edge_handler *handler;
	unsigned flags;
};

/* Row `i` of all tables; NULL behind the last. */
const struct route *route_at(size_t i);

/* May this request go on? False after having written the refusal: unknown path (404), method (405), no log-in (401), one that
 * may not do this (403). */
bool route_admit(const struct edge_request *q, struct edge_response *r);
/* For a handler that is asked for more than its row takes. False after having written the refusal. */
bool route_may(const struct edge_request *q, enum edge_scope scope, struct edge_response *r);
/* Where an admitted request is to be handled; NULL: here. */
struct jobs *route_jobs(const struct edge_request *q);
/* Is the body, when there is one, of a kind that is taken here? False after having written the problem (415). */
bool route_takes_body(const struct edge_request *q, struct edge_response *r);
/* Runs the handler of an admitted request. */
void route_handle(const struct edge_request *q, struct edge_response *r);
