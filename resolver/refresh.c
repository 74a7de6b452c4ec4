/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/refresh.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/pipeline.h"
#include "resolver/stats.h"
#include "resolver/worker.h"

/* The library counts its TTLs in seconds of the wall clock, from the beginning of the one in which the answer came to the end of
 * the one in which it expires: after another second, and a moment for rounding, it has surely let go of the old answer. The
 * cache bridges the gap (REFRESH_GRACE_S in cache.c). */
enum { DUE_MAX = 1024, AFTER_EXPIRY_MS = 1100, ROUND_MAX = 64 };

struct due {
	uint64_t at_ms;
	struct dname name;
	uint16_t type;
	bool has_do, has_cd;
};

struct refresh {
	struct worker *worker;
	struct event *timer;
	uint64_t timer_at_ms; /* 0: not set */
	unsigned count;
	struct due *heap[DUE_MAX]; /* earliest first */
	struct due space[DUE_MAX]; /* heap[count..] point to the free ones */
};

static void swap(struct refresh *r, unsigned a, unsigned b)
{
	struct due *t = r->heap[a];
	r->heap[a] = r->heap[b];
	r->heap[b] = t;
}

static void sift_up(struct refresh *r, unsigned i)
{
	for (; i && r->heap[i]->at_ms < r->heap[(i - 1) / 2]->at_ms; i = (i - 1) / 2)
		swap(r, i, (i - 1) / 2);
}

static void sift_down(struct refresh *r)
{
	for (unsigned i = 0;;) {
		unsigned least = i, left = 2 * i + 1;
		for (unsigned k = left; k <= left + 1 && k < r->count; k++)
			if (r->heap[k]->at_ms < r->heap[least]->at_ms)
				least = k;
		if (least == i)
			return;
		swap(r, i, least);
		i = least;
	}
}

static void set_timer(struct refresh *r)
{
	if (!r->count || (r->timer_at_ms && r->timer_at_ms <= r->heap[0]->at_ms))
		return;
	uint64_t now_ms = r->worker->now_us / 1000;
	uint64_t wait_ms = r->heap[0]->at_ms > now_ms ? r->heap[0]->at_ms - now_ms : 1;
	struct timeval tv = {.tv_sec = (time_t)(wait_ms / 1000),
		.tv_usec = (suseconds_t)(wait_ms % 1000 * 1000)};
	r->timer_at_ms = r->heap[0]->at_ms;
	evtimer_add(r->timer, &tv);
}

static void start(struct worker *w, const struct due *d)
{
	/* Clients come first: a refresh never takes one of the last slots. */
	struct query *q = w->free_count > w->slot_count / 4 ? worker_take(w) : NULL;
	if (!q) {
		stats_add(&w->stats->refresh_drops, 1);
		return;
	}
	stats_add(&w->stats->refreshes, 1);
	q->transport = TRANSPORT_NONE;
	q->arrived_us = w->now_us;
	q->qname = d->name;
	memcpy(q->qname_as_sent, d->name.bytes, d->name.len);
	q->qtype = d->type;
	q->qclass = CLASS_IN;
	q->has_question = q->has_rd = true;
	q->has_do = d->has_do;
	q->has_cd = d->has_cd;
	pipeline_refresh(w, q);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	struct refresh *r = arg;
	struct worker *w = r->worker;
	worker_enter(w);
	r->timer_at_ms = 0;
	for (int n = 0; n < ROUND_MAX && r->count && r->heap[0]->at_ms <= w->now_us / 1000; n++) {
		struct due d = *r->heap[0];
		swap(r, 0, --r->count);
		sift_down(r);
		start(w, &d);
	}
	set_timer(r);
	worker_leave(w);
}

void refresh_schedule(struct worker *w, const struct query *q, uint32_t in_s)
{
	struct refresh *r = w->refresh;
	if (r->count == DUE_MAX) {
		stats_add(&w->stats->refresh_drops, 1);
		return;
	}
	struct due *d = r->heap[r->count];
	d->at_ms = w->now_us / 1000 + in_s * (uint64_t)1000 + AFTER_EXPIRY_MS;
	d->name = q->qname;
	d->type = q->qtype;
	d->has_do = q->has_do;
	d->has_cd = q->has_cd;
	sift_up(r, r->count++);
	set_timer(r);
}

int refresh_new(struct worker *w, struct refresh **out, struct err *why)
{
	struct refresh *r = calloc(1, sizeof *r);
	if (!r || !(r->timer = evtimer_new(w->base, on_timer, r))) {
		free(r);
		return err_set(why, -ENOMEM, "out of memory while starting worker %u", w->index);
	}
	r->worker = w;
	for (unsigned i = 0; i < DUE_MAX; i++)
		r->heap[i] = &r->space[i];
	*out = r;
	return 0;
}

void refresh_free(struct refresh *r)
{
	if (!r)
		return;
	event_free(r->timer);
	free(r);
}
