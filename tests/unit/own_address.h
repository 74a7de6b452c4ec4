/* SPDX-License-Identifier: BSD-2-Clause
 * A loopback address of this process's own: any port of it is free, whatever other tests run beside.
 */
#pragma once

#include <stdio.h>
#include <unistd.h>

enum { OWN_ADDRESS_MAX = 16 };

/* 127.1.0.0 and up, by the process's number (at most 22 bits). */
static inline const char *own_address(char out[static OWN_ADDRESS_MAX])
{
	unsigned pid = (unsigned)getpid() & 0x3FFFFF;
	snprintf(out, OWN_ADDRESS_MAX, "127.%u.%u.%u", 1 + (pid >> 16), pid >> 8 & 255, pid & 255);
	return out;
}
