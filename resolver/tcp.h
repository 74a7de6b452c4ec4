/* SPDX-License-Identifier: BSD-2-Clause
 * DNS over TCP: pipelined, answered out of order, bounded in connections, time and bytes.
 *
 * Threads: the worker's. Standards: RFC 1035 4.2.2, RFC 7766, RFC 9210.
 * Owns: its listeners and connections.
 */
#pragma once

#include "resolver/base/config.h"
#include "resolver/base/err.h"
#include "resolver/query.h"

struct tcp;

/* One SO_REUSEPORT listener for each of config->listen. w->tcp_limits holds the caps of all workers. */
int tcp_new(struct worker *w, const struct config *config, struct tcp **out, struct err *why);
void tcp_free(struct tcp *t);
/* No new connections; those idle are closed. */
void tcp_drain(struct tcp *t);

/* Queues q->out (out_len octets) with its length prefix on the connection the query came from; does nothing
 * when that is gone. */
void tcp_send(struct worker *w, struct query *q);
/* The query gets no answer: its place among the connection's queries in flight is free again. */
void tcp_drop(struct worker *w, struct query *q);
