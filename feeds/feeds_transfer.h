/* SPDX-License-Identifier: BSD-2-Clause
 * What can be said of transferred zones, for `status`, the API and metrics. Included by feeds.h.
 *
 * Threads: values. Owns: nothing.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Of a list that is a transferred zone. */
struct feeds_transfer {
	bool is_zone; /* it is one */
	bool has_serial; /* something is stored */
	bool is_running; /* a transfer runs now */
	bool is_expired; /* the SOA's time is over; the content goes on serving */
	uint32_t serial;
	uint64_t records, changes; /* stored; owners that changed since the generation */
	uint64_t axfr, ixfr, unchanged, failures, notifies; /* since the start */
};

/* NOTIFY messages since the start. */
struct feeds_notify_counts {
	uint64_t taken, refused, dropped, unanswered;
};
