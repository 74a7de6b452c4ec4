/* SPDX-License-Identifier: BSD-2-Clause
 * What the listener's halves share. Not for others to include.
 *
 * Threads: the listener's; counters are atomic.
 */
#pragma once

#include <event2/event.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "resolver/evidence/sinkhole/sinkhole.h"

enum { SINKHOLE_BUCKETS = 8192 };

/* A connection, in the order in which they came. */
struct sinkhole_connection {
	struct sinkhole *sinkhole;
	struct sinkhole_connection *prev,
		*next; /* in the ring of those open; `next` also in the free list */
	struct event *event;
	uint64_t started_ms; /* clock_ms */
	uint64_t at_ms; /* wall time */
	struct addr_endpoint from, to;
	uint32_t bucket; /* of the client's count */
	uint32_t drained; /* octets thrown away after the answer */
	bool is_long; /* has one of the long buffers */
	bool is_answered; /* waits for the peer to close, so that it gets the answer */
	uint8_t *bytes;
	uint32_t len, room;
};

struct sinkhole_socket {
	struct sinkhole *sinkhole;
	int fd;
	struct event *event;
};

struct sinkhole {
	void (*on_knock)(void *arg, const struct knock *);
	void *arg;
	uint32_t connections, per_client, head_ms;
	struct event_base *base;
	struct event *sweep, *end;
	int end_fd;
	struct sinkhole_socket *sockets; /* TCP first */
	size_t tcp_count, socket_count;
	bool is_resting; /* no file was free: the TCP sockets wait for the next sweep */
	struct sinkhole_connection *slots, *free, ring; /* `ring`: the head of those open */
	uint32_t long_count;
	uint64_t seed;
	uint16_t by_client
		[SINKHOLE_BUCKETS]; /* open connections, by a keyed hash of the client's address */
	uint16_t udp_by_client[SINKHOLE_BUCKETS]; /* in this second, the same */
	uint32_t udp_total;
	uint64_t second; /* that they are of */
	pthread_t thread;
	bool has_thread;
	_Atomic uint32_t open_count;
	_Atomic uint64_t knocks[KNOCK_KIND_COUNT];
#define X(symbol, suffix, help) _Atomic uint64_t symbol;
	SINKHOLE_EVENTS(X)
#undef X
};

static inline void sinkhole_count(_Atomic uint64_t *counter)
{
	atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

uint32_t sinkhole_bucket(const struct sinkhole *s, const struct addr *client);
/* Counts it and hands it on. */
void sinkhole_tell(struct sinkhole *s, const struct knock *k);

/* Callbacks of the sockets. */
void sinkhole_tcp_accept(evutil_socket_t fd, short what, void *arg);
void sinkhole_udp_receive(evutil_socket_t fd, short what, void *arg);
/* Ends the connections that are over their deadline. */
void sinkhole_tcp_sweep(struct sinkhole *s);
void sinkhole_tcp_close_all(struct sinkhole *s);
