/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/evidence/suspects.h"

#include <stdlib.h>
#include <string.h>

#include "resolver/base/hash.h"

static uint32_t slot_of(const struct suspects *s, const struct addr *client)
{
	return (uint32_t)hash_bytes(client->bytes, sizeof client->bytes, 0) & s->mask;
}

/* A case whose client was withheld from the disk tells the path nothing. */
static bool is_suspect(struct engine *e, const struct evidence_case *c, uint64_t now_ms)
{
	return c->client_bits && case_book_is_live(c) && !engine_is_excepted(e, &c->client) &&
		engine_stands(e, c, now_ms);
}

static void put(struct suspects *s, const struct evidence_case *c)
{
	uint32_t i = slot_of(s, &c->client);
	while (s->slots[i].case_id)
		i = (i + 1) & s->mask;
	struct suspect *slot = &s->slots[i];
	slot->client = c->client;
	slot->case_id = c->id;
	slot->has_shape = family_shape_of(c->lines, c->line_count, &slot->shape);
	s->count++;
}

struct suspects *suspects_new(
	struct engine *e, const struct engine_options *options, uint64_t now_ms)
{
	struct case_book *book = engine_book(e);
	size_t live = 0, size = 2, n = case_book_count(book);
	for (size_t i = 0; i < n; i++)
		live += is_suspect(e, case_book_at(book, i), now_ms);
	while (size < live * 2)
		size *= 2;
	struct suspects *s = calloc(1, sizeof *s + size * sizeof *s->slots);
	if (!s)
		return NULL;
	s->mask = (uint32_t)(size - 1);
	s->ipv4_bits = options->ipv4_bits;
	s->ipv6_bits = options->ipv6_bits;
	for (size_t i = 0; i < n; i++)
		if (is_suspect(e, case_book_at(book, i), now_ms))
			put(s, case_book_at(book, i));
	return s;
}

const struct suspect *suspects_find(const struct suspects *s, const struct addr *address)
{
	struct addr client;
	if (!s->count)
		return NULL;
	engine_mask(s->ipv4_bits, s->ipv6_bits, address, &client);
	for (uint32_t i = slot_of(s, &client); s->slots[i].case_id; i = (i + 1) & s->mask)
		if (addr_equal(&s->slots[i].client, &client))
			return &s->slots[i];
	return NULL;
}

bool suspects_is_generated(const struct suspect *s, int32_t score, const struct dname *name)
{
	if (score >= SUSPECTS_SCORE)
		return true;
	return s->has_shape && score >= SUSPECTS_SCORE_OF_SHAPE && family_fits(&s->shape, name);
}
