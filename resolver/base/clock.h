/* SPDX-License-Identifier: BSD-2-Clause
 * Time, through one door, so that tests can replace it.
 *
 * Threads: reads are free from any thread. clock_freeze/clock_advance are for tests, before threads start
 * or from one thread at a time.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Monotonic time since an arbitrary start. Never goes back. */
uint64_t clock_us(void);
uint64_t clock_ms(void);
/* Monotonic seconds as the answer cache counts them: 32 bits last 136 years of uptime. */
uint32_t clock_s(void);

/* Wall time, seconds since 1970-01-01 UTC. May jump. */
uint64_t clock_wall_s(void);
/* The same in milliseconds. */
uint64_t clock_wall_ms(void);

/* Does the kernel say that something keeps the wall clock right? A container may not be told. */
bool clock_is_synchronised(void);

/* Tests only: from now on all of the above stand still at `us` (monotonic) and `wall_s`, and move
 * only by clock_advance. The environment variable CENOTE_TEST_CLOCK_OFFSET_S, read once at first use,
 * shifts the wall clock of a running daemon for system tests. */
void clock_freeze(uint64_t us, uint64_t wall_s);
void clock_advance(uint64_t us);
void clock_thaw(void);
