/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/flight.h"

#include <errno.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/random.h>

/* 16,384 questions in flight over 8,192 slots are 2 a slot: far below any cap that makes sense. */
enum { ROWS = 2, SLOTS = 8192, NET_BYTES = 8 };

struct sketch {
	_Atomic uint32_t count[ROWS][SLOTS];
};

struct flight {
	unsigned char key[crypto_shorthash_KEYBYTES];
	struct sketch clients, nets, domains;
};

int flight_new(struct flight **out, struct err *why)
{
	struct flight *f = calloc(1, sizeof *f);
	if (!f)
		return err_set(why, -ENOMEM, "no memory for the in-flight counters");
	if (getrandom(f->key, sizeof f->key, 0) != (ssize_t)sizeof f->key) {
		free(f);
		return err_set(why, -EIO, "the system gives no random numbers");
	}
	*out = f;
	return 0;
}

void flight_free(struct flight *f)
{
	free(f);
}

/* Never 0: that is "not counted". */
static uint64_t keyed(const struct flight *f, const uint8_t *bytes, size_t n)
{
	uint64_t h;
	crypto_shorthash((unsigned char *)&h, bytes, n, f->key);
	return h ? h : 1;
}

static void count_down(struct sketch *s, uint64_t *hash)
{
	if (!*hash)
		return;
	for (unsigned row = 0; row < ROWS; row++)
		atomic_fetch_sub_explicit(
			&s->count[row][(*hash >> 32 * row) % SLOTS], 1, memory_order_relaxed);
	*hash = 0;
}

/* Counts first and looks then, so that two workers cannot both take the last place. */
static bool count_up(struct sketch *s, uint64_t hash, uint32_t cap, uint64_t *counted)
{
	uint32_t smallest = UINT32_MAX;
	for (unsigned row = 0; row < ROWS; row++) {
		uint32_t before = atomic_fetch_add_explicit(
			&s->count[row][(hash >> 32 * row) % SLOTS], 1, memory_order_relaxed);
		if (before < smallest)
			smallest = before;
	}
	*counted = hash;
	return !cap || smallest < cap;
}

static enum flight_verdict take_all(struct flight *f, const struct flight_caps *caps,
	const struct addr *client, const struct dname *domain, struct flight_ticket *t)
{
	if (client) {
		uint64_t h = keyed(f, client->bytes, sizeof client->bytes);
		if (!count_up(&f->clients, h, caps->per_client, &t->client))
			return FLIGHT_CLIENT;
	}
	if (client && !addr_is_v4(client)) {
		uint32_t cap = caps->per_client < UINT32_MAX / FLIGHT_NET_CLIENTS
			? caps->per_client * FLIGHT_NET_CLIENTS
			: UINT32_MAX;
		if (!count_up(&f->nets, keyed(f, client->bytes, NET_BYTES), cap, &t->net))
			return FLIGHT_CLIENT;
	}
	uint64_t h = keyed(f, domain->bytes, domain->len);
	return count_up(&f->domains, h, caps->per_domain, &t->domain) ? FLIGHT_OK : FLIGHT_DOMAIN;
}

enum flight_verdict flight_take(struct flight *f, const struct flight_caps *caps,
	const struct addr *client, const struct dname *domain, struct flight_ticket *ticket)
{
	*ticket = (struct flight_ticket){0};
	enum flight_verdict v = take_all(f, caps, client, domain, ticket);
	if (v != FLIGHT_OK)
		flight_give_back(f, ticket);
	return v;
}

void flight_give_back(struct flight *f, struct flight_ticket *ticket)
{
	count_down(&f->clients, &ticket->client);
	count_down(&f->nets, &ticket->net);
	count_down(&f->domains, &ticket->domain);
}
