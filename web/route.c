/* SPDX-License-Identifier: BSD-2-Clause */
#include "web/route.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "web/api.h"
#include "web/asker.h"
#include "web/assets.h"
#include "web/auth.h"
#include "web/dialect.h"
#include "web/metrics.h"
#include "web/response.h"

static const struct route native[] = {
	{EDGE_GET, "/healthz", EDGE_NOBODY, api_state_health, 0},
	{EDGE_GET, "/metrics", EDGE_STATS, metrics_get, ROUTE_IS_METRICS},
	{EDGE_GET, "/api/v1/stats", EDGE_STATS, api_stats_get, 0},
	{EDGE_GET, "/api/v1/summary", EDGE_STATS, api_history_summary, 0},
	{EDGE_GET, "/api/v1/history", EDGE_STATS, api_history_get, 0},
	{EDGE_GET, "/api/v1/top", EDGE_STATS, api_history_top, 0},
	{EDGE_GET, "/api/v1/status", EDGE_STATS, api_state_get, 0},
	{EDGE_GET, "/api/v1/health", EDGE_STATS, api_state_health_full, 0},
	{EDGE_GET, "/api/v1/explain", EDGE_STATS, api_explain_get, 0},
	{EDGE_GET, "/api/v1/dga", EDGE_STATS, api_explain_dga, 0},
	{EDGE_GET, "/api/v1/config", EDGE_ADMIN, api_config_get, 0},
	{EDGE_GET, "/api/v1/lists", EDGE_STATS, api_lists_get, 0},
	{EDGE_POST, "/api/v1/lists/update", EDGE_ADMIN, api_lists_update, 0},
	{EDGE_POST, "/api/v1/lists/accept", EDGE_ADMIN, api_lists_accept, ROUTE_WAITS},
	{EDGE_GET, "/api/v1/lists/diff", EDGE_ADMIN, api_lists_diff, ROUTE_WAITS},
	{EDGE_GET, "/api/v1/generations", EDGE_STATS, api_generations_get, 0},
	{EDGE_POST, "/api/v1/generations/rollback", EDGE_ADMIN, api_generations_rollback,
		ROUTE_WAITS},
	{EDGE_POST, "/api/v1/generations/release", EDGE_ADMIN, api_generations_release,
		ROUTE_WAITS},
	{EDGE_GET, "/api/v1/clients", EDGE_CONTROL, api_clients_get, 0},
	{EDGE_GET, "/api/v1/client", EDGE_CONTROL, api_clients_one, ROUTE_WAITS},
	{EDGE_GET, "/api/v1/querylog", EDGE_CONTROL, api_querylog_get, ROUTE_WAITS},
	{EDGE_GET, "/api/v1/live", EDGE_CONTROL, api_live_get, 0},
	{EDGE_GET, "/api/v1/cases", EDGE_CONTROL, api_cases_get, 0},
	{EDGE_GET, "/api/v1/case", EDGE_CONTROL, api_cases_one, 0},
	{EDGE_GET, "/api/v1/cases/export", EDGE_CONTROL, api_cases_export, ROUTE_WAITS},
	{EDGE_POST, "/api/v1/cases/state", EDGE_CONTROL, api_cases_decide, 0},
	{EDGE_POST, "/api/v1/cases/unseal", EDGE_ADMIN, api_cases_unseal, 0},
	{EDGE_GET, "/api/v1/rules", EDGE_CONTROL, api_rules_get, 0},
	{EDGE_POST, "/api/v1/rules", EDGE_CONTROL, api_rules_add, 0},
	{EDGE_DELETE, "/api/v1/rules", EDGE_CONTROL, api_rules_remove, 0},
	{EDGE_GET, "/api/v1/pause", EDGE_CONTROL, api_pause_get, 0},
	{EDGE_POST, "/api/v1/pause", EDGE_CONTROL, api_pause_add, 0},
	{EDGE_DELETE, "/api/v1/pause", EDGE_CONTROL, api_pause_remove, 0},
	{EDGE_GET, "/api/v1/unblock", EDGE_CONTROL, api_unblock_get, 0},
	{EDGE_POST, "/api/v1/unblock", EDGE_CONTROL, api_unblock_add, 0},
	{EDGE_DELETE, "/api/v1/unblock", EDGE_CONTROL, api_unblock_remove, 0},
	{EDGE_POST, "/api/v1/reload", EDGE_ADMIN, api_state_reload, ROUTE_WAITS},
	{EDGE_GET, "/api/v1/openapi.json", EDGE_NOBODY, assets_get, 0},
	{EDGE_GET, "/api/v1/auth", EDGE_NOBODY, api_auth_get, 0},
	{EDGE_POST, "/api/v1/auth/setup", EDGE_NOBODY, api_auth_setup, ROUTE_VERIFIES},
	{EDGE_POST, "/api/v1/auth/login", EDGE_NOBODY, api_auth_login, ROUTE_VERIFIES},
	{EDGE_POST, "/api/v1/auth/logout", EDGE_NOBODY, api_auth_logout, 0},
	{EDGE_POST, "/api/v1/auth/password", EDGE_ADMIN, api_auth_password, ROUTE_VERIFIES},
	{EDGE_POST, "/api/v1/auth/link", EDGE_ADMIN, api_auth_link, 0},
	{EDGE_GET, "/api/v1/keys", EDGE_ADMIN, api_keys_get, 0},
	{EDGE_POST, "/api/v1/keys", EDGE_ADMIN, api_keys_add, 0},
	{EDGE_DELETE, "/api/v1/keys", EDGE_ADMIN, api_keys_remove, 0},
	/* The page holds no data: what it shows it asks for. */
	{EDGE_GET, "/", EDGE_NOBODY, assets_get, 0},
	{EDGE_GET, "/assets/*", EDGE_NOBODY, assets_get, 0},
	{EDGE_GET, "/icon.svg", EDGE_NOBODY, assets_get, 0},
};

