/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/journal/top.h"

#include <stdlib.h>
#include <string.h>

#include "resolver/base/hash.h"

struct top *top_new(uint32_t capacity, uint32_t key_max, uint64_t seed)
{
	struct top *t = calloc(1, sizeof *t);
	uint32_t slots = 16;
	if (!t)
		return NULL;
	while (slots < 4 * capacity)
		slots *= 2;
	t->capacity = capacity;
	t->key_max = key_max < TOP_KEY_MAX ? key_max : TOP_KEY_MAX;
	t->seed = seed;
	t->slot_mask = slots - 1;
	t->slots = calloc(slots, sizeof *t->slots);
	t->entries = calloc(2 * (size_t)capacity, sizeof *t->entries);
	t->keys = calloc(2 * (size_t)capacity, t->key_max);
	if (t->slots && t->entries && t->keys)
		return t;
	top_free(t);
	return NULL;
}

void top_free(struct top *t)
{
	if (!t)
		return;
	free(t->slots);
	free(t->entries);
	free(t->keys);
	free(t);
}

void top_clear(struct top *t)
{
	memset(t->slots, 0, ((size_t)t->slot_mask + 1) * sizeof *t->slots);
	t->count = 0;
	t->floor = 0;
}

static uint8_t *key_at(struct top *t, uint32_t i)
{
	return t->keys + (size_t)i * t->key_max;
}

/* What is not in it came no more often than this. */
static void raise_floor(struct top *t, uint64_t bound)
{
	if (t->floor < bound)
		t->floor = bound;
}

/* Entries came or moved: the least one is looked for anew. */
static void forget_least(struct top *t)
{
	t->hand = UINT32_MAX;
}

/* --- the table of hashes: linear probing, never more than half full -------------------------------- */

/* The slot of this hash, or the free one where it belongs. Most of what is passed on the way is told by the slot alone. */
static struct top_slot *slot_of(const struct top *t, uint64_t hash)
{
	for (uint64_t at = hash;; at++) {
		struct top_slot *slot = &t->slots[at & t->slot_mask];
		if (!slot->entry ||
			(slot->low == (uint32_t)hash && t->entries[slot->entry - 1].hash == hash))
			return slot;
	}
}

static void set_slot(struct top_slot *slot, uint64_t hash, uint32_t entry)
{
	*slot = (struct top_slot){.low = (uint32_t)hash, .entry = entry + 1};
}

/* Takes an entry out of the table and moves up what would not be found any more. Returns the slot that has become free. */
static uint32_t unhash(struct top *t, uint64_t hash)
{
	uint32_t mask = t->slot_mask, hole = (uint32_t)(slot_of(t, hash) - t->slots);
	for (uint32_t at = (hole + 1) & mask; t->slots[at].entry; at = (at + 1) & mask) {
		uint32_t home = t->slots[at].low & mask;
		if (((at - home) & mask) < ((at - hole) & mask))
			continue;
		t->slots[hole] = t->slots[at];
		hole = at;
	}
	t->slots[hole].entry = 0;
	return hole;
}

/* --- feeding ------------------------------------------------------------------------------------ */

static struct top_entry *append(
	struct top *t, struct top_slot *slot, uint64_t hash, const uint8_t *key, size_t len)
{
	struct top_entry *e = &t->entries[t->count];
	*e = (struct top_entry){.hash = hash, .len = (uint8_t)len};
	memcpy(key_at(t, t->count), key, len);
	set_slot(slot, hash, t->count++);
	forget_least(t);
	return e;
}

static uint64_t least_count(const struct top *t)
{
	uint64_t least = UINT64_MAX;
	for (uint32_t i = 0; i < t->count; i++)
		least = t->entries[i].count < least ? t->entries[i].count : least;
	return least;
}

/* An entry with the least count. The hand goes around once for each such count: counts only grow, and what it has passed is above it. So rounds
 * are no more than the counts of the least, which are no more than one in k of what was fed. */
static uint32_t find_least(struct top *t)
{
	while (t->hand < t->count && t->entries[t->hand].count != t->least)
		t->hand++;
	if (t->hand >= t->count) {
		t->least = least_count(t);
		for (t->hand = 0; t->entries[t->hand].count != t->least;)
			t->hand++;
	}
	return t->hand;
}

/* The least one makes room: the new one may have been there as often, before. `slot` is the free one where its hash belongs. */
static void replace_least(struct top *t, struct top_slot *slot, uint64_t hash, const uint8_t *key,
	size_t len, uint64_t n)
{
	uint32_t least = find_least(t), mask = t->slot_mask;
	struct top_entry *e = &t->entries[least];
	uint64_t before = e->count, floor = t->floor;
	raise_floor(t, before + e->under);
	/* No free slot may lie between where the search begins and the entry. */
	uint32_t free_one = (uint32_t)(slot - t->slots), hole = unhash(t, e->hash),
		 home = (uint32_t)hash & mask;
	if (((hole - home) & mask) < ((free_one - home) & mask))
		slot = &t->slots[hole];
	set_slot(slot, hash, least);
	e->hash = hash;
	e->len = (uint8_t)len;
	memcpy(key_at(t, least), key, len);
	e->count = before + n;
	e->over = before;
	e->under = floor > before ? floor - before : 0;
	/* Most likely the next one makes room next. */
	if (least + 1 < t->count)
		top_expect(t, t->entries[least + 1].hash);
}

static void cut(struct top *t, uint32_t keep);

static uint64_t top_hash(const struct top *t, const uint8_t *key, size_t len)
{
	return hash_bytes(key, len < t->key_max ? len : t->key_max, t->seed);
}

