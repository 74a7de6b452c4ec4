/* SPDX-License-Identifier: BSD-2-Clause
 * A history in a folder of its own, its clock, and the counters it is told. Include after cmocka.h.
 */
#pragma once

#include <stdio.h>
#include <string.h>

#include "resolver/base/clock.h"
#include "resolver/journal/event.h"
#include "resolver/journal/history.h"
#include "tests/unit/folder.h"

/* A midnight (UTC) after the release. */
enum { HARNESS_START_S = 1799971200 };

struct history_harness {
	struct folder folder;
	struct history *history;
	struct stats_total total;
	uint64_t now_s;
};

static inline void history_harness_open(struct history_harness *x)
{
	struct err why = {""};
	assert_int_equal(history_open(x->folder.path, &x->history, &why), 0);
	memset(&x->total, 0, sizeof x->total);
}

static inline void history_harness_tick(struct history_harness *x)
{
	history_tick(x->history, x->now_s * 1000, &x->total);
}

static inline int history_harness_make(void **state)
{
	struct history_harness *x = test_calloc(1, sizeof *x);
	folder_make(&x->folder);
	x->now_s = HARNESS_START_S;
	clock_freeze(1000000, x->now_s);
	history_harness_open(x);
	history_harness_tick(x);
	*state = x;
	return 0;
}

static inline int history_harness_remove(void **state)
{
	struct history_harness *x = *state;
	history_free(x->history);
	folder_remove(&x->folder);
	test_free(x);
	clock_thaw();
	return 0;
}

/* The process ends, and another one starts. */
static inline void history_harness_restart(struct history_harness *x, bool is_killed)
{
	if (!is_killed)
		history_save(x->history);
	history_free(x->history);
	history_harness_open(x);
}

/* Time goes on, with a tick at its end. */
static inline void history_harness_pass(struct history_harness *x, uint64_t seconds)
{
	x->now_s += seconds;
	clock_advance(seconds * 1000000);
	history_harness_tick(x);
}

/* `n` times the same question. */
static inline void history_harness_ask(struct history_harness *x, const char *client,
	const char *name, enum query_outcome outcome, uint64_t n)
{
	struct journal_event e = {.at_ms = x->now_s * 1000,
		.qtype = 1,
		.outcome = (uint8_t)outcome,
		.list = stats_outcome_is_blocked(outcome) ? "ads" : "",
		.family = outcome == OUTCOME_BLOCKED_GENERATED ? "necurs" : NULL};
	assert_int_equal(dname_from_text(name ? name : ".", strlen(name ? name : "."), &e.name), 0);
	struct history_client c;
	snprintf(c.text, sizeof c.text, "%s", client);
	history_name_client(x->history, &c);
	const struct history_fact fact = {.event = &e,
		.client = *client ? &c : NULL,
		.name_hash = history_expect(x->history, &e),
		.has_name = name != NULL};
	history_enter(x->history);
	for (uint64_t i = 0; i < n; i++)
		history_feed(x->history, &fact);
	history_leave(x->history);
	x->total.queries += n;
	x->total.outcomes[outcome] += n;
	x->total.types[0] += n;
	x->total.replies[JOURNAL_REPLY_IP] += n;
	x->total.latency[5] += n;
	x->total.latency_sum_us += 20 * n;
}

static inline uint64_t history_harness_queries(
	struct history_harness *x, uint64_t from_s, uint64_t to_s)
{
	struct history_point p;
	uint64_t outcomes = 0, types = 0;
	history_total(x->history, from_s, to_s, &p);
	for (int i = 0; i < OUTCOME_COUNT; i++)
		outcomes += p.outcomes[i];
	for (int i = 0; i < STATS_TYPES; i++)
		types += p.types[i];
	assert_int_equal(p.replies[JOURNAL_REPLY_IP], p.queries);
	assert_int_equal(outcomes, p.queries);
	assert_int_equal(types, p.queries);
	return p.queries;
}
