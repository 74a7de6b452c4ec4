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
	uint64_t
		known_tail; /* the writer's: as it last saw it, for the reader's cache line is dear */
	_Alignas(CACHE_LINE) _Atomic uint64_t tail; /* octets read */
};

/* Items lie at multiples of eight. */
static uint64_t rounded(uint64_t n)
{
	return (n + 7) & ~UINT64_C(7);
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
static bool next_of(const struct ring *r, uint64_t *tail, uint64_t *at, uint64_t *body)
{
	*tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
	if (*tail == atomic_load_explicit(&r->head, memory_order_acquire))
		return false;
	*at = *tail & (r->size - 1);
	memcpy(body, r->bytes + *at, sizeof *body);
	if (!*body) {
		*tail += r->size - *at;
		*at = 0;
		memcpy(body, r->bytes, sizeof *body);
	}
	return true;
}

bool ring_peek(const struct ring *r, uint64_t *number)
{
	uint64_t tail, at, body;
	if (!next_of(r, &tail, &at, &body))
		return false;
	memcpy(number, r->bytes + at + HEAD, sizeof *number);
	return true;
}

size_t ring_take(struct ring *r, void *out, size_t max)
{
	uint64_t tail, at, body;
	if (!next_of(r, &tail, &at, &body))
		return 0;
	MUST(body <= max);
	memcpy(out, r->bytes + at + HEAD, (size_t)body);
	atomic_store_explicit(&r->tail, tail + HEAD + rounded(body), memory_order_release);
	return (size_t)body;
}

uint64_t ring_dropped(const struct ring *r)
{
	return atomic_load_explicit(&r->dropped, memory_order_relaxed);
}
