/* SPDX-License-Identifier: BSD-2-Clause
 * Signs a request and verifies what comes back, message by message. ldns verifies one answer, but neither a stream with
 * unsigned messages in it nor the time of signing; hence this file.
 *
 * Threads: a signer belongs to one thread; keys are immutable. Owns: see each.
 * Standards: RFC 8945 (4.2 the record, 4.3 what is signed, 5.2 checks, 5.3.1 streams over TCP).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/base/config_xfr.h"
#include "resolver/base/dname.h"
#include "resolver/base/err.h"

enum {
	TSIG_MAC_MAX = 64,
	TSIG_SECRET_MAX = 512,
	TSIG_FUDGE_S = 300, /* RFC 8945 10 */
	TSIG_UNSIGNED_MAX = 99, /* in a row in a stream (RFC 8945 5.3.1) */
	TSIG_ROOM = 512, /* octets that signing adds at most */
	TYPE_TSIG = 250,
};

struct tsig_key {
	struct dname name;
	enum config_tsig_algorithm algorithm;
	uint8_t secret[TSIG_SECRET_MAX];
	size_t secret_len;
};

/* From the configuration; reads the secret's file if that is where it is. 0 or a code with a sentence without the secret. */
int tsig_key_load(const struct config_tsig_key *from, struct tsig_key *out, struct err *why);

/* One exchange: a request that is signed, and its answers in order. Zeroed, then tsig_sign. */
struct tsig {
	const struct tsig_key *key; /* borrowed */
	uint8_t mac[TSIG_MAC_MAX]; /* of the last signed message of the exchange */
	size_t mac_len;
	unsigned answers; /* signed ones so far */
	unsigned unsigned_count; /* since the last signed one */
	void *pending; /* digest of those; owned */
};

/* Signs the message in `wire` (its `*len` octets, room for TSIG_ROOM more) and begins the exchange. */
int tsig_sign(struct tsig *t, const struct tsig_key *key, uint8_t *wire, size_t *len,
	uint64_t now_s, struct err *why);
/* Verifies the next answer. 0, CEN_EFORMAT or CEN_EREFUSED. What follows the last signed message is not verified yet:
 * `unsigned_count` must be 0 at the end. */
int tsig_verify(struct tsig *t, const uint8_t *wire, size_t len, uint64_t now_s, struct err *why);
void tsig_clear(struct tsig *t);

/* A request that another has signed: verifies it, and prepares `t` for signing the answer to it with tsig_sign_answer. */
int tsig_verify_request(struct tsig *t, const struct tsig_key *key, const uint8_t *wire, size_t len,
	uint64_t now_s, struct err *why);
int tsig_sign_answer(struct tsig *t, uint8_t *wire, size_t *len, uint64_t now_s, struct err *why);

/* Is the last record of the message a TSIG? False for a message that is not well formed, too. */
bool tsig_is_signed(const uint8_t *wire, size_t len);
