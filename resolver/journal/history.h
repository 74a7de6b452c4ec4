/* SPDX-License-Identifier: BSD-2-Clause
 * What happened in the last ten years, in constant size: counters and latency, how many different clients and domains, who and what
 * came most often. Rows of a minute are kept for two days, of an hour for ninety days, of a day (UTC) for ten years, in
 * `history.mdb` in the state folder, which never grows over 64 MiB.
 *
 * Threads: the writer's functions belong to one thread. All else may be called by any thread; it holds locks for moments only, or for
 *          as long as the disk takes.
 * Owns: the file. One that is damaged or of a newer cenote is set aside, and a new one begun; without one, all goes on in memory.
 * Rule: a span begins with the row that holds `from_s` and ends before `to_s`; where only rows of an hour or a day are left, with those.
 *       Rows tell counters exactly. Top lists and distinct counts are estimates, with their errors said.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/base/addr.h"
#include "resolver/base/err.h"
#include "resolver/stats.h"

struct history;
struct journal_event;

enum { HISTORY_TEXT = 256, HISTORY_AUTO_POINTS = 400 };

/* --- the writer ------------------------------------------------------------------------------- */

/* Fails only when memory is short. */
int history_open(const char *state_directory, struct history **out, struct err *why);
/* NULL is allowed. Saves nothing. */
void history_free(struct history *h);

/* By what a client is counted: its address or a pseudonym. */
struct history_client {
	uint64_t hash;
	uint32_t len;
	char text[ADDR_TEXT_MAX];
};

/* One query, with as much of it as may be kept. */
struct history_fact {
	const struct journal_event *event;
	const struct history_client *client; /* NULL: it is withheld */
	uint64_t name_hash; /* as history_expect told it */
	bool has_name; /* else it is withheld */
};

/* Sets all beside the text. */
void history_name_client(const struct history *h, struct history_client *client);

/* A batch of queries is fed between these two, for a moment: others wait meanwhile. */
void history_enter(struct history *h);
void history_leave(struct history *h);
/* Returns the hash of the name. What is needed to count it is fetched meanwhile: best some queries before it is fed. */
uint64_t history_expect(const struct history *h, const struct journal_event *e);
/* Counts one query in the top lists and the distinct counts. */
void history_feed(struct history *h, const struct history_fact *f);

/* About once a second: what the counters have gained since the last time goes to the minute that was. Every ten minutes it writes. */
void history_tick(struct history *h, uint64_t now_ms, const struct stats_total *t);

/* Writes all there is: at the end. */
void history_save(struct history *h);

/* --- questions -------------------------------------------------------------------------------- */

struct history_point {
	uint64_t at_s; /* of its begin */
	uint32_t step_s;
	uint64_t queries; /* = sum of outcomes, of types, of replies */
	uint64_t outcomes[OUTCOME_COUNT], types[STATS_TYPES], replies[JOURNAL_REPLY_COUNT];
	uint64_t latency[STATS_BUCKETS], latency_sum_us;
	uint32_t clients, domains; /* distinct; standard error 2.3 % */
};

/* AUTO: the finest of 1, 5, 10, 30 min, 1, 3, 6 h, 1 d and 7 d with no more than HISTORY_AUTO_POINTS points that is kept for the span. */
enum history_step { HISTORY_AUTO, HISTORY_MINUTE, HISTORY_HOUR, HISTORY_DAY };

/* Points from the one that holds `from_s` to before `to_s`, also those without a query; `*step_s` is a coarser one than asked for where no
 * finer rows are left. Returns the points, at most `max` (the first ones). */
size_t history_series(struct history *h, uint64_t from_s, uint64_t to_s, enum history_step step,
	uint32_t *step_s, struct history_point *out, size_t max);
/* The sum of the span; `at_s` and `step_s` are those of the whole. */
void history_total(struct history *h, uint64_t from_s, uint64_t to_s, struct history_point *out);

enum history_top_kind {
	HISTORY_DOMAINS,
	HISTORY_BLOCKED_DOMAINS,
	HISTORY_CLIENTS,
	HISTORY_BLOCKED_CLIENTS,
	HISTORY_LISTS, /* blocked or allowed by it */
	HISTORY_FAMILIES, /* of bots */
	HISTORY_TOP_KINDS
};

struct history_entry {
	char text[HISTORY_TEXT];
	uint64_t count, error; /* the true number lies within `error` of `count` */
};

/* Most frequent first. Returns the entries. */
size_t history_top(struct history *h, enum history_top_kind kind, uint64_t from_s, uint64_t to_s,
	struct history_entry *out, size_t max);

struct history_client_point {
	uint64_t at_s;
	uint32_t step_s;
	uint64_t queries, blocked;
};

/* What the top lists of clients know of one, in steps as HISTORY_AUTO. Zero where it was not among the most active. */
size_t history_client(struct history *h, const char *client, uint64_t from_s, uint64_t to_s,
	struct history_client_point *out, size_t max);

enum { HISTORY_MINUTES, HISTORY_HOURS, HISTORY_DAYS, HISTORY_TIERS };

struct history_info {
	uint64_t rows[HISTORY_TIERS]; /* on disk */
	uint64_t waiting_rows; /* in memory until the next save */
	uint64_t bytes; /* of the file */
	uint64_t written_today, written_total; /* bytes, of rows; since the start */
	uint64_t saves, failed_saves,
		dropped_rows; /* never written, because the disk took none for too long */
	char problem[256]; /* "": none */
};

void history_info(struct history *h, struct history_info *out);
