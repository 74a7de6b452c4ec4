/* SPDX-License-Identifier: BSD-2-Clause
 * Registrable domains with tenants: who names what stands left of them?
 *
 * Threads: constant data.
 * Source: the pages of the services themselves, and the PRIVATE section of publicsuffix.org, whose members were looked at one by one: it does
 *         not say who chooses the names.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum zones_kind {
	ZONES_NONE = 0,
	/* Anybody registers a name of his choice, mostly at once and for nothing, malware too: dynamic DNS, free hosting, registries below a
	 * domain that they own. */
	ZONES_OPEN = '+',
	/* Content networks, clouds, tunnels, home routers: machines make the names up. */
	ZONES_MACHINE = '-',
};

/* Of a registrable domain as text, lower case, without the final dot. */
enum zones_kind zones_find(const uint8_t *text, size_t len);

/* All of `len` characters, one behind the other, each behind its kind as a character and before a blank. */
const char *zones_of(size_t len);

enum { ZONES_TEXT_MIN = 4, ZONES_TEXT_MAX = 28 };
