/* SPDX-License-Identifier: BSD-2-Clause
 * The sockets that take NOTIFY. A door of their own, so that what primaries say never stands in the way of queries, and no
 * client's packet reaches the code that checks signatures.
 *
 * Threads: the owner locks. Owns: the sockets.
 * Standards: RFC 1996.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "feeds/feeds.h"
#include "feeds/transfer/xfr_zone.h"
#include "resolver/base/addr.h"

enum { XFR_LISTEN_MAX = 8 };

struct xfr_listen {
	int fds[XFR_LISTEN_MAX];
	struct addr_endpoint at[XFR_LISTEN_MAX];
	size_t count;
	struct feeds_notify_counts counts;
	uint64_t second; /* of clock_ms; for the limit */
	uint32_t in_second;
};

/* Opens the sockets that are wanted and closes the others. One that cannot be opened is said in the log. */
void xfr_listen_set(struct xfr_listen *l, const struct addr_endpoint *at, size_t count);
/* Takes what waits on socket `i` and lets the zones know. */
void xfr_listen_take(struct xfr_listen *l, size_t i, struct xfr_zone *const *zones, size_t count);
