/* SPDX-License-Identifier: BSD-2-Clause
 * The one object that travels the pipeline: a query and what becomes of it.
 *
 * Threads: a query belongs to one worker from arrival to departure.
 * Owns: its slot; everything it points to is borrowed for a span that the field's sentence states.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "dga/dga.h"
#include "feeds/listdb/listdb.h"
#include "resolver/base/addr.h"
#include "resolver/base/config.h"
#include "resolver/base/dname.h"
#include "resolver/base/wire.h"
#include "resolver/flight.h"

struct worker;
struct query;
struct tcp_connection;
struct view;

/* What a stage says. */
enum step {
	STEP_NEXT, /* go on with the next stage */
	STEP_REPLY, /* the verdict is complete: go to `reply` */
	STEP_PARK, /* waiting for the network; the query may already be gone: do not touch it */
	STEP_DROP, /* no answer; goes to `record` */
	STEP_AGAIN, /* qname is another one now: resolve that, from `local` on */
};

typedef enum step query_stage(struct worker *w, struct query *q);

enum transport {
	TRANSPORT_UDP,
	TRANSPORT_TCP,
	TRANSPORT_NONE, /* our own: a refresh of a popular name; nobody waits for the answer */
};

/* What became of a query: every one gets exactly one, and their sum equals the queries received. The order is that
 * of the metrics. X(SYMBOL, "name as shown") */
#define QUERY_OUTCOMES(X) \
	X(CACHED, "cached") /* from the cache, fresh */ \
	X(STALE, "stale") /* from the cache, expired (RFC 8767) */ \
	X(RECURSED, "recursed") /* resolved or forwarded for this query */ \
	X(LOCAL, "local") /* local records, special-use names, RFC 8482 */ \
	X(BLOCKED, "blocked") /* the question is on a deny list */ \
	X(BLOCKED_CHAIN, "blocked_chain") /* a CNAME, DNAME or SVCB target is on a deny list */ \
	X(BLOCKED_ADDRESS, "blocked_address") /* the answer holds a denied address */ \
	X(BLOCKED_SERVER, "blocked_server") /* a server of the name's zone is on a deny list */ \
	X(BLOCKED_GENERATED, \
		"blocked_generated") /* the classifier takes it for a generated name */ \
	X(BLOCKED_INFECTED, \
		"blocked_infected") /* a generated name that an infected client asks for */ \
	X(REWRITTEN, "rewritten") /* a list has records of its own for it */ \
	X(TCP_ONLY, "tcp_only") /* a list wants it asked over TCP: truncated */ \
	X(REBINDING, "rebinding") /* all addresses of the answer were private and removed */ \
	X(SERVFAIL, "servfail") /* upstream failed, a deadline passed, or a cap was reached */ \
	X(BOGUS, "bogus") /* DNSSEC validation failed */ \
	X(REFUSED, "refused") /* outside `access`, or a type that never goes upstream */ \
	X(NOTIMP, "notimp") /* another opcode */ \
	X(FORMERR, "formerr") /* malformed but answerable */ \
	X(BADVERS, "badvers") /* EDNS version other than 0 */ \
	X(DROPPED_MALFORMED, "dropped_malformed") /* too short to answer, or QR=1 */ \
	X(DROPPED_POLICY, "dropped_policy") /* the list's action is drop */ \
	X(DROPPED_LIMIT, "dropped_limit") /* rate limit of refusals, or no slot */

enum query_outcome {
#define X(symbol, name) OUTCOME_##symbol,
	QUERY_OUTCOMES(X)
#undef X
		OUTCOME_COUNT
};

/* Where the resource records of the answer come from. */
enum answer_source {
	ANSWER_NONE, /* not known yet, or the reply stage synthesizes it from the verdict */
	ANSWER_CACHE, /* in `out` already, TTLs counted down */
	ANSWER_STALE, /* in `out` already, expired */
	ANSWER_FRESH, /* in `out` already, from the resolver; to be kept in the cache */
	ANSWER_LOCAL, /* in `out` already, from local records */
};

/* A place in a doubly linked ring. */
struct query_link {
	struct query_link *prev, *next;
};

struct query {
	/* --- bookkeeping of the slot (worker.c) --- */
	struct query *next; /* in the free list */
	bool is_parked; /* `recurse` waits for libunbound */
	bool is_answered; /* a deadline answered the client while libunbound still works; the slot waits for its callback */

	/* --- waiting: recurse.c's own, in force while parked --- */
	struct worker *worker; /* where the resolver library's callback finds the rest */
	struct query_link waiting; /* in the ring of those that wait for their deadline */
	struct flight_ticket flight; /* what was counted against the caps */

