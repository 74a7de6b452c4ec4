/* SPDX-License-Identifier: BSD-2-Clause
 * What came most often: Space-Saving (Metwally, Agrawal, El Abbadi 2005). With room for k keys, all that came more often than one time in k
 * are there. Each count has its two errors: the true number is no less than `count - over` and no more than `count + under`.
 *
 * Threads: plain data.
 * Rule: keys are octets, told apart by a hash whose seed nobody outside knows; sketches that are merged have the same. One that is fed and merged
 *       into by turns sorts itself each time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TOP_KEY_MAX = 255 };

struct top_entry {
	uint64_t hash;
	uint64_t count, over, under;
	uint32_t place; /* in the heap */
	uint8_t len;
	bool is_met; /* while merging */
};

struct top {
	uint32_t capacity, count; /* `count` is up to twice the capacity while merging */
	uint32_t key_max; /* longer keys are cut */
	bool is_heap;
	uint64_t seed;
	uint64_t floor; /* what is not in it came no more often */
	uint32_t slot_mask;
	uint32_t *slots; /* entry and 1 by hash; 0: free */
	uint32_t *heap; /* entries, the least one first; in force while `is_heap` */
	struct top_entry *entries;
	uint8_t *keys; /* key_max octets each */
};

/* Returns owned, or NULL when memory is short. `seed` is of the hashes. */
struct top *top_new(uint32_t capacity, uint32_t key_max, uint64_t seed);
void top_free(struct top *t);
void top_clear(struct top *t);

/* `n` more of the key; when all room is taken, in place of the least one. Bounded: a step for each bit of the capacity. */
void top_add(struct top *t, const uint8_t *key, size_t len, uint64_t n);

/* As it was kept, highest counts first. What there is no room for counts in the floor. False: it is there already. */
bool top_restore(struct top *t, const uint8_t *key, size_t len, const struct top_entry *kept);

/* Adds all that `from` knows; the errors add up, too. */
void top_merge(struct top *to, const struct top *from);

/* NULL: it is not there. */
const struct top_entry *top_find(const struct top *t, const uint8_t *key, size_t len);

static inline const uint8_t *top_key(const struct top *t, const struct top_entry *e)
{
	return t->keys + (size_t)(e - t->entries) * t->key_max;
}

/* Writes the places of all entries into `order` (room for twice the capacity), most frequent first, then by key. */
void top_order(const struct top *t, uint32_t *order);
