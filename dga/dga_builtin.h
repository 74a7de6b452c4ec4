/* SPDX-License-Identifier: BSD-2-Clause
 * The model that is part of the program: model.bin, see MODEL.md.
 *
 * Threads: pure; the bytes are constant.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

const uint8_t *dga_builtin(size_t *len);
