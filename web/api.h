/* SPDX-License-Identifier: BSD-2-Clause
 * The handlers of the native API, a file each: api_<file>_<what>.
 *
 * Threads: any thread of the edge.
 */
#pragma once

#include "web/edge.h"

edge_handler api_state_health, api_state_get, api_state_reload;
edge_handler api_stats_get;
edge_handler api_explain_get;
edge_handler api_feeds_get, api_feeds_update, api_feeds_accept, api_feeds_diff;
edge_handler api_generations_get, api_generations_rollback, api_generations_release;
edge_handler api_cases_get, api_cases_one, api_cases_decide;
edge_handler api_cases_export;
edge_handler api_rules_get, api_rules_add, api_rules_remove;