	/* --- waiting: nameservers.c's own --- */
	struct query *waiter; /* ours: who waits for it, while that one's wait has this number */
	uint32_t waiter_number;
	uint32_t wait_number, wait_count; /* 0: does not wait; answers still to come */
	unsigned wait_rounds; /* waits so far */
	uint64_t wait_by_us; /* the end of all of them */
	enum query_outcome waited_outcome; /* of its answer, which is a cached one afterwards */

	/* --- arrival: set by udp.c, tcp.c or refresh.c --- */
	enum transport transport;
	uint16_t socket; /* UDP: index of the worker's socket */
	uint32_t tcp_generation; /* TCP: the connection is gone when it no longer has this number */
	struct tcp_connection *tcp; /* TCP: see tcp_generation; borrowed */
	struct sockaddr_storage
		*peer; /* UDP: where to answer; points to `peer_space` once parked */
	struct sockaddr_in6 peer_space; /* also holds a sockaddr_in */
	struct addr client; /* the peer's address, v4-mapped for IPv4 */
	struct addr
		local; /* UDP on a wildcard socket: the address asked, to answer from; valid if has_local */
	uint32_t local_interface; /* index, with `local` */
	bool has_local;
	uint64_t arrived_us; /* clock_us of its batch */
	const uint8_t *packet; /* what came; borrowed until the first stage after `parse` returns */
	uint32_t packet_len;

	/* --- question: set by parse --- */
	uint16_t id;
	uint8_t opcode;
	bool has_rd, has_cd, has_ad; /* as the client set them */
	bool has_question; /* exactly one question was read: the reply carries it back */
	bool has_edns;
	bool has_do; /* DNSSEC OK (RFC 3225) */
	uint16_t payload; /* what the client can take over UDP; at least 512 (RFC 6891 6.2.3) */
	uint16_t qtype, qclass;
	struct dname qname; /* lower case */
	uint8_t qname_as_sent
		[DNAME_MAX]; /* the letter case of the question, to come back bit for bit */
	struct dname
		asked; /* with `is_aliased`: the question's own name, while qname is the target of a list's CNAME */

	/* --- verdict: set by parse, admit, local, policy, inspect --- */
	enum query_outcome outcome;
	uint16_t rcode; /* with the extended bits */
	int16_t ede; /* enum wire_ede; EDE_NONE: none */
	const char *
		ede_text; /* static, or of the view: valid while the worker is in its callback; may be NULL */
	const char *
		ede_trigger; /* more words for the text, valid as those: by what a list holds it, or whose it is; NULL: by its name */
	enum sink_action action; /* for a blocked one: what to answer */
	int16_t list; /* bit of the list that decided, -1: none */
	int16_t monitored; /* counter of a list that would have blocked, but only watches, or is paused; -1: none */
	uint8_t family; /* whose name it is, by the calendar: counter of botnets.h, and 1; 0: nobody's */
	uint16_t group; /* index into the view's groups; set by admit, again after a park */
	bool is_paused; /* nothing blocks for this client at the moment; set with `group` */
	bool is_spared_bot; /* so a list of botnets did not */
	bool is_allowed; /* an allow rule holds the question: the chain is not judged either */
	bool is_waiting; /* a policy zone has a word on it, but one before that judges the answer: `inspect` decides */
	bool is_aliased; /* a list has answered with a CNAME, whose target is resolved: see `asked` */

	/* --- answer: set by cache, local, recurse --- */
	bool is_secure; /* validated: AD may be set */
	bool is_clean; /* cache, inspect: inspected under this view and nothing found for any group */
	bool wants_refresh; /* cache: popular and about to expire */
	enum answer_source source;
	uint32_t min_ttl_s; /* ANSWER_FRESH: how long it may be kept */
	int32_t dga_score; /* classify: log-likelihood ratio in milli-nats that a program made up the name; 0: not judged.
			    * Kept in the cache with the answer, as the next */
	enum dga_class
		dga_class; /* other than DGA_NONE: a suspect, neither popular nor of a zone of the operator's own */
	uint32_t
		dga_serial; /* of the view under which both were found; 0: they were kept with the answer, or there are none */
	uint16_t answer_count, authority_count, additional_count; /* the OPT record not counted */
	uint32_t cache_number; /* of the entry that the answer came from or went to, set by cache */

	/* --- departure --- */
	/* The reply under construction: header, question and the records of the answer at their final place, so that nothing is
	 * copied twice. Set by the pipeline to a buffer of the worker before each run of stages; its content does not
	 * survive a park. `out_max` is the room in it, WIRE_MAX or more. */
	uint8_t *out;
	uint32_t out_max;
	uint32_t out_len; /* octets written; records begin at query_records_at */
};

/* Where the records begin in `out`: behind the header and the question. */
static inline uint32_t query_records_at(const struct query *q)
{
	return (uint32_t)(WIRE_HEADER + q->qname.len + 4);
}
