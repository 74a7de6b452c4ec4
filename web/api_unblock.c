/* SPDX-License-Identifier: BSD-2-Clause
 * /api/v1/unblock: one name allowed for a while, for all, a group or a client.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/base/log.h"
#include "web/api.h"
#include "web/response.h"
#include "web/whom.h"

void api_unblock_get(const struct edge_request *q, struct edge_response *r)
{
	struct server_unblock *all = calloc(SERVER_RESPITES_MAX, sizeof *all);
	json_t *a = all ? json_array() : NULL;
	size_t n = all ? server_unblocks(q->web->doors.server, all, SERVER_RESPITES_MAX) : 0;
	for (size_t i = 0; i < n && i < SERVER_RESPITES_MAX; i++)
		json_array_append_new(a, whom_unblock_json(&all[i]));
	free(all);
	response_json(r, 200, a ? json_pack("{s:o}", "unblocks", a) : NULL);
}

/* The name and for whom; false after having written the problem. */
static bool read_key(
	const char *name, const struct whom *w, struct server_unblock *out, struct edge_response *r)
{
	*out = (struct server_unblock){.scope = w->scope, .client = w->client};
	memcpy(out->group, w->group, sizeof out->group);
	if (!name)
		response_problem(r, 400, "`name` is needed");
	else if (config_rule_from_text(name, strlen(name), &out->rule))
		response_problem(r, 422, RESPONSE_NO_RULE, name);
	return r->status == 0;
}

static void note(
	const char *what, const struct server_unblock *u, const struct whom *w, uint64_t seconds)
{
	char name[DNAME_TEXT_MAX + 2], text[WHOM_TEXT_MAX];
	log_info("api", "event=%s name=\"%.300s\" for=\"%s\" seconds=%" PRIu64, what,
		config_rule_to_text(&u->rule, name), whom_text(w, text), seconds);
}

static void add(const struct edge_request *q, const json_t *body, struct edge_response *r)
{
	const json_t *seconds = json_object_get(body, "seconds");
	struct server_unblock u;
	struct err why = {0};
	struct whom w;
	if (!whom_of_body(body, &w, r) ||
		!read_key(json_string_value(json_object_get(body, "name")), &w, &u, r))
		return;
	if (!seconds) {
		response_problem(r, 400, "`seconds` is needed, at most %d", SERVER_UNBLOCK_MAX_S);
		return;
	}
	json_int_t n = json_integer_value(seconds);
	uint64_t length_s = n > 0 ? (uint64_t)n : 0;
	int code = server_unblock(q->web->doors.server, &u, length_s, &why);
	if (code) {
		response_failure(r, code, &why);
		return;
	}
	note("unblocked", &u, &w, length_s);
	response_json(r, 201, whom_unblock_json(&u));
}

void api_unblock_add(const struct edge_request *q, struct edge_response *r)
{
	static const char *const keys[] = {"name", "scope", "group", "client", "#seconds", NULL};
	json_t *body = response_body(q, keys, r);
	if (!body)
		return;
	add(q, body, r);
	json_decref(body);
}

void api_unblock_remove(const struct edge_request *q, struct edge_response *r)
{
	struct server_unblock u;
	struct err why = {0};
	struct whom w;
	if (!whom_of_params(q, &w, r) || !read_key(target_param(&q->target, "name"), &w, &u, r))
		return;
	int code = server_unblock_remove(q->web->doors.server, &u, &why);
	if (code) {
		response_failure(r, code, &why);
		return;
	}
	note("unblock_ended", &u, &w, 0);
	response_json(r, 200, whom_unblock_json(&u));
}
