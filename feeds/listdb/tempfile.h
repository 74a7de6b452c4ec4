/* SPDX-License-Identifier: BSD-2-Clause
 * Temporary files that have no name, so that no death of the process leaves one behind.
 *
 * Threads: pure.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "resolver/base/err.h"

/* A new file in `folder`, open for reading and writing. The descriptor, or negative. */
int tempfile_open(const char *folder, struct err *why);

/* Writes all of it at `*at`, which moves on. `path` is for the sentence. */
int tempfile_write(
	int fd, const char *path, const void *bytes, size_t len, uint64_t *at, struct err *why);
