/* SPDX-License-Identifier: BSD-2-Clause
 * Holds back who guesses: each address (IPv6: /64) waits twice as long after each failure, and all strangers together have one
 * budget. An address that has got in before is no stranger: others' guesses do not lock it out.
 *
 * Threads: one at a time; its owner's lock.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "resolver/base/addr.h"

enum {
	THROTTLE_SETS = 256,
	THROTTLE_WAYS = 4,
	THROTTLE_FREE = 5, /* failures of an address before it waits */
	THROTTLE_WAIT_MAX_S = 900,
	THROTTLE_FORGET_S = 3600, /* after this long without one, failures are forgotten */
	THROTTLE_BURST = 30, /* failures of all strangers at once */
	THROTTLE_REFILL_MS = 10000, /* one more */
};

struct throttle_entry {
	uint8_t prefix[16];
	uint64_t last_ms, free_ms; /* of the last failure; when it may try again */
	uint16_t failures;
	bool is_used, is_friend;
};

struct throttle {
	uint64_t seed;
	uint64_t budget_ms; /* THROTTLE_REFILL_MS each */
	uint64_t filled_ms;
	struct throttle_entry entries[THROTTLE_SETS][THROTTLE_WAYS];
};

void throttle_init(struct throttle *t, uint64_t now_ms);
/* 0: it may try. Else the seconds to wait. */
uint32_t throttle_wait_s(struct throttle *t, const struct addr *peer, uint64_t now_ms);
void throttle_failed(struct throttle *t, const struct addr *peer, uint64_t now_ms);
void throttle_passed(struct throttle *t, const struct addr *peer, uint64_t now_ms);
