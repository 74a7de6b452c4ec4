/* SPDX-License-Identifier: BSD-2-Clause
 * What lies behind the web edge, and is not there: resolver, lists, evidence, journal. Included once by a test; the linker then leaves the real
 * ones out.
 *
 * Threads: the fields are set before the edge starts.
 */
#pragma once

#include "tests/unit/fake_evidence.h"
#include "tests/unit/fake_feeds.h"
#include "tests/unit/fake_journal.h"
#include "tests/unit/fake_server.h"
#include "web/edge.h"

static inline int fake_reload(void *arg, char *restart_keys, size_t size, struct err *why)
{
	struct server *s = arg;
	snprintf(restart_keys, size, "listen, workers");
	return s->code ? err_set(why, s->code, "cenote.yaml:3: no such key") : 0;
}

/* Numbers that add up: 100 queries, 30 of them blocked. */
static inline void fake_fill(struct server *s, struct feeds *f)
{
	s->stats.queries = 100;
	s->stats.outcomes[OUTCOME_CACHED] = 50;
	s->stats.outcomes[OUTCOME_RECURSED] = 20;
	s->stats.outcomes[OUTCOME_BLOCKED] = 25;
	s->stats.outcomes[OUTCOME_BLOCKED_CHAIN] = 5;
	s->stats.transports[0] = 90;
	s->stats.transports[1] = 10;
	s->stats.types[0] = 60;
	s->stats.types[1] = 40;
	s->stats.list_hits[0] = 28;
	s->stats.list_monitored[2] = 3;
	s->list_names[0] = "botnets";
	s->list_names[2] = "quo\"te\\back";
	s->stats.latency[6] = 70;
	s->stats.latency[15] = 29;
	s->stats.latency[STATS_BUCKETS - 1] = 1;
	s->stats.latency_sum_us = 1234567;
	s->info.started_s = 1700000000;
	s->info.uptime_s = 3600;
	s->info.workers = 2;
	s->info.cache_bytes = 1 << 26;
	s->stats.dga_suspects[DGA_RANDOM] = 4;
	s->stats.dga_suspects[DGA_WORDS] = 1;
	s->stats.dga_scored = 40;
	s->stats.dga_popular = 2;
	s->info.dga_mode = LIST_MODE_BLOCK;
	s->info.has_classifier = true;
	s->info.dga_threshold = 1e-4;
	s->info.dga_threshold_score = 6125;
	f->status.generation = 7;
	f->status.names = 1000000;
	f->status.created_s = 1700000000;
	f->status.list_count = 2;
	f->list_count = 2;
	snprintf(f->lists[0].name, sizeof f->lists[0].name, "botnets");
	f->lists[0].state = FEEDS_OK;
	f->lists[0].rules = 1000000;
	f->lists[0].changed_s = 1700000000;
	snprintf(f->lists[1].name, sizeof f->lists[1].name, "ads");
	f->lists[1].state = FEEDS_REFUSED;
	snprintf(f->lists[1].reason, sizeof f->lists[1].reason, "line 3 is <html>\x80");
}
