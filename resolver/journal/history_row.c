/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/journal/history_row.h"

#include <string.h>

static const struct {
	uint32_t capacity, key_max;
} sizes[HISTORY_TOP_KINDS] = {
	[HISTORY_DOMAINS] = {HISTORY_ROW_TOP_MAX, TOP_KEY_MAX},
	[HISTORY_BLOCKED_DOMAINS] = {HISTORY_ROW_TOP_MAX / 2, TOP_KEY_MAX},
	[HISTORY_CLIENTS] = {HISTORY_ROW_TOP_MAX / 2, 48},
	[HISTORY_BLOCKED_CLIENTS] = {HISTORY_ROW_TOP_MAX / 4, 48},
	[HISTORY_LISTS] = {128, 64},
	[HISTORY_FAMILIES] = {64, 32},
};

bool history_row_init(struct history_row *r, unsigned kinds, uint64_t seed)
{
	bool is_whole = true;
	memset(r, 0, sizeof *r);
	for (int i = 0; i < HISTORY_TOP_KINDS; i++) {
		if (!(kinds & 1U << i))
			continue;
		r->tops[i] = top_new(sizes[i].capacity, sizes[i].key_max, seed);
		is_whole = is_whole && r->tops[i];
	}
	return is_whole;
}

void history_row_free(struct history_row *r)
{
	for (int i = 0; i < HISTORY_TOP_KINDS; i++)
		top_free(r->tops[i]);
}

void history_row_clear(struct history_row *r)
{
	memset(&r->sum, 0, sizeof r->sum);
	distinct_clear(&r->clients);
	distinct_clear(&r->domains);
	for (int i = 0; i < HISTORY_TOP_KINDS; i++)
		if (r->tops[i])
			top_clear(r->tops[i]);
}

static void add_all(uint64_t *to, const uint64_t *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] += from[i];
}

void history_row_add(struct history_row *to, const struct history_row *from)
{
	to->sum.queries += from->sum.queries;
	add_all(to->sum.outcomes, from->sum.outcomes, OUTCOME_COUNT);
	add_all(to->sum.types, from->sum.types, STATS_TYPES);
	add_all(to->sum.replies, from->sum.replies, JOURNAL_REPLY_COUNT);
	add_all(to->sum.latency, from->sum.latency, STATS_BUCKETS);
	to->sum.latency_sum_us += from->sum.latency_sum_us;
	distinct_merge(&to->clients, &from->clients);
	distinct_merge(&to->domains, &from->domains);
	for (int i = 0; i < HISTORY_TOP_KINDS; i++)
		if (to->tops[i] && from->tops[i])
			top_merge(to->tops[i], from->tops[i]);
}

void history_row_point(
	const struct history_row *r, uint64_t at_s, uint32_t step_s, struct history_point *out)
{
	*out = r->sum;
	out->at_s = at_s;
	out->step_s = step_s;
	out->clients = distinct_estimate(&r->clients);
	out->domains = distinct_estimate(&r->domains);
}
