/* SPDX-License-Identifier: BSD-2-Clause
 * A history that is not there: what it is asked is answered from the fields below. Included by fake_journal.h.
 *
 * Threads: the fields are set before the edge starts.
 */
#pragma once

#include <stdio.h>

#include "resolver/journal/history.h"

struct history {
	struct history_point points[3];
	size_t point_count;
	struct history_entry entries[HISTORY_TOP_KINDS][3];
	size_t entry_count[HISTORY_TOP_KINDS];
	struct history_client_point client[2];
	size_t client_count;
	struct history_info info;
	/* What was asked. */
	uint64_t from_s, to_s;
	enum history_step step;
	size_t max;
	char asked_client[64];
};

void history_total(struct history *h, uint64_t from_s, uint64_t to_s, struct history_point *out)
{
	h->from_s = from_s;
	h->to_s = to_s;
	*out = h->points[0];
}

size_t history_series(struct history *h, uint64_t from_s, uint64_t to_s, enum history_step step,
	uint32_t *step_s, struct history_point *out, size_t max)
{
	h->from_s = from_s;
	h->to_s = to_s;
	h->step = step;
	h->max = max;
	*step_s = 60;
	for (size_t i = 0; i < h->point_count && i < max; i++)
		out[i] = h->points[i];
	return h->point_count;
}

size_t history_top(struct history *h, enum history_top_kind kind, uint64_t from_s, uint64_t to_s,
	struct history_entry *out, size_t max)
{
	size_t n = h->entry_count[kind] < max ? h->entry_count[kind] : max;
	h->from_s = from_s;
	h->to_s = to_s;
	for (size_t i = 0; i < n; i++)
		out[i] = h->entries[kind][i];
	return n;
}

size_t history_client(struct history *h, const char *client, uint64_t from_s, uint64_t to_s,
	struct history_client_point *out, size_t max)
{
	h->from_s = from_s;
	h->to_s = to_s;
	snprintf(h->asked_client, sizeof h->asked_client, "%s", client);
	for (size_t i = 0; i < h->client_count && i < max; i++)
		out[i] = h->client[i];
	return h->client_count;
}

void history_info(struct history *h, struct history_info *out)
{
	*out = h->info;
}
