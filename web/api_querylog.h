/* SPDX-License-Identifier: BSD-2-Clause
 * What the query log's pages and its live view share: the filter that was asked for, and a row as JSON.
 *
 * Threads: pure.
 */
#pragma once

#include <jansson.h>

#include "resolver/journal/querylog.h"
#include "web/edge.h"

/* Reads `client`, `name`, `list`, `verdict`, `outcome` and `type`; all other fields let all rows through. Its texts are the request's. False after
 * having written the problem. */
bool api_querylog_filter(
	const struct edge_request *q, struct querylog_filter *out, struct edge_response *r);

json_t *api_querylog_row(const struct querylog_row *row);
