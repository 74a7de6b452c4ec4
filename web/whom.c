/* SPDX-License-Identifier: BSD-2-Clause */
#include "web/whom.h"

#include <stdio.h>
#include <string.h>

#include "web/response.h"

static const char *const scopes[] = {[SERVER_SCOPE_ALL] = "all",
	[SERVER_SCOPE_GROUP] = "group",
	[SERVER_SCOPE_CLIENT] = "client"};

static bool take_scope(const char *scope, bool has_group, bool has_client, struct whom *out,
	struct edge_response *r)
{
	unsigned i = has_client ? SERVER_SCOPE_CLIENT
		: has_group	? SERVER_SCOPE_GROUP
				: SERVER_SCOPE_ALL;
	if (scope)
		for (i = 0; i <= SERVER_SCOPE_CLIENT && strcmp(scope, scopes[i]) != 0;)
			i++;
	out->scope = (enum server_scope)i;
	if (i > SERVER_SCOPE_CLIENT)
		response_problem(r, 400, "`scope` is all, group or client");
	else if (has_group != (i == SERVER_SCOPE_GROUP) || has_client != (i == SERVER_SCOPE_CLIENT))
		response_problem(r, 400,
			"`group` goes with the scope group, `client` with the scope client, and "
			"neither with all");
	return r->status == 0;
}

bool whom_read(const char *scope, const char *group, const char *client, struct whom *out,
	struct edge_response *r)
{
	memset(out, 0, sizeof *out);
	if (!take_scope(scope, group, client, out, r))
		return false;
	if (group && (!*group || strlen(group) > CONFIG_NAME_MAX)) {
		response_problem(r, 400, "`group` is the name of a group");
		return false;
	}
	if (client && addr_from_text(client, &out->client)) {
		response_problem(r, 400, "`client` is not an IP address");
		return false;
	}
	snprintf(out->group, sizeof out->group, "%s", group ? group : "");
	return true;
}

bool whom_of_params(const struct edge_request *q, struct whom *out, struct edge_response *r)
{
	return whom_read(target_param(&q->target, "scope"), target_param(&q->target, "group"),
		target_param(&q->target, "client"), out, r);
}

bool whom_of_body(const json_t *body, struct whom *out, struct edge_response *r)
{
	return whom_read(json_string_value(json_object_get(body, "scope")),
		json_string_value(json_object_get(body, "group")),
		json_string_value(json_object_get(body, "client")), out, r);
}

const char *whom_text(const struct whom *w, char out[static WHOM_TEXT_MAX])
{
	char address[ADDR_TEXT_MAX];
	switch (w->scope) {
	case SERVER_SCOPE_GROUP:
		snprintf(out, WHOM_TEXT_MAX, "group=%s", w->group);
		break;
	case SERVER_SCOPE_CLIENT:
		snprintf(out, WHOM_TEXT_MAX, "client=%s", addr_to_text(&w->client, address));
		break;
	default:
		snprintf(out, WHOM_TEXT_MAX, "all");
	}
	return out;
}

static json_t *entry(
	enum server_scope scope, const char *group, const struct addr *client, uint64_t until_s)
{
	char address[ADDR_TEXT_MAX];
	json_t *o =
		json_pack("{s:s, s:o}", "scope", scopes[scope], "until", response_time(until_s));
	if (scope == SERVER_SCOPE_GROUP)
		json_object_set_new(o, "group", response_text(group));
	if (scope == SERVER_SCOPE_CLIENT)
		json_object_set_new(o, "client", json_string(addr_to_text(client, address)));
	return o;
}

json_t *whom_pause_json(const struct server_pause *p)
{
	return entry(p->scope, p->group, &p->client, p->until_s);
}

json_t *whom_unblock_json(const struct server_unblock *u)
{
	char text[DNAME_TEXT_MAX + 2];
	json_t *o = entry(u->scope, u->group, &u->client, u->until_s);
	json_object_set_new(o, "name", response_text(config_rule_to_text(&u->rule, text)));
	return o;
}
