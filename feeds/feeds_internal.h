/* SPDX-License-Identifier: BSD-2-Clause
 * The feeds thread's state, shared by the files of feeds. Not for others to include.
 *
 * Threads: `lock` guards all that is not marked; `force_lock` is taken before it, and held while a generation is put in force.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "feeds/clockwatch.h"
#include "feeds/feeds.h"
#include "feeds/ledger.h"
#include "feeds/plan.h"
#include "feeds/talk.h"
#include "feeds/transfer/xfr.h"

struct feeds {
	pthread_mutex_t force_lock; /* one generation at a time is put in force */
	pthread_mutex_t lock;
	pthread_cond_t settled; /* a round has ended */
	pthread_t thread;
	struct feeds_hooks hooks; /* set at open */
	int lock_fd; /* of the state folder; -1: could not be locked */
	int wake_fd; /* an eventfd: set at open */
	atomic_bool is_stopping;
	bool is_started;
	bool is_wanted; /* look now, whatever is due */
	bool is_to_release; /* after this round the newest generation is to serve */
	char *state_directory, *cache_directory; /* set at open */
	struct ledger ledger;
	struct talk talk; /* the thread's */
	struct xfr *xfr; /* set at open */
	struct plan limits; /* what a plan says but for the lists and the digest */
	uint32_t keep; /* generations on the disk */
	struct feeds_status status;
	bool has_shadow; /* a list only monitors for a while */
	uint64_t shadow_left_ms; /* until the next of them acts */
	uint32_t calendar_days; /* before and after today */
	struct clockwatch clock;
	uint64_t digest; /* of the newest generation */
	uint32_t fails; /* builds that failed in a row */
	uint64_t retry_ms; /* of clock_ms: build again; UINT64_MAX: no need */
};

/* Looks at the wall clock: is it to be believed, and is it another day? The lock is held, or nobody else is there yet. */
void feeds_calendar_look(struct feeds *f);
/* What the configuration wants of the calendar. 0 or -ENOMEM. */
int feeds_calendar_configure(struct feeds *f, struct plan_calendar *p, const struct config *c);
/* The same into a plan, for today. 0 or -ENOMEM. */
int feeds_calendar_plan(const struct feeds *f, struct plan_calendar *p);

/* What a generation says of itself, kept when its map belongs to the daemon. */
struct feeds_facts {
	uint64_t number, names, created_s, digest;
	struct listdb_list *lists;
	uint32_t list_count;
};

/* 0 or -ENOMEM. `facts->lists` is owned. */
int feeds_force_facts(const struct listdb *db, struct feeds_facts *facts);
/* What the status says of the generation in force. The lock is held, or nobody else is there yet. */
void feeds_force_note(struct feeds *f, const struct feeds_facts *facts);
/* Opens what is to serve from the start: the pinned generation or the newest good one. 0, or CEN_ENOTFOUND with a sentence. */
int feeds_force_open(struct feeds *f, struct listdb **db, struct err *why);
/* A generation was built: takes `db`. It serves, unless an older one is pinned. */
void feeds_force_built(struct feeds *f, struct listdb *db);
/* Removes the files of generations that are more than `keep`, never that of the one that serves. */
void feeds_force_prune(struct feeds *f);
/* After a round that the operator has asked for: the newest one serves again. */
void feeds_force_newest(struct feeds *f);
