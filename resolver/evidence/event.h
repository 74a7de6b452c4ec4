/* SPDX-License-Identifier: BSD-2-Clause
 * One thing that was seen of one client and may speak for an infection. Written by a worker, read by the evidence thread.
 *
 * Threads: plain data.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dga/dga.h"
#include "resolver/base/addr.h"
#include "resolver/base/dname.h"

/* X(SYMBOL, "name as shown"). The numbers are kept on the disk: new ones go to the end. */
#define EVIDENCE_KINDS(X) \
	X(NXDOMAIN, "nxdomain") /* asked for a name that does not exist */ \
	X(CALENDAR, "calendar") /* asked for a name that a known family makes these days */ \
	X(LISTED, "listed") /* asked for a name on a list of botnets */ \
	X(KNOCK, "knock") /* came to the sinkhole */ \
	X(TOKEN, "token") /* was given an address of the sinkhole's own; no evidence in itself */ \
	X(MEETING, "meeting") /* of a client that is a case: a generated name that does resolve */

enum evidence_kind {
#define X(symbol, name) EVIDENCE_##symbol,
	EVIDENCE_KINDS(X)
#undef X
		EVIDENCE_KIND_COUNT
};

struct evidence_event {
	uint64_t at_ms; /* wall time since 1970; first, for the ring */
	struct addr client;
	enum evidence_kind kind;
	uint16_t qtype;
	int32_t score; /* of the classifier, milli-nats; 0: not judged */
	enum dga_class class; /* NXDOMAIN, MEETING: DGA_NONE for no suspect */
	bool is_held; /* MEETING: the client was not told where it is */
	uint32_t token; /* TOKEN: its number */
	const char *
		rule; /* TOKEN: the list that blocks the name, "" for none; stays while the workers run */
	const char *family; /* CALENDAR: whose name; static; NULL: not known */
	struct dname name; /* lower case; the root: none */
};
