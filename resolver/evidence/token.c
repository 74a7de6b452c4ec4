/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/evidence/token.h"

#include <stdlib.h>
#include <string.h>

#include "resolver/base/hash.h"
#include "resolver/base/wire.h"

struct entry {
	uint64_t at_ms; /* 0: free */
	struct addr client;
	const char *rule;
	struct dname name;
};

struct token_table {
	struct entry entries[TOKENS];
};

/* --- addresses -------------------------------------------------------------------------------- */

uint32_t token_room(const struct addr_prefix *prefix)
{
	if (!addr_is_v4(&prefix->addr))
		return TOKENS;
	unsigned host_bits = 128U - prefix->bits;
	return host_bits > 16 ? TOKENS : (1U << host_bits) - 2;
}

static uint32_t tag_of(uint64_t seed, uint32_t number)
{
	return (uint32_t)hash_bytes(&number, sizeof number, seed);
}

void token_address(
	const struct addr_prefix *prefix, uint64_t seed, uint32_t number, struct addr *out)
{
	*out = prefix->addr;
	if (addr_is_v4(out)) {
		wire_put_u32(out->bytes + 12, wire_u32(out->bytes + 12) + 1 + number);
		return;
	}
	wire_put_u32(out->bytes + 8, tag_of(seed, number));
	wire_put_u32(out->bytes + 12, number);
}

bool token_number(const struct addr_prefix *prefix, uint64_t seed, const struct addr *address,
	uint32_t *number)
{
	if (!addr_prefix_contains(prefix, address))
		return false;
	uint32_t n = wire_u32(address->bytes + 12);
	if (addr_is_v4(address))
		n -= wire_u32(prefix->addr.bytes + 12) + 1;
	else if (wire_u32(address->bytes + 8) != tag_of(seed, n))
		return false;
	*number = n;
	return n < token_room(prefix);
}

/* --- who has them ----------------------------------------------------------------------------- */

struct token_table *token_table_new(void)
{
	return calloc(1, sizeof(struct token_table));
}

void token_table_free(struct token_table *t)
{
	free(t);
}

void token_note(struct token_table *t, uint32_t number, const struct evidence_event *event)
{
	struct entry *e = &t->entries[number % TOKENS];
	e->at_ms = event->at_ms;
	e->client = event->client;
	e->rule = event->rule;
	memcpy(&e->name, &event->name, offsetof(struct dname, bytes) + event->name.len);
}

bool token_find(const struct token_table *t, uint32_t number, uint64_t at_ms, struct addr *client,
	struct dname *name, const char **rule)
{
	const struct entry *e = &t->entries[number % TOKENS];
	if (!e->at_ms || at_ms < e->at_ms || at_ms - e->at_ms > TOKEN_LIFE_MS)
		return false;
	*client = e->client;
	*name = e->name;
	*rule = e->rule;
	return true;
}
