/* SPDX-License-Identifier: BSD-2-Clause
 * A NOTIFY message: whose is it, is it meant for us, and what is answered? The message is a stranger's until proven otherwise.
 *
 * Threads: pure. Owns: nothing.
 * Standards: RFC 1996 (3.6-3.12), RFC 8945 5.2 (signed ones).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feeds/transfer/tsig.h"
#include "resolver/base/addr.h"
#include "resolver/base/dname.h"

enum { NOTIFY_MAX = 4096 }; /* octets of a message */

/* A zone that may be spoken of. */
struct notify_zone {
	const struct dname *zone;
	const struct addr *primary;
	const struct tsig_key *key; /* NULL: none */
	bool has_serial;
	uint32_t serial; /* of what is kept */
};

enum notify_outcome {
	NOTIFY_IGNORED, /* no answer is due: not even a request */
	NOTIFY_REFUSED, /* answered with an error */
	NOTIFY_KNOWN, /* answered; what it announces is here already */
	NOTIFY_NEWS, /* answered; ask the primary */
};

/* Judges the `*len` octets in `wire` and replaces them by the answer. For the last two outcomes `*index` is the zone. */
enum notify_outcome notify_answer(const struct notify_zone *zones, size_t count,
	const struct addr *from, uint8_t wire[static NOTIFY_MAX], size_t *len, uint64_t now_s,
	size_t *index);
