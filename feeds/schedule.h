/* SPDX-License-Identifier: BSD-2-Clause
 * When a list is asked next.
 *
 * Threads: pure, but for the clock, the time zone and randomness.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
	SCHEDULE_RETRY_S =
		60, /* the first wait after a failure; it doubles up to the list's refresh */
	SCHEDULE_AT_JITTER_S = 300, /* a list with a time of day is asked within so much after it */
	SCHEDULE_PATIENCE_MAX_S = 86400,
};

struct schedule {
	uint32_t refresh_s;
	uint32_t at; /* minutes since midnight, local time, and 1; 0: every refresh_s */
	uint32_t fails; /* in a row */
	uint32_t patience_s; /* the server asked for it */
	bool is_daily; /* also when a day begins, in UTC; nobody is asked over the network */
};

/* How long after `from_s` (wall time) it is due, without jitter. */
uint64_t schedule_wait_s(const struct schedule *s, uint64_t from_s);
/* A wait of so long, and a little more, so that a thousand daemons do not ask at the same instant. */
uint64_t schedule_jitter_ms(const struct schedule *s, uint64_t wait_s);
