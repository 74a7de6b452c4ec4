/* SPDX-License-Identifier: BSD-2-Clause
 * What stands for a client where its address is not to be written: the same address has the same pseudonym, and who has not the key cannot go
 * back, nor try all addresses.
 *
 * Threads: pure, but for pseudonym_key_open.
 * Method: SipHash-2-4 (Aumasson, Bernstein, 2012) of the address, 32 bits of it: in a network of 1,000 clients two share one with a
 *         probability of 1 in 9,000.
 */
#pragma once

#include <stdint.h>

#include "resolver/base/addr.h"
#include "resolver/base/err.h"

enum {
	PSEUDONYM_TEXT = 16, /* `client-1f3a9c0d` and the zero */
	PSEUDONYM_KEY_BYTES = 16,
};

struct pseudonym_key {
	uint8_t bytes[PSEUDONYM_KEY_BYTES]; /* secret */
};

/* The key in `pseudonym.key` of the state folder; a new one, for its owner alone, when there is none. A file that is no key is a failure: a new key would
 * give everybody another name. */
int pseudonym_key_open(const char *state_directory, struct pseudonym_key *out, struct err *why);

/* Returns `out`. */
const char *pseudonym_of(const struct pseudonym_key *key, const struct addr *client,
	char out[static PSEUDONYM_TEXT]);
