/* SPDX-License-Identifier: BSD-2-Clause
 * /api/v1/lists: the lists, what came of fetching them, and fetching now.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "resolver/base/clock.h"
#include "web/api.h"
#include "web/param.h"
#include "web/response.h"

enum { WAIT_MAX_MS = 10000, WAIT_STEP_MS = 200 };

/* Hits of a list, by its name: lists keep their counters while the process lives. */
static void add_hits(
	json_t *o, const char *name, struct server *server, const struct stats_total *t)
{
	for (unsigned i = 0; i < STATS_LISTS; i++) {
		const char *counter = server_list_counter_name(server, i);
		if (!counter || strcmp(counter, name) != 0)
			continue;
		json_object_set_new(o, "hits", response_number(t->list_hits[i]));
		json_object_set_new(o, "monitored", response_number(t->list_monitored[i]));
	}
}

static json_t *held(const struct feeds_list_status *l)
{
	if (!l->guard)
		return json_null();
	return json_pack("{s:s, s:o, s:o}", "guard", feeds_guard_name(l->guard), "reason",
		response_text(l->held_reason), "since", response_time(l->held_s));
}

/* Where it is in the round that runs. */
static json_t *progress(const struct feeds_list_status *l)
{
	return json_pack("{s:s, s:o, s:o}", "step", feeds_step_name(l->step), "bytes",
		response_number(l->bytes), "total_bytes", response_number(l->total_bytes));
}

static json_t *one_list(const struct feeds_list_status *l)
{
	return json_pack(
		"{s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:i, s:o}",
		"name", response_text(l->name), "state", feeds_state_name(l->state), "reason",
		response_text(l->reason), "format", response_text(l->format), "rules",
		response_number(l->rules), "unique", response_number(l->unique), "lines",
		response_number(l->lines), "skipped", response_number(l->skipped), "checked",
		response_time(l->checked_s), "changed", response_time(l->changed_s), "next",
		response_time(l->next_s), "held", held(l), "shadow_s", response_number(l->shadow_s),
		"hits", 0, "monitored", 0, "progress", progress(l));
}

/* Of a list that is a transferred zone: how it is kept. */
static json_t *with_transfer(json_t *list, const struct feeds_transfer *t)
{
	if (!t->is_zone)
		return list;
	json_t *zone = json_pack("{s:o, s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "serial",
		t->has_serial ? response_number(t->serial) : json_null(), "is_running",
		t->is_running, "is_expired", t->is_expired, "records", response_number(t->records),
		"changes", response_number(t->changes), "axfr", response_number(t->axfr), "ixfr",
		response_number(t->ixfr), "unchanged", response_number(t->unchanged), "failures",
		response_number(t->failures), "notifies", response_number(t->notifies));
	json_object_set_new(list, "transfer", zone);
	return list;
}

static json_t *day(int64_t day)
{
	char text[16];
	time_t at = (time_t)(day * 86400);
	struct tm t;
	if (!day || !gmtime_r(&at, &t) || !strftime(text, sizeof text, "%Y-%m-%d", &t))
		return json_null();
	return json_string(text);
}

/* Of the calendar: what it holds, and what it has left out. */
static json_t *with_calendar(json_t *list, const struct calendar_list_facts *c)
{
	if (!c->is_known)
		return list;
	json_t *calendar = json_pack("{s:o, s:o, s:I, s:{s:o, s:o, s:o}}", "from",
		day(c->first_day), "to", day(c->last_day), "families", (json_int_t)c->families,
		"left_out", "popular", response_number(c->popular), "short",
		response_number(c->too_short), "protected", response_number(c->protected));
	json_object_set_new(list, "calendar", calendar);
	return list;
}

static json_t *all_lists(const struct web_doors *doors)
{
	struct feeds_list_status *l = calloc(CONFIG_LISTS_MAX, sizeof *l);
	struct stats_total *total = malloc(sizeof *total);
	json_t *a = l && total ? json_array() : NULL;
	size_t n = a ? feeds_list_status(doors->feeds, l, CONFIG_LISTS_MAX) : 0;
	if (a)
		server_stats(doors->server, total);
	for (size_t i = 0; i < n && i < CONFIG_LISTS_MAX; i++) {
		json_t *o = one_list(&l[i]);
		add_hits(o, l[i].name, doors->server, total);
		o = with_calendar(with_transfer(o, &l[i].transfer), &l[i].calendar);
		json_array_append_new(a, o);
	}
	free(total);
	free(l);
	return a;
}

