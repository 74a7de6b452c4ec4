/* SPDX-License-Identifier: BSD-2-Clause
 * Which Host header is ours: the guard against DNS rebinding, where a page of a foreign name reaches this machine's address.
 *
 * Threads: pure. Standards: RFC 9110 7.2, 15.5.20 (421).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "resolver/base/dname.h"

/* True for an IP literal, `localhost` or one of `names`, with or without a port: no foreign page can have such an origin. */
bool host_is_ours(const char *host, const struct dname *names, size_t name_count);
