/* SPDX-License-Identifier: BSD-2-Clause
 * What has changed in transferred RPZ zones since the generation was built: a small set of owners whose rules
 * are these now, and no longer those of the generation. Acts at once; the next build folds it in.
 *
 * Threads: built by one thread; immutable once made; shared by count of references.
 * Owns: its rules.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feeds/listdb/listdb.h"
#include "resolver/base/err.h"

enum { OVERLAY_ZONES_MAX = 64, OVERLAY_OWNERS_MAX = 100000 /* rules of all zones, in fact */ };

struct overlay;

/* One rule. Of an owner whose rules are all gone there is one with `is_gone`. */
struct overlay_rule {
	uint16_t zone; /* index into overlay_zone_name: the list's name */
	bool is_gone;
	struct rule rule; /* `about` is valid as long as the overlay; trigger never RULE_PATTERN */
};

/* Returns owned (one reference), or NULL when memory is short. */
struct overlay *overlay_new(void);
struct overlay *overlay_share(struct overlay *o); /* one reference more */
void overlay_release(struct overlay *o);

/* Returns the zone's index, or -ENOMEM, CEN_ELIMIT. */
int overlay_zone(struct overlay *o, const char *list);
/* Copies the rule and its `about`. 0, -ENOMEM, CEN_ELIMIT. */
int overlay_add(struct overlay *o, unsigned zone, const struct rule *rule, bool is_gone);

size_t overlay_zone_count(const struct overlay *o);
const char *overlay_zone_name(const struct overlay *o, unsigned zone);
size_t overlay_count(const struct overlay *o);
const struct overlay_rule *overlay_at(const struct overlay *o, size_t i);

/* --- to look things up fast: for one seed of the names' hashes, beside one generation --- */

struct overlay_index;

/* A rule of a name, found by its hash. */
struct overlay_hit {
	uint64_t hash;
	const struct overlay_rule *rule;
	uint32_t order; /* in which it was added */
};

/* Borrows the overlay, which must outlive it. `ns_seed`: of listdb_ns_seed. Immutable. Returns owned, or NULL when memory is short. */
struct overlay_index *overlay_index_new(const struct overlay *o, uint64_t seed, uint64_t ns_seed);
void overlay_index_free(struct overlay_index *x);

/* Rules (and marks `is_gone`) of the name with this hash, of one level: ask for each ancestor. RULE_NAME under `seed`, RULE_NS_NAME under `ns_seed`.
 * Side by side, by zone, then as they were added. NULL and 0: none. `x` may be NULL. */
const struct overlay_hit *overlay_index_name(
	const struct overlay_index *x, uint64_t hash, size_t *count);
/* Rules (and marks) with this trigger whose prefix holds the address, longest first, then as they were added. At most `max`. `x` may be NULL. */
size_t overlay_index_address(const struct overlay_index *x, enum rule_trigger trigger,
	const struct addr *a, const struct overlay_rule **out, size_t max);
/* Has the zone a word, gone or not, on this name at this level (`is_below`: `*.name`), or on this very prefix? Then what the generation says is
 * no longer so. */
bool overlay_index_has_name(
	const struct overlay_index *x, uint64_t hash, unsigned zone, bool is_below);
bool overlay_index_has_prefix(const struct overlay_index *x, enum rule_trigger trigger,
	const struct addr_prefix *prefix, unsigned zone);
/* Is there any with this trigger? */
bool overlay_index_has_trigger(const struct overlay_index *x, enum rule_trigger trigger);
