/* SPDX-License-Identifier: BSD-2-Clause
 * Octets from outside made fit to be shown.
 *
 * Threads: pure.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Copies `len` octets, cut to the room, terminated; what is not printable ASCII becomes `?`. `room` is at least 1. */
void knock_text(const uint8_t *bytes, size_t len, char *out, size_t room);
