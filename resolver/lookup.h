/* SPDX-License-Identifier: BSD-2-Clause
 * Addresses of a host for the control side, which may wait: by a resolver context of its own and the operator's `records:`, past all lists.
 *
 * Threads: any; questions are asked one after another.
 * Owns: its context, made when it is first needed.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "resolver/base/addr.h"
#include "resolver/base/config.h"
#include "resolver/base/err.h"

enum { LOOKUP_DEADLINE_MS = 10000 };

struct lookup;

/* Reads `config` during the call only. Returns owned. */
int lookup_new(const struct config *config, struct lookup **out, struct err *why);
/* From the next question on; what is under way ends as it began. On failure the old configuration stays. */
int lookup_reconfigure(struct lookup *l, const struct config *config, struct err *why);
/* Nobody may be inside. NULL is fine. */
/* Ends the look-up under way, and every later one, within a fifth of a second. Any thread. */
void lookup_stop(struct lookup *l);
void lookup_free(struct lookup *l);

/* The addresses of A and AAAA: fills at most `max`, returns how many (1 or more), or negative with a sentence. An address instead of a
 * host is given back as it is. */
int lookup_host_within(struct lookup *l, const char *host, struct addr *out, size_t max,
	uint32_t deadline_ms, struct err *why);

static inline int lookup_host(
	struct lookup *l, const char *host, struct addr *out, size_t max, struct err *why)
{
	return lookup_host_within(l, host, out, max, LOOKUP_DEADLINE_MS, why);
}
