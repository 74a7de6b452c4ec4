/* SPDX-License-Identifier: BSD-2-Clause
 * Parameters of a request, read and bounded. Each returns false after having written what is wrong with its one.
 *
 * Threads: pure. Standards: RFC 3339 5.6.
 */
#pragma once

#include "web/edge.h"

enum {
	PARAM_ROWS_MAX = 1000, /* in one answer */
	PARAM_RANGE_S = 86400, /* that is told about when nothing else is asked for */
};

/* A moment: RFC 3339, or whole seconds since 1970. False for what is none, or not before the year 10000. The fraction is cut off, behind
 * the milliseconds or whole. */
bool param_time_ms(const char *text, uint64_t *out);
bool param_time(const char *text, uint64_t *out);

/* A whole number from `min` to `max`; `*out` stays when it is not given. */
bool param_number(const struct edge_request *q, const char *name, uint64_t min, uint64_t max,
	uint64_t *out, struct edge_response *r);

/* `limit`: how many rows, `*out` when it is not given. */
bool param_limit(const struct edge_request *q, uint64_t *out, struct edge_response *r);

/* One of the words (NULL ends them), by its place; `*out` stays when it is not given. */
bool param_word(const struct edge_request *q, const char *name, const char *const *words,
	unsigned *out, struct edge_response *r);

/* `from` and `to`, wall time in seconds; the day that ends with this second when they are not given. `from` is before `to`. */
struct param_range {
	uint64_t from_s, to_s;
};
bool param_range(const struct edge_request *q, struct param_range *out, struct edge_response *r);

/* `type`, a record type: `AAAA`, `TYPE65`, `65`; `*out` stays when it is not given. */
bool param_type(const struct edge_request *q, uint16_t *out, struct edge_response *r);
