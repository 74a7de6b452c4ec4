/* SPDX-License-Identifier: BSD-2-Clause
 * What tcp.c stands on in its tests: a worker without a thread and a pipeline that only notes what it was given. Time stands still and
 * is moved by hand; the loop's own timer only decides when a deadline is looked at.
 *
 * Threads: one; the test pumps the loop. Included by one source of each test.
 */
#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "resolver/base/clock.h"
#include "resolver/pipeline.h"
#include "resolver/stats.h"
#include "resolver/tcp.h"
#include "resolver/tcp_limits.h"
#include "resolver/worker.h"

enum { SLOTS = 400, PUMP_MAX_MS = 60000, IDLE_MS = 40, TOTAL_MS = 400 };

enum behaviour { ECHO, PARK, DROP, BIG };

static struct config config;
static struct view view;
static struct stats_worker stats;
static struct worker worker;
static struct query slots[SLOTS];
static struct query *parked[SLOTS];
static unsigned parked_count, asked, big_bytes;
static enum behaviour behaviour;
static uint8_t out[WIRE_MAX];
static uint32_t longest;
static uint16_t port;
static int port_holder = -1;

/* --- what tcp.c stands on --- */

void worker_enter(struct worker *w)
{
	w->depth++;
	w->view = &view;
	w->now_us = clock_us();
}

void worker_leave(struct worker *w)
{
	assert_true(w->depth > 0);
	w->depth--;
}

struct query *worker_take(struct worker *w)
{
	struct query *q = w->free;
	if (!q)
		return NULL;
	w->free = q->next;
	w->free_count--;
	memset(q, 0, sizeof *q);
	return q;
}

void worker_give_back(struct worker *w, struct query *q)
{
	q->next = w->free;
	w->free = q;
	w->free_count++;
}

static inline void answer(struct query *q, uint32_t len)
{
	memset(out, 0, sizeof out);
	wire_put_u16(out, q->id);
	q->out = out;
	q->out_len = len;
	tcp_send(&worker, q);
	worker_give_back(&worker, q);
}

void pipeline_run(struct worker *w, struct query *q)
{
	assert_ptr_equal(w, &worker);
	assert_true(w->depth > 0);
	assert_int_equal(q->transport, TRANSPORT_TCP);
	assert_true(q->arrived_us == w->now_us);
	assert_true(addr_is_loopback(&q->client));
	asked++;
	longest = q->packet_len > longest ? q->packet_len : longest;
	uint8_t sum = 0;
	for (uint32_t i = 0; i < q->packet_len; i++)
		sum = (uint8_t)(sum + q->packet[i]); /* for the sanitizer: all of it can be read */
	q->id = (uint16_t)(q->packet_len > 1 ? wire_u16(q->packet) : sum);
	switch (behaviour) {
	case ECHO:
		answer(q, 12);
		break;
	case BIG:
		answer(q, big_bytes);
		break;
	case PARK:
		parked[parked_count++] = q;
		break;
	case DROP:
		tcp_drop(w, q);
		worker_give_back(w, q);
		break;
	}
}
