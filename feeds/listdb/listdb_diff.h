/* SPDX-License-Identifier: BSD-2-Clause
 * What one list says in one generation and not in another, side by side.
 *
 * Threads: takes the generations' locks for a moment at a time (listdb.h); not for the query path.
 * Owns: nothing after it returns; some 300 kB while it runs, and 16 octets for each special rule without a name.
 */
#pragma once

#include <stdbool.h>

#include "feeds/listdb/listdb.h"

/* A rule that went or came. One that changed is both. */
struct listdb_change {
	bool is_added; /* else: removed */
	const struct dname *name; /* of a rule by name (RULE_NS_NAME too); else NULL */
	bool is_self, is_below; /* of a plain name */
	const struct listdb_rule *rule; /* a special rule; NULL: a plain name */
	const struct listdb_index
		*of; /* the generation that has it: for listdb_about, listdb_rule_text */
};

/* Calls `each` for every change until it returns false: names in the order of their keys, then the rules of other triggers. Either generation
 * may be NULL: it has no lists. 0, -ENOMEM, CEN_ELIB, or CEN_ENOTFOUND when neither has the list. */
int listdb_diff(struct listdb *before, struct listdb *after, const char *list,
	bool (*each)(void *arg, const struct listdb_change *change), void *arg);
