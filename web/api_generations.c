/* SPDX-License-Identifier: BSD-2-Clause
 * /api/v1/generations: which there are, going back to an older one, and back to the newest.
 */
#include <stdlib.h>

#include "web/api.h"
#include "web/response.h"

enum { GENERATIONS_MAX = 128, BACK_MAX = 1000 };

static json_t *one(const struct feeds_generation *g, const struct feeds_status *s)
{
	return json_pack("{s:o, s:o, s:o, s:b, s:b}", "number", response_number(g->number),
		"created", response_time(g->created_s), "names",
		g->names ? response_number(g->names) : json_null(), "is_in_force", g->is_in_force,
		"is_pinned", s->pinned && g->number == s->pinned);
}

void api_generations_get(const struct edge_request *q, struct edge_response *r)
{
	struct feeds *feeds = q->web->doors.feeds;
	struct feeds_generation *g = calloc(GENERATIONS_MAX, sizeof *g);
	struct feeds_status s;
	feeds_status(feeds, &s);
	size_t n = g ? feeds_generations(feeds, g, GENERATIONS_MAX) : 0;
	json_t *list = g ? json_array() : NULL;
	for (size_t i = 0; list && i < n && i < GENERATIONS_MAX; i++)
		json_array_append_new(list, one(&g[i], &s));
	free(g);
	response_json(r, 200,
		json_pack("{s:o, s:o, s:o, s:o}", "generation", response_number(s.generation),
			"pinned", response_number(s.pinned), "newest", response_number(s.newest),
			"generations", list));
}

static void answer(struct edge_response *r, int code, const struct err *why, uint64_t now)
{
	if (code)
		response_failure(r, code, why);
	else
		response_json(r, 200, json_pack("{s:o}", "generation", response_number(now)));
}

/* A whole number from 1 on; 0 when it is not there. False when it is something else. */
static bool number_of(const json_t *body, const char *key, json_int_t max, uint64_t *out)
{
	const json_t *v = json_object_get(body, key);
	json_int_t n = json_integer_value(v);
	*out = n > 0 ? (uint64_t)n : 0;
	return !v || (n > 0 && n <= max);
}

void api_generations_rollback(const struct edge_request *q, struct edge_response *r)
{
	static const char *const keys[] = {"#back", "#generation", NULL};
	json_t *body = response_body(q, keys, r);
	if (!body)
		return;
	uint64_t back, number, now = 0;
	struct err why = {0};
	bool is_good = number_of(body, "back", BACK_MAX, &back) &&
		number_of(body, "generation", INT64_MAX, &number) && !(back && number);
	json_decref(body);
	if (!is_good) {
		response_problem(r, 400,
			"either `back`, from 1 to %d, or `generation`, the number of one",
			BACK_MAX);
		return;
	}
	int code = feeds_rollback(q->web->doors.feeds, number, (unsigned)back, &now, &why);
	answer(r, code, &why, now);
}

void api_generations_release(const struct edge_request *q, struct edge_response *r)
{
	static const char *const keys[] = {NULL};
	json_t *body = response_body(q, keys, r);
	if (!body)
		return;
	json_decref(body);
	uint64_t now = 0;
	struct err why = {0};
	int code = feeds_release(q->web->doors.feeds, &now, &why);
	answer(r, code, &why, now);
}
