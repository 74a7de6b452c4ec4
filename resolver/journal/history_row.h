/* SPDX-License-Identifier: BSD-2-Clause
 * All that is known of one minute, hour or day, or of a longer span: counters, distinct counts, top lists.
 *
 * Threads: plain data.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "resolver/journal/distinct.h"
#include "resolver/journal/history.h"
#include "resolver/journal/top.h"

enum {
	HISTORY_ROW_TOP_MAX = 1024, /* of all capacities */
	HISTORY_ROW_ALL = (1 << HISTORY_TOP_KINDS) - 1,
};

struct history_row {
	struct history_point sum; /* its times and distinct counts are not in use */
	struct distinct clients, domains;
	struct top *tops[HISTORY_TOP_KINDS]; /* NULL: not wanted */
};

/* An empty one with the top lists of the bits `kinds`. False: memory is short; it is to be freed nevertheless. */
bool history_row_init(struct history_row *r, unsigned kinds, uint64_t seed);
void history_row_free(struct history_row *r);
void history_row_clear(struct history_row *r);
/* Adds what both want. */
void history_row_add(struct history_row *to, const struct history_row *from);
void history_row_point(
	const struct history_row *r, uint64_t at_s, uint32_t step_s, struct history_point *out);