bool top_add_hashed(struct top *t, uint64_t hash, const uint8_t *key, size_t len, uint64_t n)
{
	struct top_slot *slot = slot_of(t, hash);
	if (slot->entry) {
		t->entries[slot->entry - 1].count += n;
		return false;
	}
	len = len < t->key_max ? len : t->key_max;
	if (t->count < t->capacity) {
		struct top_entry *e = append(t, slot, hash, key, len);
		e->count = n;
		e->under = t->floor;
		return true;
	}
	if (t->count > t->capacity) {
		cut(t, t->capacity);
		slot = slot_of(t, hash);
	}
	replace_least(t, slot, hash, key, len, n);
	return true;
}

bool top_add(struct top *t, const uint8_t *key, size_t len, uint64_t n)
{
	return top_add_hashed(t, top_hash(t, key, len), key, len, n);
}

/* --- merging ------------------------------------------------------------------------------------- */

bool top_restore(struct top *t, const uint8_t *key, size_t len, const struct top_entry *kept)
{
	len = len < t->key_max ? len : t->key_max;
	uint64_t hash = top_hash(t, key, len);
	struct top_slot *slot = slot_of(t, hash);
	if (slot->entry)
		return false;
	if (t->count == t->capacity) {
		raise_floor(t, kept->count + kept->under);
		return true;
	}
	struct top_entry *e = append(t, slot, hash, key, len);
	e->count = kept->count;
	e->over = kept->over;
	e->under = kept->under;
	return true;
}

/* The k-th highest count, by halving the range of counts. */
static uint64_t count_of_rank(const struct top *t, uint32_t k)
{
	uint64_t low = 0, high = 0;
	for (uint32_t i = 0; i < t->count; i++)
		high = t->entries[i].count > high ? t->entries[i].count : high;
	while (low < high) {
		uint64_t middle = low + (high - low) / 2 + 1;
		uint32_t n = 0;
		for (uint32_t i = 0; i < t->count; i++)
			n += t->entries[i].count >= middle;
		if (n >= k)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

/* Keeps the `keep` most frequent ones; the rest raises the floor. */
static void cut(struct top *t, uint32_t keep)
{
	if (t->count <= keep)
		return;
	uint64_t limit = count_of_rank(t, keep);
	uint32_t above = 0, kept = 0;
	for (uint32_t i = 0; i < t->count; i++)
		above += t->entries[i].count > limit;
	uint32_t ties = keep - above;
	memset(t->slots, 0, ((size_t)t->slot_mask + 1) * sizeof *t->slots);
	for (uint32_t i = 0; i < t->count; i++) {
		const struct top_entry *e = &t->entries[i];
		if (e->count < limit || (e->count == limit && !ties)) {
			raise_floor(t, e->count + e->under);
			continue;
		}
		ties -= e->count == limit;
		if (kept != i) {
			t->entries[kept] = *e;
			memcpy(key_at(t, kept), key_at(t, i), e->len);
		}
		set_slot(slot_of(t, t->entries[kept].hash), t->entries[kept].hash, kept);
		kept++;
	}
	t->count = kept;
	forget_least(t);
}

/* What `to` has no room for raises the floor of what is nowhere else, `*lost`. */
static void merge_one(
	struct top *to, const struct top *from, const struct top_entry *e, uint64_t *lost)
{
	struct top_slot *slot = slot_of(to, e->hash);
	struct top_entry *mine;
	if (slot->entry) {
		mine = &to->entries[slot->entry - 1];
	} else if (to->count == 2 * to->capacity) {
		uint64_t bound = to->floor + e->count + e->under;
		*lost = *lost < bound ? bound : *lost;
		return;
	} else {
		size_t len = e->len < to->key_max ? e->len : to->key_max;
		mine = append(to, slot, e->hash, top_key(from, e), len);
		mine->under = to->floor;
	}
	mine->count += e->count;
	mine->over += e->over;
	mine->under += e->under;
	mine->is_met = true;
}

void top_merge(struct top *to, const struct top *from)
{
	uint64_t lost = 0;
	if (to->count + from->count > 2 * to->capacity)
		cut(to, to->capacity);
	for (uint32_t i = 0; i < to->count; i++)
		to->entries[i].is_met = false;
	for (uint32_t i = 0; i < from->count; i++)
		merge_one(to, from, &from->entries[i], &lost);
	for (uint32_t i = 0; i < to->count; i++)
		if (!to->entries[i].is_met)
			to->entries[i].under += from->floor;
	to->floor += from->floor;
	raise_floor(to, lost);
}

/* --- reading ------------------------------------------------------------------------------------- */

const struct top_entry *top_find(const struct top *t, const uint8_t *key, size_t len)
{
	uint32_t entry = slot_of(t, top_hash(t, key, len))->entry;
	return entry ? &t->entries[entry - 1] : NULL;
}

static int by_count(const void *a, const void *b, void *arg)
{
	const struct top *t = arg;
	const struct top_entry *x = &t->entries[*(const uint32_t *)a],
			       *y = &t->entries[*(const uint32_t *)b];
	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	size_t len = x->len < y->len ? x->len : y->len;
	int order = memcmp(top_key(t, x), top_key(t, y), len);
	return order ? order : (x->len > y->len) - (x->len < y->len);
}

void top_order(const struct top *t, uint32_t *order)
{
	for (uint32_t i = 0; i < t->count; i++)
		order[i] = i;
	qsort_r(order, t->count, sizeof *order, by_count, (void *)(uintptr_t)t);
}
