/* SPDX-License-Identifier: BSD-2-Clause
 * What is let through for a while: blocking paused, or one name unblocked; for all, one group, or one client.
 *
 * Threads: the control side, under server.c's lock.
 * Owns: `<state>/respites`, one a line, written whole and renamed into place.
 * Time: the monotonic clock ends them. The file holds the wall's times, so that they outlive a restart, and their beginning: when the clock
 *       shows an earlier time than that, it cannot say how long they have been in force, and they are over.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "resolver/base/addr.h"
#include "resolver/base/config.h"
#include "resolver/base/err.h"

enum {
	RESPITES_MAX = 1000, /* of each kind */
	RESPITE_PAUSE_MAX_S = 366 * 86400,
	RESPITE_UNBLOCK_MAX_S = 7 * 86400,
};

enum respite_kind { RESPITE_PAUSE, RESPITE_UNBLOCK, RESPITE_KINDS };
enum respite_scope { RESPITE_ALL, RESPITE_GROUP, RESPITE_CLIENT };

struct respite {
	enum respite_kind kind;
	enum respite_scope scope;
	char group[CONFIG_NAME_MAX +
		1]; /* RESPITE_GROUP; may be none of the configuration's any more */
	struct addr client; /* RESPITE_CLIENT */
	struct config_rule rule; /* RESPITE_UNBLOCK */
	uint64_t since_s, until_s; /* wall; until 0: a pause until it is ended */
	uint64_t until_us; /* monotonic; UINT64_MAX: until it is ended */
};

struct respites {
	char *path;
	struct respite *entries;
	size_t count, room;
};

/* Reads the file; none is an empty set. A damaged one is said, set aside, and what can be read of it stays in force. */
int respites_load(const char *state_directory, struct respites **out, struct err *why);
void respites_free(struct respites *r);

/* In force for `seconds` from now (0: a pause until it is ended), in the place of one for the same. Its times are not read. On failure
 * nothing has changed. */
int respites_put(
	struct respites *r, const struct respite *wanted, uint64_t seconds, struct err *why);
/* CEN_ENOTFOUND when there is none for the same. */
int respites_remove(struct respites *r, const struct respite *gone, struct err *why);
/* What is over goes; after a jump of the wall clock the times to be shown are right again. Keeps both. Returns how many went. */
size_t respites_tidy(struct respites *r);

static inline bool respite_is_over(const struct respite *e, uint64_t now_us)
{
	return e->until_us <= now_us;
}

/* How many of a kind there are now. */
size_t respites_in_force(const struct respites *r, enum respite_kind kind);

/* Reads the text of a respites file; pure, so without the monotonic ends. Returns the number of bad lines, the first one's number in
 * `first_bad`. */
size_t respites_parse(struct respites *r, const char *text, size_t len, size_t *first_bad);
/* Writes one as its line, for respites_parse. */
void respites_write_line(const struct respite *e, FILE *f);
