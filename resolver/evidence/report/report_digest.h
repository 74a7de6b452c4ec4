/* SPDX-License-Identifier: BSD-2-Clause
 * What libcrypto does for reports: hashes and base64.
 *
 * Threads: pure. Standards: RFC 9562 5.5 (UUID version 5), FIPS 180-4, RFC 4648 4.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* False when libcrypto fails. */
bool report_digest_uuid5(const uint8_t space[static 16], const char *name, uint8_t out[static 16]);

/* Owned JSON strings; NULL when memory is short. */
json_t *report_digest_sha256(const void *bytes, size_t len); /* `sha256:` and hexadecimal digits */
json_t *report_digest_base64(const void *bytes, size_t len);
