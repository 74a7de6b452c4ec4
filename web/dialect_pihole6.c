/* SPDX-License-Identifier: BSD-2-Clause
 * /api/... as Pi-hole v6 answers it: the table of its calls, and its errors.
 */
#include "web/dialect_pihole6.h"

#include <string.h>

#include "resolver/base/clock.h"

static const struct dialect_call calls[] = {
	{EDGE_GET, "/api/auth", EDGE_NOBODY, dialect_pihole6_session},
	{EDGE_POST, "/api/auth", EDGE_NOBODY, dialect_pihole6_login},
	{EDGE_DELETE, "/api/auth", EDGE_NOBODY, dialect_pihole6_logout},
	{EDGE_GET, "/api/auth/sessions", EDGE_STATS, dialect_pihole6_sessions},
	{EDGE_GET, "/api/stats/summary", EDGE_STATS, dialect_pihole6_summary},
	{EDGE_GET, "/api/stats/top_domains", EDGE_STATS, dialect_pihole6_top_domains},
	{EDGE_GET, "/api/stats/top_clients", EDGE_STATS, dialect_pihole6_top_clients},
	{EDGE_GET, "/api/stats/upstreams", EDGE_STATS, dialect_pihole6_upstreams},
	{EDGE_GET, "/api/history", EDGE_STATS, dialect_pihole6_history},
	{EDGE_GET, "/api/info/version", EDGE_STATS, dialect_pihole6_version},
	{EDGE_GET, "/api/info/messages", EDGE_STATS, dialect_pihole6_messages},
	{EDGE_GET, "/api/info/messages/count", EDGE_STATS, dialect_pihole6_message_count},
	{EDGE_DELETE, "/api/info/messages/", EDGE_CONTROL, dialect_pihole6_message_delete},
	{EDGE_GET, "/api/padd", EDGE_STATS, dialect_pihole6_padd},
	{EDGE_GET, "/api/dns/blocking", EDGE_STATS, dialect_pihole6_blocking},
	{EDGE_POST, "/api/dns/blocking", EDGE_CONTROL, dialect_pihole6_set_blocking},
	{EDGE_GET, "/api/groups", EDGE_STATS, dialect_pihole6_groups},
	{EDGE_GET, "/api/groups/", EDGE_STATS, dialect_pihole6_group},
	{EDGE_PUT, "/api/groups/", EDGE_CONTROL, dialect_pihole6_group_put},
	/* Which devices there are is said to whom the query log is open. */
	{EDGE_GET, "/api/clients", EDGE_CONTROL, dialect_pihole6_clients},
	{EDGE_GET, "/api/network/devices", EDGE_CONTROL, dialect_pihole6_devices},
	{EDGE_GET, "/api/dhcp/leases", EDGE_STATS, dialect_pihole6_leases},
	{EDGE_POST, "/api/action/gravity", EDGE_ADMIN, dialect_pihole6_gravity},
	{EDGE_POST, "/api/action/restartdns", EDGE_CONTROL, dialect_pihole6_refused},
	{EDGE_POST, "/api/action/flush/logs", EDGE_CONTROL, dialect_pihole6_refused},
	{EDGE_POST, "/api/action/flush/arp", EDGE_CONTROL, dialect_pihole6_refused},
	{EDGE_POST, "/api/action/flush/network", EDGE_CONTROL, dialect_pihole6_refused},
	{.path = NULL},
};

void dialect_pihole6_send(
	const struct dialect_ask *a, struct edge_response *r, unsigned status, json_t *value)
{
	json_object_set_new(value, "took", json_real((double)(clock_us() - a->began_us) / 1e6));
	response_json(r, status, value);
}

void dialect_pihole6_error(const struct dialect_ask *a, struct edge_response *r, unsigned status,
	const char *key, const char *message, const char *hint)
{
	dialect_pihole6_send(a, r, status,
		json_pack("{s:{s:s, s:o, s:o}}", "error", "key", key, "message",
			response_text(message), "hint", hint ? response_text(hint) : json_null()));
}

void dialect_pihole6(const struct edge_request *q, struct edge_response *r)
{
	bool has_path;
	struct dialect_ask a = {.q = q, .web = q->web, .item = "", .began_us = clock_us()};
	const struct dialect_call *call = dialect_find(calls, q, &a.item, &has_path);
	if (!call && !strncmp(q->target.path, "/api/v1/", 8)) {
		response_problem(r, 404, "there is nothing at this path"); /* our own */
		return;
	}
	if (!call) {
		if (has_path)
			dialect_pihole6_error(&a, r, 405, "method_not_allowed",
				"This path takes another method", NULL);
		else
			dialect_pihole6_error(&a, r, 404, "not_found", "Not found", q->target.path);
		return;
	}
	a.scope = dialect_pihole6_scope(q);
	if (a.scope >= call->scope)
		call->handler(&a, r);
	else if (a.scope == EDGE_NOBODY)
		dialect_pihole6_error(&a, r, 401, "unauthorized", "Unauthorized", NULL);
	else
		dialect_pihole6_error(&a, r, 403, "forbidden", "This key may not do that",
			call->scope == EDGE_ADMIN ? "a key with the scope admin is needed"
						  : "a key with the scope control is needed");
}