#define ALL_METHODS(path, handler) \
	{EDGE_GET, path, EDGE_NOBODY, handler, ROUTE_OWN_LOGIN}, \
		{EDGE_POST, path, EDGE_NOBODY, handler, ROUTE_OWN_LOGIN}, \
		{EDGE_PUT, path, EDGE_NOBODY, handler, ROUTE_OWN_LOGIN}, \
	{ \
		EDGE_DELETE, path, EDGE_NOBODY, handler, ROUTE_OWN_LOGIN \
	}

/* What other products answer: each has a table of its calls and a way of its own to say who asks. */
static const struct route dialects[] = {
	{EDGE_GET, "/admin/api.php", EDGE_NOBODY, dialect_pihole5, ROUTE_OWN_LOGIN},
	{EDGE_GET, "/api/dashboard/stats/get", EDGE_NOBODY, dialect_technitium, ROUTE_OWN_LOGIN},
	/* These read the query log, or much of the history. */
	{EDGE_GET, "/control/querylog*", EDGE_NOBODY, dialect_adguard,
		ROUTE_OWN_LOGIN | ROUTE_WAITS},
	{EDGE_GET, "/api/padd*", EDGE_NOBODY, dialect_pihole6, ROUTE_OWN_LOGIN | ROUTE_WAITS},
	{EDGE_GET, "/api/network/*", EDGE_NOBODY, dialect_pihole6, ROUTE_OWN_LOGIN | ROUTE_WAITS},
	ALL_METHODS("/control/*", dialect_adguard),
	ALL_METHODS("/api/*", dialect_pihole6),
};

static const struct {
	const struct route *rows;
	size_t count;
} tables[] = {
	{native, sizeof native / sizeof *native},
	{dialects, sizeof dialects / sizeof *dialects},
};
enum { TABLES = sizeof tables / sizeof *tables };

const struct route *route_at(size_t i)
{
	for (size_t t = 0; t < TABLES; t++) {
		if (i < tables[t].count)
			return &tables[t].rows[i];
		i -= tables[t].count;
	}
	return NULL;
}

