/* SPDX-License-Identifier: BSD-2-Clause
 * The halves of the dialect of AdGuard Home, and what they share. Not for others to include.
 *
 * Threads: any thread of the edge.
 */
#pragma once

#include "web/dialect.h"
#include "web/response.h"

/* The interface that is spoken, and who speaks it: clients compare the first part. */
#define DIALECT_ADGUARD_VERSION "v0.107.62+cenote." CENOTE_VERSION

/* 501: there is no such thing here. `what` is a whole sentence. */
void dialect_adguard_refuse(struct edge_response *r, const char *what);
/* What a change that has been made, or was so already, is answered with. */
void dialect_adguard_ok(struct edge_response *r);
/* The body, an object sent as JSON; NULL after having written what is wrong. */
json_t *dialect_adguard_body(const struct dialect_ask *a, struct edge_response *r);

dialect_handler dialect_adguard_status, dialect_adguard_protection, dialect_adguard_version_json,
	dialect_adguard_off, dialect_adguard_disable, dialect_adguard_refused,
	dialect_adguard_rewrites, dialect_adguard_dhcp;
dialect_handler dialect_adguard_stats, dialect_adguard_stats_info, dialect_adguard_stats_config;
dialect_handler dialect_adguard_filtering, dialect_adguard_set_filtering, dialect_adguard_refresh;
dialect_handler dialect_adguard_querylog, dialect_adguard_querylog_info,
	dialect_adguard_querylog_config, dialect_adguard_set_querylog;
dialect_handler dialect_adguard_clients, dialect_adguard_find_clients;
