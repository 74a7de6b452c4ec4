/* SPDX-License-Identifier: BSD-2-Clause
 * Transferred zones: the thread that keeps them like their primaries, and lets what changes act at once.
 *
 * Threads: one of its own; all functions may be called from any thread. The hooks are called on that thread, without a lock.
 * Owns: `<state>/zones/`, and the text of each zone in `<cache>/lists/` for the builder.
 * Rule: a change acts through the overlay; a build is asked for when a zone is new or has changed much. Every build takes in
 *       what there is; no build is made for small changes.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "feeds/listdb/listdb.h"
#include "feeds/listdb/overlay.h"
#include "feeds/plan.h"
#include "resolver/base/config.h"
#include "resolver/base/err.h"

struct xfr;

enum {
	XFR_PUBLISH_GAP_MS = 50, /* at least, between two overlays */
	XFR_NOTIFY_PER_S = 100, /* more are dropped, and counted */
};

struct xfr_hooks {
	void (*on_overlay)(void *arg, struct overlay *o); /* takes a reference; may be NULL */
	void (*on_fold)(void *arg); /* a build is needed */
	void (*on_idle)(void *arg); /* xfr_is_busy is false again */
	void *arg;
};

/* Opens what is stored. Borrows nothing of `config`. */
int xfr_new(const struct config *config, struct xfr_hooks hooks, struct xfr **out, struct err *why);
int xfr_start(struct xfr *x, struct err *why);
/* Ends the thread, within the time of one step. NULL is allowed. */
void xfr_free(struct xfr *x);
int xfr_configure(struct xfr *x, const struct config *config);

/* A generation is about to be put in force: remembers what it holds of the zones ... */
void xfr_note_generation(struct xfr *x, const struct listdb *db);
/* ... and now it is. */
void xfr_use_generation(struct xfr *x);
/* Hands out the overlay at once; for the time before xfr_start. */
void xfr_publish(struct xfr *x);

/* Writes the zones' text where it is missing or old, and completes their rows of the plan. */
void xfr_plan(struct xfr *x, struct plan *plan);

/* Asks the primary now, of one zone or (NULL) of all. */
void xfr_ask(struct xfr *x, const char *name);
bool xfr_is_busy(struct xfr *x);

/* False: no transferred zone of that name. */
bool xfr_status(struct xfr *x, const char *name, struct feeds_list_status *s);
void xfr_notify_counts(struct xfr *x, struct feeds_notify_counts *out);
