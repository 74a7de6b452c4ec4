/* SPDX-License-Identifier: BSD-2-Clause
 * The clients with a live case, for the path: a small immutable table.
 *
 * Threads: immutable once made; published by evidence.c under liburcu-qsbr.
 * Owns: its memory.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/evidence/engine.h"

enum {
	/* From these scores on (milli-nats) a name that an infected client asks for is taken for generated. Of a client that was caught one name in
	 * a hundred or more is; of those that have the shape of the names that it was caught by, every second one or more: there it is enough that
	 * the name is rather generated than ordinary. */
	SUSPECTS_SCORE = 4600,
	SUSPECTS_SCORE_OF_SHAPE = 1,
};

struct suspect {
	struct addr client; /* of the prefix */
	uint64_t case_id; /* 0: a free slot */
	bool has_shape;
	struct family_shape shape;
};

struct suspects {
	uint8_t ipv4_bits, ipv6_bits;
	uint32_t count;
	uint32_t mask; /* slots - 1 */
	struct suspect slots[];
};

/* Of all live cases of the engine that stand at this wall time. NULL: memory is short. Returns owned; free() it. */
struct suspects *suspects_new(
	struct engine *e, const struct engine_options *options, uint64_t now_ms);
/* NULL: the client is none. */
const struct suspect *suspects_find(const struct suspects *s, const struct addr *client);
/* Would this name that exists be held back from the client? `score`: milli-nats; popular and allowed names are the caller's business. */
bool suspects_is_generated(const struct suspect *s, int32_t score, const struct dname *name);
