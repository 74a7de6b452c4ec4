/* SPDX-License-Identifier: BSD-2-Clause
 * What server.c and its halves (server_explain.c) share.
 *
 * Threads: `lock` guards everything but the workers and the published view.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "dga/dga.h"
#include "resolver/cache.h"
#include "resolver/respites.h"
#include "resolver/rules.h"
#include "resolver/server.h"
#include "resolver/tcp_limits.h"
#include "resolver/view.h"
#include "resolver/worker.h"

struct server {
	pthread_mutex_t lock;
	struct config *config;
	struct listdb *db;
	struct overlay *overlay; /* a reference; NULL: none */
	struct rules *rules;
	struct respites *respites;
	struct cache *cache;
	struct dga *dga; /* NULL: there is no classifier */
	struct botnets botnets;
	struct evidence *evidence; /* borrowed; NULL: none is gathered */
	struct journal *journal; /* borrowed; NULL: none is kept */
	struct flight *flight;
	struct tcp_limits *tcp_limits;
	const struct view *_Atomic view; /* the published one */
	struct view *owned_view; /* the same, to be freed */
	struct worker **workers;
	unsigned worker_count;
	uint32_t serial;
	char counter_names[STATS_LISTS]
			  [64]; /* of list counters, in the order in which lists were first seen */
	unsigned counter_count;
	bool has_served;
	uint64_t started_wall_s, started_us;
	uint64_t reloads, failed_reloads;
	char last_reload_error[512];
	char dga_problem[512]; /* see struct server_info */
};

/* Fills what of the explanation is in force for a while; under the lock. */
void server_respite_explain(const struct server *s, const struct addr *client,
	const struct dname *name, struct server_explanation *x);

/* Joins everything that is now in force into a view and publishes it, under the lock. */
int server_publish(struct server *s, struct err *why);
