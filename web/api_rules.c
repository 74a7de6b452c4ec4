/* SPDX-License-Identifier: BSD-2-Clause
 * /api/v1/rules: the operator's own rules, those of the file and those set at run time.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/base/log.h"
#include "web/api.h"
#include "web/response.h"

static json_t *one_rule(enum list_kind kind, const struct config_rule *rule, bool is_runtime)
{
	char text[DNAME_TEXT_MAX + 2];
	return json_pack("{s:s, s:o, s:b}", "kind", config_kind_name(kind), "rule",
		response_text(config_rule_to_text(rule, text)), "is_runtime", is_runtime);
}

void api_rules_get(const struct edge_request *q, struct edge_response *r)
{
	struct server *s = q->web->doors.server;
	size_t room = server_rules(s, NULL, 0);
	struct server_rule *rules = calloc(room ? room : 1, sizeof *rules);
	if (!rules) {
		response_failure(r, -ENOMEM, &(struct err){0});
		return;
	}
	size_t n = server_rules(s, rules, room);
	json_t *a = json_array();
	for (size_t i = 0; i < n && i < room; i++)
		json_array_append_new(
			a, one_rule(rules[i].kind, &rules[i].rule, rules[i].is_runtime));
	free(rules);
	response_json(r, 200, json_pack("{s:o}", "rules", a));
}

/* Reads kind and rule; false after having written the problem. */
static bool read_rule(const char *kind, const char *text, enum list_kind *out_kind,
	struct config_rule *out, struct edge_response *r)
{
	if (!kind || !text) {
		response_problem(r, 400, "`kind` (allow or deny) and `rule` are needed");
		return false;
	}
	if (strcmp(kind, "allow") != 0 && strcmp(kind, "deny") != 0) {
		response_problem(r, 400, "`kind` is allow or deny");
		return false;
	}
	*out_kind = strcmp(kind, "allow") == 0 ? LIST_ALLOW : LIST_DENY;
	if (config_rule_from_text(text, strlen(text), out)) {
		response_problem(r, 422, RESPONSE_NO_RULE, text);
		return false;
	}
	return true;
}

/* Only the control socket comes this far: what its users change may be read later. */
static void note_change(const char *what, enum list_kind kind, const struct config_rule *rule)
{
	char text[DNAME_TEXT_MAX + 2];
	log_info("api", "event=rule_%s kind=%s rule=\"%.300s\"", what, config_kind_name(kind),
		config_rule_to_text(rule, text));
}

void api_rules_add(const struct edge_request *q, struct edge_response *r)
{
	static const char *const keys[] = {"kind", "rule", NULL};
	json_t *body = response_body(q, keys, r);
	if (!body)
		return;
	enum list_kind kind;
	struct config_rule rule;
	if (read_rule(json_string_value(json_object_get(body, "kind")),
		    json_string_value(json_object_get(body, "rule")), &kind, &rule, r)) {
		struct err why = {0};
		char text[DNAME_TEXT_MAX + 2];
		const char *fault = config_rule_guard(kind, &rule);
		int code = fault ? err_set(&why, CEN_EREFUSED, "\"%.300s\" %s",
					   config_rule_to_text(&rule, text), fault)
				 : server_rule_add(q->web->doors.server, kind, &rule, &why);
		if (code) {
			response_failure(r, code, &why);
		} else {
			note_change("added", kind, &rule);
			response_json(r, 201, one_rule(kind, &rule, true));
		}
	}
	json_decref(body);
}

void api_rules_remove(const struct edge_request *q, struct edge_response *r)
{
	enum list_kind kind;
	struct config_rule rule;
	struct err why = {0};
	if (!read_rule(target_param(&q->target, "kind"), target_param(&q->target, "rule"), &kind,
		    &rule, r))
		return;
	int code = server_rule_remove(q->web->doors.server, kind, &rule, &why);
	if (code) {
		response_failure(r, code, &why);
		return;
	}
	note_change("removed", kind, &rule);
	response_json(r, 200, one_rule(kind, &rule, true));
}
