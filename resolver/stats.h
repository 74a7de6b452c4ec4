/* SPDX-License-Identifier: BSD-2-Clause
 * Counters and latency: written by their owner, summed by the reader.
 *
 * Threads: a struct stats_worker is written by its worker alone (relaxed atomics, no lock); stats_sum may be called by any thread and
 *          sees each counter at some recent value. Two counters of one sum may be of slightly different moments.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "resolver/botnets.h"
#include "resolver/journal/event.h"
#include "resolver/query.h"

enum {
	STATS_TYPES = 12, /* the types below, then "other" */
	STATS_LISTS =
		1024, /* names of lists seen while the process lives; the last one is shared by all beyond */
	STATS_BUCKETS = 28, /* of latency: up to 1 us, 2 us, 4 us, ... 2^26 us (67 s), more */
};

/* X(TYPE number, "name"), in the order of the counters. */
#define STATS_TYPE_NAMES(X) \
	X(1, "A") \
	X(28, "AAAA") \
	X(65, "HTTPS") \
	X(12, "PTR") \
	X(16, "TXT") \
	X(15, "MX") \
	X(33, "SRV") \
	X(2, "NS") \
	X(6, "SOA") \
	X(43, "DS") \
	X(48, "DNSKEY")

/* Things that are not one outcome of one query. X(symbol, "metric_suffix", "help") */
#define STATS_EVENTS(X) \
	X(refreshes, "refreshes", "popular names resolved again when they expired") \
	X(refresh_drops, "refresh_drops", "refreshes not started because the queue was full") \
	X(truncated, "truncated", "UDP replies with TC") \
	X(send_errors, "send_errors", "replies the socket did not take") \
	X(no_slot, "no_slot", "queries dropped because all slots were in use") \
	X(limit_client, "limit_client", \
		"queries answered SERVFAIL at the in-flight cap of a client") \
	X(limit_domain, "limit_domain", "the same at the cap of a registrable domain") \
	X(limit_total, "limit_total", "the same at the total cap") \
	X(tcp_accepted, "tcp_accepted", "TCP connections accepted") \
	X(tcp_refused, "tcp_refused", "TCP connections closed at once at a cap") \
	X(tcp_timeouts, "tcp_timeouts", "TCP connections closed at a deadline") \
	X(tcp_slow, "tcp_slow", \
		"TCP connections closed because the peer did not read its answers") \
	X(rebinding_removed, "rebinding_removed", "private addresses removed from answers") \
	X(dga_scored, "dga_scored", "queries whose name the classifier scored") \
	X(dga_popular, "dga_popular", \
		"the same with a score over its threshold, let through because the domain is " \
		"popular") \
	X(dga_exempt, "dga_exempt", \
		"the same, let through because it is allowed or in a zone of the operator's own") \
	X(upstream_queries, "upstream_queries", "questions given to the resolver library") \
	X(upstream_late, "upstream_late", "answers that came after the client had been answered")

struct stats_worker {
	_Atomic uint64_t outcomes[OUTCOME_COUNT];
	_Atomic uint64_t transports[2]; /* UDP, TCP: queries received */
	_Atomic uint64_t types[STATS_TYPES];
	_Atomic uint64_t replies[JOURNAL_REPLY_COUNT]; /* what the client was told */
	_Atomic uint64_t list_hits[STATS_LISTS]; /* blocked or allowed by it */
	_Atomic uint64_t list_monitored[STATS_LISTS]; /* would have been blocked */
	_Atomic uint64_t
		families[BOTNETS_MAX]; /* questions for names of the calendar, or that led to one */
	_Atomic uint64_t latency[STATS_BUCKETS]; /* queries answered within 2^i us */
	_Atomic uint64_t latency_sum_us;
	_Atomic uint64_t dga_suspects[DGA_CLASSES]; /* scored, and to be blocked in block mode */
#define X(symbol, name, help) _Atomic uint64_t symbol;
	STATS_EVENTS(X)
#undef X
};

static inline void stats_add(_Atomic uint64_t *counter, uint64_t n)
{
	/* One writer: a plain addition, visible to readers. */
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n,
		memory_order_relaxed);
}

/* The sum over workers, as plain numbers. */
struct stats_total {
	uint64_t
		queries; /* = sum of outcomes = sum of types = sum of transports = sum of replies */
	uint64_t outcomes[OUTCOME_COUNT];
	uint64_t transports[2];
	uint64_t types[STATS_TYPES];
	uint64_t replies[JOURNAL_REPLY_COUNT];
	uint64_t list_hits[STATS_LISTS], list_monitored[STATS_LISTS];
	uint64_t families[BOTNETS_MAX];
	uint64_t latency[STATS_BUCKETS], latency_sum_us;
	uint64_t dga_suspects[DGA_CLASSES];
#define X(symbol, name, help) uint64_t symbol;
	STATS_EVENTS(X)
#undef X
};

/* Adds one worker's counters to `total`. */
void stats_sum(struct stats_total *total, const struct stats_worker *w);

/* The type's counter; names of counters and outcomes as the API and metrics show them. */
unsigned stats_type_index(uint16_t qtype);
uint16_t stats_type_number(unsigned index); /* 0: the others */
const char *stats_type_name(unsigned index);
const char *stats_outcome_name(enum query_outcome outcome);
bool stats_outcome_is_blocked(enum query_outcome outcome);

/* The latency bucket of a duration, its upper bound in microseconds (UINT64_MAX for the last). */
unsigned stats_bucket(uint64_t us);
uint64_t stats_bucket_limit_us(unsigned bucket);
/* The q-th quantile (0-1) of such a latency in microseconds, interpolated within its bucket. */
double stats_quantile_us(const uint64_t latency[static STATS_BUCKETS], double q);
