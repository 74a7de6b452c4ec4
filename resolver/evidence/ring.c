/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Each event takes its length, its fields and the octets of its name, rounded up to eight; none is split by the end of the memory.
 */
#include "resolver/evidence/ring.h"

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
	_Alignas(CACHE_LINE) _Atomic uint64_t tail; /* octets read */
};

static uint64_t rounded(uint64_t n)
{
	return (n + 7) & ~UINT64_C(7);
}

/* Fields and name, without the room behind the name. */
static uint64_t body_of(const struct evidence_event *e)
{
	return offsetof(struct evidence_event, name.bytes) + e->name.len;
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

void ring_put(struct ring *r, const struct evidence_event *event)
{
	uint64_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
	uint64_t tail = atomic_load_explicit(&r->tail, memory_order_acquire);
	uint64_t body = body_of(event), at = head & (r->size - 1);
	uint64_t need = HEAD + rounded(body), to_end = r->size - at;
	uint64_t skipped = need > to_end ? to_end : 0;
	if (r->size - (head - tail) < skipped + need) {
		atomic_fetch_add_explicit(&r->dropped, 1, memory_order_relaxed);
		return;
	}
	if (skipped) {
		memset(r->bytes + at, 0, HEAD); /* length 0: go on at the beginning */
		at = 0;
	}
	memcpy(r->bytes + at, &body, sizeof body);
	memcpy(r->bytes + at + HEAD, event, body);
	atomic_store_explicit(&r->head, head + skipped + need, memory_order_release);
}

/* Where the next event lies, and its length; false when there is none. */
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

bool ring_peek(const struct ring *r, uint64_t *at_ms)
{
	uint64_t tail, at, body;
	if (!next_of(r, &tail, &at, &body))
		return false;
	memcpy(at_ms, r->bytes + at + HEAD + offsetof(struct evidence_event, at_ms), sizeof *at_ms);
	return true;
}

bool ring_take(struct ring *r, struct evidence_event *out)
{
	uint64_t tail, at, body;
	if (!next_of(r, &tail, &at, &body))
		return false;
	MUST(body <= sizeof *out);
	memcpy(out, r->bytes + at + HEAD, body);
	atomic_store_explicit(&r->tail, tail + HEAD + rounded(body), memory_order_release);
	return true;
}

uint64_t ring_dropped(const struct ring *r)
{
	return atomic_load_explicit(&r->dropped, memory_order_relaxed);
}
