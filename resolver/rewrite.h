/* SPDX-License-Identifier: BSD-2-Clause
 * Answers that a list brings itself: records of its own, and CNAMEs into a walled garden.
 *
 * Threads: the worker's.
 * Standards: draft-vixie-dnsop-dns-rpz-00 3.6 (local data), RFC 1034 3.6.2 (CNAME).
 */
#pragma once

#include "resolver/policy.h"

/* Fills the answer from the rules of a verdict with `is_data`, found in w->policy: the records of the type asked for, NODATA when there are
 * none of it (STEP_REPLY), or the name whose answer it is to be (STEP_AGAIN, is_aliased). */
enum step rewrite(struct worker *w, struct query *q, const struct policy_verdict *verdict);

/* Before the reply of an aliased query: the records in q->out, which answer its target, behind the CNAME that leads there. qname becomes the
 * question's own name. */
void rewrite_alias(struct worker *w, struct query *q);
