/* SPDX-License-Identifier: BSD-2-Clause
 * What becomes of each query after it was counted: the query log and the history, off the answer path.
 *
 * Threads: one of its own, which alone takes events up. journal_begin, journal_commit and journal_miss are each worker's for its own ring; all else may come from any
 *          thread but the workers'.
 * Owns: the query log and the history.
 */
#pragma once

#include <stdint.h>

#include "resolver/base/config.h"
#include "resolver/base/err.h"
#include "resolver/journal/event.h"

struct history;
struct journal;
struct querylog;
struct stats_total;

/* Where the exact counters are found; called on the journal thread. */
struct journal_hooks {
	void (*stats)(void *arg, struct stats_total *out);
	void *arg;
};

/* queries = events = written + pending + dropped + suppressed, when nothing is in the rings. */
struct journal_info {
	uint64_t events;
	uint64_t written; /* rows on disk, also those that were forgotten since */
	uint64_t pending; /* rows in memory that wait for the disk */
	uint64_t dropped; /* there was no room for them, in a ring or on disk */
	uint64_t suppressed; /* the configuration wants no row */
	uint64_t failed_writes;
	uint64_t log_bytes, log_rows; /* on disk */
	uint64_t oldest_ms; /* wall time of the oldest row; 0: none */
	char problem[256]; /* of the files; "": none */
};

/* `config` is read during the call only. A file that is damaged is set aside and said; it is no failure. */
int journal_open(
	const struct config *config, unsigned workers, struct journal **out, struct err *why);
int journal_start(struct journal *j, const struct journal_hooks *hooks, struct err *why);
/* Takes up what is left, writes it, and joins the thread. NULL is allowed, as in the next. */
void journal_stop(struct journal *j);
void journal_free(struct journal *j);
/* Acts on what is taken up from now on. */
void journal_reconfigure(struct journal *j, const struct config *config);

/* Worker `index`: where the next event is to be made, in its ring; NULL: it is full, and the event is dropped and counted. */
struct journal_event *journal_begin(struct journal *j, unsigned worker);
/* Worker `index`: the event that was begun is made. */
void journal_commit(struct journal *j, unsigned worker, const struct journal_event *event);
/* Worker `index`: a query of which nothing is known but that it came. */
void journal_miss(struct journal *j, unsigned worker);

struct querylog *journal_querylog(struct journal *j);
struct history *journal_history(struct journal *j);
void journal_info(struct journal *j, struct journal_info *out);
