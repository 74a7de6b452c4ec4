/* SPDX-License-Identifier: BSD-2-Clause
 * Asks the handlers of the API, without a socket, about a resolver that is not there. Included once by a test, after cmocka.h.
 *
 * Threads: one.
 */
#pragma once

#include <jansson.h>

#include "tests/unit/fake_edge.h"
#include "web/route.h"

static struct server server;
static struct feeds feeds;
static struct evidence evidence;
static struct journal journal;
static struct web web = {.doors = {.server = &server,
				 .feeds = &feeds,
				 .evidence = &evidence,
				 .journal = &journal,
				 .reload = fake_reload,
				 .reload_arg = &server}};

static inline int reset(void **state)
{
	(void)state;
	memset(&server, 0, sizeof server);
	memset(&feeds, 0, sizeof feeds);
	memset(&evidence, 0, sizeof evidence);
	memset(&journal, 0, sizeof journal);
	fake_fill(&server, &feeds);
	free(web.socket);
	web.socket = strdup("/run/cenote/control.sock");
	return web.socket ? 0 : -1;
}

static inline int clean(void **state)
{
	(void)state;
	free(web.socket);
	web.socket = NULL;
	return 0;
}

/* Asks over the control socket (`is_local`) or TCP; the answer as JSON, owned, and its status. */
static inline json_t *ask(bool is_local, enum edge_method method, const char *target,
	const char *body, unsigned *status)
{
	struct edge_request *q = calloc(1, sizeof *q);
	struct edge_response r = {0};
	assert_non_null(q);
	q->web = &web;
	q->method = method;
	q->is_local = q->is_known = is_local;
	q->scope = is_local ? EDGE_ADMIN : EDGE_STATS;
	q->content_type = body ? "application/json; charset=utf-8" : NULL;
	q->body = body ? strdup(body) : NULL;
	q->body_len = body ? strlen(body) : 0;
	assert_true(target_parse(target, strlen(target), &q->target));
	if (route_admit(q, &r))
		route_handle(q, &r);
	*status = r.status;
	json_error_t e;
	json_t *v = json_loadb(r.body, r.len, JSON_REJECT_DUPLICATES, &e);
	if (!v)
		fail_msg("no JSON: %s", e.text);
	if (r.status >= 400) {
		assert_string_equal(r.type, "application/problem+json");
		assert_int_equal(json_integer_value(json_object_get(v, "status")), r.status);
		assert_true(json_string_length(json_object_get(v, "detail")) > 10);
	} else {
		assert_string_equal(r.type, "application/json");
	}
	free(r.body);
	free(q->body);
	free(q);
	return v;
}

static inline json_t *get(const char *target)
{
	unsigned status;
	json_t *v = ask(false, EDGE_GET, target, NULL, &status);
	assert_int_equal(status, 200);
	return v;
}

static inline void expect(bool is_local, enum edge_method method, const char *target,
	const char *body, unsigned wanted)
{
	unsigned status;
	json_decref(ask(is_local, method, target, body, &status));
	if (status != wanted)
		fail_msg("%s: %u, not %u", target, status, wanted);
}

static inline json_int_t number(const json_t *v, const char *key)
{
	assert_true(json_is_integer(json_object_get(v, key)));
	return json_integer_value(json_object_get(v, key));
}

static inline const char *text(const json_t *v, const char *key)
{
	assert_true(json_is_string(json_object_get(v, key)));
	return json_string_value(json_object_get(v, key));
}

static inline json_int_t sum(const json_t *object)
{
	json_int_t n = 0;
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)(uintptr_t)object, key, value) n += json_integer_value(value);
	return n;
}
