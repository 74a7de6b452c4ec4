/* SPDX-License-Identifier: BSD-2-Clause
 * Which label of a name says something about its maker?
 *
 * Threads: pure.
 * Rule: the label that somebody registered: the one left of the ICANN public suffix, and in a zone where anybody registers names (dynamic DNS,
 *       github.io; zones.h), the one left of that zone. Labels below belong to an operator who may well have a machine name them: they say
 *       nothing, and under content networks and clouds nothing is judged at all.
 * Standards: RFC 5890 (A-labels), RFC 6761 and RFC 7686 (special names).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/base/dname.h"

enum {
	LABEL_JUDGED_MIN = 6, /* octets; a shorter one may be anything */
	LABEL_JUDGED_MAX =
		40, /* of a longer one the first ones are judged: they say enough, and a name's time is bounded */
};

struct label {
	const uint8_t *bytes; /* within the name */
	uint8_t len; /* at most LABEL_JUDGED_MAX */
	const uint8_t *top; /* the top-level domain, length octet first */
};

/* False: the name has no label that can be judged. */
bool label_find(const struct dname *name, struct label *out);
/* Why there is none, in static words; NULL when there is one. */
const char *label_why_not(const struct dname *name);

/* Where in name->bytes the domain begins that somebody registered: the registrable domain, or the one in a zone where anybody registers. 0, the
 * whole name, when there is no such domain. */
size_t label_domain(const struct dname *name);
