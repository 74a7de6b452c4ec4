/* SPDX-License-Identifier: BSD-2-Clause
 * DNS over UDP: batches in by recvmmsg, batches out by sendmmsg, one SO_REUSEPORT socket a worker and address.
 *
 * Threads: the worker's. Owns: its sockets and the buffers of a batch.
 * Standards: RFC 1035 4.2.1, RFC 8085 3.1 (answers leave from the address they were asked on).
 */
#pragma once

#include "resolver/base/config.h"
#include "resolver/base/err.h"
#include "resolver/query.h"

struct udp;

int udp_new(struct worker *w, const struct config *config, struct udp **out, struct err *why);
void udp_free(struct udp *u);
/* Reads no more. What is in flight is still answered. */
void udp_drain(struct udp *u);

/* The buffer for the next reply, WIRE_MAX octets; the same one until udp_send has taken it. */
uint8_t *udp_next_out(struct udp *u);
/* Puts q->out on the outgoing batch; sent when that is full or at udp_flush. */
void udp_send(struct worker *w, struct query *q);
void udp_flush(struct udp *u);
