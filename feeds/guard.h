/* SPDX-License-Identifier: BSD-2-Clause
 * Is a list's new content one that an operator would want to see before it acts? Judged by two finished generations, the one that
 * would serve and the one before it, so that what is judged is what would be answered.
 *
 * Threads: belongs to the helper's one thread. Owns: its protected names and addresses.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feeds/listdb/listdb.h"
#include "feeds/plan.h"
#include "resolver/base/err.h"

enum {
	GUARD_SMALL_RULES = 100, /* a list that had fewer may change as it likes */
	GUARD_GROWTH = 10, /* it may gain so many times what it may lose */
};

struct guard;

/* The popular names, the hosts that lists come from, and what the plan adds and takes away. Returns owned; NULL when memory
 * is short. `plan` is read during the call only. */
struct guard *guard_new(const struct plan *plan);
void guard_free(struct guard *g);
size_t guard_count(const struct guard *g);

/* Would a rule for this name (its dname_key) and all below it block a protected name, or one below it? */
bool guard_touches(const struct guard *g, const uint8_t *key, size_t len);

/* Judges what `now` says for the list. `before`: the generation before, NULL: none. FEEDS_GUARD_NONE, or all that object, with the
 * sentence, when one does that is not `accepted`. FEEDS_GUARD_NONE also when the list is not in `now`. */
enum feeds_guard guard_judge(struct guard *g, const struct plan_list *list, struct listdb *now,
	struct listdb *before, enum feeds_guard accepted, struct err *why);
