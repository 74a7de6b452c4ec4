/* SPDX-License-Identifier: BSD-2-Clause
 * Names and addresses that so many people and machines need that a list which newly blocks one is more likely to be wrong than right.
 *
 * Threads: constant data.
 * Rule: only names whose loss breaks something for many; none that lists against ads, tracking or abuse block on purpose.
 */
#pragma once

#include <stddef.h>

/* Calls `each` for every name, in text without a final dot, not terminated. */
void popular_each(void (*each)(void *arg, const char *name, size_t len), void *arg);

/* Addresses of public resolvers, as text; NULL past the end. */
const char *popular_address(size_t i);
