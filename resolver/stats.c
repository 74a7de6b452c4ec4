/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/stats.h"

#include <stddef.h>

static const struct {
	uint16_t type;
	const char *name;
} types[] = {
#define X(number, name) {number, name},
	STATS_TYPE_NAMES(X)
#undef X
};

_Static_assert(sizeof types / sizeof types[0] == STATS_TYPES - 1, "one counter is for the others");

static const char *const outcome_names[] = {
#define X(symbol, name) name,
	QUERY_OUTCOMES(X)
#undef X
};

static uint64_t read_counter(const _Atomic uint64_t *c)
{
	return atomic_load_explicit(c, memory_order_relaxed);
}

static void add_all(uint64_t *total, const _Atomic uint64_t *counters, size_t n)
{
	for (size_t i = 0; i < n; i++)
		total[i] += read_counter(&counters[i]);
}

void stats_sum(struct stats_total *total, const struct stats_worker *w)
{
	uint64_t before = 0, after = 0;
	for (int i = 0; i < OUTCOME_COUNT; i++)
		before += total->outcomes[i];
	add_all(total->outcomes, w->outcomes, OUTCOME_COUNT);
	for (int i = 0; i < OUTCOME_COUNT; i++)
		after += total->outcomes[i];
	total->queries += after - before;
	add_all(total->transports, w->transports, 2);
	add_all(total->types, w->types, STATS_TYPES);
	add_all(total->replies, w->replies, JOURNAL_REPLY_COUNT);
	add_all(total->list_hits, w->list_hits, STATS_LISTS);
	add_all(total->list_monitored, w->list_monitored, STATS_LISTS);
	add_all(total->families, w->families, BOTNETS_MAX);
	add_all(total->latency, w->latency, STATS_BUCKETS);
	add_all(total->dga_suspects, w->dga_suspects, DGA_CLASSES);
	total->latency_sum_us += read_counter(&w->latency_sum_us);
#define X(symbol, name, help) total->symbol += read_counter(&w->symbol);
	STATS_EVENTS(X)
#undef X
}

unsigned stats_type_index(uint16_t qtype)
{
	for (unsigned i = 0; i < STATS_TYPES - 1; i++)
		if (types[i].type == qtype)
			return i;
	return STATS_TYPES - 1;
}

uint16_t stats_type_number(unsigned index)
{
	return index < STATS_TYPES - 1 ? types[index].type : 0;
}

const char *stats_type_name(unsigned index)
{
	return index < STATS_TYPES - 1 ? types[index].name : "other";
}

const char *stats_outcome_name(enum query_outcome outcome)
{
	return (unsigned)outcome < OUTCOME_COUNT ? outcome_names[outcome] : "unknown";
}

bool stats_outcome_is_blocked(enum query_outcome outcome)
{
	return outcome == OUTCOME_BLOCKED || outcome == OUTCOME_BLOCKED_CHAIN ||
		outcome == OUTCOME_BLOCKED_ADDRESS || outcome == OUTCOME_BLOCKED_SERVER ||
		outcome == OUTCOME_BLOCKED_GENERATED || outcome == OUTCOME_BLOCKED_INFECTED ||
		outcome == OUTCOME_REWRITTEN || outcome == OUTCOME_DROPPED_POLICY;
}

unsigned stats_bucket(uint64_t us)
{
	if (us <= 1)
		return 0;
	unsigned bucket = 64 - (unsigned)__builtin_clzll(us - 1);
	return bucket < STATS_BUCKETS - 1 ? bucket : STATS_BUCKETS - 1;
}

uint64_t stats_bucket_limit_us(unsigned bucket)
{
	return bucket < STATS_BUCKETS - 1 ? (uint64_t)1 << bucket : UINT64_MAX;
}

double stats_quantile_us(const uint64_t latency[static STATS_BUCKETS], double q)
{
	uint64_t count = 0, seen = 0;
	for (unsigned i = 0; i < STATS_BUCKETS; i++)
		count += latency[i];
	if (!count)
		return 0;
	double wanted = q * (double)count;
	for (unsigned i = 0; i < STATS_BUCKETS; i++) {
		uint64_t n = latency[i];
		if (n && (double)(seen + n) >= wanted) {
			double low = i ? (double)stats_bucket_limit_us(i - 1) : 0;
			double high =
				i < STATS_BUCKETS - 1 ? (double)stats_bucket_limit_us(i) : low * 2;
			return low + (high - low) * (wanted - (double)seen) / (double)n;
		}
		seen += n;
	}
	return (double)stats_bucket_limit_us(STATS_BUCKETS - 2);
}
