/* SPDX-License-Identifier: BSD-2-Clause
 * Which addresses have no place in the answer to a public name, and which names are not public.
 *
 * Threads: pure.
 * Standards: RFC 6890 (special-purpose addresses), RFC 4291 2.5.5 and RFC 6052 (IPv4 inside IPv6), RFC 3056 (6to4), RFC 8215.
 */
#pragma once

#include <stdbool.h>

#include "resolver/base/addr.h"
#include "resolver/base/config.h"
#include "resolver/base/dname.h"

/* The IPv4 address that an IPv6 one leads to: IPv4-mapped (held so for IPv4 itself), IPv4-compatible, NAT64, 6to4. False: none. */
bool rebinding_embedded_v4(const struct addr *a, uint8_t v4[static 4]);

/* Private, loopback, link-local, shared (100.64.0.0/10) or unspecified, embedded or not. */
bool rebinding_is_private(const struct addr *a);

/* May this question be answered with private addresses? `rebinding.except` says so, or the operator has named its zone in `forward:` or `stub:`
 * (the root's forward is no naming). The question decides and not the owner of the address: a browser's origin is the question, and
 * an attacker's alias to an exempt name would otherwise pass. */
bool rebinding_is_exempt(const struct config *config, const struct dname *question);
