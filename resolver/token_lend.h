/* SPDX-License-Identifier: BSD-2-Clause
 * Gives an answer that leads into the sinkhole an address of its own (resolver/evidence/token.h).
 *
 * Threads: the worker's.
 */
#pragma once

#include "resolver/query.h"

/* For a question of type A or AAAA about a bot's name, where `sinkhole.tokens` has a prefix of the family. The evidence is told whose it is. */
bool token_lend(struct worker *w, const struct query *q, struct addr *out);
