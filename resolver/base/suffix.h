/* SPDX-License-Identifier: BSD-2-Clause
 * Public suffixes: under which names do strangers register theirs? The one includer of libpsl.h.
 *
 * Threads: pure; the list is the one compiled into libpsl. Allocates nothing.
 * Standards: publicsuffix.org/list, its ICANN section only. The PRIVATE section (github.io, duckdns.org) holds
 * domains of one operator each: one zone, which is what a cap on queries in flight counts, and what a
 * block list may rightly name.
 */
#pragma once

#include <stdbool.h>

#include "resolver/base/dname.h"

/* Is it the root, a top-level domain (an unknown one, too), or a suffix such as co.uk? Such a name never becomes a rule. */
bool suffix_is_public(const struct dname *name);

/* Labels of the longest public suffix of a name, at least 1; 0 for the root. `is_known`: its top-level domain is one of the Internet's, as far as the
 * list knows (those of two letters are taken for that). Costs 10-50 ns for 19 names of 20 (suffix_known.h), else half a microsecond or one. */
unsigned suffix_labels(const struct dname *name, bool *is_known);
/* The same for a caller who knows where the labels begin (dname_offsets). */
unsigned suffix_labels_at(const struct dname *name, const uint8_t *offsets, bool *is_known);

/* The registrable domain: the longest public suffix and one label. The name itself when it has none. `out` may be `name`.
 * Costs what suffix_labels does. */
void suffix_registrable(const struct dname *name, struct dname *out);
