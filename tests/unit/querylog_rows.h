/* SPDX-License-Identifier: BSD-2-Clause
 * Rows for tests of the query log. Include after cmocka.h.
 */
#pragma once

#include <stdio.h>
#include <string.h>

#include "resolver/base/clock.h"
#include "resolver/journal/querylog_codec.h"
#include "resolver/query.h"

/* At 2026-11-29T00:00:00Z, in the middle of a run of whole seconds. */
#define ROWS_WALL_S UINT64_C(1795910400)

/* The i-th: client 192.0.2.(i % 10), name hostI.example, i milliseconds from now. The names of the last eight rows are kept. */
static inline struct querylog_kept rows_make(unsigned i)
{
	struct querylog_kept row = {.at_ms = clock_wall_ms() + i,
		.client_kind = CLIENT_V4,
		.took_us = 10 * i,
		.qtype = TYPE_A,
		.outcome = OUTCOME_RECURSED,
		.list = "",
		.family = "",
		.group = "default"};
	static struct dname names[8];
	struct dname *name = &names[i % 8];
	char text[64];
	addr_from_v4((uint8_t[]){192, 0, 2, (uint8_t)(i % 10)}, &row.client);
	int n = snprintf(text, sizeof text, "host%u.example", i);
	assert_int_equal(dname_from_text(text, (size_t)n, name), 0);
	row.name = name;
	return row;
}
