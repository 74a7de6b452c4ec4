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

#include "feeds/listdb.h"
#include "resolver/base/err.h"

enum { OVERLAY_ZONES_MAX = 64, OVERLAY_OWNERS_MAX = 100000 };

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
