/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/tcp_limits.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/random.h>

#include "resolver/base/check.h"
#include "resolver/base/hash.h"

enum {
	SLOTS_PER_CONNECTION = 16,
	SLOTS_MIN = 256,
	SLOTS_MAX = 1 << 20,
};

struct tcp_limits {
	uint32_t max_total, max_per_client;
	uint32_t mask;
	uint64_t seed;
	_Atomic uint32_t total;
	_Atomic uint32_t clients[];
};

struct tcp_limits *tcp_limits_new(const struct config *config)
{
	uint32_t slots = SLOTS_MIN;
	while (slots < SLOTS_MAX && slots / SLOTS_PER_CONNECTION < config->tcp_connections)
		slots *= 2;
	struct tcp_limits *l = calloc(1, sizeof *l + slots * sizeof l->clients[0]);
	if (!l)
		return NULL;
	l->max_total = config->tcp_connections;
	l->max_per_client = config->tcp_connections_per_client;
	l->mask = slots - 1;
	MUST(getrandom(&l->seed, sizeof l->seed, 0) == (ssize_t)sizeof l->seed);
	return l;
}

void tcp_limits_free(struct tcp_limits *l)
{
	free(l);
}

static _Atomic uint32_t *client_slot(struct tcp_limits *l, const struct addr *client)
{
	return &l->clients[hash_bytes(client->bytes, addr_client_len(client), l->seed) & l->mask];
}

/* Adds one unless that would exceed `max`. */
static bool take(_Atomic uint32_t *counter, uint32_t max)
{
	if (atomic_fetch_add_explicit(counter, 1, memory_order_relaxed) < max)
		return true;
	atomic_fetch_sub_explicit(counter, 1, memory_order_relaxed);
	return false;
}

bool tcp_limits_enter(struct tcp_limits *l, const struct addr *client)
{
	if (!take(&l->total, l->max_total))
		return false;
	if (take(client_slot(l, client), l->max_per_client))
		return true;
	atomic_fetch_sub_explicit(&l->total, 1, memory_order_relaxed);
	return false;
}

void tcp_limits_leave(struct tcp_limits *l, const struct addr *client)
{
	atomic_fetch_sub_explicit(client_slot(l, client), 1, memory_order_relaxed);
	atomic_fetch_sub_explicit(&l->total, 1, memory_order_relaxed);
}

uint32_t tcp_limits_total(const struct tcp_limits *l)
{
	return atomic_load_explicit(&l->total, memory_order_relaxed);
}
