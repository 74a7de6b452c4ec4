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

/* The registrable domain: the longest public suffix and one label. The name itself when it has none. `out` may be `name`.
 * Costs 20 ns under com, net, org and a few more; else 0.3 us for a name of two labels, 1 us for five. */
void suffix_registrable(const struct dname *name, struct dname *out);
