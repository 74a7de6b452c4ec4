/* SPDX-License-Identifier: BSD-2-Clause
 * The data that are part of the program: the model (model.bin, see MODEL.md) the set of popular domains (popular.bin, see POPULAR.md)
 * and the words of prose that training asks for (prose.h).
 *
 * Threads: pure; the bytes are constant.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum dga_builtin {
	DGA_BUILTIN_MODEL,
	DGA_BUILTIN_POPULAR,
	DGA_BUILTIN_PROSE,
};

const uint8_t *dga_builtin(enum dga_builtin which, size_t *len);
