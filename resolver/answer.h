/* SPDX-License-Identifier: BSD-2-Clause
 * The records of an answer at their final place in a reply: taken from a resolver's packet, walked, edited.
 *
 * Threads: pure. Every function is bounded and safe on any bytes.
 * Standards: RFC 1035 4.1, RFC 3597 4 (which types may be compressed), RFC 4035 3.2.1 (DNSSEC records only for DO), RFC 2308 5.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "resolver/query.h"

/* Takes the records of `packet` (libunbound's: own ID and flags, always an OPT, DNSSEC records always) into q->out behind
 * the question: without OPT; without RRSIG, NSEC, NSEC3 unless q->has_do or (answer section) the type was asked for itself; compression kept valid.
 * Sets counts,
 * out_len, rcode, source ANSWER_FRESH and min_ttl_s (for a negative answer at most the SOA's TTL and minimum, RFC 2308 5;
 * clamped to [min_ttl_s, max_ttl_s]). False when the packet is malformed or does not fit: the caller makes it SERVFAIL. */
bool answer_take(struct query *q, const uint8_t *packet, uint32_t len, uint32_t min_ttl_s,
	uint32_t max_ttl_s);

/* One record while walking. Offsets are into the packet. */
struct answer_record {
	uint32_t owner_at, type_at, ttl_at, data_at, end_at;
	uint16_t type, rclass, data_len;
	uint32_t ttl_s;
	uint8_t section; /* 0 answer, 1 authority, 2 additional */
};

/* Walks the records in q->out. Start with a zeroed cursor; false at the end or on malformed bytes (then `is_bad`). */
struct answer_cursor {
	uint32_t at;
	uint32_t seen;
	bool is_bad;
};
bool answer_next(const struct query *q, struct answer_cursor *c, struct answer_record *r);

/* Removes the records for which `is_unwanted` says so; keeps the others valid (names inside removed records that later ones point to are
 * rewritten). Returns the number removed, -1 (and nothing changed) when the bytes are malformed. The predicate gets a query
 * that is like q, but its `out` holds the records as they were; it can read names there. */
int answer_remove(struct query *q,
	bool (*is_unwanted)(void *arg, const struct query *q, const struct answer_record *r),
	void *arg);

/* Takes all records out: the reply stage makes what the verdict needs. */
void answer_empty(struct query *q);

/* The records in q->out answer q->qname: puts them behind a CNAME that leads there from `asked`, which becomes q->qname. False (and there are
 * no records, but qname is `asked`) when they are malformed or do not fit. */
bool answer_put_alias(struct query *q, const struct dname *asked, uint32_t ttl_s);
