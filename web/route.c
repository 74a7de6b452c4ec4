/* SPDX-License-Identifier: BSD-2-Clause */
#include "web/route.h"

#include <string.h>

#include "web/api.h"
#include "web/assets.h"
#include "web/metrics.h"
#include "web/response.h"

enum route_scope {
	ROUTE_ANY,
	ROUTE_LOCAL, /* over the control socket only: it changes something, or takes long */
};

struct route {
	enum edge_method method;
	const char *path;
	enum route_scope scope;
	edge_handler *handler;
};

static const struct route routes[] = {
	{EDGE_GET, "/healthz", ROUTE_ANY, api_state_health},
	{EDGE_GET, "/metrics", ROUTE_ANY, metrics_get},
	{EDGE_GET, "/api/v1/stats", ROUTE_ANY, api_stats_get},
	{EDGE_GET, "/api/v1/summary", ROUTE_ANY, api_history_summary},
	{EDGE_GET, "/api/v1/history", ROUTE_ANY, api_history_get},
	{EDGE_GET, "/api/v1/top", ROUTE_LOCAL, api_history_top},
	{EDGE_GET, "/api/v1/status", ROUTE_ANY, api_state_get},
	{EDGE_GET, "/api/v1/health", ROUTE_ANY, api_state_health_full},
	{EDGE_GET, "/api/v1/explain", ROUTE_ANY, api_explain_get},
	{EDGE_GET, "/api/v1/dga", ROUTE_ANY, api_explain_dga},
	{EDGE_GET, "/api/v1/config", ROUTE_LOCAL, api_config_get},
	{EDGE_GET, "/api/v1/lists", ROUTE_ANY, api_lists_get},
	{EDGE_POST, "/api/v1/lists/update", ROUTE_LOCAL, api_lists_update},
	{EDGE_POST, "/api/v1/lists/accept", ROUTE_LOCAL, api_lists_accept},
	{EDGE_GET, "/api/v1/lists/diff", ROUTE_LOCAL, api_lists_diff},
	{EDGE_GET, "/api/v1/generations", ROUTE_ANY, api_generations_get},
	{EDGE_POST, "/api/v1/generations/rollback", ROUTE_LOCAL, api_generations_rollback},
	{EDGE_POST, "/api/v1/generations/release", ROUTE_LOCAL, api_generations_release},
	/* Who asked for what is nobody's business but the operator's. */
	{EDGE_GET, "/api/v1/clients", ROUTE_LOCAL, api_clients_get},
	{EDGE_GET, "/api/v1/client", ROUTE_LOCAL, api_clients_one},
	{EDGE_GET, "/api/v1/querylog", ROUTE_LOCAL, api_querylog_get},
	{EDGE_GET, "/api/v1/cases", ROUTE_LOCAL, api_cases_get},
	{EDGE_GET, "/api/v1/case", ROUTE_LOCAL, api_cases_one},
	{EDGE_GET, "/api/v1/cases/export", ROUTE_LOCAL, api_cases_export},
	{EDGE_POST, "/api/v1/cases/state", ROUTE_LOCAL, api_cases_decide},
	{EDGE_GET, "/api/v1/rules", ROUTE_ANY, api_rules_get},
	{EDGE_POST, "/api/v1/rules", ROUTE_LOCAL, api_rules_add},
	{EDGE_DELETE, "/api/v1/rules", ROUTE_LOCAL, api_rules_remove},
	{EDGE_POST, "/api/v1/reload", ROUTE_LOCAL, api_state_reload},
	{EDGE_GET, "/", ROUTE_ANY, assets_get},
	{EDGE_GET, "/app.css", ROUTE_ANY, assets_get},
	{EDGE_GET, "/app.js", ROUTE_ANY, assets_get},
	{EDGE_GET, "/icon.svg", ROUTE_ANY, assets_get},
};

enum { ROUTES = sizeof routes / sizeof *routes };

static const struct route *find(const struct edge_request *q, unsigned *methods)
{
	*methods = 0;
	for (size_t i = 0; i < ROUTES; i++) {
		if (strcmp(routes[i].path, q->target.path) != 0)
			continue;
		*methods |= 1u << routes[i].method;
		if (routes[i].method == q->method)
			return &routes[i];
	}
	return NULL;
}

static const char *allowed(unsigned methods)
{
	enum { GET = 1u << EDGE_GET, POST = 1u << EDGE_POST };
	if (methods == GET)
		return "GET, HEAD";
	return methods == POST ? "POST" : "GET, HEAD, POST, DELETE";
}

bool route_admit(const struct edge_request *q, struct edge_response *r)
{
	unsigned methods;
	const struct route *route = find(q, &methods);
	if (route && route->scope == ROUTE_LOCAL && !q->is_local) {
		atomic_fetch_add_explicit(&q->web->counters.denied_writes, 1, memory_order_relaxed);
		response_problem(r, 403,
			"changes are made over the control socket only (cenote's own commands use "
			"it)");
	} else if (!route && methods) {
		response_problem(r, 405, "this path takes %s", allowed(methods));
		r->allow = allowed(methods);
	} else if (!route) {
		response_problem(r, 404, "there is nothing at this path");
	}
	return r->status == 0;
}

void route_handle(const struct edge_request *q, struct edge_response *r)
{
	unsigned methods;
	find(q, &methods)->handler(q, r);
}
