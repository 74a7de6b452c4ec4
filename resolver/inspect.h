/* SPDX-License-Identifier: BSD-2-Clause
 * What the answer leads to: every name in the CNAME, DNAME and SVCB chain goes through policy; private addresses for public names
 * are removed (rebinding); denied addresses block.
 *
 * Threads: the worker's.
 * Standards: RFC 9460 (SVCB targets and address hints), RFC 6052 (NAT64), RFC 6890 (special addresses).
 */
#pragma once

#include "resolver/query.h"

/* The stage, after `keep`. A cache hit costs one comparison when its stamp is the current view's and nothing was found then (q->is_clean). Otherwise
 * walks the answer, and when no list, no rule and no address rule of any group speaks against it, stamps its cache entry (cache_stamp). */
enum step inspect(struct worker *w, struct query *q);
