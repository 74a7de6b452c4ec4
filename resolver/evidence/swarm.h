/* SPDX-License-Identifier: BSD-2-Clause
 * Names that several clients ask for on the same day, and that do not exist: a generator makes the same names on every device that it runs on.
 *
 * Threads: one at a time. Owns: fixed memory, 1 MiB.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "resolver/base/addr.h"

enum { SWARM_CLIENTS_MIN = 3 };

struct swarm;

struct swarm *swarm_new(void); /* NULL: memory is short */
void swarm_free(struct swarm *s);
/* Notes that the client asks for the name (its hash). Have SWARM_CLIENTS_MIN asked on this day, this one included? */
bool swarm_is_shared(struct swarm *s, uint64_t name, const struct addr *client, uint64_t now_s);
