/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/listdb/textpool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/base/hash.h"

enum { FIRST_BYTES = 4096, FIRST_ENTRIES = 64 };

int textpool_init(struct textpool *p)
{
	*p = (struct textpool){.room = FIRST_BYTES,
		.entry_room = FIRST_ENTRIES,
		.slot_mask = 2 * FIRST_ENTRIES - 1};
	p->bytes = malloc(p->room);
	p->entries = malloc(sizeof *p->entries * p->entry_room);
	p->slots = calloc((size_t)p->slot_mask + 1, sizeof *p->slots);
	if (p->bytes && p->entries && p->slots)
		return 0;
	textpool_clear(p);
	return -ENOMEM;
}

void textpool_clear(struct textpool *p)
{
	free(p->bytes);
	free(p->entries);
	free(p->slots);
	*p = (struct textpool){0};
}

/* The slot of the text, or the free one where it belongs. */
static uint32_t *slot_of(struct textpool *p, const void *bytes, size_t len)
{
	uint32_t at = (uint32_t)hash_bytes(bytes, len, 0);
	for (;; at++) {
		uint32_t *slot = &p->slots[at & p->slot_mask];
		if (!*slot)
			return slot;
		const struct textpool_entry *e = &p->entries[*slot - 1];
		if (e->len == len && !memcmp(p->bytes + e->at, bytes, len))
			return slot;
	}
}

static void fill_slots(struct textpool *p)
{
	for (uint32_t i = 0; i < p->count; i++)
		*slot_of(p, p->bytes + p->entries[i].at, p->entries[i].len) = i + 1;
}

static int grow_bytes(struct textpool *p, size_t len)
{
	if (p->room - p->len >= len)
		return 0;
	size_t room = p->room + p->room / 2 + len;
	uint8_t *bytes = room < UINT32_MAX ? realloc(p->bytes, room) : NULL;
	if (!bytes)
		return -ENOMEM;
	p->bytes = bytes;
	p->room = room;
	return 0;
}

static int grow_entries(struct textpool *p)
{
	if (p->count < p->entry_room)
		return 0;
	if (p->entry_room > UINT32_MAX / 8)
		return -ENOMEM;
	struct textpool_entry *entries = realloc(p->entries, sizeof *entries * p->entry_room * 2);
	if (!entries)
		return -ENOMEM;
	p->entries = entries;
	uint32_t *slots = calloc((size_t)p->entry_room * 4, sizeof *slots);
	if (!slots)
		return -ENOMEM;
	free(p->slots);
	p->slots = slots;
	p->slot_mask = p->entry_room * 4 - 1;
	p->entry_room *= 2;
	fill_slots(p);
	return 0;
}

int textpool_add(struct textpool *p, const void *bytes, size_t len, uint32_t *at)
{
	*at = 0;
	if (!len)
		return 0;
	uint32_t *slot = slot_of(p, bytes, len);
	if (!*slot) {
		if (grow_bytes(p, len) || grow_entries(p))
			return -ENOMEM;
		slot = slot_of(p, bytes, len);
		memcpy(p->bytes + p->len, bytes, len);
		p->entries[p->count++] = (struct textpool_entry){(uint32_t)p->len, (uint32_t)len};
		p->len += len;
		*slot = p->count;
	}
	*at = p->entries[*slot - 1].at;
	return 0;
}

void textpool_cut(struct textpool *p, uint32_t count)
{
	if (count >= p->count)
		return;
	p->count = count;
	p->len = count ? (size_t)p->entries[count - 1].at + p->entries[count - 1].len : 0;
	memset(p->slots, 0, sizeof *p->slots * ((size_t)p->slot_mask + 1));
	fill_slots(p);
}

size_t textpool_memory(const struct textpool *p)
{
	return p->len + p->count * sizeof *p->entries +
		((size_t)p->slot_mask + 1) * sizeof *p->slots;
}
