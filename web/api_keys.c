/* SPDX-License-Identifier: BSD-2-Clause
 * /api/v1/keys: API keys, each with a name and what it may.
 */
#include <errno.h>
#include <jansson.h>

#include "web/api.h"
#include "web/auth.h"
#include "web/response.h"

void api_keys_get(const struct edge_request *q, struct edge_response *r)
{
	struct auth_store_key keys[AUTH_STORE_KEYS];
	uint64_t used_s[AUTH_STORE_KEYS];
	size_t n = auth_keys(q->web->auth, keys, used_s);
	json_t *list = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list,
			json_pack("{s:s, s:s, s:o, s:o}", "name", keys[i].name, "scope",
				auth_store_scope_name(keys[i].scope), "created",
				response_time(keys[i].created_s), "last_used",
				response_time(used_s[i])));
	response_json(r, 200, json_pack("{s:o}", "keys", list));
}

void api_keys_add(const struct edge_request *q, struct edge_response *r)
{
	static const char *const keys[] = {"name", "scope", NULL};
	json_t *body = response_body(q, keys, r);
	if (!body)
		return;
	const char *name = json_string_value(json_object_get(body, "name"));
	const char *word = json_string_value(json_object_get(body, "scope"));
	enum edge_scope scope = word ? auth_store_scope(word) : EDGE_NOBODY;
	char key[AUTH_KEY_ROOM];
	struct err why = {0};
	if (!name || scope == EDGE_NOBODY) {
		response_problem(r, 400,
			"`name` and `scope` are needed; a scope is stats, control or admin");
	} else {
		int code = auth_key_add(q->web->auth, name, scope, key, &why);
		if (code)
			response_failure(r, code, &why);
		else
			response_json(r, 201,
				json_pack("{s:s, s:s, s:s}", "name", name, "scope", word, "key",
					key));
	}
	json_decref(body);
}

void api_keys_remove(const struct edge_request *q, struct edge_response *r)
{
	const char *name = target_param(&q->target, "name");
	struct err why = {0};
	if (!name) {
		response_problem(r, 400, "`name` is missing: which key?");
		return;
	}
	int code = auth_key_remove(q->web->auth, name, &why);
	if (code)
		response_failure(r, code, &why);
	else
		response_json(r, 200, json_pack("{s:s}", "removed", name));
}
