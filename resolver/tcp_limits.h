/* SPDX-License-Identifier: BSD-2-Clause
 * How many TCP connections there may be: in total and for each client, over all workers.
 *
 * Threads: any; counters are relaxed atomics. The kernel spreads a client's connections over the workers, so no worker can count alone.
 * Owns: a fixed table of counters, one for each slot of a seeded hash of the client. Two clients that fall on one slot share its
 *       cap; the table has 16 slots for each connection, so this is rare.
 * Standards: RFC 7766 6.2.2, RFC 9210 4.1.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "resolver/base/addr.h"
#include "resolver/base/config.h"

struct tcp_limits;

/* With the caps of `config` (borrowed for the call). Returns owned, or NULL when memory is short. */
struct tcp_limits *tcp_limits_new(const struct config *config);
void tcp_limits_free(struct tcp_limits *l);

/* Counts one more connection of `client`; false and nothing counted at a cap. A global IPv6 address counts for its /64,
 * of which one host can have any number of addresses. */
bool tcp_limits_enter(struct tcp_limits *l, const struct addr *client);
void tcp_limits_leave(struct tcp_limits *l, const struct addr *client);

/* Connections now, of all clients. */
uint32_t tcp_limits_total(const struct tcp_limits *l);
