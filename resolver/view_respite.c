/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/view_respite.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/base/clock.h"
#include "resolver/respites.h"
#include "resolver/view.h"

enum { HEADS = 1024, NO_GROUP = UINT16_MAX };

struct unblock {
	uint64_t hash; /* of its name, as the generation's */
	uint64_t until_us;
	struct addr client; /* RESPITE_CLIENT */
	uint16_t group; /* RESPITE_GROUP */
	uint16_t next; /* in its chain, counted from 1; 0: the last */
	uint8_t scope;
	bool is_self, is_below;
};

struct view_respites {
	uint64_t *group_until_us; /* by the group's number; with the pause for all in each */
	struct addr_table *paused; /* to the place in the next, counted from 1; NULL: none */
	uint64_t *client_until_us;
	uint32_t unblock_count;
	struct unblock *unblocks;
	uint16_t heads[HEADS]; /* of chains by the hash's low bits, counted from 1 */
};

/* NO_GROUP when it is no longer configured: then nobody is meant. */
static uint16_t group_number(const struct view *v, const char *name)
{
	for (uint32_t i = 0; i < v->group_count; i++)
		if (!strcmp(v->groups[i].name, name))
			return (uint16_t)i;
	return NO_GROUP;
}

static void prolong(uint64_t *until_us, const struct respite *e)
{
	if (*until_us < e->until_us)
		*until_us = e->until_us;
}

static void add_unblock(const struct view *v, struct view_respites *r, const struct respite *e)
{
	struct unblock *u = &r->unblocks[r->unblock_count++];
	*u = (struct unblock){.hash = view_hash_name(v, &e->rule.name),
		.until_us = e->until_us,
		.client = e->client,
		.group = e->scope == RESPITE_GROUP ? group_number(v, e->group) : NO_GROUP,
		.scope = (uint8_t)e->scope,
		.is_self = e->rule.is_self,
		.is_below = e->rule.is_below};
	uint16_t *head = &r->heads[u->hash % HEADS];
	u->next = *head;
	*head = (uint16_t)r->unblock_count;
}

/* The clients' own pauses, and then all others, which hold for whole groups. */
static int fill(const struct view *v, struct view_respites *r, const struct respites *from,
	uint64_t now_us, struct addr_prefix *clients, uint32_t *places)
{
	uint32_t n = 0;
	for (size_t i = 0; i < from->count; i++) {
		const struct respite *e = &from->entries[i];
		if (respite_is_over(e, now_us))
			continue;
		if (e->kind == RESPITE_UNBLOCK) {
			add_unblock(v, r, e);
		} else if (e->scope == RESPITE_CLIENT) {
			clients[n] = (struct addr_prefix){.addr = e->client, .bits = 128};
			r->client_until_us[n] = e->until_us;
			places[n] = n + 1;
			n++;
		} else {
			uint16_t only = e->scope == RESPITE_GROUP ? group_number(v, e->group) : 0;
			for (uint32_t g = 0; g < v->group_count; g++)
				if (e->scope == RESPITE_ALL || g == only)
					prolong(&r->group_until_us[g], e);
		}
	}
	r->paused = n ? addr_table_new(clients, places, n) : NULL;
	return n && !r->paused ? -ENOMEM : 0;
}

int view_respite_join(struct view *v, const struct respites *from)
{
	uint64_t now_us = clock_us();
	size_t n = 0;
	for (size_t i = 0; from && i < from->count; i++)
		n += !respite_is_over(&from->entries[i], now_us);
	if (!n)
		return 0;
	struct view_respites *r = v->respites = calloc(1, sizeof *r);
	struct addr_prefix *clients = calloc(n, sizeof *clients);
	uint32_t *places = calloc(n, sizeof *places);
	int e = -ENOMEM;
	if (r) {
		r->group_until_us = calloc(v->group_count, sizeof *r->group_until_us);
		r->client_until_us = calloc(n, sizeof *r->client_until_us);
		r->unblocks = calloc(n, sizeof *r->unblocks);
	}
	if (r && clients && places && r->group_until_us && r->client_until_us && r->unblocks)
		e = fill(v, r, from, now_us, clients, places);
	free(clients);
	free(places);
	return e;
}

void view_respite_free(struct view_respites *r)
{
	if (!r)
		return;
	addr_table_free(r->paused);
	free(r->group_until_us);
	free(r->client_until_us);
	free(r->unblocks);
	free(r);
}

uint64_t view_respite_paused_until(
	const struct view_respites *r, const struct addr *client, uint16_t group)
{
	uint64_t of_group = r->group_until_us[group];
	uint32_t place = r->paused ? addr_table_find(r->paused, client, 0) : 0;
	uint64_t own = place ? r->client_until_us[place - 1] : 0;
	return own > of_group ? own : of_group;
}

static bool is_for(const struct unblock *u, const struct addr *client, uint16_t group)
{
	switch (u->scope) {
	case RESPITE_GROUP:
		return client && u->group == group;
	case RESPITE_CLIENT:
		return client && addr_equal(&u->client, client);
	default:
		return true;
	}
}

bool view_respite_unblocks(const struct view *v, const struct dname *name,
	const struct addr *client, uint16_t group, uint64_t now_us)
{
	const struct view_respites *r = v->respites;
	uint8_t offsets[DNAME_LABELS_MAX];
	uint64_t hash = v->index.seed;
	if (!r->unblock_count)
		return false;
	for (unsigned i = dname_offsets(name, offsets); i--;) {
		hash = hash_label(hash, name->bytes + offsets[i]);
		for (uint16_t k = r->heads[hash % HEADS]; k; k = r->unblocks[k - 1].next) {
			const struct unblock *u = &r->unblocks[k - 1];
			if (u->hash == hash && (i ? u->is_below : u->is_self) &&
				u->until_us > now_us && is_for(u, client, group))
				return true;
		}
	}
	return false;
}
