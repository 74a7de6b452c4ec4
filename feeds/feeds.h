/* SPDX-License-Identifier: BSD-2-Clause
 * Lists in, immutable policy generations out: the thread that keeps the policy store up to date.
 *
 * Threads: one thread of its own, which forks one helper process at a time (fetch, parse, build under limits). All
 *          functions here may be called from any thread.
 * Owns: `<state>/generations/NNNNNNNN.mdb`, `<cache>/lists/`, and a lock file that keeps a second daemon out.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feeds/feeds_transfer.h"
#include "feeds/listdb/listdb.h"
#include "feeds/listdb/overlay.h"
#include "resolver/base/addr.h"
#include "resolver/base/calendar_list.h"
#include "resolver/base/config.h"
#include "resolver/base/err.h"

struct feeds;

enum feeds_state {
	FEEDS_NEVER, /* not fetched yet */
	FEEDS_OK, /* in the serving generation as last fetched */
	FEEDS_STALE, /* the last fetch failed; an older content serves */
	FEEDS_REFUSED, /* the last content was refused (junk, HTML, empty, over a limit); an older content serves, if any */
	FEEDS_HELD, /* a guard holds new content until `feeds accept`; an older content serves, if any */
	FEEDS_STATES,
};

/* Which guards hold it: a set of bits. */
enum feeds_guard {
	FEEDS_GUARD_NONE = 0,
	FEEDS_GUARD_FLOOR = 1, /* too few rules */
	FEEDS_GUARD_CHANGE = 2, /* too many more or fewer */
	FEEDS_GUARD_NAMES = 4, /* it would newly block protected names */
	FEEDS_GUARDS = 8,
};

/* Where a list is in the round that runs. */
enum feeds_step {
	FEEDS_IDLE,
	FEEDS_WAITING, /* for its turn, its server's name, or the next try */
	FEEDS_FETCHING,
	FEEDS_FETCHED,
	FEEDS_STEPS,
};

/* One list's state, for `status`, the API and metrics. */
struct feeds_list_status {
	char name[64];
	enum feeds_state state;
	char reason[256]; /* why it is not FEEDS_OK; "" when it is */
	char format[16];
	uint64_t rules, unique, lines, skipped;
	uint64_t checked_s, changed_s, next_s; /* wall time; 0: never */
	enum feeds_step step;
	uint64_t bytes, total_bytes; /* fetched so far in this round; total 0: not known */
	enum feeds_guard guard; /* that holds newer content; FEEDS_GUARD_NONE: nothing is held */
	char held_reason[256];
	uint64_t held_s; /* since when */
	uint64_t shadow_s; /* how long it still only monitors; 0: it acts as configured */
	struct feeds_transfer transfer;
	struct calendar_list_facts calendar;
};

const char *feeds_step_name(enum feeds_step step); /* "idle", "waiting", "fetching", "fetched" */
const char *feeds_state_name(enum feeds_state state);
const char *feeds_guard_name(enum feeds_guard guard); /* the first of a set; "" for none */

struct feeds_status {
	uint64_t generation; /* 0: none, serving unfiltered */
	uint64_t pinned; /* the operator went back to it: it serves on; 0: none */
	uint64_t newest; /* the last one built; other than `generation` only when one is pinned */
	uint64_t names, created_s;
	uint64_t builds, build_failures;
	bool is_building;
	char last_error[256];
	char clock_reason[256]; /* what speaks against the machine's clock; "": nothing */
	uint32_t list_count;
};

/* A generation on disk. */
struct feeds_generation {
	uint64_t number, created_s;
	uint64_t names; /* 0: not known any more */
	bool is_in_force;
};

struct feeds_hooks {
	/* Another generation is to be in force: takes `db`. Any thread of feeds or of a caller, one at a time. */
	void (*on_generation)(void *arg, struct listdb *db);
	/* A list's shadow period is over: configuration and generation are to be joined anew. Feeds thread. May be NULL. */
	void (*on_shadow_end)(void *arg);
	/* What transferred zones say now and the generation does not yet: takes a reference. Any thread of feeds. May be NULL. */
	void (*on_overlay)(void *arg, struct overlay *o);
	/* Addresses of a host, by the resolver itself and past all lists, so that no list can block its own update. Fills at most
	 * `max`; returns how many, or negative with a sentence; ends within ten seconds. Any thread of feeds. NULL: the system's
	 * resolver. */
	int (*resolve)(void *arg, const char *host, struct addr *out, size_t max, struct err *why);
	void *arg;
};

/* Locks the state folder, opens the newest good generation if there is one (`*db`, owned by the caller; NULL when none) and says
 * in the log which damaged ones it passed over. Does not start the thread: serving comes first. `config` is read during the call only. Fails with CEN_ELOCKED when another daemon holds the folder. A read-only state folder is not an error: it
 * serves what is there and says so. */
int feeds_open(const struct config *config, struct feeds_hooks hooks, struct feeds **out,
	struct listdb **db, struct err *why);
/* Hands out what transferred zones have changed since the generation. Before the first query is served: what was blocked stays
 * blocked. */
void feeds_publish(struct feeds *f);
int feeds_start(struct feeds *f, struct err *why);

/* The lists may have changed: look again at once. Reads `config` during the call only. */
void feeds_reconfigure(struct feeds *f, const struct config *config);

/* Fetch now. `name` NULL: every list. Returns CEN_ENOTFOUND for a list that is not configured. The result shows in the
 * status; feeds_wait waits for it (false when it did not end within `timeout_ms`). */
int feeds_update(struct feeds *f, const char *name);
bool feeds_wait(struct feeds *f, uint32_t timeout_ms);

/* Takes in what a guard holds for the list, at once; the result shows as that of an update. CEN_ENOTFOUND, or CEN_EREFUSED when
 * nothing is held. Also ends a rollback. */
int feeds_accept(struct feeds *f, const char *name);

/* What the held content of the list would change, or else what the generation in force has changed against the one before: an owned text of JSON,
 * {"is_held", "added", "removed", "changes", "from", "to"}; see changes.h. Takes as long as it takes to read two generations. */
int feeds_diff(struct feeds *f, const char *name, char **text, struct err *why);

/* Puts an older generation in force at once, also after a restart, until feeds_update, feeds_accept or feeds_release. `number` 0: the one
 * `back` before the one in force. 0, CEN_ENOTFOUND or why it cannot be opened, with a sentence. */
int feeds_rollback(struct feeds *f, uint64_t number, unsigned back, uint64_t *now, struct err *why);
/* Puts the newest one in force again. */
int feeds_release(struct feeds *f, uint64_t *now, struct err *why);
/* Newest first. Fills at most `max`; returns how many there are. */
size_t feeds_generations(struct feeds *f, struct feeds_generation *out, size_t max);

void feeds_status(struct feeds *f, struct feeds_status *out);
/* Fills at most `max`; returns how many there are. */
size_t feeds_list_status(struct feeds *f, struct feeds_list_status *out, size_t max);

void feeds_notify_counts(struct feeds *f, struct feeds_notify_counts *out);

/* Ends the thread and its helper within a second; releases the lock. */
void feeds_stop(struct feeds *f);

/* The helper process, `cenote build-generation`: a plan on standard input, a report on standard output. Returns the exit status. */
int feeds_helper_main(calendar_list_maker *make_calendar);
