/* SPDX-License-Identifier: BSD-2-Clause
 * The registrable domains that so many people ask for that no score shall speak against them: a compact, immutable set.
 *
 * Threads: immutable once open; popularity_has is pure, allocates nothing, and takes the same time for every name.
 * Owns: popularity_open's caller owns the set.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/base/dname.h"
#include "resolver/base/err.h"

struct popularity;

/* `file`: what popularity_make has written, or a text with a name a line, also `rank,name` as top lists come, also gzipped; NULL: the set
 * built into the program. 0 and an owned set, or negative with one sentence. */
int popularity_open(const char *file, struct popularity **out, struct err *why);
void popularity_close(struct popularity *p);

/* Is its registrable domain in the set? One name in 65,536 that is not seems to be. */
bool popularity_has(const struct popularity *p, const struct dname *name);
/* Registrable domains in the set. */
size_t popularity_count(const struct popularity *p);

/* Writes the set of the first `max` registrable domains of `list` (a ranked text as above) to `out`. The same input gives the same
 * file. Returns how many went in, or negative with one sentence. */
int64_t popularity_make(const char *list, size_t max, const char *out, struct err *why);
