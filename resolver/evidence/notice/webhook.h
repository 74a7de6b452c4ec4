/* SPDX-License-Identifier: BSD-2-Clause
 * A case as a signed JSON message to somebody's web server.
 *
 * Threads: webhook_carry: one at a time, it waits for the server. webhook_sign: pure.
 * Standards: HMAC (RFC 2104) with SHA-256. The body: {"id", "event": "case.opened" or "case.changed", "time", "state", "case"}, the case
 *            as report_json.h has it. The header: `Cenote-Signature: t=TIME,v1=MAC`, TIME in seconds since 1970 and MAC in hexadecimal
 *            digits of TIME, a full stop, and the body.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "resolver/base/config.h"
#include "resolver/evidence/notice/courier.h"

enum { WEBHOOK_SIGNATURE_TEXT = 96, WEBHOOK_SECRET_MIN = 16, WEBHOOK_SECRET_MAX = 256 };

struct webhook;

/* Reads the secret. `find` gives the case. */
int webhook_new(const struct config_notices *config, notice_find *find, void *arg,
	struct webhook **out, struct err *why);
void webhook_free(struct webhook *w);

courier_carry webhook_carry; /* `arg`: the webhook */

/* The value of the header. Returns `out`. */
const char *webhook_sign(const uint8_t *secret, size_t secret_len, uint64_t at_s, const char *body,
	size_t len, char out[static WEBHOOK_SIGNATURE_TEXT]);
