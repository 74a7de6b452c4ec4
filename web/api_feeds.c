/* SPDX-License-Identifier: BSD-2-Clause
 * /api/v1/feeds: the lists, what came of fetching them, and fetching now.
 */
#include <stdlib.h>
#include <string.h>

#include "resolver/base/clock.h"
#include "web/api.h"
#include "web/response.h"

enum { WAIT_MAX_MS = 10000, WAIT_STEP_MS = 200 };

static const char *state_name(enum feeds_state state)
{
	switch (state) {
	case FEEDS_OK:
		return "ok";
	case FEEDS_STALE:
		return "stale";
	case FEEDS_REFUSED:
		return "refused";
	case FEEDS_NEVER:
	default:
		return "never";
	}
}

static json_t *one_list(const struct feeds_list_status *l)
{
	return json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name",
		response_text(l->name), "state", state_name(l->state), "reason",
		response_text(l->reason), "format", response_text(l->format), "rules",
		response_number(l->rules), "unique", response_number(l->unique), "lines",
		response_number(l->lines), "skipped", response_number(l->skipped), "checked",
		response_time(l->checked_s), "changed", response_time(l->changed_s), "next",
		response_time(l->next_s));
}

static json_t *all_lists(struct feeds *f)
{
	struct feeds_list_status *l = calloc(CONFIG_LISTS_MAX, sizeof *l);
	if (!l)
		return NULL;
	json_t *a = json_array();
	size_t n = feeds_list_status(f, l, CONFIG_LISTS_MAX);
	for (size_t i = 0; i < n && i < CONFIG_LISTS_MAX; i++)
		json_array_append_new(a, one_list(&l[i]));
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

void api_feeds_get(const struct edge_request *q, struct edge_response *r)
{
	const char *wait = target_param(&q->target, "wait_ms");
	uint32_t wait_ms = 0;
	if (wait && !q->is_local) {
		response_problem(r, 403, "`wait_ms` is for the control socket only");
		return;
	}
	if (wait) {
		size_t digits = strspn(wait, "0123456789");
		unsigned long ms =
			digits && digits <= 5 && !wait[digits] ? strtoul(wait, NULL, 10) : 99999;
		if (ms > WAIT_MAX_MS) {
			response_problem(r, 400, "`wait_ms` is from 0 to %d", WAIT_MAX_MS);
			return;
		}
		wait_ms = (uint32_t)ms;
	}
	bool is_settled = wait_until_settled(q->web, wait_ms);
	struct feeds_status f;
	feeds_status(q->web->doors.feeds, &f);
	response_json(r, 200,
		json_pack("{s:o, s:o, s:o, s:b, s:b, s:o, s:o, s:o, s:o}", "generation",
			response_number(f.generation), "names", response_number(f.names), "created",
			response_time(f.created_s), "is_building", f.is_building, "is_settled",
			is_settled, "builds", response_number(f.builds), "build_failures",
			response_number(f.build_failures), "last_error",
			response_text(f.last_error), "lists", all_lists(q->web->doors.feeds)));
}

void api_feeds_update(const struct edge_request *q, struct edge_response *r)
{
	static const char *const keys[] = {"name", NULL};
	json_t *body = response_body(q, keys, r);
	if (!body)
		return;
	const char *name = json_string_value(json_object_get(body, "name"));
	int code = feeds_update(q->web->doors.feeds, name);
	struct err why = {0};
	if (code == CEN_ENOTFOUND)
		err_set(&why, code, "no list of this name is configured: \"%.64s\"",
			name ? name : "");
	if (code)
		response_failure(r, code, &why);
	else
		response_json(r, 202, json_pack("{s:s}", "status", "started"));
	json_decref(body);
}
