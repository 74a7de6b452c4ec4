/* SPDX-License-Identifier: BSD-2-Clause
 * A file that is written whole or not at all.
 *
 * Threads: one writer a file.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "resolver/base/err.h"

/* Writes it under another name first, then renames. 0, or -errno with one sentence. */
int outfile_write(const char *file, const uint8_t *bytes, size_t len, struct err *why);
