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

#include "feeds/listdb.h"
#include "feeds/overlay.h"
#include "resolver/base/addr.h"
#include "resolver/base/config.h"
#include "resolver/base/err.h"

struct feeds;

enum { FEEDS_KEPT_GENERATIONS = 3 };

enum feeds_state {
	FEEDS_NEVER, /* not fetched yet */
	FEEDS_OK, /* in the serving generation as last fetched */
	FEEDS_STALE, /* the last fetch failed; an older content serves */
	FEEDS_REFUSED, /* the last content was refused (junk, HTML, empty, over a limit); an older content serves, if any */
};

/* One list's state, for `status`, the API and metrics. */
struct feeds_list_status {
	char name[64];
	enum feeds_state state;
	char reason[256]; /* why it is not FEEDS_OK; "" when it is */
	char format[16];
	uint64_t rules, unique, lines, skipped;
	uint64_t checked_s, changed_s, next_s; /* wall time; 0: never */
};

struct feeds_status {
	uint64_t generation; /* 0: none, serving unfiltered */
	uint64_t names, created_s;
	uint64_t builds, build_failures;
	bool is_building;
	char last_error[256];
	uint32_t list_count;
};

struct feeds_hooks {
	/* A new generation is ready: takes `db`. Called on the feeds thread. */
	void (*on_generation)(void *arg, struct listdb *db);
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
int feeds_start(struct feeds *f, struct err *why);

/* The lists may have changed: look again at once. Reads `config` during the call only. */
void feeds_reconfigure(struct feeds *f, const struct config *config);

/* Fetch now. `name` NULL: every list. Returns CEN_ENOTFOUND for a list that is not configured. The result shows in the
 * status; feeds_wait waits for it (false when it did not end within `timeout_ms`). */
int feeds_update(struct feeds *f, const char *name);
bool feeds_wait(struct feeds *f, uint32_t timeout_ms);

void feeds_status(struct feeds *f, struct feeds_status *out);
/* Fills at most `max`; returns how many there are. */
size_t feeds_list_status(struct feeds *f, struct feeds_list_status *out, size_t max);

/* Ends the thread and its helper within a second; releases the lock. */
void feeds_stop(struct feeds *f);

/* The helper process: `cenote build-generation` runs this with its plan on standard input and reports on standard output. Returns the exit
 * status. Not for people. */
int feeds_helper_main(void);