/* `is_named`: a row before has this path in full; what an asterisk would take is not meant then. */
static bool fits(const char *pattern, const char *path, bool is_named)
{
	size_t n = strlen(pattern);
	if (n && pattern[n - 1] == '*')
		return !is_named && !strncmp(pattern, path, n - 1);
	return !strcmp(pattern, path);
}

static const struct route *find(const struct edge_request *q, unsigned *methods)
{
	const struct route *row;
	bool is_named = false;
	*methods = 0;
	for (size_t i = 0; (row = route_at(i)); i++) {
		if (!fits(row->path, q->target.path, is_named))
			continue;
		is_named |= !strchr(row->path, '*');
		*methods |= 1u << row->method;
		if (row->method == q->method)
			return row;
	}
	return NULL;
}

static void refuse_method(struct edge_response *r, unsigned methods)
{
	static const char *const names[] = {[EDGE_GET] = "GET, HEAD",
		[EDGE_POST] = "POST",
		[EDGE_PUT] = "PUT",
		[EDGE_PATCH] = "PATCH",
		[EDGE_DELETE] = "DELETE"};
	char allowed[64] = "";
	size_t n = 0;
	for (unsigned i = 0; i < EDGE_OTHER; i++)
		if (methods >> i & 1)
			n += (size_t)snprintf(
				allowed + n, sizeof allowed - n, "%s%s", n ? ", " : "", names[i]);
	response_problem(r, 405, "this path takes %s", allowed);
	response_header(r, "Allow", "%s", allowed);
}

static bool is_open(const struct route *row, const struct edge_request *q)
{
	return q->scope >= row->scope ||
		(row->flags & ROUTE_IS_METRICS &&
			atomic_load(&q->web->anonymous) >= CONFIG_ANONYMOUS_METRICS);
}

static void refuse_asker(const struct edge_request *q, struct edge_response *r)
{
	atomic_fetch_add_explicit(&q->web->counters.denied, 1, memory_order_relaxed);
	uint32_t wait_s = q->has_wrong_key ? auth_key_wait_s(q->web, &q->peer) : 0;
	if (wait_s) {
		response_problem(r, 429, "too many wrong keys came from there: wait %u s", wait_s);
		response_header(r, "Retry-After", "%u", wait_s);
		return;
	}
	if (q->is_known) {
		response_problem(r, 403, "this takes a log-in or key that may do more");
		return;
	}
	response_problem(r, 401,
		"log in first, or send an API key (`cenote key add`); cenote's own commands use "
		"the "
		"control socket");
	response_header(r, "WWW-Authenticate", "Bearer realm=\"cenote\"");
}

bool route_may(const struct edge_request *q, enum edge_scope scope, struct edge_response *r)
{
	if (q->scope >= scope)
		return true;
	refuse_asker(q, r);
	return false;
}

bool route_admit(const struct edge_request *q, struct edge_response *r)
{
	unsigned methods;
	const struct route *row = find(q, &methods);
	if (!row && methods)
		refuse_method(r, methods);
	else if (!row)
		response_problem(r, 404, "there is nothing at this path");
	else if (!(row->flags & ROUTE_OWN_LOGIN) && !asker_is_own_page(q, r))
		return false;
	else if (!is_open(row, q))
		refuse_asker(q, r);
	return r->status == 0;
}

struct jobs *route_jobs(const struct edge_request *q)
{
	unsigned methods, flags = find(q, &methods)->flags;
	if (flags & ROUTE_VERIFIES)
		return q->web->log_ins;
	return flags & ROUTE_WAITS ? q->web->slow : NULL;
}

bool route_takes_body(const struct edge_request *q, struct edge_response *r)
{
	unsigned methods;
	if (!q->body_len || find(q, &methods)->flags & ROUTE_OWN_LOGIN)
		return true;
	/* A form or plain text is what a foreign page could send without being asked about. */
	if (q->content_type && !strncasecmp(q->content_type, "application/json", 16))
		return true;
	response_problem(r, 415, "send the body as content-type application/json");
	return false;
}

void route_handle(const struct edge_request *q, struct edge_response *r)
{
	unsigned methods;
	find(q, &methods)->handler(q, r);
}
