/* SPDX-License-Identifier: BSD-2-Clause
 * The sinkhole's listener: where bots come that were not told where their master is. Takes down who knocks, and answers nothing that is of use to a bot.
 *
 * Threads: one of its own, which calls `on_knock`; open, start, stop and counters from the control side.
 * Owns: its sockets and its memory: some 300 octets for each connection that may be open, and 1 KiB while one is (16 KiB for a long ClientHello,
 *       of which there are at most SINKHOLE_LONG_HELLOS).
 * Standards: RFC 6302 (source port and time), RFC 9110 15.5.4 (403).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "resolver/base/addr.h"
#include "resolver/base/err.h"
#include "resolver/evidence/sinkhole/knock.h"

enum { SINKHOLE_LONG_HELLOS = 256, SINKHOLE_UDP_PER_CLIENT = 10, SINKHOLE_UDP_TOTAL = 2000 };

struct sinkhole_options {
	const struct addr_endpoint *tcp, *udp; /* read during the call only */
	size_t tcp_count, udp_count;
	uint32_t connections, connections_per_client; /* at one time */
	uint32_t head_ms; /* from the connection's first moment to its last */
};

/* X(symbol, "metric_suffix", "help") */
#define SINKHOLE_EVENTS(X) \
	X(accepted, "accepted", "Connections to the sinkhole") \
	X(refused, "refused", "The same, closed at once at a cap") \
	X(timeouts, "timeouts", "The same, closed at their deadline") \
	X(failures, "failures", "Times that the machine had no socket or memory for one") \
	X(datagrams, "datagrams", "Datagrams to the sinkhole") \
	X(datagrams_dropped, "datagrams_dropped", "The same, over the rate that is taken down")

struct sinkhole_counters {
#define X(symbol, suffix, help) uint64_t symbol;
	SINKHOLE_EVENTS(X)
#undef X
	uint64_t knocks[KNOCK_KIND_COUNT];
	uint32_t open; /* connections */
};

struct sinkhole;

/* Binds. Addresses that no interface has are taken, too: they may be routed here. */
int sinkhole_open(const struct sinkhole_options *options,
	void (*on_knock)(void *arg, const struct knock *), void *arg, struct sinkhole **out,
	struct err *why);
int sinkhole_start(struct sinkhole *s, struct err *why);
/* At once: open connections are closed, not taken down. NULL is allowed, as in the next. */
void sinkhole_stop(struct sinkhole *s);
void sinkhole_free(struct sinkhole *s);
void sinkhole_counters(const struct sinkhole *s, struct sinkhole_counters *out);
/* Where socket `i` really listens, TCP first. False when there is none. */
bool sinkhole_endpoint(const struct sinkhole *s, size_t i, struct addr_endpoint *out);
