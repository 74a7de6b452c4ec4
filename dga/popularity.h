/* SPDX-License-Identifier: BSD-2-Clause
 * The registrable domains that so many people ask for that no score shall speak against them: a compact, immutable set.
 *
 * Threads: immutable once open; popularity_has is pure, allocates nothing, and takes the same time for every name.
 * Owns: popularity_open's caller owns the set.
 * Rule: the domain is the one that somebody registered (label_domain of label.h): the zone of a dynamic-DNS service may be popular, the names that
 *       strangers have in it are not for that.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/base/dname.h"
#include "resolver/base/err.h"

struct popularity;

enum { POPULARITY_NAMES_MAX = 2000000 };

/* `file`: what popularity_make has written, or a text with a name a line, also `rank,name` as top lists come, also gzipped; NULL: the set
 * built into the program. 0 and an owned set, or negative with one sentence. */
int popularity_open(const char *file, struct popularity **out, struct err *why);
/* A set from the bytes of such a file, which it copies; `name` stands for it in sentences. */
int popularity_from_bytes(const char *name, const uint8_t *bytes, size_t len,
	struct popularity **out, struct err *why);
void popularity_close(struct popularity *p);

/* Is its registrable domain in the set? One name in 65,536 that is not seems to be. */
bool popularity_has(const struct popularity *p, const struct dname *name);
/* The same for who knows where in `name` that domain begins (label_domain). */
bool popularity_has_domain(const struct popularity *p, const struct dname *name, size_t at);
/* Registrable domains in the set. */
size_t popularity_count(const struct popularity *p);

/* Writes the set of the first `max` registrable domains of `list` (a ranked text as above) to `out`. The same input gives the same
 * file. Returns how many went in, or negative with one sentence. */
int64_t popularity_make(const char *list, size_t max, const char *out, struct err *why);
