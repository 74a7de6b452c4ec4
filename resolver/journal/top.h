/* SPDX-License-Identifier: BSD-2-Clause
 * What came most often: Space-Saving (Metwally, Agrawal, El Abbadi 2005). With room for k keys, all that came more often than one time in k
 * are there. Each count has its two errors: the true number is no less than `count - over` and no more than `count + under`.
 *
 * Threads: plain data.
 * Rule: keys are octets, told apart by a hash whose seed nobody outside knows; sketches that are merged have the same.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TOP_KEY_MAX = 255 };

struct top_entry {
	uint64_t hash;
	uint64_t count, over, under;
	uint8_t len;
	bool is_met; /* while merging */
};

struct top_slot {
	uint32_t low; /* of the hash */
	uint32_t entry; /* and 1; 0: free */
};

struct top {
	uint32_t capacity, count; /* `count` is up to twice the capacity while merging */
	uint32_t key_max; /* longer keys are cut */
	uint64_t seed;
	uint64_t floor; /* what is not in it came no more often */
	uint64_t least; /* no entry has less, and none before the hand has as little */
	uint32_t hand;
	uint32_t slot_mask;
	struct top_slot *slots; /* by hash */
	struct top_entry *entries;
	uint8_t *keys; /* key_max octets each */
};

/* Returns owned, or NULL when memory is short. `seed` is of the hashes. */
struct top *top_new(uint32_t capacity, uint32_t key_max, uint64_t seed);
void top_free(struct top *t);
void top_clear(struct top *t);

/* `n` more of the key; when all room is taken, in place of the least one. Some steps, at worst some for each entry. True: it was not there. */
bool top_add(struct top *t, const uint8_t *key, size_t len, uint64_t n);
/* The same where the key's hash is known: hash_bytes of as much of it as is kept. */
bool top_add_hashed(struct top *t, uint64_t hash, const uint8_t *key, size_t len, uint64_t n);
/* Fetches what top_add_hashed looks at first, for one that is to be added soon. */
static inline void top_expect(const struct top *t, uint64_t hash)
{
	__builtin_prefetch(&t->slots[hash & t->slot_mask]);
}

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
