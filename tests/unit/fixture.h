/* SPDX-License-Identifier: BSD-2-Clause
 * A worker with a view, made by hand, for tests of single stages.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/base/clock.h"
#include "resolver/stats.h"
#include "resolver/worker.h"

enum { FIXTURE_START_S = 1000000 };

struct fixture {
	struct config config;
	struct view view;
	struct view_group group;
	struct stats_worker stats;
	struct worker worker;
	struct query q;
	uint8_t out[WIRE_MAX];
};

/* Puts the query into the state in which worker_take hands it out. */
static inline struct query *fixture_query(struct fixture *f)
{
	memset(&f->q, 0, sizeof f->q);
	f->q.qname.len = 1;
	f->q.ede = EDE_NONE;
	f->q.list = f->q.monitored = -1;
	f->q.payload = 512;
	f->q.arrived_us = f->worker.now_us;
	f->q.out = f->out;
	f->q.out_max = sizeof f->out;
	return &f->q;
}

/* The clock stands still from here on; fixture_advance moves it. */
static inline void fixture_init(struct fixture *f)
{
	memset(f, 0, sizeof *f);
	clock_freeze((uint64_t)FIXTURE_START_S * 1000000, 1700000000);
	f->config.cache_stale_s = 86400;
	f->config.cache_max_ttl_s = 86400;
	f->config.udp_payload_bytes = 1232;
	f->config.refused_per_s = 10;
	f->config.sinkhole_action = SINK_NULL;
	f->config.sinkhole_ttl_s = 60;
	f->view.config = &f->config;
	f->view.serial = 1;
	f->view.groups = &f->group;
	f->view.group_count = 1;
	f->worker.view = &f->view;
	f->worker.stats = &f->stats;
	f->worker.worker_count = 1;
	f->worker.now_us = clock_us();
	fixture_query(f);
}

static inline void fixture_advance_ms(struct fixture *f, uint64_t ms)
{
	clock_advance(ms * 1000);
	f->worker.now_us = clock_us();
}

static inline void fixture_advance(struct fixture *f, uint32_t seconds)
{
	fixture_advance_ms(f, (uint64_t)seconds * 1000);
}

static inline struct dname fixture_name(const char *text)
{
	struct dname n;
	if (dname_from_text(text, strlen(text), &n))
		abort();
	return n;
}

/* A question as parse leaves it. */
static inline struct query *fixture_ask(struct fixture *f, const char *name, uint16_t type)
{
	struct query *q = fixture_query(f);
	q->qname = fixture_name(name);
	memcpy(q->qname_as_sent, q->qname.bytes, q->qname.len);
	q->qtype = type;
	q->qclass = CLASS_IN;
	q->has_rd = q->has_question = true;
	return q;
}
