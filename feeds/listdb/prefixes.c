/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/listdb/prefixes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { V4_STARTS = 65536, V4_STARTS_FROM = 256 /* items, for which that table is made */ };

static const struct addr_prefix *item(const struct prefixes *p, uint32_t i)
{
	return (const struct addr_prefix *)(const void *)(p->first + i * p->stride);
}

int prefixes_compare(const struct addr_prefix *a, const struct addr_prefix *b)
{
	int order = memcmp(&a->addr, &b->addr, sizeof a->addr);
	return order ? order : (a->bits > b->bits) - (a->bits < b->bits);
}

static unsigned v4_start_of(const struct addr *a)
{
	return (unsigned)a->bytes[12] << 8 | a->bytes[13];
}

static int make_v4_starts(struct prefixes *p)
{
	static const uint8_t v4[12] = {[10] = 0xff, [11] = 0xff};
	if (p->count < V4_STARTS_FROM)
		return 0;
	p->v4_starts = malloc(sizeof *p->v4_starts * (V4_STARTS + 1));
	if (!p->v4_starts)
		return -ENOMEM;
	unsigned next = 0;
	for (uint32_t i = 0; i < p->count; i++) {
		const struct addr *a = &item(p, i)->addr;
		int order = memcmp(a->bytes, v4, sizeof v4);
		if (order < 0)
			continue;
		unsigned start = order ? V4_STARTS : v4_start_of(a);
		while (next <= start)
			p->v4_starts[next++] = i;
	}
	while (next <= V4_STARTS)
		p->v4_starts[next++] = p->count;
	return 0;
}

int prefixes_init(struct prefixes *p, const struct addr_prefix *first, size_t stride, size_t count)
{
	*p = (struct prefixes){
		.first = (const uint8_t *)first, .stride = stride, .count = (uint32_t)count};
	if (!count)
		return 0;
	p->around = malloc(sizeof *p->around * count);
	if (!p->around)
		return -ENOMEM;
	for (uint32_t i = 0; i < p->count; i++) {
		uint32_t around = i ? i - 1 : PREFIXES_NONE;
		if (i && !prefixes_compare(item(p, around), item(p, i)))
			around = p->around[around];
		else
			while (around != PREFIXES_NONE &&
				!addr_prefix_contains(item(p, around), &item(p, i)->addr))
				around = p->around[around];
		p->around[i] = around;
	}
	int rc = make_v4_starts(p);
	if (rc)
		prefixes_clear(p);
	return rc;
}

void prefixes_clear(struct prefixes *p)
{
	free(p->around);
	free(p->v4_starts);
	*p = (struct prefixes){0};
}

/* The last item whose prefix begins at or before the address: the longest that holds it, or within that one. */
static uint32_t item_before(const struct prefixes *p, const struct addr *a)
{
	uint32_t low = 0, high = p->count;
	if (p->v4_starts && addr_is_v4(a)) {
		low = p->v4_starts[v4_start_of(a)];
		high = p->v4_starts[v4_start_of(a) + 1];
	}
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (memcmp(&item(p, middle)->addr, a, sizeof *a) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? low - 1 : PREFIXES_NONE;
}

uint32_t prefixes_find(const struct prefixes *p, const struct addr *a)
{
	uint32_t at = item_before(p, a);
	while (at != PREFIXES_NONE && !addr_prefix_contains(item(p, at), a))
		at = p->around[at];
	return at;
}

uint32_t prefixes_next(const struct prefixes *p, uint32_t at)
{
	return p->around[at];
}

uint32_t prefixes_begin(const struct prefixes *p, uint32_t at)
{
	while (at && !prefixes_compare(item(p, at - 1), item(p, at)))
		at--;
	return at;
}
