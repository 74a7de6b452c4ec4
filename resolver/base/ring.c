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
	/* What each side last saw of the other: a cache line of the other's is dear. */
	uint64_t known_tail; /* the writer's */
	_Alignas(CACHE_LINE) _Atomic uint64_t tail; /* octets given back */
	uint64_t at, known_head; /* the reader's: octets read */
};

/* Items lie at multiples of eight. */
static uint64_t rounded(uint64_t n)
{
	return (n + 7) & ~UINT64_C(7);
}

static const uint8_t *item_at(const struct ring *r)
{
	return r->bytes + (r->at & (r->size - 1));
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

void ring_put(struct ring *r, const void *item, size_t len)
{
	uint64_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
	uint64_t body = len, at = head & (r->size - 1);
	uint64_t need = HEAD + rounded(body), to_end = r->size - at;
	uint64_t skipped = need > to_end ? to_end : 0;
	if (r->size - (head - r->known_tail) < skipped + need) {
		r->known_tail = atomic_load_explicit(&r->tail, memory_order_acquire);
		if (r->size - (head - r->known_tail) < skipped + need) {
			ring_miss(r);
			return;
		}
	}
	if (skipped) {
		memset(r->bytes + at, 0, HEAD); /* length 0: go on at the beginning */
		at = 0;
	}
	memcpy(r->bytes + at, &body, sizeof body);
	memcpy(r->bytes + at + HEAD, item, len);
	atomic_store_explicit(&r->head, head + skipped + need, memory_order_release);
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
		r->at += r->size - (r->at & (r->size - 1));
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
