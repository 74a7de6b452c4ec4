/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/evidence/sinkhole/knock_text.h"

void knock_text(const uint8_t *bytes, size_t len, char *out, size_t room)
{
	size_t n = len < room ? len : room - 1;
	for (size_t i = 0; i < n; i++)
		out[i] = bytes[i] >= 0x20 && bytes[i] < 0x7f ? (char)bytes[i] : '?';
	out[n] = 0;
}
