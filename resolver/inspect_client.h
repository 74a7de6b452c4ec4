/* SPDX-License-Identifier: BSD-2-Clause
 * The part of `inspect` that looks at who asks: a generated name that does exist is where a bot meets its master.
 *
 * Threads: the worker's.
 */
#pragma once

#include "resolver/query.h"

/* STEP_NEXT: go on. With `evidence.mode: block` a client with a live case is not told where the name is. */
enum step inspect_client(struct worker *w, struct query *q);
