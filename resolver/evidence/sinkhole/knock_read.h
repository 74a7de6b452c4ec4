/* SPDX-License-Identifier: BSD-2-Clause
 * What a peer's first octets are, whether they are enough, and what they tell.
 *
 * Threads: pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/evidence/sinkhole/knock.h"

struct knock_look {
	enum knock_kind kind; /* if nothing more came */
	bool is_sure; /* nothing that follows changes the kind */
	bool is_whole; /* nothing more is needed: a whole request's head, a whole ClientHello or one that will never be */
};

/* `bytes` may be NULL when `len` is 0. */
struct knock_look knock_read_look(const uint8_t *bytes, size_t len);

/* Fills kind, texts, fingerprints and head of `k` from the first octets (up to KNOCK_TLS_MAX of them are looked at); the rest of `k` is
 * the caller's. Uses 24 KiB of stack. */
void knock_read(struct knock *k, const uint8_t *bytes, size_t len);
