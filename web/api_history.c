/* SPDX-License-Identifier: BSD-2-Clause
 * /api/v1/summary, /history, /top: what was counted in a span of time.
 */
#include <stdlib.h>

#include "resolver/journal/history.h"
#include "resolver/journal/journal.h"
#include "web/api.h"
#include "web/param.h"
#include "web/response.h"
#include "web/route.h"
#include "web/tally.h"

enum {
	POINTS_MAX = 4000, /* all minutes, hours or days that are kept */
	DAY_S = 86400,
	COARSEST_S = 7 * DAY_S, /* step of HISTORY_AUTO */
	TOP = 10,
};

static struct history *history_of(const struct edge_request *q)
{
	return journal_history(q->web->doors.journal);
}

/* --- summary ---------------------------------------------------------------------------------- */

static json_t *summary(const struct param_range *range, const struct history_point *p)
{
	uint64_t blocked = tally_blocked(p->outcomes);
	return json_pack("{s:o, s:o, s:o, s:o, s:f, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
		"from", response_moment(range->from_s), "to", response_moment(range->to_s),
		"queries", response_number(p->queries), "blocked", response_number(blocked),
		"blocked_percent", tally_percent(blocked, p->queries), "cached",
		response_number(tally_cached(p->outcomes)), "forwarded",
		response_number(p->outcomes[OUTCOME_RECURSED]), "failed",
		response_number(tally_failed(p->outcomes)), "outcomes",
		tally_outcomes(p->outcomes, false), "types", tally_types(p->types, false),
		"latency", tally_latency(p->latency, p->latency_sum_us), "clients",
		response_number(p->clients), "domains", response_number(p->domains));
}

void api_history_summary(const struct edge_request *q, struct edge_response *r)
{
	struct param_range range;
	struct history_point total;
	if (!param_range(q, &range, r))
		return;
	history_total(history_of(q), range.from_s, range.to_s, &total);
	response_json(r, 200, summary(&range, &total));
}

/* --- history ---------------------------------------------------------------------------------- */

static json_t *point(const struct history_point *p)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:f, s:f, s:o, s:o}", "at",
		response_moment(p->at_s), "queries", response_number(p->queries), "blocked",
		response_number(tally_blocked(p->outcomes)), "cached",
		response_number(tally_cached(p->outcomes)), "failed",
		response_number(tally_failed(p->outcomes)), "clients", response_number(p->clients),
		"domains", response_number(p->domains), "p50_us",
		stats_quantile_us(p->latency, 0.5), "p95_us", stats_quantile_us(p->latency, 0.95),
		"outcomes", tally_outcomes(p->outcomes, true), "types",
		tally_types(p->types, true));
}

/* Could it be more points than an answer holds, in the coarsest step that may come? */
static bool is_too_long(
	const struct param_range *range, enum history_step step, struct edge_response *r)
{
	uint64_t step_s = step == HISTORY_AUTO ? COARSEST_S : DAY_S;
	if ((range->to_s - range->from_s) / step_s < POINTS_MAX - 1)
		return false;
	response_problem(r, 400, "from `from` to `to` are more than %d %s", POINTS_MAX,
		step == HISTORY_AUTO ? "weeks" : "days");
	return true;
}

static json_t *points(
	const struct history_point *p, size_t n, const struct param_range *range, uint32_t step_s)
{
	json_t *a = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(a, point(&p[i]));
	return json_pack("{s:o, s:o, s:o, s:o}", "from", response_moment(range->from_s), "to",
		response_moment(range->to_s), "step_s", response_number(step_s), "points", a);
}

void api_history_get(const struct edge_request *q, struct edge_response *r)
{
	static const char *const steps[] = {[HISTORY_AUTO] = "auto",
		[HISTORY_MINUTE] = "minute",
		[HISTORY_HOUR] = "hour",
		[HISTORY_DAY] = "day",
		NULL};
	struct param_range range;
	unsigned step = HISTORY_AUTO;
	uint32_t step_s = 0;
	if (!param_range(q, &range, r) || !param_word(q, "step", steps, &step, r) ||
		is_too_long(&range, (enum history_step)step, r))
		return;
	struct history_point *p = calloc(POINTS_MAX, sizeof *p);
	size_t n = p ? history_series(history_of(q), range.from_s, range.to_s,
			       (enum history_step)step, &step_s, p, POINTS_MAX)
		     : 0;
	response_json(r, 200, p ? points(p, n, &range, step_s) : NULL);
	free(p);
}

/* --- top -------------------------------------------------------------------------------------- */

static const char *const kinds[] = {[HISTORY_DOMAINS] = "domains",
	[HISTORY_BLOCKED_DOMAINS] = "blocked_domains",
	[HISTORY_CLIENTS] = "clients",
	[HISTORY_BLOCKED_CLIENTS] = "blocked_clients",
	[HISTORY_LISTS] = "lists",
	[HISTORY_FAMILIES] = "families",
	[HISTORY_TOP_KINDS] = NULL};

static json_t *entries(const struct history_entry *e, size_t n)
{
	json_t *a = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(a,
			json_pack("{s:o, s:o, s:o}", "name", response_text(e[i].text), "count",
				response_number(e[i].count), "error", response_number(e[i].error)));
	return a;
}

void api_history_top(const struct edge_request *q, struct edge_response *r)
{
	struct param_range range;
	unsigned kind = HISTORY_DOMAINS;
	uint64_t limit = TOP;
	if (!param_range(q, &range, r) || !param_word(q, "kind", kinds, &kind, r) ||
		!param_limit(q, &limit, r))
		return;
	/* Who asks is more than how much is asked. */
	bool is_about_clients = kind == HISTORY_CLIENTS || kind == HISTORY_BLOCKED_CLIENTS;
	if (is_about_clients && !route_may(q, EDGE_CONTROL, r))
		return;
	struct history_entry *e = calloc((size_t)limit, sizeof *e);
	size_t n = e ? history_top(history_of(q), (enum history_top_kind)kind, range.from_s,
			       range.to_s, e, (size_t)limit)
		     : 0;
	response_json(r, 200,
		e ? json_pack("{s:s, s:o, s:o, s:o}", "kind", kinds[kind], "from",
			    response_moment(range.from_s), "to", response_moment(range.to_s),
			    "entries", entries(e, n))
		  : NULL);
	free(e);
}
