/* SPDX-License-Identifier: BSD-2-Clause
 * Hashes within a run of a generator: it ends when the library does not offer one.
 *
 * Threads: pure.
 */
#pragma once

#include "dga/families/family.h"

enum { HASHED_MD5 = 16, HASHED_SHA1 = 20, HASHED_SHA256 = 32 };

/* False: not offered, noted in `r->missing`. `out` may lie over `bytes`. */
bool hashed_md5(
	struct family_run *r, const void *bytes, size_t len, uint8_t out[static HASHED_MD5]);
bool hashed_sha1(
	struct family_run *r, const void *bytes, size_t len, uint8_t out[static HASHED_SHA1]);

/* Of a text, as hex digits in lower case. */
bool hashed_md5_hex(struct family_run *r, const char *text, char out[static 2 * HASHED_MD5 + 1]);
bool hashed_sha256_hex(
	struct family_run *r, const char *text, char out[static 2 * HASHED_SHA256 + 1]);
