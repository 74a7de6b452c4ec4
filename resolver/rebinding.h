/* SPDX-License-Identifier: BSD-2-Clause
 * Which names may be answered with private addresses: those that are not public.
 *
 * Threads: pure.
 */
#pragma once

#include <stdbool.h>

#include "resolver/base/config.h"
#include "resolver/base/dname.h"

/* May this question be answered with private addresses? `rebinding.except` says so, or the operator has named its zone in `forward:` or `stub:`
 * (the root's forward is no naming). The question decides and not the owner of the address: a browser's origin is the question, and
 * an attacker's alias to an exempt name would otherwise pass. */
bool rebinding_is_exempt(const struct config *config, const struct dname *question);
