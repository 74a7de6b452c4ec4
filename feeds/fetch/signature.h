/* SPDX-License-Identifier: BSD-2-Clause
 * Is a list's content what its maker published? By a digest, or by a signature of minisign or plain Ed25519.
 *
 * Threads: pure but for the file that is read.
 * Standards: FIPS 180-4 (SHA-256), RFC 8032 (Ed25519), RFC 7693 (BLAKE2b); minisign's format, legacy and prehashed.
 */
#pragma once

#include <stddef.h>

#include "resolver/base/err.h"

enum { SIGNATURE_FILE_MAX = 16384 };

/* `fd`: the content, read from its beginning. `digest`: 64 hexadecimal digits. 0, CEN_EREFUSED with the sentence, or -errno. */
int signature_check_digest(int fd, const char *digest, struct err *why);

/* `key`: as the configuration holds it. `text`: a file of minisign, or for a key of hexadecimal digits the 64 octets of a signature,
 * also as 128 hexadecimal digits. 0, CEN_EREFUSED with the sentence, or -errno. */
int signature_check(int fd, const char *key, const void *text, size_t len, struct err *why);
