/* SPDX-License-Identifier: BSD-2-Clause
 * One shard of the answer cache: a ring of entries, oldest at `tail`, and a hash index of their positions.
 *
 * Threads: all functions want the shard's lock held by the caller, but cache_shard_init.
 * Owns: nothing; its memory is the cache's.
 * Rule: an entry is never changed in place but for its bookkeeping (hits, stamp, flags), and never straddles the end of the ring.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "resolver/query.h"

enum { CACHE_SHARD_ALIGNMENT = 8, CACHE_SHARD_KEY_MAX = DNAME_MAX + 3 };

enum entry_flag {
	ENTRY_SECURE = 1,
	ENTRY_FAILURE = 2,
	ENTRY_REFRESHING = 4,
	ENTRY_FILLER = 8, /* the unused end of the ring */
	ENTRY_CLASS = 16 | 32, /* enum dga_class of the name, when the answer came */
	ENTRY_CLASS_SHIFT = 4,
};

struct cache_entry {
	uint32_t size; /* octets, this header included; a multiple of it */
	uint32_t stamp; /* serial of the view under which it is clean; 0: none */
	uint64_t hash;
	uint32_t stored_s, ttl_s;
	uint32_t retry_s; /* stale: do not ask upstream before this second; 0: ask */
	uint32_t records_len;
	const char *ede_text; /* static string; NULL: none */
	int16_t ede;
	uint16_t answers, authorities, additionals;
	uint16_t key_len;
	uint8_t rcode, outcome;
	uint8_t flags;
	uint8_t hits; /* saturating */
	uint16_t stored_ms; /* behind stored_s: a TTL counts from the moment, not from its second */
	int32_t dga_score;
	uint32_t number; /* of all entries ever written to the shard; see cache_stamp */
	/* then: key, TTL offsets (uint16_t, two-aligned), records */
} __attribute__((aligned(CACHE_SHARD_ALIGNMENT)));

_Static_assert(sizeof(struct cache_entry) % CACHE_SHARD_ALIGNMENT == 0,
	"entries follow one another in the ring");
_Static_assert(sizeof(struct cache_entry) == 64, "a cache line on most machines");
_Static_assert(DGA_CLASSES <= 4, "a class is two bits");
_Static_assert(OUTCOME_COUNT <= UINT8_MAX, "an outcome is one octet");

struct cache_slot {
	uint32_t position; /* of the entry in the ring, plus 1; 0: free */
	uint32_t tag; /* upper half of the hash */
};

struct cache_shard {
	pthread_mutex_t lock;
	uint8_t *ring;
	struct cache_slot *slots;
	uint32_t ring_bytes, slot_mask;
	uint32_t head, tail, used_bytes;
	uint32_t entries, last_number;
	uint64_t evictions;
};

struct cache_key {
	uint64_t hash;
	uint16_t len;
	uint8_t bytes[CACHE_SHARD_KEY_MAX];
};

static inline struct cache_entry *cache_shard_entry_at(
	const struct cache_shard *s, uint32_t position)
{
	return (struct cache_entry *)(void *)(s->ring + position);
}

static inline uint8_t *cache_shard_key(struct cache_entry *e)
{
	return (uint8_t *)(e + 1);
}

static inline uint16_t *cache_shard_ttls(struct cache_entry *e)
{
	return (uint16_t *)(void *)(cache_shard_key(e) + (e->key_len + 1u) / 2 * 2);
}

static inline unsigned cache_shard_record_count(const struct cache_entry *e)
{
	return 0u + e->answers + e->authorities + e->additionals;
}

static inline uint8_t *cache_shard_records(struct cache_entry *e)
{
	return (uint8_t *)(cache_shard_ttls(e) + cache_shard_record_count(e));
}

/* Another worker's reading of the clock may be newer than ours, which is of the batch's begin: its entries are not from the future. */
static inline uint32_t cache_shard_age_s(const struct cache_entry *e, uint64_t now_ms)
{
	uint32_t age_s = (uint32_t)(now_ms / 1000) - e->stored_s - (now_ms % 1000 < e->stored_ms);
	return (int32_t)age_s < 0 ? 0 : age_s;
}

/* May it be given, if need be as a stale one? A failure is of no use after its time. */
static inline bool cache_shard_is_usable(
	const struct cache_entry *e, uint64_t now_ms, uint32_t stale_s)
{
	uint64_t use_s = e->flags & ENTRY_FAILURE ? e->ttl_s : (uint64_t)e->ttl_s + stale_s;
	return cache_shard_age_s(e, now_ms) < use_s;
}

/* Divides `bytes` of zeroed memory between index and ring. */
void cache_shard_init(struct cache_shard *s, uint8_t *memory, uint32_t bytes);

struct cache_entry *cache_shard_find(const struct cache_shard *s, const struct cache_key *k);

/* A size that an entry may have: rounded up so that the gap at the end of the ring can always hold a header. */
uint32_t cache_shard_round(uint32_t size);

/* Room for an entry of `size` octets (rounded, at most a quarter of the ring) at the head; older entries go, those that were hit are written
 * again. Fill it, then call cache_shard_append before anything else. */
struct cache_entry *cache_shard_room(
	struct cache_shard *s, uint32_t size, uint64_t now_ms, uint32_t stale_s);
void cache_shard_append(struct cache_shard *s, const struct cache_entry *e);

/* Takes the entry out of the index; its place in the ring is freed in its turn. */
void cache_shard_forget(struct cache_shard *s, const struct cache_entry *e);
