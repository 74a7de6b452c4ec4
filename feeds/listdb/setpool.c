/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/listdb/setpool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/base/hash.h"

enum { FIRST_ROOM = 64 };

int setpool_init(struct setpool *p)
{
	*p = (struct setpool){.room = FIRST_ROOM, .count = 1, .slot_mask = 2 * FIRST_ROOM - 1};
	p->sets = calloc(p->room, sizeof *p->sets);
	p->slots = calloc((size_t)p->slot_mask + 1, sizeof *p->slots);
	if (p->sets && p->slots)
		return 0;
	setpool_clear(p);
	return -ENOMEM;
}

void setpool_clear(struct setpool *p)
{
	free(p->sets);
	free(p->slots);
	*p = (struct setpool){0};
}

/* The slot of the set, or the free one where it belongs. */
static uint32_t *slot_of(struct setpool *p, const struct listdb_set *set)
{
	uint32_t at = (uint32_t)hash_bytes(set, sizeof *set, 0);
	for (;; at++) {
		uint32_t *slot = &p->slots[at & p->slot_mask];
		if (!*slot || !memcmp(&p->sets[*slot], set, sizeof *set))
			return slot;
	}
}

static int grow(struct setpool *p)
{
	if (p->room > UINT32_MAX / 4)
		return -ENOMEM;
	struct listdb_set *sets = realloc(p->sets, sizeof *sets * p->room * 2);
	if (!sets)
		return -ENOMEM;
	p->sets = sets;
	uint32_t *slots = calloc((size_t)p->room * 4, sizeof *slots);
	if (!slots)
		return -ENOMEM;
	free(p->slots);
	p->slots = slots;
	p->slot_mask = p->room * 4 - 1;
	p->room *= 2;
	for (uint32_t i = 1; i < p->count; i++)
		*slot_of(p, &p->sets[i]) = i;
	return 0;
}

int setpool_number(struct setpool *p, const struct listdb_set *set, uint32_t *out)
{
	static const struct listdb_set empty;
	if (!memcmp(set, &empty, sizeof empty)) {
		*out = 0;
		return 0;
	}
	uint32_t *slot = slot_of(p, set);
	if (!*slot && p->count == p->room) {
		int rc = grow(p);
		if (rc)
			return rc;
		slot = slot_of(p, set);
	}
	if (!*slot) {
		p->sets[p->count] = *set;
		*slot = p->count++;
	}
	*out = *slot;
	return 0;
}
