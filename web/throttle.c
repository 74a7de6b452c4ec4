/* SPDX-License-Identifier: BSD-2-Clause */
#include "web/throttle.h"

#include <sodium.h>
#include <string.h>

#include "resolver/base/hash.h"

void throttle_init(struct throttle *t, uint64_t now_ms)
{
	memset(t, 0, sizeof *t);
	randombytes_buf(&t->seed, sizeof t->seed);
	t->budget_ms = (uint64_t)THROTTLE_BURST * THROTTLE_REFILL_MS;
	t->filled_ms = now_ms;
}

static void prefix_of(const struct addr *peer, uint8_t out[static 16])
{
	memcpy(out, peer->bytes, 16);
	if (!addr_is_v4(peer))
		memset(out + 8, 0, 8);
}

static struct throttle_entry *set_of(struct throttle *t, const uint8_t prefix[static 16])
{
	return t->entries[hash_bytes(prefix, 16, t->seed) % THROTTLE_SETS];
}

static struct throttle_entry *find(
	struct throttle *t, const uint8_t prefix[static 16], uint64_t now_ms)
{
	struct throttle_entry *set = set_of(t, prefix);
	for (int i = 0; i < THROTTLE_WAYS; i++) {
		struct throttle_entry *e = &set[i];
		if (!e->is_used || memcmp(e->prefix, prefix, 16) != 0)
			continue;
		if (now_ms - e->last_ms >= (uint64_t)THROTTLE_FORGET_S * 1000)
			e->failures = 0;
		return e;
	}
	return NULL;
}

/* Makes room in its set: an unused place, else the stranger's that was longest quiet, else the friend's. */
static struct throttle_entry *claim(
	struct throttle *t, const uint8_t prefix[static 16], uint64_t now_ms)
{
	struct throttle_entry *e = find(t, prefix, now_ms), *set = set_of(t, prefix);
	if (e)
		return e;
	e = &set[0];
	for (int i = 1; i < THROTTLE_WAYS && e->is_used; i++) {
		bool is_less = set[i].is_friend < e->is_friend ||
			(set[i].is_friend == e->is_friend && set[i].last_ms < e->last_ms);
		if (!set[i].is_used || is_less)
			e = &set[i];
	}
	*e = (struct throttle_entry){.is_used = true};
	memcpy(e->prefix, prefix, 16);
	return e;
}

static void refill(struct throttle *t, uint64_t now_ms)
{
	enum { FULL = THROTTLE_BURST * THROTTLE_REFILL_MS };
	uint64_t passed = now_ms - t->filled_ms;
	t->filled_ms = now_ms;
	t->budget_ms = passed > FULL - t->budget_ms ? FULL : t->budget_ms + passed;
}

uint32_t throttle_wait_s(struct throttle *t, const struct addr *peer, uint64_t now_ms)
{
	uint8_t prefix[16];
	prefix_of(peer, prefix);
	const struct throttle_entry *e = find(t, prefix, now_ms);
	refill(t, now_ms);
	if (e && e->failures > THROTTLE_FREE && now_ms < e->free_ms)
		return (uint32_t)((e->free_ms - now_ms + 999) / 1000);
	if ((e && e->is_friend) || t->budget_ms >= THROTTLE_REFILL_MS)
		return 0;
	return (uint32_t)((THROTTLE_REFILL_MS - t->budget_ms + 999) / 1000);
}

void throttle_failed(struct throttle *t, const struct addr *peer, uint64_t now_ms)
{
	uint8_t prefix[16];
	prefix_of(peer, prefix);
	struct throttle_entry *e = claim(t, prefix, now_ms);
	refill(t, now_ms);
	if (!e->is_friend)
		t->budget_ms -=
			t->budget_ms < THROTTLE_REFILL_MS ? t->budget_ms : THROTTLE_REFILL_MS;
	if (e->failures < UINT16_MAX)
		e->failures++;
	e->last_ms = now_ms;
	unsigned over = e->failures > THROTTLE_FREE ? e->failures - THROTTLE_FREE : 0;
	uint64_t wait_s = over > 9 ? THROTTLE_WAIT_MAX_S : (UINT64_C(1) << over);
	e->free_ms = now_ms + (wait_s < THROTTLE_WAIT_MAX_S ? wait_s : THROTTLE_WAIT_MAX_S) * 1000;
}

void throttle_passed(struct throttle *t, const struct addr *peer, uint64_t now_ms)
{
	uint8_t prefix[16];
	prefix_of(peer, prefix);
	struct throttle_entry *e = claim(t, prefix, now_ms);
	e->failures = 0;
	e->last_ms = now_ms;
	e->is_friend = true;
}
