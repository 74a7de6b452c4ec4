/* SPDX-License-Identifier: BSD-2-Clause
 * Something that others are to be told about a case.
 *
 * Threads: plain data.
 */
#pragma once

#include <stdint.h>

#include "resolver/evidence/cases.h"

/* X(SYMBOL, "name as sent") The order is kept on the disk. */
#define NOTICE_EVENTS(X) \
	X(OPENED, "case.opened") \
	X(CHANGED, "case.changed") /* its state */

enum notice_event {
#define X(symbol, name) NOTICE_##symbol,
	NOTICE_EVENTS(X)
#undef X
		NOTICE_EVENT_COUNT
};

/* Small, as many may wait: the case itself is asked for when the message is written, and told as it is then. */
struct notice {
	uint64_t id; /* random: a receiver knows a message again that came twice */
	uint64_t at_ms; /* when it happened; wall time since 1970 */
	uint64_t case_id;
	enum notice_event event;
	enum case_state state; /* that it got */
};

/* A copy of the case. 0 or CEN_ENOTFOUND. */
typedef int notice_find(void *arg, uint64_t case_id, struct evidence_case *out);
