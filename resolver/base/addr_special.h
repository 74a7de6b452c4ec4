/* SPDX-License-Identifier: BSD-2-Clause
 * Addresses that are not the public Internet's: what both the rebinding rule and the fetching of lists must know.
 *
 * Threads: pure.
 * Standards: RFC 6890 (special-purpose addresses), RFC 4291 2.5.5 and RFC 6052 (IPv4 inside IPv6), RFC 3056 (6to4), RFC 8215,
 *            RFC 5771 and RFC 4291 2.7 (multicast).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "resolver/base/addr.h"

/* The IPv4 address that an IPv6 one leads to: IPv4-mapped (held so for IPv4 itself), IPv4-compatible, NAT64, 6to4. False: none. */
bool addr_special_embedded_v4(const struct addr *a, uint8_t v4[static 4]);

/* Private, loopback, link-local, shared (100.64.0.0/10) or unspecified, embedded or not. */
bool addr_special_is_private(const struct addr *a);

/* Private as above, multicast, broadcast, or reserved for a use that no server on the Internet has. */
bool addr_special_is_local(const struct addr *a);
