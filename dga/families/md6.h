/* SPDX-License-Identifier: BSD-2-Clause
 * MD6-256 of short messages, the hash that Pykspa takes; no library of the system has it.
 *
 * Threads: pure.
 * Standards: R. Rivest and others, "The MD6 hash function, a proposal to NIST for SHA-3" (2008); no key, one block.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { MD6_BYTES = 32, MD6_MESSAGE_MAX = 512 };

/* `length` at most MD6_MESSAGE_MAX; octets over it are not hashed. */
void md6_256(const void *message, size_t length, uint8_t out[static MD6_BYTES]);
