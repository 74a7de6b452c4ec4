/* SPDX-License-Identifier: BSD-2-Clause
 * The answer cache: one for all workers, in fixed memory.
 *
 * Threads: any worker; each shard has a lock, held for one lookup and copy.
 * Owns: one block of memory of the configured size; nothing is allocated after cache_new.
 * Standards: RFC 2308, RFC 8767, RFC 9520.
 * Method: each shard is a ring of entries with a small index in front. The oldest entry makes room; if it was hit since it was written it is
 *         written again at the head instead (FIFO with reinsertion, an approximation of LRU).
 */
#pragma once

#include "resolver/base/err.h"
#include "resolver/query.h"

struct cache;

struct cache_usage {
	uint64_t bytes, used_bytes, entries, evictions;
};

int cache_new(uint64_t size_bytes, struct cache **out, struct err *why);
void cache_free(struct cache *c);
void cache_usage(struct cache *c, struct cache_usage *out);

/* The stage: on a fresh hit the records are in q->out, TTLs counted down. */
enum step cache(struct worker *w, struct query *q);
/* The stage between `recurse` and `inspect`: keeps a fresh answer or a failure as it came, before anything is taken out of it. */
enum step cache_keep(struct worker *w, struct query *q);
/* `inspect` found nothing in this query's answer, for any group: its entry is clean under w->view, and a later hit has q->is_clean. */
void cache_stamp(struct worker *w, struct query *q);
/* When upstream failed or is slow: true and ANSWER_STALE when there is an answer not older than cache.stale; ANSWER_CACHE when another
 * query has brought a fresh one meanwhile. */
bool cache_take_stale(struct worker *w, struct query *q);

/* An answer as the cache holds it, for cache_store.c: pointers are valid during the call only. */
struct cache_item {
	const uint8_t *name; /* of the question, wire form, lower case */
	uint16_t name_len, type, rcode;
	bool has_do, has_cd, is_secure;
	uint16_t answers, authorities, additionals;
	uint32_t left_s; /* until it expires */
	const uint8_t *records; /* their TTLs as they were when it was kept */
	uint32_t records_len, age_s;
	const uint16_t *ttls; /* where the TTLs stand, from the start of the records */
	uint16_t ttl_count;
};

/* Calls `each` for every answer that has not expired, until it returns false. Holds a shard's lock meanwhile. */
void cache_each(struct cache *c, bool (*each)(void *arg, const struct cache_item *item), void *arg);
/* Keeps a fresh answer outside of a pipeline: what cache_keep does. */
void cache_put(struct cache *c, struct query *q, uint32_t stale_s);
