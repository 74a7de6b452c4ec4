/* SPDX-License-Identifier: BSD-2-Clause
 * Asks the dialects, without a socket, about a resolver that is not there. Keys and sessions are real.
 * Included once by a test, after cmocka.h.
 *
 * Threads: one.
 */
#pragma once

#include "resolver/base/clock.h"
#include "tests/unit/api_harness.h"
#include "tests/unit/json_path.h"
#include "web/auth.h"
#include "web/dialect.h"

enum { DIALECT_NOW = 1700006400 }; /* a whole hour */

static struct config dialect_config;

static char dialect_keys[EDGE_ADMIN + 1][AUTH_KEY_ROOM]; /* of the scopes */

/* 100 queries, 30 of them blocked: 50 from the cache, 4 stale, 6 of our own, 8 forwarded, 1 failed, 1 refused. */
static inline void dialect_fill(void)
{
	struct history_point *p = &journal.history.points[0];
	static const uint64_t outcomes[OUTCOME_COUNT] = {
		[OUTCOME_CACHED] = 50,
		[OUTCOME_STALE] = 4,
		[OUTCOME_LOCAL] = 6,
		[OUTCOME_RECURSED] = 8,
		[OUTCOME_SERVFAIL] = 1,
		[OUTCOME_REFUSED] = 1,
		[OUTCOME_BLOCKED] = 20,
		[OUTCOME_BLOCKED_CHAIN] = 5,
		[OUTCOME_BLOCKED_ADDRESS] = 3,
		[OUTCOME_BLOCKED_GENERATED] = 2,
	};
	memcpy(p->outcomes, outcomes, sizeof outcomes);
	p->at_s = DIALECT_NOW - 3600;
	p->step_s = 60;
	p->queries = 100;
	p->types[0] = 90;
	p->types[STATS_TYPES - 1] = 10;
	p->replies[JOURNAL_REPLY_IP] = 88;
	p->replies[JOURNAL_REPLY_NXDOMAIN] = 11;
	p->latency[4] = 100;
	p->latency_sum_us = 1600;
	p->clients = 3;
	p->domains = 40;
	journal.history.point_count = 1;
	server.config = &dialect_config;
	server.respites.now_s = DIALECT_NOW;
}

static inline void dialect_entry(enum history_top_kind kind, const char *text, uint64_t count)
{
	struct history_entry *e =
		&journal.history.entries[kind][journal.history.entry_count[kind]++];
	snprintf(e->text, sizeof e->text, "%s", text);
	e->count = count;
}

static inline int dialect_begin(void **state)
{
	clock_freeze(1000000, DIALECT_NOW);
	if (reset(state))
		return -1;
	memset(&dialect_config, 0, sizeof dialect_config);
	dialect_fill();
	struct err why;
	static const char *const names[] = {
		[EDGE_STATS] = "s", [EDGE_CONTROL] = "c", [EDGE_ADMIN] = "a"};
	assert_int_equal(auth_open(NULL, &web.counters, &web.auth, &why), 0);
	for (int i = EDGE_STATS; i <= EDGE_ADMIN; i++)
		assert_int_equal(
			auth_key_add(web.auth, names[i], (enum edge_scope)i, dialect_keys[i], &why),
			0);
	return 0;
}

static inline int dialect_end(void **state)
{
	auth_free(web.auth);
	web.auth = NULL;
	clock_thaw();
	return clean(state);
}

/* So many wrong keys that the next one has to wait. */
static inline void dialect_exhaust(void)
{
	struct addr nobody = {0};
	for (int i = 0; i < 100 && !auth_key_wait_s(&web, &nobody); i++)
		(void)auth_scope_of_key(&web, "wrong", &nobody);
	assert_true(auth_key_wait_s(&web, &nobody) > 0);
}

/* What a request sends beside its target; ends with an empty name. */
struct dialect_header {
	const char *name, *value;
};

static inline const char *dialect_header_of(const void *from, const char *name)
{
	for (const struct dialect_header *h = from; h->name; h++)
		if (!strcasecmp(h->name, name))
			return h->value;
	return NULL;
}

/* The answer; its body is terminated, and to be freed. */
static inline struct edge_response dialect_ask(enum edge_method method, const char *target,
	const struct dialect_header *headers, const char *body)
{
	static const struct dialect_header none[] = {{NULL, NULL}};
	struct edge_request *q = calloc(1, sizeof *q);
	struct edge_response r = {0};
	assert_non_null(q);
	q->web = &web;
	q->method = method;
	q->header = dialect_header_of;
	q->header_from = headers ? headers : none;
	q->content_type = dialect_header_of(q->header_from, "Content-Type");
	q->body = body ? strdup(body) : NULL;
	q->body_len = body ? strlen(body) : 0;
	assert_true(target_parse(target, strlen(target), &q->target));
	if (route_admit(q, &r))
		route_handle(q, &r);
	assert_true(r.status >= 200);
	char *text = calloc(1, r.len + 1);
	assert_non_null(text);
	memcpy(text, r.body ? r.body : r.fixed, r.len);
	free(r.body);
	r.body = text;
	free(q->body);
	free(q);
	return r;
}

/* The answer as JSON, owned. */
static inline json_t *dialect_json(enum edge_method method, const char *target,
	const struct dialect_header *headers, const char *body, unsigned status)
{
	struct edge_response r = dialect_ask(method, target, headers, body);
	json_error_t e;
	json_t *v = json_loadb(r.body, r.len, JSON_REJECT_DUPLICATES, &e);
	if (r.status != status || !v || strcmp(r.type, "application/json"))
		fail_msg("%s: %u, not %u: %s", target, r.status, status, r.body);
	free(r.body);
	return v;
}
