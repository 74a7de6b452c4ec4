/* SPDX-License-Identifier: BSD-2-Clause */
#include "web/tally.h"

#include <math.h>
#include <string.h>

#include "resolver/journal/querylog.h"
#include "web/response.h"

json_t *tally_outcomes(const uint64_t outcomes[static OUTCOME_COUNT], bool is_sparse)
{
	json_t *o = json_object();
	for (int i = 0; i < OUTCOME_COUNT; i++)
		if (outcomes[i] || !is_sparse)
			json_object_set_new(o, stats_outcome_name((enum query_outcome)i),
				response_number(outcomes[i]));
	return o;
}

json_t *tally_types(const uint64_t types[static STATS_TYPES], bool is_sparse)
{
	json_t *o = json_object();
	for (unsigned i = 0; i < STATS_TYPES; i++)
		if (types[i] || !is_sparse)
			json_object_set_new(o, stats_type_name(i), response_number(types[i]));
	return o;
}

json_t *tally_latency(const uint64_t latency[static STATS_BUCKETS], uint64_t sum_us)
{
	uint64_t count = 0;
	for (unsigned i = 0; i < STATS_BUCKETS; i++)
		count += latency[i];
	return json_pack("{s:o, s:f, s:f, s:f, s:f}", "count", response_number(count), "mean_us",
		count ? (double)sum_us / (double)count : 0, "p50_us",
		stats_quantile_us(latency, 0.5), "p95_us", stats_quantile_us(latency, 0.95),
		"p99_us", stats_quantile_us(latency, 0.99));
}

uint64_t tally_blocked(const uint64_t outcomes[static OUTCOME_COUNT])
{
	uint64_t n = 0;
	for (int i = 0; i < OUTCOME_COUNT; i++)
		if (stats_outcome_is_blocked((enum query_outcome)i))
			n += outcomes[i];
	return n;
}

uint64_t tally_cached(const uint64_t outcomes[static OUTCOME_COUNT])
{
	return outcomes[OUTCOME_CACHED] + outcomes[OUTCOME_STALE];
}

uint64_t tally_failed(const uint64_t outcomes[static OUTCOME_COUNT])
{
	uint64_t n = 0;
	for (int i = 0; i < OUTCOME_COUNT; i++)
		if (!strcmp(querylog_verdict_name((enum query_outcome)i), "failed"))
			n += outcomes[i];
	return n;
}

double tally_percent(uint64_t part, uint64_t whole)
{
	return whole ? round(1e4 * (double)part / (double)whole) / 100 : 0;
}
