/* SPDX-License-Identifier: BSD-2-Clause
 * The halves of the dialect of Pi-hole v6, and what they share. Not for others to include.
 *
 * Threads: any thread of the edge.
 */
#pragma once

#include "web/dialect.h"
#include "web/response.h"

/* The interface that is spoken, and who speaks it. */
#define DIALECT_PIHOLE6_VERSION "v6.1+cenote." CENOTE_VERSION
#define DIALECT_PIHOLE5_VERSION "v5.18+cenote." CENOTE_VERSION

/* Takes `value`, an object; every answer also says how long it took. */
void dialect_pihole6_send(
	const struct dialect_ask *a, struct edge_response *r, unsigned status, json_t *value);
/* `hint` may be NULL. */
void dialect_pihole6_error(const struct dialect_ask *a, struct edge_response *r, unsigned status,
	const char *key, const char *message, const char *hint);

/* What the session of a request may, else what everybody may. */
enum edge_scope dialect_pihole6_scope(const struct edge_request *q);

dialect_handler dialect_pihole6_login, dialect_pihole6_session, dialect_pihole6_logout,
	dialect_pihole6_sessions;
dialect_handler dialect_pihole6_summary, dialect_pihole6_top_domains, dialect_pihole6_top_clients,
	dialect_pihole6_upstreams, dialect_pihole6_history;
dialect_handler dialect_pihole6_version, dialect_pihole6_messages, dialect_pihole6_message_count,
	dialect_pihole6_message_delete, dialect_pihole6_padd;
dialect_handler dialect_pihole6_groups, dialect_pihole6_group, dialect_pihole6_group_put,
	dialect_pihole6_clients, dialect_pihole6_leases, dialect_pihole6_devices;
dialect_handler dialect_pihole6_blocking, dialect_pihole6_set_blocking, dialect_pihole6_gravity,
	dialect_pihole6_refused;

/* Of the answers: how many of each kind, by the names of Pi-hole. */
json_t *dialect_pihole6_replies(const struct history_point *p);
/* {"core": {"local": {...}, "remote": {...}}, ...} */
json_t *dialect_pihole6_versions(void);
