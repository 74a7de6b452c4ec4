/* SPDX-License-Identifier: BSD-2-Clause
 * /api/v1/querylog: who asked for what, page by page, the newest first.
 */
#include "web/api_querylog.h"

#include <stdlib.h>
#include <string.h>

#include "resolver/base/wire.h"
#include "resolver/evidence/report/report_text.h"
#include "resolver/journal/journal.h"
#include "resolver/stats.h"
#include "web/api.h"
#include "web/param.h"
#include "web/response.h"

enum { PAGE = 100 };

/* --- a row ------------------------------------------------------------------------------------ */

/* Null when it is withheld or there is none. */
static json_t *text_or_null(const char *text)
{
	return *text ? response_text(text) : json_null();
}

static json_t *rcode(unsigned code)
{
	static const char *const names[] = {
		"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"};
	char text[16];
	if (code < sizeof names / sizeof *names)
		return json_string(names[code]);
	snprintf(text, sizeof text, code == RCODE_BADVERS ? "BADVERS" : "RCODE%u", code);
	return json_string(text);
}

json_t *api_querylog_row(const struct querylog_row *row)
{
	char at[REPORT_TIME_TEXT], type[REPORT_TYPE_TEXT], name[DNAME_TEXT_MAX];
	enum query_outcome outcome = (enum query_outcome)row->outcome;
	return json_pack("{s:o, s:s, s:o, s:s?, s:s, s:s, s:s, s:o, s:s, s:o, s:o, s:o, s:s, s:I, "
			 "s:s, s:b, s:b, s:b, s:o}",
		"id", response_number(row->id), "at", report_text_time(row->at_ms, at), "client",
		text_or_null(row->client), "name",
		row->name.len ? dname_to_text(row->name.bytes, name) : NULL, "type",
		report_text_type(row->qtype, type), "outcome", stats_outcome_name(outcome),
		"verdict", querylog_verdict_name(outcome), "rcode", rcode(row->rcode), "reply",
		querylog_reply_name(row->reply), "list", text_or_null(row->list), "family",
		text_or_null(row->family), "score",
		row->dga_score ? json_real(row->dga_score / 1000.0) : json_null(), "class",
		dga_class_name((enum dga_class)row->dga_class), "took_us", (json_int_t)row->took_us,
		"transport", row->transport == TRANSPORT_TCP ? "tcp" : "udp", "secure",
		row->is_secure, "monitored", row->is_monitored, "allowed", row->is_allowed, "group",
		text_or_null(row->group));
}

/* --- what is asked for ------------------------------------------------------------------------ */

static bool read_verdict(
	const struct edge_request *q, struct querylog_filter *out, struct edge_response *r)
{
	static const char *const words[] = {[QUERYLOG_ANY] = "any",
		[QUERYLOG_BLOCKED] = "blocked",
		[QUERYLOG_ALLOWED] = "answered",
		[QUERYLOG_FAILED] = "failed",
		[QUERYLOG_MONITORED] = "monitored",
		NULL};
	unsigned verdict = QUERYLOG_ANY;
	if (!param_word(q, "verdict", words, &verdict, r))
		return false;
	out->verdict = (enum querylog_verdict)verdict;
	return true;
}

static bool read_outcome(
	const struct edge_request *q, struct querylog_filter *out, struct edge_response *r)
{
	const char *text = target_param(&q->target, "outcome");
	if (!text || !*text)
		return true;
	for (int i = 0; i < OUTCOME_COUNT; i++) {
		if (strcmp(text, stats_outcome_name((enum query_outcome)i)) != 0)
			continue;
		out->outcome = i;
		return true;
	}
	response_problem(r, 400, "`outcome` is none: see `outcomes` in /api/v1/stats");
	return false;
}

/* What no row can hold is no question. */
static bool read_texts(
	const struct edge_request *q, struct querylog_filter *out, struct edge_response *r)
{
	const struct {
		const char *name, **to;
		size_t max;
	} texts[] = {{"client", &out->client, ADDR_TEXT_MAX}, {"name", &out->name, DNAME_TEXT_MAX},
		{"list", &out->list, CONFIG_NAME_MAX + 1}};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		*texts[i].to = target_param(&q->target, texts[i].name);
		if (!*texts[i].to || strlen(*texts[i].to) < texts[i].max)
			continue;
		response_problem(r, 400, "`%s` is too long", texts[i].name);
		return false;
	}
	return true;
}

bool api_querylog_filter(
	const struct edge_request *q, struct querylog_filter *out, struct edge_response *r)
{
	uint16_t type = 0;
	*out = (struct querylog_filter){.outcome = -1, .qtype = -1};
	if (!read_texts(q, out, r) || !read_verdict(q, out, r) || !read_outcome(q, out, r) ||
		!param_type(q, &type, r))
		return false;
	if (type)
		out->qtype = type;
	return true;
}

/* --- pages ------------------------------------------------------------------------------------ */

/* Without `from` and `to` all that is kept is looked at: pages go by number. */
static bool read_range(
	const struct edge_request *q, struct querylog_filter *out, struct edge_response *r)
{
	struct param_range range;
	bool has_from = target_param(&q->target, "from"), has_to = target_param(&q->target, "to");
	if (!has_from && !has_to)
		return true;
	if (!param_range(q, &range, r))
		return false;
	out->from_ms = has_from ? range.from_s * 1000 : 0;
	out->to_ms = has_to ? range.to_s * 1000 : 0;
	return true;
}

static json_t *page(const struct querylog_row *rows, size_t n, uint64_t next)
{
	json_t *a = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(a, api_querylog_row(&rows[i]));
	return json_pack(
		"{s:o, s:o}", "rows", a, "next", next ? response_number(next) : json_null());
}

void api_querylog_get(const struct edge_request *q, struct edge_response *r)
{
	struct querylog_filter filter;
	uint64_t limit = PAGE, next = 0;
	if (!api_querylog_filter(q, &filter, r) || !read_range(q, &filter, r) ||
		!param_limit(q, &limit, r) ||
		!param_number(q, "before", 1, INT64_MAX, &filter.before, r))
		return;
	struct querylog_row *rows = calloc((size_t)limit, sizeof *rows);
	size_t n = rows ? querylog_read(journal_querylog(q->web->doors.journal), &filter, rows,
				  (size_t)limit, &next)
			: 0;
	response_json(r, 200, rows ? page(rows, n, next) : NULL);
	free(rows);
}
