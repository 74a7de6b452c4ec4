/* SPDX-License-Identifier: BSD-2-Clause
 * Which label of a name says something about its maker?
 *
 * Threads: pure.
 * Rule: the label that somebody registered: the one left of the ICANN public suffix, and under a dynamic-DNS zone, where
 *       anybody may register, the one left of that zone. Labels below belong to an operator who may well have a
 *       machine name them (cloudfront.net, amazonaws.com): they say nothing.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "resolver/base/dname.h"

enum { LABEL_JUDGED_MIN = 6 }; /* octets; a shorter one may be anything */

struct label {
	const uint8_t *bytes; /* within the name */
	uint8_t len;
	const uint8_t *top; /* the top-level domain, length octet first */
};

/* False: the name has no label that can be judged (none, too short, or an A-label of another script). */
bool label_find(const struct dname *name, struct label *out);
