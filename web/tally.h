/* SPDX-License-Identifier: BSD-2-Clause
 * Counters as JSON, the same in each view: since the start, of a span, of a point in time.
 *
 * Threads: pure.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "resolver/stats.h"

/* An object: name to number. `is_sparse`: without those that are 0. */
json_t *tally_outcomes(const uint64_t outcomes[static OUTCOME_COUNT], bool is_sparse);
json_t *tally_types(const uint64_t types[static STATS_TYPES], bool is_sparse);

/* {count, mean_us, p50_us, p95_us, p99_us} */
json_t *tally_latency(const uint64_t latency[static STATS_BUCKETS], uint64_t sum_us);

uint64_t tally_blocked(const uint64_t outcomes[static OUTCOME_COUNT]);
/* Answered without asking anybody: from the cache, stale ones too. */
uint64_t tally_cached(const uint64_t outcomes[static OUTCOME_COUNT]);
/* Neither answered nor blocked. */
uint64_t tally_failed(const uint64_t outcomes[static OUTCOME_COUNT]);
/* To two digits; 0 of nothing. */
double tally_percent(uint64_t part, uint64_t whole);
