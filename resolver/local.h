/* SPDX-License-Identifier: BSD-2-Clause
 * What is answered here and never asked upstream: the operator's `records:`, special-use names, RFC 8482.
 *
 * Threads: a built table is immutable and part of the view.
 * Standards: RFC 6303 (empty reverse zones), RFC 6761, RFC 6762 (.local), RFC 7686 (.onion), RFC 8375 (home.arpa),
 *            RFC 8482 (ANY), RFC 9476 (.alt), RFC 8880 (ipv4only.arpa).
 */
#pragma once

#include "resolver/base/config.h"
#include "resolver/base/err.h"
#include "resolver/query.h"

struct local;

/* Reads config->records with ldns; a zone of `forward:` or `stub:` takes its name out of the special-use ones. */
int local_new(const struct config *config, struct local **out, struct err *why);
void local_free(struct local *l);

/* The stage, between admit and policy: the operator's own records are beyond any list. */
enum step local(struct worker *w, struct query *q);
