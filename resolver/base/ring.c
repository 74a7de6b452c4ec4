/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Each item takes its length and its octets, rounded up to eight; none is split by the end of the memory.
 */
#include "resolver/base/ring.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/base/check.h"

enum { HEAD = 8, CACHE_LINE = 64 };

struct ring {
	uint8_t *bytes;
	uint64_t size;
	_Alignas(CACHE_LINE) _Atomic uint64_t head; /* octets written since the start */
	_Atomic uint64_t dropped;
	/* What lies at the beginning of the memory. Written while there is nothing to read: then the writer begins there again, so that few items at a time
	 * stay in few cache lines, however large the ring is. */
	uint64_t base;
	uint64_t
		skipped; /* the writer's: octets left out at the end, before the item that was begun */
	_Alignas(CACHE_LINE) _Atomic uint64_t tail; /* octets given back */
	_Alignas(CACHE_LINE) uint64_t at,
		known_head; /* the reader's: octets read; the head as last seen */
};

/* Items lie at multiples of eight. */
static uint64_t rounded(uint64_t n)
{
	return (n + 7) & ~UINT64_C(7);
}

static const uint8_t *item_at(const struct ring *r)
{
	return r->bytes + ((r->at - r->base) & (r->size - 1));
}

struct ring *ring_new(size_t bytes)
{
	struct ring *r = aligned_alloc(CACHE_LINE, sizeof *r);
	if (!r)
		return NULL;
	memset(r, 0, sizeof *r);
	r->size = bytes;
	r->bytes = calloc(1, bytes);
	if (r->bytes)
		return r;
	free(r);
	return NULL;
}

void ring_free(struct ring *r)
{
	if (!r)
		return;
	free(r->bytes);
	free(r);
}

void ring_miss(struct ring *r)
{
	atomic_fetch_add_explicit(&r->dropped, 1, memory_order_relaxed);
}

void *ring_begin(struct ring *r, size_t max)
{
	uint64_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
	uint64_t used = head - atomic_load_explicit(&r->tail, memory_order_acquire);
	if (!used)
		r->base = head;
	uint64_t at = (head - r->base) & (r->size - 1);
	uint64_t need = HEAD + rounded(max), to_end = r->size - at;
	r->skipped = need > to_end ? to_end : 0;
	if (r->size - used < r->skipped + need) {
		ring_miss(r);
		return NULL;
	}
	if (!r->skipped)
		return r->bytes + at + HEAD;
	memset(r->bytes + at, 0, HEAD); /* length 0: go on at the beginning */
	return r->bytes + HEAD;
}

bool ring_commit(struct ring *r, size_t len)
{
	uint64_t head = atomic_load_explicit(&r->head, memory_order_relaxed) + r->skipped;
	uint64_t body = len;
	memcpy(r->bytes + ((head - r->base) & (r->size - 1)), &body, sizeof body);
	head += HEAD + rounded(body);
	atomic_store_explicit(&r->head, head, memory_order_release);
	return head - atomic_load_explicit(&r->tail, memory_order_relaxed) > r->size / 16;
}

void ring_put(struct ring *r, const void *item, size_t len)
{
	void *room = ring_begin(r, len);
	if (!room)
		return;
	memcpy(room, item, len);
	(void)ring_commit(r, len);
}

/* Where the next item lies, and its length; false when there is none. */
static bool find_next(struct ring *r, uint64_t *body)
{
	if (r->at == r->known_head) {
		r->known_head = atomic_load_explicit(&r->head, memory_order_acquire);
		if (r->at == r->known_head)
			return false;
	}
	memcpy(body, item_at(r), sizeof *body);
	if (!*body) {
		r->at += r->size - ((r->at - r->base) & (r->size - 1));
		memcpy(body, item_at(r), sizeof *body);
	}
	return true;
}

bool ring_peek(struct ring *r, uint64_t *number)
{
	uint64_t body;
	if (!find_next(r, &body))
		return false;
	memcpy(number, item_at(r) + HEAD, sizeof *number);
	return true;
}

const void *ring_next(struct ring *r, size_t *len)
{
	uint64_t body;
	if (!find_next(r, &body))
		return NULL;
	const void *item = item_at(r) + HEAD;
	r->at += HEAD + rounded(body);
	*len = (size_t)body;
	return item;
}

void ring_release(struct ring *r)
{
	atomic_store_explicit(&r->tail, r->at, memory_order_release);
}

size_t ring_take(struct ring *r, void *out, size_t max)
{
	size_t len = 0;
	const void *item = ring_next(r, &len);
	if (!item)
		return 0;
	MUST(len <= max);
	memcpy(out, item, len);
	ring_release(r);
	return len;
}

uint64_t ring_dropped(const struct ring *r)
{
	return atomic_load_explicit(&r->dropped, memory_order_relaxed);
}
