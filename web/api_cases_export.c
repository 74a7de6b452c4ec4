/* SPDX-License-Identifier: BSD-2-Clause
 * /api/v1/cases/export: cases in the formats of CERTs and their tools.
 */
#include <stdlib.h>

#include "web/api.h"
#include "web/param.h"
#include "web/response.h"

enum { EXPORT_MAX = 500 };

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
	const char *word = target_param(&q->target, "state");
	uint64_t id = 0;
	enum case_state state = word ? cases_state_from_name(word) : CASE_STATE_COUNT;
	if (word && state == CASE_STATE_COUNT) {
		response_problem(r, 400, "`state` is open, acknowledged, closed or false_positive");
		return -1;
	}
	if (!param_number(q, "id", 1, INT64_MAX, &id, r))
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
