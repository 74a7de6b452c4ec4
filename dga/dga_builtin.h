/* SPDX-License-Identifier: BSD-2-Clause
 * The data that are part of the program: the model (model.bin, see MODEL.md) and the set of popular domains (popular.bin, see POPULAR.md).
 *
 * Threads: pure; the bytes are constant.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum dga_builtin {
	DGA_BUILTIN_MODEL,
	DGA_BUILTIN_POPULAR,
};

const uint8_t *dga_builtin(enum dga_builtin which, size_t *len);
