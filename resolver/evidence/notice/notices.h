/* SPDX-License-Identifier: BSD-2-Clause
 * Who is told of cases: a webhook, a mail address, both or nobody.
 *
 * Threads: a thread for each receiver. notices_put and the questions: any.
 * Owns: what waits (courier.h).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/base/config.h"
#include "resolver/evidence/notice/courier.h"

enum notices_receiver { NOTICES_WEBHOOK, NOTICES_MAIL, NOTICES_RECEIVERS };

struct notices_info {
	bool is_set; /* false: there is none, all is 0 */
	struct courier_counters counters;
};

struct notices;

/* `*out` NULL: nobody is to be told. `find` gives a case, on a receiver's thread. */
int notices_open(const struct config_notices *config, notice_find *find, void *arg,
	struct notices **out, struct err *why);
/* NULL is allowed from here on. */
int notices_start(struct notices *n, struct err *why);
void notices_stop(struct notices *n);
void notices_free(struct notices *n);

/* The webhook is told of all, the mail of new cases. */
void notices_put(struct notices *n, enum notice_event event, const struct evidence_case *c);
const char *notices_receiver_name(enum notices_receiver r);
void notices_info(struct notices *n, struct notices_info out[static NOTICES_RECEIVERS]);

/* What waits, as octets to be kept over a restart, and back. What is already on its way may come twice. */
enum {
	NOTICES_KEPT = 27,
	NOTICES_KEPT_MAX = NOTICES_RECEIVERS * COURIER_WAITING_MAX * NOTICES_KEPT
};
size_t notices_keep(struct notices *n, uint8_t out[static NOTICES_KEPT_MAX]);
/* Takes any octets; what is none of ours is left out. */
void notices_restore(struct notices *n, const uint8_t *bytes, size_t len);
