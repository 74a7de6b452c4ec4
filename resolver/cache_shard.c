/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/cache_shard.h"

#include <string.h>

#include "resolver/base/check.h"

enum {
	BYTES_A_SLOT =
		128, /* of the ring for each index slot: a small answer's entry has about 200 */
	SLOTS_MIN = 1024,
	REINSERTED_BYTES = 32
		<< 10, /* of hit entries, written again for one insertion: some 10 us under the lock */
};

void cache_shard_init(struct cache_shard *s, uint8_t *memory, uint32_t bytes)
{
	uint32_t slots = SLOTS_MIN;
	while ((slots * 2) * BYTES_A_SLOT <= bytes)
		slots *= 2;
	uint32_t slot_bytes = slots * (uint32_t)sizeof(struct cache_slot);
	MUST(!pthread_mutex_init(&s->lock, NULL));
	s->slots = (struct cache_slot *)(void *)memory;
	s->slot_mask = slots - 1;
	s->ring = memory + slot_bytes;
	s->ring_bytes = (bytes - slot_bytes) / (uint32_t)sizeof(struct cache_entry) *
		(uint32_t)sizeof(struct cache_entry);
}

static uint32_t first_slot(const struct cache_shard *s, uint64_t hash)
{
	return (uint32_t)(hash >> 8) & s->slot_mask;
}

struct cache_entry *cache_shard_find(const struct cache_shard *s, const struct cache_key *k)
{
	uint32_t tag = (uint32_t)(k->hash >> 32);
	for (uint32_t i = first_slot(s, k->hash); s->slots[i].position;
		i = (i + 1) & s->slot_mask) {
		if (s->slots[i].tag != tag)
			continue;
		struct cache_entry *e = cache_shard_entry_at(s, s->slots[i].position - 1);
		if (e->hash == k->hash && e->key_len == k->len &&
			!memcmp(cache_shard_key(e), k->bytes, k->len))
			return e;
	}
	return NULL;
}

static void index_put(struct cache_shard *s, uint64_t hash, uint32_t position)
{
	uint32_t i = first_slot(s, hash);
	while (s->slots[i].position)
		i = (i + 1) & s->slot_mask;
	s->slots[i] = (struct cache_slot){.position = position + 1, .tag = (uint32_t)(hash >> 32)};
	s->entries++;
}

/* Takes a position out of the index, closing the gap so that no search stops early. */
static void index_remove(struct cache_shard *s, uint64_t hash, uint32_t position)
{
	uint32_t i = first_slot(s, hash);
	while (s->slots[i].position && s->slots[i].position != position + 1)
		i = (i + 1) & s->slot_mask;
	if (!s->slots[i].position)
		return; /* superseded before: not in the index any more */
	s->entries--;
	for (uint32_t k = (i + 1) & s->slot_mask; s->slots[k].position;
		k = (k + 1) & s->slot_mask) {
		uint32_t home =
			first_slot(s, cache_shard_entry_at(s, s->slots[k].position - 1)->hash);
		if (((k - home) & s->slot_mask) >= ((k - i) & s->slot_mask)) {
			s->slots[i] = s->slots[k];
			i = k;
		}
	}
	s->slots[i] = (struct cache_slot){0};
}

/* --- the ring --- */

static void move_head(struct cache_shard *s, uint32_t size)
{
	s->used_bytes += size;
	s->head = s->head + size == s->ring_bytes ? 0 : s->head + size;
}

static bool is_indexed(const struct cache_shard *s, const struct cache_entry *e, uint32_t position)
{
	uint32_t i = first_slot(s, e->hash);
	while (s->slots[i].position && s->slots[i].position != position + 1)
		i = (i + 1) & s->slot_mask;
	return s->slots[i].position != 0;
}

/* Frees the oldest entry. One that was hit, and is still the current one for its key, is moved to the head. */
static void drop_oldest(struct cache_shard *s, uint32_t *budget, uint64_t now_ms, uint32_t stale_s)
{
	uint32_t at = s->tail;
	struct cache_entry *e = cache_shard_entry_at(s, at);
	uint32_t size = e->size;
	bool is_filler = e->flags & ENTRY_FILLER;
	s->used_bytes -= size;
	s->tail = at + size == s->ring_bytes ? 0 : at + size;
	if (is_filler)
		return;
	bool is_current = is_indexed(s, e, at);
	index_remove(s, e->hash, at);
	bool is_wanted = is_current && e->hits && *budget && s->ring_bytes - s->head >= size &&
		cache_shard_is_usable(e, now_ms, stale_s);
	if (!is_wanted) {
		s->evictions += is_current;
		return;
	}
	*budget -= size < *budget ? size : *budget;
	memmove(s->ring + s->head, e, size);
	e = cache_shard_entry_at(s, s->head);
	e->hits = 0;
	index_put(s, e->hash, s->head);
	move_head(s, size);
}

/* Contiguous octets between head and tail. */
static uint32_t room_at_head(const struct cache_shard *s)
{
	if (s->used_bytes == 0 || s->head > s->tail)
		return s->ring_bytes - s->head;
	return s->tail - s->head; /* 0 when full */
}

struct cache_entry *cache_shard_room(
	struct cache_shard *s, uint32_t size, uint64_t now_ms, uint32_t stale_s)
{
	uint32_t budget = REINSERTED_BYTES;
	while (s->entries >= s->slot_mask / 4 * 3)
		drop_oldest(s, &budget, now_ms, stale_s);
	while (room_at_head(s) < size) {
		uint32_t to_end = s->ring_bytes - s->head;
		bool is_at_end = s->used_bytes == 0 || s->head > s->tail;
		if (is_at_end && to_end) {
			struct cache_entry *filler = cache_shard_entry_at(s, s->head);
			/* A gap too small for a header is impossible: see cache_shard_round. */
			filler->size = to_end;
			filler->flags = ENTRY_FILLER;
			s->used_bytes += to_end;
			s->head = 0;
		} else {
			drop_oldest(s, &budget, now_ms, stale_s);
		}
	}
	return cache_shard_entry_at(s, s->head);
}

uint32_t cache_shard_round(uint32_t size)
{
	uint32_t unit = sizeof(struct cache_entry);
	return (size + unit - 1) / unit * unit;
}

void cache_shard_append(struct cache_shard *s, const struct cache_entry *e)
{
	index_put(s, e->hash, s->head);
	move_head(s, e->size);
}

void cache_shard_forget(struct cache_shard *s, const struct cache_entry *e)
{
	index_remove(s, e->hash, (uint32_t)((const uint8_t *)e - s->ring));
}