/* Waits in small steps, so that a stop of the daemon is not held up. */
static bool wait_until_settled(struct web *w, uint32_t ms)
{
	uint64_t end = clock_ms() + ms;
	do {
		if (feeds_wait(w->doors.feeds, ms < WAIT_STEP_MS ? ms : WAIT_STEP_MS))
			return true;
	} while (!atomic_load(&w->is_stopping) && clock_ms() < end);
	return false;
}

void api_lists_get(const struct edge_request *q, struct edge_response *r)
{
	uint64_t wait_ms = 0;
	if (target_param(&q->target, "wait_ms") && !q->is_local) {
		response_problem(r, 403, "`wait_ms` is for the control socket only");
		return;
	}
	if (!param_number(q, "wait_ms", 0, WAIT_MAX_MS, &wait_ms, r))
		return;
	bool is_settled = wait_until_settled(q->web, (uint32_t)wait_ms);
	struct feeds_status f;
	feeds_status(q->web->doors.feeds, &f);
	response_json(r, 200,
		json_pack("{s:o, s:o, s:o, s:o, s:o, s:b, s:b, s:o, s:o, s:o, s:o}", "generation",
			response_number(f.generation), "pinned", response_number(f.pinned),
			"newest", response_number(f.newest), "names", response_number(f.names),
			"created", response_time(f.created_s), "is_building", f.is_building,
			"is_settled", is_settled, "builds", response_number(f.builds),
			"build_failures", response_number(f.build_failures), "last_error",
			response_text(f.last_error), "lists", all_lists(&q->web->doors)));
}

enum { NAME_ROOM = CONFIG_NAME_MAX + 2 };

/* The body's `name`; NULL when it has none. False after having written the problem. */
static bool list_of_body(const struct edge_request *q, struct edge_response *r,
	char room[static NAME_ROOM], const char **name)
{
	static const char *const keys[] = {"name", NULL};
	json_t *body = response_body(q, keys, r);
	if (!body)
		return false;
	const char *text = json_string_value(json_object_get(body, "name"));
	snprintf(room, NAME_ROOM, "%s", text ? text : "");
	*name = text ? room : NULL;
	json_decref(body);
	return true;
}

static void answer_begun(struct edge_response *r, int code, const char *name, const char *verb)
{
	struct err why = {0};
	if (code == CEN_ENOTFOUND)
		err_set(&why, code, "no list of this name is configured: \"%.64s\"", name);
	else if (code == CEN_EREFUSED)
		err_set(&why, code, "nothing is held of the list %.64s", name);
	if (code)
		response_failure(r, code, &why);
	else
		response_json(r, 202, json_pack("{s:s}", "status", verb));
}

void api_lists_update(const struct edge_request *q, struct edge_response *r)
{
	char room[NAME_ROOM];
	const char *name;
	if (list_of_body(q, r, room, &name))
		answer_begun(r, feeds_update(q->web->doors.feeds, name), name, "started");
}

void api_lists_accept(const struct edge_request *q, struct edge_response *r)
{
	char room[NAME_ROOM];
	const char *name;
	if (!list_of_body(q, r, room, &name))
		return;
	if (!name)
		response_problem(r, 400, "`name` is missing: which list's held content?");
	else
		answer_begun(r, feeds_accept(q->web->doors.feeds, name), name, "started");
}

void api_lists_diff(const struct edge_request *q, struct edge_response *r)
{
	const char *name = target_param(&q->target, "name");
	struct err why = {0};
	char *text = NULL;
	if (!name) {
		response_problem(r, 400, "`name` is missing: which list?");
		return;
	}
	int code = feeds_diff(q->web->doors.feeds, name, &text, &why);
	if (code)
		response_failure(r, code, &why);
	else
		response_json(r, 200, json_loads(text, 0, NULL));
	free(text);
}
