/* SPDX-License-Identifier: BSD-2-Clause
 * The operator's own rules set at run time: kept in the state folder, one rule a line, in the order they were set.
 *
 * Threads: the control side, under server.c's lock.
 * Owns: `<state>/rules`, written whole and renamed into place.
 */
#pragma once

#include "resolver/base/config.h"
#include "resolver/base/err.h"

enum { RULES_MAX = 100000 };

struct rules_entry {
	struct config_rule rule;
	enum list_kind kind;
};

struct rules {
	char *path;
	struct rules_entry *entries;
	size_t count, room;
};

/* Reads the file; none is an empty set. A bad line is skipped and said in the log, never the whole file lost. */
int rules_load(const char *state_directory, struct rules **out, struct err *why);
void rules_free(struct rules *r);

/* The last word on a name wins: the new rule stands behind all others, and its opposite gives way. Adding what is in force is no
 * error. On failure (full disk, limit) nothing has changed. */
int rules_add(
	struct rules *r, enum list_kind kind, const struct config_rule *rule, struct err *why);
/* Is it there, and is no other rule of the same name behind it? The last word wins (view.c). */
bool rules_has(const struct rules *r, enum list_kind kind, const struct config_rule *rule);
/* CEN_ENOTFOUND when there is none. */
int rules_remove(
	struct rules *r, enum list_kind kind, const struct config_rule *rule, struct err *why);

/* Reads the text of a rules file; pure. Returns the number of bad lines, the first one's number in `first_bad`. */
size_t rules_parse(struct rules *r, const char *text, size_t len, size_t *first_bad);
