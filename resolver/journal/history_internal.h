/* SPDX-License-Identifier: BSD-2-Clause
 * What history.c writes and history_query.c reads.
 *
 * Threads: see history.h. `lock` is held before that of the store, never behind it.
 */
#pragma once

#include <pthread.h>

#include "resolver/journal/history.h"
#include "resolver/journal/history_row.h"
#include "resolver/journal/history_store.h"

struct history {
	struct history_store *store;
	uint64_t seed;

	/* --- the writer's own --- */
	struct stats_total last;
	struct history_row spare;
	uint64_t save_by_ms;
	uint8_t room[HISTORY_STORE_ROW_MAX];

	pthread_mutex_t lock; /* of all that follows */
	/* The open minute holds what came since it was opened. The open hour and day hold all that is known of them without the
	 * open minute, and stand above what the store has of them. */
	struct history_row open[HISTORY_TIERS];
	uint64_t at_s[HISTORY_TIERS]; /* 0: not yet known */
	bool has_news[HISTORY_TIERS]; /* more than what the store has */
	uint64_t turns; /* one more whenever a row was opened or closed */
};
