/* SPDX-License-Identifier: BSD-2-Clause
 * The handlers of the native API, a file each: api_<file>_<what>.
 *
 * Threads: any thread of the edge.
 */
#pragma once

#include <jansson.h>

#include "web/edge.h"

edge_handler api_state_health, api_state_health_full, api_state_get, api_state_reload;
edge_handler api_stats_get;
edge_handler api_explain_get, api_explain_dga;
edge_handler api_config_get;
edge_handler api_clients_get, api_clients_one;
edge_handler api_querylog_get, api_live_get;
edge_handler api_history_summary, api_history_get, api_history_top;
edge_handler api_lists_get, api_lists_update, api_lists_accept, api_lists_diff;
edge_handler api_generations_get, api_generations_rollback, api_generations_release;
edge_handler api_cases_get, api_cases_one, api_cases_decide;
edge_handler api_cases_export, api_cases_unseal;
edge_handler api_rules_get, api_rules_add, api_rules_remove;
edge_handler api_pause_get, api_pause_add, api_pause_remove;
edge_handler api_unblock_get, api_unblock_add, api_unblock_remove;

/* A case's state by its word; CASE_STATE_COUNT for NULL: any. False after having written the problem. */
bool api_cases_state(const char *text, enum case_state *out, struct edge_response *r);
edge_handler api_auth_get, api_auth_setup, api_auth_login, api_auth_logout, api_auth_password,
	api_auth_link;
edge_handler api_keys_get, api_keys_add, api_keys_remove;

/* What health says is not as it should be: an array of sentences, owned. */
json_t *api_state_reasons(const struct edge_request *q);
