/* SPDX-License-Identifier: BSD-2-Clause
 * Names that do not exist and that healthy devices ask for all the same. They say nothing about an infection.
 *
 * Threads: pure.
 */
#pragma once

#include <stdbool.h>

#include "resolver/base/dname.h"

/* X(SYMBOL, "name as counted") */
#define NOISE_KINDS(X) \
	X(NONE, "none") /* it counts */ \
	X(PROBE, \
		"probe") /* one label: browsers test with it whether somebody forges answers, programs look for WPAD, hosts for neighbours */ \
	X(PRIVATE, \
		"private") /* below no top-level domain of the Internet: .local, .lan, a search suffix */ \
	X(SEARCH, "search") /* a whole name with the search suffix of the network behind it */ \
	X(SERVICE, \
		"service") /* labels with an underscore: DNS-SD and service records (RFC 6763, RFC 8552) */ \
	X(LOOKUP, \
		"lookup") /* the question is in the labels below: block lists of mail, hashes of files (RFC 5782) */

enum noise {
#define X(symbol, name) NOISE_##symbol,
	NOISE_KINDS(X)
#undef X
		NOISE_COUNT
};

enum noise noise_of(const struct dname *name);
const char *noise_name(enum noise kind);
