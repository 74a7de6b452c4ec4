/* SPDX-License-Identifier: BSD-2-Clause
 * A worker: one thread with its own sockets, event loop, resolver contexts, slots and counters.
 *
 * Threads: everything here belongs to the worker's thread, but worker_new/start/stop/free, which the control side calls.
 * Owns: its slots, sockets, loop, contexts.
 */
#pragma once

#include <event2/event.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "resolver/query.h"
#include "resolver/view.h"

struct botnets;
struct cache;
struct evidence;
struct flight;
struct journal;
struct nameservers;
struct policy_work;
struct recurse;
struct refresh;
struct stats_worker;
struct tcp;
struct tcp_limits;
struct udp;

/* Entries of the filter of what the evidence was told. */
enum { WORKER_TOLD = 1 << 14 };

/* What admit found out about the client that asked last. */
struct worker_client {
	uint32_t view_serial; /* 0: nothing yet */
	struct addr client;
	bool is_admitted;
	uint16_t group;
	uint64_t paused_until_us; /* 0: it is not */
};

struct worker {
	unsigned index, worker_count;
	const struct view *_Atomic *published; /* where the current view is found */
	struct event_base *base;
	const struct view *view; /* valid between worker_enter and worker_leave */
	struct cache *cache; /* of all workers */
	const struct botnets *botnets; /* of all workers */
	struct flight *flight; /* of all workers (flight_new); set before recurse_new */
	struct tcp_limits *tcp_limits; /* of all workers */
	struct evidence *evidence; /* of all workers; NULL: none is gathered */
	const struct suspects *suspects; /* as view; NULL with evidence */
	struct journal *journal; /* of all workers; NULL: none is kept */
	struct stats_worker *stats; /* written by this thread alone */
	struct udp *udp;
	struct tcp *tcp;
	struct recurse *recurse;
	struct refresh *refresh;
	struct nameservers *nameservers;
	struct policy_work *policy; /* for lists with special rules */
	struct query *free; /* slots */
	uint32_t free_count, slot_count;
	uint64_t now_us; /* read at worker_enter, once a batch */
	unsigned depth; /* nesting of worker_enter */
	uint32_t batch_count; /* queries answered since worker_enter, to be given one latency */
	uint64_t journal_us; /* the clock as the journal's events have it; see record.c */
	uint64_t wall_us, wall_at_us; /* wall time at that clock_us */
	struct worker_client last_client;
	const char (*list_names)[64]; /* by their counters; of all workers */
	uint64_t token_seed; /* the same for all; see evidence/token.h */
	uint32_t next_token;
	uint32_t told[WORKER_TOLD]; /* see record.c */
	uint32_t refused_second, refused_count; /* refusals in this second */
	struct query *slots; /* all of them; `free` links those not in use */
	struct event *wake; /* the control side wants something: see stopping */
	int wake_fd;
	_Atomic(bool) is_stopping;
	bool is_thread_started;
	uint64_t stop_by_us; /* the end of the grace of worker_stop */
	struct event *stop_timer;
	pthread_t thread;
};

/* Every callback of the event loop that touches queries stands between these two; they nest (libunbound calls back from inside
 * a call). They fetch the current view, read the clock and send what a batch has gathered. */
void worker_enter(struct worker *w);
void worker_leave(struct worker *w);

/* A zeroed slot, or NULL when all are in use (count it and drop). The bookkeeping, arrival and question fields that a caller
 * needs are its own to set; verdict fields have their neutral values (ede EDE_NONE, list -1). */
struct query *worker_take(struct worker *w);
void worker_give_back(struct worker *w, struct query *q);

/* What the workers share; borrowed from the server for their whole life. */
struct worker_shared {
	const struct config *config; /* read by worker_new only */
	struct cache *cache;
	const struct botnets *botnets;
	struct evidence *evidence; /* NULL: none is gathered */
	struct journal *journal; /* NULL: none is kept */
	const char (*list_names)[64];
	struct flight *flight;
	struct tcp_limits *tcp_limits;
	const struct view *_Atomic *view; /* the published one */
	unsigned worker_count;
};

/* Creates loop, sockets, contexts. `index` from 0. */
int worker_new(
	const struct worker_shared *shared, unsigned index, struct worker **out, struct err *why);
int worker_start(struct worker *w);
/* Stops the loop after what is in flight has been answered, at most `grace_ms`; joins the thread. */
void worker_stop(struct worker *w, uint32_t grace_ms);
void worker_free(struct worker *w);
