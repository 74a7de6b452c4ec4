/* SPDX-License-Identifier: BSD-2-Clause
 * /api/v1/cases/export, /api/v1/cases/unseal: cases in the formats of CERTs and their tools; one with its client in spite of its pseudonym.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "resolver/base/log.h"
#include "resolver/evidence/report/report_json.h"
#include "web/api.h"
#include "web/param.h"
#include "web/response.h"

enum { EXPORT_MAX = 500, REASON_MAX = 200 };

static void write_cases(const struct edge_request *q, struct edge_response *r,
	enum report_format format, const struct evidence_case *cases, size_t n)
{
	struct report_context context;
	struct err why = {0};
	char *text;
	size_t len;
	evidence_reporter(q->web->doors.evidence, &context);
	if (report_write(format, &context, cases, n, &text, &len, &why)) {
		response_problem(r, 422, "%s", why.text[0] ? why.text : "memory is short");
		return;
	}
	*r = (struct edge_response){
		.status = 200, .type = report_format_type(format), .body = text, .len = len};
}

/* One case, or the newest ones in a state. How many; -1 after having written the problem. */
static int collect(const struct edge_request *q, struct edge_response *r, struct evidence_case *out)
{
	struct evidence *e = q->web->doors.evidence;
	uint64_t id = 0;
	enum case_state state;
	if (!api_cases_state(target_param(&q->target, "state"), &state, r) ||
		!param_number(q, "id", 1, INT64_MAX, &id, r))
		return -1;
	if (!id)
		return (int)evidence_cases(e, state, 0, out, EXPORT_MAX);
	if (!evidence_case(e, id, out))
		return 1;
	response_problem(r, 404, "there is no case %llu", (unsigned long long)id);
	return -1;
}

void api_cases_export(const struct edge_request *q, struct edge_response *r)
{
	const char *word = target_param(&q->target, "format");
	enum report_format format = word ? report_format_from_name(word) : REPORT_JSON;
	if (format == REPORT_FORMAT_COUNT) {
		response_problem(r, 400, "`format` is json, xarf, shadowserver, stix or misp");
		return;
	}
	struct evidence_case *cases = calloc(EXPORT_MAX, sizeof *cases);
	int n = cases ? collect(q, r, cases) : -1;
	if (!cases)
		response_problem(r, 500, "memory is short");
	if (n >= 0)
		write_cases(q, r, format, cases, (size_t)n);
	free(cases);
}

/* Printable, as the log takes it. */
static void take_reason(const char *text, char out[static REASON_MAX])
{
	snprintf(out, REASON_MAX, "%s", text ? text : "");
	for (char *p = out; *p; p++)
		if (*p < ' ' || *p > '~' || *p == '"')
			*p = '?';
}

static void unseal(const struct edge_request *q, struct edge_response *r, uint64_t id,
	const char *format, const char *reason)
{
	struct evidence_case *c = malloc(sizeof *c);
	int code = c ? evidence_unseal(q->web->doors.evidence, id, c) : -ENOMEM;
	if (code == CEN_ENOTFOUND) {
		response_problem(r, 404, "there is no case %llu", (unsigned long long)id);
	} else if (code == CEN_EREFUSED) {
		response_problem(r, 409, "the clients of cases are withheld (evidence.privacy)");
	} else if (code) {
		response_problem(r, 500, "memory is short");
	} else {
		char peer[ADDR_TEXT_MAX];
		log_warn("api", "event=case_unsealed case=%llu times=%u by=%s reason=\"%s\"",
			(unsigned long long)id, c->unsealed_count,
			q->is_local ? "socket" : addr_to_text(&q->peer, peer), reason);
		if (format)
			write_cases(q, r, report_format_from_name(format), c, 1);
		else
			response_json(r, 200, report_case_json(c));
	}
	free(c);
}

void api_cases_unseal(const struct edge_request *q, struct edge_response *r)
{
	static const char *const keys[] = {"#id", "format", "reason", NULL};
	json_t *body = response_body(q, keys, r);
	if (!body)
		return;
	char reason[REASON_MAX];
	json_int_t id = json_integer_value(json_object_get(body, "id"));
	const char *format = json_string_value(json_object_get(body, "format"));
	take_reason(json_string_value(json_object_get(body, "reason")), reason);
	if (id < 1)
		response_problem(r, 400, "`id`, the number of a case, is needed");
	else if (format && report_format_from_name(format) == REPORT_FORMAT_COUNT)
		response_problem(r, 400, "`format` is json, xarf, shadowserver, stix or misp");
	else
		unseal(q, r, (uint64_t)id, format, reason);
	json_decref(body);
}
