/* SPDX-License-Identifier: BSD-2-Clause
 * /api/v1/cases: infected devices, what was seen of them, and what became of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/base/log.h"
#include "resolver/evidence/report/report_json.h"
#include "web/api.h"
#include "web/param.h"
#include "web/response.h"

enum { PAGE_MAX = 100, PAGE = 20 };

bool api_cases_state(const char *text, enum case_state *out, struct edge_response *r)
{
	*out = text ? cases_state_from_name(text) : CASE_STATE_COUNT;
	if (!text || *out != CASE_STATE_COUNT)
		return true;
	response_problem(r, 400, "`state` is open, acknowledged, closed or false_positive");
	return false;
}

static json_t *page_of(const struct evidence_case *c, size_t n, bool has_more)
{
	json_t *a = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(a, report_case_json(&c[i]));
	return json_pack("{s:o, s:o}", "cases", a, "next",
		has_more ? response_number(c[n - 1].id) : json_null());
}

void api_cases_get(const struct edge_request *q, struct edge_response *r)
{
	enum case_state state;
	uint64_t before = UINT64_MAX, limit = PAGE;
	if (!api_cases_state(target_param(&q->target, "state"), &state, r) ||
		!param_number(q, "before", 1, INT64_MAX, &before, r) ||
		!param_number(q, "limit", 1, PAGE_MAX, &limit, r))
		return;
	struct evidence_case *c = calloc((size_t)limit + 1, sizeof *c);
	size_t n =
		c ? evidence_cases(q->web->doors.evidence, state, before, c, (size_t)limit + 1) : 0;
	response_json(r, 200, c ? page_of(c, n > limit ? (size_t)limit : n, n > limit) : NULL);
	free(c);
}

static void answer_case(
	struct edge_response *r, int code, const struct evidence_case *c, uint64_t id)
{
	if (code)
		response_problem(r, 404, "there is no case %llu", (unsigned long long)id);
	else
		response_json(r, 200, report_case_json(c));
}

void api_cases_one(const struct edge_request *q, struct edge_response *r)
{
	uint64_t id = 0;
	if (!param_number(q, "id", 1, INT64_MAX, &id, r))
		return;
	if (!id) {
		response_problem(r, 400, "`id`, the number of a case, is needed");
		return;
	}
	struct evidence_case *c = malloc(sizeof *c);
	if (!c)
		response_json(r, 200, NULL);
	else
		answer_case(r, evidence_case(q->web->doors.evidence, id, c), c, id);
	free(c);
}

/* What was asked for and taken for a bot's is allowed from now on, for everybody. What it called the sinkhole by (a Host, an SNI) may be any name
 * of its choice. Returns how many names. */
static unsigned allow_names(struct server *s, const struct evidence_case *c)
{
	unsigned n = 0;
	for (unsigned i = 0; i < c->line_count; i++) {
		struct config_rule rule = {
			.name = c->lines[i].name, .is_self = true, .is_below = true};
		struct err why = {0};
		/* Nor is a public suffix allowed with all below it, though an operator may. */
		if (c->lines[i].kind == EVIDENCE_KNOCK || config_rule_guard(LIST_DENY, &rule) ||
			server_rule_add(s, LIST_ALLOW, &rule, &why))
			continue;
		n++;
	}
	return n;
}

/* Nothing can be allowed by what `evidence.privacy` withholds. */
static bool is_nameless(const struct evidence_case *c)
{
	unsigned i = 0;
	while (i < c->line_count && c->lines[i].name.len <= 1)
		i++;
	return c->line_count && i == c->line_count;
}

static void decide(const struct edge_request *q, struct edge_response *r, uint64_t id,
	enum case_state state, const char *note, bool is_for_all)
{
	struct evidence_case *c = malloc(sizeof *c);
	if (c && is_for_all && !evidence_case(q->web->doors.evidence, id, c) && is_nameless(c)) {
		response_problem(r, 409,
			"the names of this case are withheld (evidence.privacy), so that none can "
			"be allowed for all");
		free(c);
		return;
	}
	int code = c ? evidence_decide(q->web->doors.evidence, id, state, note, c) : 0;
	if (c && !code) {
		unsigned allowed = is_for_all ? allow_names(q->web->doors.server, c) : 0;
		log_info("api", "event=case_decided case=%llu state=%s allowed=%u",
			(unsigned long long)id, cases_state_name(state), allowed);
	}
	if (c)
		answer_case(r, code, c, id);
	else
		response_json(r, 200, NULL);
	free(c);
}

void api_cases_decide(const struct edge_request *q, struct edge_response *r)
{
	static const char *const keys[] = {"#id", "state", "note", "scope", NULL};
	json_t *body = response_body(q, keys, r);
	if (!body)
		return;
	enum case_state state;
	json_int_t id = json_integer_value(json_object_get(body, "id"));
	const char *word = json_string_value(json_object_get(body, "state"));
	const char *note = json_string_value(json_object_get(body, "note"));
	const char *scope = json_string_value(json_object_get(body, "scope"));
	bool is_for_all = scope && !strcmp(scope, "all");
	char room[CASE_NOTE_MAX];
	snprintf(room, sizeof room, "%s", note ? note : "");
	for (char *p = room; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
	if (id < 1 || !word)
		response_problem(r, 400, "`id`, the number of a case, and `state` are needed");
	else if (scope && !is_for_all && strcmp(scope, "client") != 0)
		response_problem(r, 400, "`scope` is client or all");
	else if (is_for_all && strcmp(word, "false_positive") != 0)
		response_problem(r, 400, "`scope` goes with the state false_positive");
	else if (api_cases_state(word, &state, r))
		decide(q, r, (uint64_t)id, state, room, is_for_all);
	json_decref(body);
}
