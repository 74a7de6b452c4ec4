/* SPDX-License-Identifier: BSD-2-Clause
 * What is known of each configured list: when it was asked, what came of it, when it is due. Kept over restarts in a small file of JSON.
 *
 * Threads: the owner locks. Owns: its entries.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feeds/feeds.h"
#include "feeds/listdb/listdb.h"
#include "feeds/plan.h"
#include "resolver/base/config.h"

struct ledger_entry {
	char *source;
	enum list_match match;
	enum list_format format;
	uint32_t refresh_s, at; /* as in the configuration */
	bool has_private;
	char *sha256, *key, *signature; /* "": not given */
	uint64_t proof; /* a hash of the three */
	struct plan_refusal refusal;
	uint32_t patience_s; /* that its server asked for last */
	uint32_t fails; /* in a row */
	uint64_t due_ms; /* of clock_ms */
	bool is_due_now; /* new, or asked for by hand since the last plan */
	bool is_by_hand; /* the latter */
	bool is_deny;
	uint32_t floor, max_change_percent, shadow_s;
	uint64_t taken_s; /* of the generation in force: wall time, 0: it does not hold the list */
	bool is_calendar;
	int64_t made_day,
		planned_day; /* of the calendar: for which day it was made, is being made; 0: not known, -1: for none */
	struct plan_held held;
	uint64_t accepted; /* hash of the held content that the operator accepts; 0: none */
	struct plan_tags tags;
	struct feeds_list_status status; /* next_s is not kept here: see ledger_status */
};

enum { LEDGER_PAST_MAX = 128 };

/* A generation that was built. */
struct ledger_past {
	uint64_t number, created_s, names;
};

struct ledger {
	struct ledger_entry *entries;
	size_t count;
	struct ledger_past past[LEDGER_PAST_MAX]; /* newest first */
	size_t past_count;
	bool is_day_unknown; /* the clock is plainly wrong */
};

/* Takes over the lists of the configuration. What is known of a list stays with it while its source is the same; a new one is due at once.
 * 0 or -ENOMEM. */
int ledger_configure(struct ledger *l, const struct config *config);
void ledger_clear(struct ledger *l);

/* Fills in what the file knows of the lists. A missing or damaged file is no failure: all lists are due then. */
void ledger_load(struct ledger *l, const char *path);
/* The file, as text; owned; NULL when memory is short. */
char *ledger_to_text(const struct ledger *l);

/* Counts of the generation that serves: its lists. */
void ledger_take_generation(struct ledger *l, const struct listdb_list *lists, size_t count);
/* Remembers that a generation was built. */
void ledger_note_built(struct ledger *l, const struct ledger_past *built);
/* Of a generation that was built; 0: not known. */
uint64_t ledger_names_of(const struct ledger *l, uint64_t number);

/* The held content of the list named is to be taken in. CEN_ENOTFOUND; CEN_EREFUSED when nothing is held. */
int ledger_accept(struct ledger *l, const char *name);
/* The hash of what is held of it; codes as ledger_accept. */
int ledger_held(const struct ledger *l, const char *name, uint64_t *hash);
/* Seconds until the next shadow period ends; 0: none runs. */
uint64_t ledger_shadow_s(const struct ledger *l);

/* Sets lists due now: the one named, or all with NULL. CEN_ENOTFOUND when there is none of that name. */
int ledger_set_due(struct ledger *l, const char *name);
/* The earliest time at which one is due, of clock_ms; UINT64_MAX: none is configured. */
uint64_t ledger_next_ms(const struct ledger *l);

/* The wall clock says `now_s`, and is or is not to be believed: with another day the calendar is due. */
void ledger_turn_day(struct ledger *l, uint64_t now_s, bool is_known);
/* The latest wall time that is written in it; 0: none. */
uint64_t ledger_newest_s(const struct ledger *l);

/* The lists into a plan; they are owned by the plan. 0 or -ENOMEM. */
int ledger_plan(struct ledger *l, struct plan *plan);
/* What the helper says of them. Results of lists that are not configured any more are passed over. */
void ledger_apply(struct ledger *l, const struct plan_report *report);
/* There is no report: all that the plan said were due have failed. */
void ledger_apply_failure(struct ledger *l, const struct plan *plan, const char *reason);

/* After a round: what is due still, because the round failed too early to ask, waits a little. */
void ledger_postpone(struct ledger *l);

/* Where a list is in the round that runs; NULL: all of them. */
void ledger_progress(struct ledger *l, const char *name, enum feeds_step step, uint64_t bytes,
	uint64_t total_bytes);

void ledger_status(const struct ledger *l, size_t i, struct feeds_list_status *out);
