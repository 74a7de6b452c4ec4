/* SPDX-License-Identifier: BSD-2-Clause
 * Recorded questions and answers through policy, classifier and evidence, by the record's clock, without a network: what cenote would have done.
 *
 * Threads: one at a time.
 * Owns: its tables, in bounded memory; borrows the view and what it is made of.
 */
#pragma once

#include <stdint.h>

#include "resolver/base/err.h"
#include "resolver/evidence/engine.h"
#include "resolver/replay/capture.h"
#include "resolver/view.h"

enum { REPLAY_NAMES_MAX = 65536, REPLAY_TOP = 20 };

/* A name that would have been blocked. */
struct replay_name {
	struct dname name; /* the name asked; labels 0: a free slot */
	const char *by; /* the list, "evidence" or "classifier"; of the view, or static */
	uint64_t count;
	uint64_t clients; /* a bit for each, by its hash: about how many */
	bool is_popular;
};

struct replay_result {
	uint64_t questions, first_ms, last_ms;
	uint64_t blocked, monitored; /* by lists, own rules or the classifier */
	uint64_t held_back; /* of infected clients, or would be with evidence.mode block */
	uint64_t suspects; /* questions for names that look generated */
	uint64_t list_hits[LISTDB_LISTS_MAX];
	uint64_t names_lost; /* blocked names beyond REPLAY_NAMES_MAX */
};

struct replay;

/* `v` with the configuration's classifier, if there is one. */
int replay_new(const struct view *v, const struct engine_options *options, struct replay **out,
	struct err *why);
void replay_free(struct replay *r);
void replay_message(struct replay *r, const struct capture_message *m);

const struct replay_result *replay_result(const struct replay *r);
struct engine *replay_engine(struct replay *r);
/* The blocked names that most clients asked for, or popular ones: where a mistake would hurt. Fills at most `max`; returns how many. */
size_t replay_candidates(const struct replay *r, const struct replay_name **out, size_t max);
