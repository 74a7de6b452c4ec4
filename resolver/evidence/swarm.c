/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/evidence/swarm.h"

#include <stdlib.h>

#include "resolver/base/hash.h"

enum { SLOTS = 1 << 16, DAY_S = 86400 };

struct slot {
	uint32_t name; /* the upper half of its hash */
	uint16_t day;
	uint16_t
		clients; /* a bit for each, by its hash: two clients may share one, which loses evidence only */
};

struct swarm {
	uint64_t seed;
	struct slot slots[SLOTS];
};

struct swarm *swarm_new(void)
{
	struct swarm *s = calloc(1, sizeof *s);
	if (s)
		s->seed = (uint64_t)(uintptr_t)s;
	return s;
}

void swarm_free(struct swarm *s)
{
	free(s);
}

bool swarm_is_shared(struct swarm *s, uint64_t name, const struct addr *client, uint64_t now_s)
{
	struct slot *slot = &s->slots[name % SLOTS];
	uint32_t upper = (uint32_t)(name >> 32);
	uint16_t day = (uint16_t)(now_s / DAY_S);
	if (slot->name != upper || slot->day != day)
		*slot = (struct slot){.name = upper, .day = day};
	slot->clients |=
		(uint16_t)(1U << (hash_bytes(client->bytes, sizeof client->bytes, s->seed) % 16));
	return __builtin_popcount(slot->clients) >= SWARM_CLIENTS_MIN;
}
