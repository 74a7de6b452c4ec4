/* SPDX-License-Identifier: BSD-2-Clause
 * Digests that generators of names are built on.
 *
 * Threads: pure.
 * Standards: RFC 1321, FIPS 180-4.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* False: the library does not offer it (a machine under FIPS rules has no MD5). */
bool digest_md5(const void *bytes, size_t len, uint8_t out[static 16]);
bool digest_sha1(const void *bytes, size_t len, uint8_t out[static 20]);
bool digest_sha256(const void *bytes, size_t len, uint8_t out[static 32]);
