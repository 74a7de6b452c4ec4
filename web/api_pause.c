/* SPDX-License-Identifier: BSD-2-Clause
 * /api/v1/pause: blocking paused for all, a group or a client.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/base/log.h"
#include "web/api.h"
#include "web/response.h"
#include "web/whom.h"

static struct server_pause of(const struct whom *w)
{
	struct server_pause p = {.scope = w->scope, .client = w->client};
	memcpy(p.group, w->group, sizeof p.group);
	return p;
}

void api_pause_get(const struct edge_request *q, struct edge_response *r)
{
	struct server_pause *all = calloc(SERVER_RESPITES_MAX, sizeof *all);
	json_t *a = all ? json_array() : NULL;
	size_t n = all ? server_pauses(q->web->doors.server, all, SERVER_RESPITES_MAX) : 0;
	for (size_t i = 0; i < n && i < SERVER_RESPITES_MAX; i++)
		json_array_append_new(a, whom_pause_json(&all[i]));
	free(all);
	response_json(r, 200, a ? json_pack("{s:o}", "pauses", a) : NULL);
}

static void add(const struct edge_request *q, const json_t *body, struct edge_response *r)
{
	const json_t *seconds = json_object_get(body, "seconds");
	char text[WHOM_TEXT_MAX];
	struct err why = {0};
	struct whom w;
	if (!whom_of_body(body, &w, r))
		return;
	if (!seconds) {
		response_problem(r, 400, "`seconds` is needed; 0 is until it is resumed");
		return;
	}
	if (json_integer_value(seconds) < 0) {
		response_problem(r, 422, "`seconds` is 0 or more");
		return;
	}
	struct server_pause p = of(&w);
	uint64_t length_s = (uint64_t)json_integer_value(seconds);
	int code = server_pause(q->web->doors.server, &p, length_s, &why);
	if (code) {
		response_failure(r, code, &why);
		return;
	}
	log_info("api", "event=paused for=\"%s\" seconds=%" PRIu64, whom_text(&w, text), length_s);
	response_json(r, 201, whom_pause_json(&p));
}

void api_pause_add(const struct edge_request *q, struct edge_response *r)
{
	static const char *const keys[] = {"scope", "group", "client", "#seconds", NULL};
	json_t *body = response_body(q, keys, r);
	if (!body)
		return;
	add(q, body, r);
	json_decref(body);
}

void api_pause_remove(const struct edge_request *q, struct edge_response *r)
{
	char text[WHOM_TEXT_MAX];
	struct err why = {0};
	struct whom w;
	if (!whom_of_params(q, &w, r))
		return;
	struct server_pause p = of(&w);
	int code = server_resume(q->web->doors.server, &p, &why);
	if (code) {
		response_failure(r, code, &why);
		return;
	}
	log_info("api", "event=resumed for=\"%s\"", whom_text(&w, text));
	response_json(r, 200, whom_pause_json(&p));
}
