/* SPDX-License-Identifier: BSD-2-Clause
 * Carries notices to one receiver, in their order, and tries again when that fails.
 *
 * Threads: one of its own, which alone waits for the receiver. courier_put and the questions: any.
 * Owns: at most COURIER_WAITING_MAX notices. In a full queue those that wait stay, what is new is dropped and counted.
 * Method: between tries it waits a second, then twice as long each time, at most an hour, and up to half as long again by chance. The patience
 *         belongs to the receiver: after a failure the next notice waits, too.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/base/err.h"
#include "resolver/evidence/notice/notice.h"

enum {
	COURIER_WAITING_MAX = 256,
	COURIER_TRIES_MAX = 16, /* some five hours; then it is given up */
};

enum courier_result {
	COURIER_DONE,
	COURIER_AGAIN, /* failed; may be tried again */
	COURIER_NEVER, /* failed, and would again */
};

/* One try. It has a deadline of its own, and ends soon after `*is_ending`. A failure has its sentence. */
typedef enum courier_result courier_carry(
	void *arg, const struct notice *n, const atomic_bool *is_ending, struct err *why);

struct courier_options {
	const char *name; /* static; for the log */
	courier_carry *carry;
	void *arg;
	uint32_t wait_ms; /* after the first failure */
	uint32_t per_hour; /* more are dropped; 0: no limit */
};

struct courier_counters {
	uint64_t delivered, failed_tries;
	uint64_t given_up; /* after too many tries, or a final no */
	uint64_t dropped; /* the queue was full, or the hour's share used up */
	uint32_t waiting;
	char problem[256]; /* why the last try failed; "": it did not */
};

struct courier;

int courier_new(const struct courier_options *options, struct courier **out, struct err *why);
int courier_start(struct courier *c, struct err *why);
/* Ends a try that is running. What waits is still there. */
void courier_stop(struct courier *c);
void courier_free(struct courier *c);

void courier_put(struct courier *c, const struct notice *n);
/* One that waited before a restart: its hour's share was used then. */
void courier_restore(struct courier *c, const struct notice *n);
/* Copies what waits, the oldest first; returns how many. */
size_t courier_waiting(struct courier *c, struct notice out[static COURIER_WAITING_MAX]);
void courier_counters(struct courier *c, struct courier_counters *out);

/* Milliseconds until the next try after so many failures in a row, without the part of chance. */
uint64_t courier_pause_ms(uint32_t wait_ms, unsigned failures);
