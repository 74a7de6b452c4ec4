/* SPDX-License-Identifier: BSD-2-Clause
 * /api/v1/rules: the operator's own rules, those of the file and those set at run time.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/base/log.h"
#include "web/api.h"
#include "web/response.h"

/* A rule of the configuration says where it is changed. */
static json_t *one_rule(
	const struct web *w, enum list_kind kind, const struct config_rule *rule, bool is_runtime)
{
	char text[DNAME_TEXT_MAX + 2];
	json_t *o = json_pack("{s:s, s:o, s:b}", "kind", config_kind_name(kind), "rule",
		response_text(config_rule_to_text(rule, text)), "is_runtime", is_runtime);
	if (!is_runtime)
		json_object_set_new(
			o, "file", w->config_file ? response_text(w->config_file) : json_null());
	return o;
}

/* --- versions --- */

enum { TAG_MAX = 24 };

static const char *tag_of(uint64_t version, char out[static TAG_MAX])
{
	snprintf(out, TAG_MAX, "\"%016" PRIx64 "\"", version);
	return out;
}

static void put_tag(struct edge_response *r, uint64_t version)
{
	char tag[TAG_MAX];
	response_header(r, "ETag", "%s", tag_of(version, tag));
}

/* Is the tag in the list that was sent? `*` stands for all; a weak one never matches (RFC 9110 13.1.1). */
static bool is_match(const char *list, const char *tag)
{
	size_t n = strlen(tag);
	while (*(list += strspn(list, " \t,"))) {
		size_t word = strcspn(list, " \t,");
		if ((word == 1 && *list == '*') || (word == n && !memcmp(list, tag, n)))
			return true;
		list += word;
	}
	return false;
}

/* Makes the change, unless the request is about other rules than those of now; `done` is the status for one that was made. */
static void make(const struct edge_request *q, struct server_rule_edit *edit, unsigned done,
	struct edge_response *r)
{
	struct server *s = q->web->doors.server;
	char tag[TAG_MAX], text[DNAME_TEXT_MAX + 2];
	struct err why = {0};
	if (q->if_match) {
		edit->has_version = true;
		edit->version = server_rules_version(s);
		if (!is_match(q->if_match, tag_of(edit->version, tag))) {
			response_failure(r, CEN_ESTALE,
				&(struct err){"the rules are other ones than those of If-Match: "
					      "read them again"});
			return;
		}
	}
	int code = server_rule_edit(s, edit, &why);
	if (code) {
		response_failure(r, code, &why);
		return;
	}
	if (edit->is_changed)
		log_info("api", "event=rule_%s kind=%s rule=\"%.300s\"",
			edit->is_removal ? "removed" : "added", config_kind_name(edit->kind),
			config_rule_to_text(&edit->rule, text));
	put_tag(r, edit->version);
	response_json(
		r, edit->is_changed ? done : 200, one_rule(q->web, edit->kind, &edit->rule, true));
}

/* --- the handlers --- */

void api_rules_get(const struct edge_request *q, struct edge_response *r)
{
	struct server *s = q->web->doors.server;
	/* Before the rules: a change between the two makes the tag an old one, never a wrong one. */
	uint64_t version = server_rules_version(s);
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
			a, one_rule(q->web, rules[i].kind, &rules[i].rule, rules[i].is_runtime));
	free(rules);
	put_tag(r, version);
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

void api_rules_add(const struct edge_request *q, struct edge_response *r)
{
	static const char *const keys[] = {"kind", "rule", NULL};
	json_t *body = response_body(q, keys, r);
	if (!body)
		return;
	struct server_rule_edit edit = {.is_removal = false};
	if (read_rule(json_string_value(json_object_get(body, "kind")),
		    json_string_value(json_object_get(body, "rule")), &edit.kind, &edit.rule, r))
		make(q, &edit, 201, r);
	json_decref(body);
}

void api_rules_remove(const struct edge_request *q, struct edge_response *r)
{
	struct server_rule_edit edit = {.is_removal = true};
	if (read_rule(target_param(&q->target, "kind"), target_param(&q->target, "rule"),
		    &edit.kind, &edit.rule, r))
		make(q, &edit, 200, r);
}
