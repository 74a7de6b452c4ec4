/* SPDX-License-Identifier: BSD-2-Clause
 * Many regular expressions against one name: which of them match? One pass over the name finds the literals that the patterns
 * need, and only those whose literal is there are run.
 *
 * Threads: a set of patterns is immutable but for its counters; a scratch belongs to one thread.
 * Owns: the compiled patterns; borrows nothing.
 * Rule: the one includer of pcre2.h. No JIT: it needs memory that is writable and executable. A pattern is hostile: its
 *       length, nesting, steps and memory are limited, and so are the patterns that one name can set to work.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/base/dname.h"
#include "resolver/base/err.h"

enum {
	PATTERNS_CODE_MAX = 8192, /* octets of a compiled pattern */
	PATTERNS_LITERAL_MIN = 2, /* octets of the literal that a pattern must need */
	PATTERNS_RUN_MAX = 128, /* patterns run for one name; more count as no match */
	PATTERNS_LIMITED_MAX =
		4, /* ... that may run into the limit of steps before the rest is left out */
};

struct patterns;
struct patterns_scratch;

/* Can it be used? CEN_EFORMAT with the reason: no regular expression, one that needs too much, or one that needs no literal
 * (`.*`), which every name would have to be held against. */
int patterns_check(const char *text, size_t len, struct err *why);
/* The same; else the octets that it takes when compiled. */
int patterns_cost(const char *text, size_t len, struct err *why);

/* The pattern of number i is the i-th added. One that cannot be used keeps its number and never matches. Returns owned, or NULL
 * when memory is short. */
struct patterns *patterns_new(size_t count);
/* 0, CEN_EFORMAT or -ENOMEM. */
int patterns_add(struct patterns *p, const char *text, size_t len);
/* After the last one; then it is immutable. 0 or -ENOMEM. */
int patterns_finish(struct patterns *p);
void patterns_free(struct patterns *p);

struct patterns_scratch *patterns_scratch_new(void); /* NULL when memory is short */
void patterns_scratch_free(struct patterns_scratch *s);

/* The numbers of the patterns that match, rising; at most `max`. Allocates nothing. */
size_t patterns_find(const struct patterns *p, struct patterns_scratch *s, const struct dname *name,
	uint32_t *out, size_t max);

/* The same without the pass over literals, for tests. */
size_t patterns_find_slowly(const struct patterns *p, struct patterns_scratch *s,
	const struct dname *name, uint32_t *out, size_t max);

/* How often a pattern ran into a limit, or was left out for one. */
uint64_t patterns_limited(const struct patterns *p);

/* Octets that it takes, about. */
size_t patterns_memory(const struct patterns *p);
