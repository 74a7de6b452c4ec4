/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "tests/unit/api_harness.h"
#include "web/response.h"

static void stats_add_up(void **state)
{
	(void)state;
	journal.info = (struct journal_info){
		.events = 100, .written = 90, .pending = 4, .dropped = 5, .suppressed = 1};
	json_t *v = get("/api/v1/stats");
	assert_int_equal(number(v, "queries"), 100);
	const json_t *rows = json_object_get(v, "querylog");
	assert_int_equal(number(rows, "events"), 100);
	assert_int_equal(number(rows, "written") + number(rows, "pending") +
			number(rows, "dropped") + number(rows, "suppressed"),
		100);
	assert_true(json_is_null(json_object_get(rows, "oldest")));
	assert_int_equal(number(v, "blocked"), 30);
	assert_true(json_number_value(json_object_get(v, "blocked_percent")) == 30.0);
	assert_int_equal(sum(json_object_get(v, "outcomes")), 100);
	assert_int_equal(json_object_size(json_object_get(v, "outcomes")), OUTCOME_COUNT);
	assert_int_equal(sum(json_object_get(v, "types")), 100);
	assert_int_equal(sum(json_object_get(v, "transports")), 100);
	const json_t *lists = json_object_get(v, "lists");
	assert_int_equal(json_array_size(lists), 2);
	assert_string_equal(text(json_array_get(lists, 0), "name"), "botnets");
	assert_int_equal(number(json_array_get(lists, 0), "hits"), 28);
	assert_int_equal(number(json_object_get(v, "latency"), "count"), 100);
	assert_string_equal(text(v, "started"), "2023-11-14T22:13:20Z");
	const json_t *dga = json_object_get(v, "dga");
	assert_string_equal(text(dga, "mode"), "block");
	assert_int_equal(sum(json_object_get(dga, "suspects")), 5);
	assert_int_equal(number(json_object_get(dga, "suspects"), "random"), 4);
	assert_int_equal(json_object_size(json_object_get(dga, "suspects")), DGA_CLASSES - 1);
	assert_int_equal(number(dga, "popular"), 2);
	assert_true(json_number_value(json_object_get(dga, "threshold_score")) == 6.125);
	json_decref(v);
}

static void stats_of_nothing(void **state)
{
	(void)state;
	memset(&server.stats, 0, sizeof server.stats);
	json_t *v = get("/api/v1/stats");
	assert_int_equal(number(v, "queries"), 0);
	assert_true(json_number_value(json_object_get(v, "blocked_percent")) == 0.0);
	json_decref(v);
}

static void health_says_why_it_is_degraded(void **state)
{
	(void)state;
	json_t *v = get("/healthz");
	assert_string_equal(text(v, "status"), "ok");
	json_decref(v);
	feeds.status.generation = 0;
	snprintf(server.info.last_reload_error, sizeof server.info.last_reload_error, "line 3");
	v = get("/healthz");
	assert_string_equal(text(v, "status"), "degraded");
	const json_t *why = json_object_get(v, "reasons");
	assert_int_equal(json_array_size(why), 2);
	assert_non_null(strstr(json_string_value(json_array_get(why, 0)), "unfiltered"));
	assert_non_null(strstr(json_string_value(json_array_get(why, 1)), "line 3"));
	json_decref(v);
	feeds.status.list_count = 0;
	server.info.last_reload_error[0] = 0;
	v = get("/healthz");
	assert_string_equal(text(v, "status"), "ok");
	json_decref(v);
	snprintf(server.info.dga_problem, sizeof server.info.dga_problem, "no model: /x");
	v = get("/healthz");
	assert_string_equal(text(v, "status"), "degraded");
	why = json_object_get(v, "reasons");
	assert_string_equal(json_string_value(json_array_get(why, 0)), "no model: /x");
	json_decref(v);
	/* Nobody misses it. */
	server.info.dga_mode = LIST_MODE_OFF;
	v = get("/healthz");
	assert_string_equal(text(v, "status"), "ok");
	json_decref(v);
}

static void health_tells_those_who_may_know(void **state)
{
	(void)state;
	feeds.lists[0].state = FEEDS_STALE;
	evidence.info.live_cases = 2;
	snprintf(evidence.info.problem, sizeof evidence.info.problem, "damaged, set aside");
	snprintf(journal.info.problem, sizeof journal.info.problem, "the log's disk is full");
	snprintf(journal.history.info.problem, sizeof journal.history.info.problem, "no history");
	journal.info.dropped = 3;
	json_t *v = get("/api/v1/health");
	assert_string_equal(text(v, "status"), "degraded");
	assert_int_equal(number(v, "lost_rows"), 3);
	assert_string_equal(text(v, "version"), CENOTE_VERSION);
	assert_int_equal(number(v, "live_cases"), 2);
	assert_int_equal(number(v, "generation"), 7);
	assert_int_equal(number(json_object_get(v, "lists"), "stale"), 1);
	assert_int_equal(sum(json_object_get(v, "lists")), 2);
	const json_t *why = json_object_get(v, "reasons");
	assert_int_equal(json_array_size(why), 3);
	assert_string_equal(json_string_value(json_array_get(why, 0)), "damaged, set aside");
	assert_string_equal(json_string_value(json_array_get(why, 1)), "the log's disk is full");
	json_decref(v);
	snprintf(journal.info.problem, sizeof journal.info.problem, "no room");
	v = get("/api/v1/health");
	why = json_object_get(v, "reasons");
	assert_string_equal(json_string_value(json_array_get(why, 1)), "no room");
	json_decref(v);
	/* Strangers learn no more than that it lives. */
	v = get("/healthz");
	assert_int_equal(json_object_size(v), 3);
	json_decref(v);
}

static void status_shows_the_daemon(void **state)
{
	(void)state;
	struct addr_endpoint at;
	assert_int_equal(addr_endpoint_from_text("127.0.0.1:5335", 53, &at), 0);
	web.dns_listen = &at;
	web.dns_listen_count = 1;
	json_t *v = get("/api/v1/status");
	assert_string_equal(text(v, "version"), CENOTE_VERSION);
	assert_string_equal(json_string_value(json_array_get(json_object_get(v, "listen"), 0)),
		"127.0.0.1:5335");
	assert_true(json_is_null(json_object_get(v, "config_file")));
	assert_int_equal(number(json_object_get(v, "policy"), "generation"), 7);
	json_decref(v);
	web.dns_listen_count = 0;
}

static void explain_shows_the_chain(void **state)
{
	(void)state;
	struct server_explanation *e = &server.explanation;
	snprintf(e->name, sizeof e->name, "ads.example.com");
	snprintf(e->verdict, sizeof e->verdict, "block");
	snprintf(e->list, sizeof e->list, "botnets");
	e->ede = EDE_BLOCKED;
	e->holder_count = 1;
	snprintf(e->holders[0].list, sizeof e->holders[0].list, "botnets");
	snprintf(e->holders[0].name, sizeof e->holders[0].name, "example.com");
	e->holders[0].kind = LIST_DENY;
	e->holders[0].mode = LIST_MODE_BLOCK;
	e->holders[0].is_below = true;
	json_t *v = get("/api/v1/explain?name=ADS.example.com&client=10.0.0.7&type=https");
	assert_string_equal(server.asked_name, "ADS.example.com");
	assert_true(server.has_client && addr_is_v4(&server.asked_client));
	assert_int_equal(server.asked_type, TYPE_HTTPS);
	assert_true(json_is_true(json_object_get(v, "is_blocked")));
	assert_int_equal(number(json_object_get(v, "ede"), "code"), 15);
	assert_string_equal(text(json_object_get(v, "ede"), "name"), "Blocked");
	const json_t *h = json_array_get(json_object_get(v, "holders"), 0);
	assert_string_equal(text(h, "kind"), "deny");
	assert_string_equal(text(h, "mode"), "block");
	assert_true(json_is_true(json_object_get(h, "is_below")));
	json_decref(v);
	json_decref(get("/api/v1/explain?name=a&type=TYPE65280&client="));
	assert_int_equal(server.asked_type, 65280);
	assert_false(server.has_client);
	json_decref(get("/api/v1/explain?name=a&type=28"));
	assert_int_equal(server.asked_type, TYPE_AAAA);
}

static void explain_shows_what_the_classifier_says(void **state)
{
	(void)state;
	struct server_explanation *e = &server.explanation;
	snprintf(e->verdict, sizeof e->verdict, "generated");
	snprintf(e->dga_effect, sizeof e->dga_effect, "it is blocked");
	e->dga_mode = LIST_MODE_BLOCK;
	json_t *v = get("/api/v1/explain?name=a");
	const json_t *dga = json_object_get(v, "dga");
	assert_true(json_is_true(json_object_get(v, "is_blocked")));
	assert_true(json_is_false(json_object_get(dga, "has_classifier")));
	json_decref(v);
	e->has_classifier = true;
	e->dga_threshold = 6125;
	e->dga.verdict = (struct dga_verdict){.score = 9500, .class = DGA_RANDOM};
	snprintf(e->dga.label, sizeof e->dga.label, "xq\xff");
	e->dga.part_count = 2;
	e->dga.parts[0] = (struct dga_part){.text = "xq", .milli = 1500};
	e->dga.parts[1] = (struct dga_part){.text = "length 2", .milli = -500, .is_fact = true};
	v = get("/api/v1/explain?name=a");
	dga = json_object_get(v, "dga");
	assert_true(json_number_value(json_object_get(dga, "score")) == 9.5);
	assert_true(json_number_value(json_object_get(dga, "probability")) > 0.99);
	assert_string_equal(text(dga, "class"), "random");
	assert_string_equal(text(dga, "label"), "xq\xEF\xBF\xBD");
	assert_string_equal(text(dga, "effect"), "it is blocked");
	assert_true(json_is_null(json_object_get(dga, "why_not")));
	const json_t *parts = json_object_get(dga, "parts");
	assert_int_equal(json_array_size(parts), 2);
	assert_true(json_number_value(json_object_get(json_array_get(parts, 1), "weight")) == -0.5);
	assert_true(json_is_true(json_object_get(json_array_get(parts, 1), "is_fact")));
	json_decref(v);
	e->dga.why_not = "too short to be judged";
	v = get("/api/v1/explain?name=a");
	dga = json_object_get(v, "dga");
	assert_string_equal(text(dga, "why_not"), "too short to be judged");
	assert_true(json_number_value(json_object_get(dga, "probability")) == 0);
	json_decref(v);
}

static void the_classifier_alone_is_asked(void **state)
{
	(void)state;
	struct server_explanation *e = &server.explanation;
	expect(false, EDGE_GET, "/api/v1/dga?name=a", NULL, 503);
	expect(false, EDGE_GET, "/api/v1/dga", NULL, 400);
	e->has_classifier = true;
	e->dga_threshold = 6125;
	e->dga.verdict = (struct dga_verdict){.score = 9500, .class = DGA_HASH};
	e->dga.part_count = 1;
	e->dga.parts[0] = (struct dga_part){.text = "xq", .milli = 1500};
	json_t *v = get("/api/v1/dga?name=xq.example");
	assert_string_equal(server.asked_name, "xq.example");
	assert_string_equal(text(v, "class"), "hash");
	assert_true(json_number_value(json_object_get(v, "threshold")) == 6.125);
	assert_true(json_number_value(json_object_get(v, "score")) == 9.5);
	assert_int_equal(json_array_size(json_object_get(v, "parts")), 1);
	json_decref(v);
	server.code = CEN_EFORMAT;
	expect(false, EDGE_GET, "/api/v1/dga?name=a..b", NULL, 422);
}

static void explain_refuses_nonsense(void **state)
{
	(void)state;
	expect(false, EDGE_GET, "/api/v1/explain", NULL, 400);
	expect(false, EDGE_GET, "/api/v1/explain?name=", NULL, 400);
	expect(false, EDGE_GET, "/api/v1/explain?name=a&client=b", NULL, 400);
	expect(false, EDGE_GET, "/api/v1/explain?name=a&type=0", NULL, 400);
	expect(false, EDGE_GET, "/api/v1/explain?name=a&type=65536", NULL, 400);
	expect(false, EDGE_GET, "/api/v1/explain?name=a&type=TYPE", NULL, 400);
	expect(false, EDGE_GET, "/api/v1/explain?name=a&type=-1", NULL, 400);
	server.code = CEN_EFORMAT;
	expect(false, EDGE_GET, "/api/v1/explain?name=a..b%ff", NULL, 422);
}

static void lists_show_their_state(void **state)
{
	(void)state;
	json_t *v = get("/api/v1/lists");
	const json_t *lists = json_object_get(v, "lists");
	assert_int_equal(json_array_size(lists), 2);
	assert_string_equal(text(json_array_get(lists, 0), "state"), "ok");
	assert_string_equal(text(json_array_get(lists, 0), "changed"), "2023-11-14T22:13:20Z");
	assert_true(json_is_null(json_object_get(json_array_get(lists, 1), "changed")));
	assert_string_equal(text(json_array_get(lists, 1), "state"), "refused");
	/* Octets that are not UTF-8 come as U+FFFD, not as an error. */
	assert_string_equal(
		text(json_array_get(lists, 1), "reason"), "line 3 is <html>\xEF\xBF\xBD");
	json_decref(v);
}

static void held_content_is_accepted(void **state)
{
	(void)state;
	feeds.lists[1].guard = FEEDS_GUARD_CHANGE;
	snprintf(feeds.lists[1].held_reason, sizeof feeds.lists[1].held_reason, "held: \xff");
	json_t *v = get("/api/v1/lists");
	const json_t *l = json_array_get(json_object_get(v, "lists"), 1);
	const json_t *held = json_object_get(l, "held");
	assert_string_equal(json_string_value(json_object_get(held, "guard")), "change");
	assert_true(json_is_string(json_object_get(held, "reason")));
	l = json_array_get(json_object_get(v, "lists"), 0);
	assert_true(json_is_null(json_object_get(l, "held")));
	assert_int_equal(json_integer_value(json_object_get(l, "hits")), 28);
	json_decref(v);
	const char *path = "/api/v1/lists/accept";
	expect(false, EDGE_POST, path, "{\"name\": \"ads\"}", 401);
	expect(true, EDGE_POST, path, "{\"name\": \"ads\"}", 202);
	expect(true, EDGE_POST, path, "{\"name\": \"botnets\"}", 409);
	expect(true, EDGE_POST, path, "{\"name\": \"none\"}", 404);
	expect(true, EDGE_POST, path, "{}", 400);
}

static void generations_are_shown_and_gone_back_to(void **state)
{
	(void)state;
	json_t *v = get("/api/v1/generations");
	const json_t *list = json_object_get(v, "generations");
	assert_int_equal(json_array_size(list), 3);
	assert_true(json_is_true(json_object_get(json_array_get(list, 0), "is_in_force")));
	assert_true(json_is_null(json_object_get(json_array_get(list, 1), "names")));
	json_decref(v);
	const char *path = "/api/v1/generations/rollback";
	expect(false, EDGE_POST, path, "{}", 401);
	expect(true, EDGE_POST, path, "{}", 200);
	expect(true, EDGE_POST, path, "{\"back\": 2}", 200);
	expect(true, EDGE_POST, path, "{\"generation\": 5}", 200);
	expect(true, EDGE_POST, path, "{\"back\": 3}", 404);
	static const char *const bad[] = {"{\"back\": 0}", "{\"back\": \"1\"}", "{\"back\": -1}",
		"{\"back\": 1.0}", "{\"back\": 1001}", "{\"generation\": 0}",
		"{\"back\": 1, \"generation\": 5}", "{\"to\": 1}", "[]"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		expect(true, EDGE_POST, path, bad[i], 400);
	expect(false, EDGE_POST, "/api/v1/generations/release", "{}", 401);
	expect(true, EDGE_POST, "/api/v1/generations/release", "{}", 409);
	feeds.status.pinned = 6;
	feeds.status.newest = 7;
	expect(true, EDGE_POST, "/api/v1/generations/release", "{}", 200);
	v = get("/healthz");
	assert_string_equal(json_string_value(json_object_get(v, "status")), "degraded");
	json_decref(v);
}

static void lists_update_and_wait(void **state)
{
	(void)state;
	unsigned status;
	expect(false, EDGE_POST, "/api/v1/lists/update", "{}", 401);
	assert_int_equal(feeds.updates, 0);
	expect(true, EDGE_POST, "/api/v1/lists/update", NULL, 202);
	expect(true, EDGE_POST, "/api/v1/lists/update", "{\"name\": \"ads\"}", 202);
	expect(true, EDGE_POST, "/api/v1/lists/update", "{\"name\": \"none\"}", 404);
	expect(true, EDGE_POST, "/api/v1/lists/update", "{\"nam\": \"ads\"}", 400);
	expect(true, EDGE_POST, "/api/v1/lists/update", "{\"name\": 1}", 400);
	expect(true, EDGE_POST, "/api/v1/lists/update", "[]", 400);
	expect(true, EDGE_POST, "/api/v1/lists/update", "{", 400);
	expect(true, EDGE_POST, "/api/v1/lists/update", "{\"name\":\"ads\",\"name\":\"b\"}", 400);
	assert_int_equal(feeds.updates, 3);
	feeds.settles_after = 3;
	json_t *v = ask(true, EDGE_GET, "/api/v1/lists?wait_ms=10000", NULL, &status);
	assert_true(json_is_true(json_object_get(v, "is_settled")));
	assert_int_equal(feeds.waits, 4);
	json_decref(v);
	feeds.settles_after = 1000;
	v = ask(true, EDGE_GET, "/api/v1/lists?wait_ms=0", NULL, &status);
	assert_true(json_is_false(json_object_get(v, "is_settled")));
	json_decref(v);
	expect(false, EDGE_GET, "/api/v1/lists?wait_ms=1", NULL, 403);
	expect(true, EDGE_GET, "/api/v1/lists?wait_ms=10001", NULL, 400);
	expect(true, EDGE_GET, "/api/v1/lists?wait_ms=x", NULL, 400);
}

static void rules_come_and_go(void **state)
{
	(void)state;
	expect(false, EDGE_POST, "/api/v1/rules", "{\"kind\":\"deny\",\"rule\":\"bad.example\"}",
		401);
	expect(false, EDGE_DELETE, "/api/v1/rules?kind=deny&rule=bad.example", NULL, 401);
	expect(true, EDGE_POST, "/api/v1/rules", "{\"kind\":\"deny\",\"rule\":\"=Bad.example\"}",
		201);
	unsigned status;
	json_t *v = ask(true, EDGE_GET, "/api/v1/rules", NULL, &status);
	const json_t *rules = json_object_get(v, "rules");
	assert_int_equal(json_array_size(rules), 1);
	assert_string_equal(text(json_array_get(rules, 0), "rule"), "=bad.example");
	assert_string_equal(text(json_array_get(rules, 0), "kind"), "deny");
	assert_true(json_is_true(json_object_get(json_array_get(rules, 0), "is_runtime")));
	json_decref(v);
	expect(true, EDGE_DELETE, "/api/v1/rules?kind=allow&rule=%3Dbad.example", NULL, 404);
	expect(true, EDGE_DELETE, "/api/v1/rules?kind=deny&rule=%3Dbad.example", NULL, 200);
	assert_int_equal(server.rule_count, 0);
}

static void rules_refuse_nonsense(void **state)
{
	(void)state;
	expect(true, EDGE_POST, "/api/v1/rules", NULL, 400);
	expect(true, EDGE_POST, "/api/v1/rules", "{\"kind\":\"deny\"}", 400);
	expect(true, EDGE_POST, "/api/v1/rules", "{\"kind\":\"x\",\"rule\":\"a.b\"}", 400);
	expect(true, EDGE_POST, "/api/v1/rules", "{\"kind\":\"deny\",\"rule\":\"a..b\"}", 422);
	expect(true, EDGE_DELETE, "/api/v1/rules?kind=deny", NULL, 400);
	expect(true, EDGE_POST, "/api/v1/rules", "{\"kind\":\"deny\",\"rule\":\"co.uk\"}", 409);
	expect(true, EDGE_POST, "/api/v1/rules", "{\"kind\":\"deny\",\"rule\":\"*.com\"}", 409);
	expect(true, EDGE_POST, "/api/v1/rules", "{\"kind\":\"allow\",\"rule\":\".\"}", 409);
	server.code = CEN_EREFUSED;
	expect(true, EDGE_POST, "/api/v1/rules", "{\"kind\":\"deny\",\"rule\":\"a.b\"}", 409);
	assert_int_equal(server.rule_count, 0);
}

static void reload_tells_what_came_of_it(void **state)
{
	(void)state;
	unsigned status;
	expect(false, EDGE_POST, "/api/v1/reload", "{}", 401);
	json_t *v = ask(true, EDGE_POST, "/api/v1/reload", "{}", &status);
	assert_string_equal(text(v, "restart_needed_for"), "listen, workers");
	json_decref(v);
	server.code = CEN_EFORMAT;
	v = ask(true, EDGE_POST, "/api/v1/reload", NULL, &status);
	assert_int_equal(status, 422);
	assert_string_equal(text(v, "detail"), "cenote.yaml:3: no such key");
	json_decref(v);
}

/* --- cases --- */

static void fill_cases(void)
{
	evidence.count = 3;
	for (unsigned i = 0; i < 3; i++) {
		struct evidence_case *c = &evidence.cases[i];
		c->id = 9 - i;
		c->client_bits = 128;
		c->state = i == 1 ? CASE_CLOSED : CASE_OPEN;
		c->sum = 20000;
		assert_int_equal(addr_from_text("192.0.2.7", &c->client), 0);
		c->line_count = 2;
		for (unsigned k = 0; k < 2; k++)
			assert_int_equal(dname_from_text(k ? "a.qxkvjwzht.biz" : "com", k ? 15 : 3,
						 &c->lines[k].name),
				0);
	}
}

static void cases_are_shown_page_by_page(void **state)
{
	(void)state;
	unsigned status;
	json_t *v = ask(true, EDGE_GET, "/api/v1/cases", NULL, &status);
	assert_int_equal(json_array_size(json_object_get(v, "cases")), 0);
	assert_true(json_is_null(json_object_get(v, "next")));
	json_decref(v);
	fill_cases();
	v = ask(true, EDGE_GET, "/api/v1/cases?limit=2", NULL, &status);
	assert_int_equal(json_array_size(json_object_get(v, "cases")), 2);
	assert_int_equal(number(v, "next"), 8);
	assert_string_equal(
		text(json_array_get(json_object_get(v, "cases"), 0), "client"), "192.0.2.7");
	json_decref(v);
	v = ask(true, EDGE_GET, "/api/v1/cases?limit=2&before=8", NULL, &status);
	assert_int_equal(json_array_size(json_object_get(v, "cases")), 1);
	assert_true(json_is_null(json_object_get(v, "next")));
	json_decref(v);
	v = ask(true, EDGE_GET, "/api/v1/cases?state=closed", NULL, &status);
	assert_int_equal(json_array_size(json_object_get(v, "cases")), 1);
	json_decref(v);
	v = ask(true, EDGE_GET, "/api/v1/case?id=8", NULL, &status);
	assert_int_equal(number(v, "id"), 8);
	assert_string_equal(text(v, "state"), "closed");
	json_decref(v);
}

static void cases_are_decided(void **state)
{
	(void)state;
	unsigned status;
	fill_cases();
	json_t *v = ask(true, EDGE_POST, "/api/v1/cases/state",
		"{\"id\": 9, \"state\": \"acknowledged\", \"note\": \"Ann\\u0007 looks\"}",
		&status);
	assert_int_equal(status, 200);
	assert_string_equal(text(v, "state"), "acknowledged");
	assert_int_equal(evidence.decided, CASE_ACKNOWLEDGED);
	assert_string_equal(evidence.note, "Ann? looks");
	assert_int_equal(server.rule_count, 0);
	json_decref(v);
	/* For all: the names are allowed, but for a top-level domain, and for what the device called the sinkhole by. */
	struct evidence_case *c = &evidence.cases[0];
	c->line_count = 3;
	c->lines[2].kind = EVIDENCE_KNOCK;
	assert_int_equal(dname_from_text("its-choice.example", 18, &c->lines[2].name), 0);
	v = ask(true, EDGE_POST, "/api/v1/cases/state",
		"{\"id\": 9, \"state\": \"false_positive\", \"scope\": \"all\"}", &status);
	assert_int_equal(status, 200);
	assert_int_equal(server.rule_count, 1);
	char rule[DNAME_TEXT_MAX + 2];
	assert_string_equal(config_rule_to_text(&server.rules[server.rule_count - 1].rule, rule),
		"a.qxkvjwzht.biz");
	json_decref(v);
}

static void a_case_is_unsealed(void **state)
{
	(void)state;
	unsigned status;
	fill_cases();
	evidence.is_sealed = false;
	expect(true, EDGE_POST, "/api/v1/cases/unseal", "{\"id\": 7}", 409);
	evidence.is_sealed = true;
	json_t *v = ask(true, EDGE_POST, "/api/v1/cases/unseal",
		"{\"id\": 7, \"reason\": \"a call\"}", &status);
	assert_int_equal(status, 200);
	assert_int_equal(
		json_integer_value(json_object_get(json_object_get(v, "unsealed"), "count")), 1);
	json_decref(v);
	expect(false, EDGE_POST, "/api/v1/cases/unseal", "{\"id\": 7}", 401);
	expect(true, EDGE_POST, "/api/v1/cases/unseal", "{\"id\": 77}", 404);
	expect(true, EDGE_POST, "/api/v1/cases/unseal", "{\"id\": 0}", 400);
	expect(true, EDGE_POST, "/api/v1/cases/unseal", "{\"id\": \"7\"}", 400);
	expect(true, EDGE_POST, "/api/v1/cases/unseal", "{\"id\": 7, \"format\": \"pdf\"}", 400);
	expect(true, EDGE_GET, "/api/v1/cases/unseal", NULL, 405);
}

static void cases_refuse_nonsense(void **state)
{
	(void)state;
	fill_cases();
	/* Not for everybody who reaches the port. */
	expect(false, EDGE_GET, "/api/v1/cases", NULL, 401);
	expect(false, EDGE_GET, "/api/v1/case?id=9", NULL, 401);
	expect(false, EDGE_POST, "/api/v1/cases/state", "{}", 401);
	expect(true, EDGE_GET, "/api/v1/cases?state=opened", NULL, 400);
	expect(true, EDGE_GET, "/api/v1/cases?limit=0", NULL, 400);
	expect(true, EDGE_GET, "/api/v1/cases?limit=101", NULL, 400);
	expect(true, EDGE_GET, "/api/v1/cases?before=-1", NULL, 400);
	expect(true, EDGE_GET, "/api/v1/cases?before=99999999999999999999", NULL, 400);
	expect(true, EDGE_GET, "/api/v1/case", NULL, 400);
	expect(true, EDGE_GET, "/api/v1/case?id=9x", NULL, 400);
	expect(true, EDGE_GET, "/api/v1/case?id=77", NULL, 404);
	expect(true, EDGE_POST, "/api/v1/cases/state", "{\"id\": 77, \"state\": \"closed\"}", 404);
	expect(true, EDGE_POST, "/api/v1/cases/state", "{\"state\": \"closed\"}", 400);
	expect(true, EDGE_POST, "/api/v1/cases/state", "{\"id\": 9}", 400);
	expect(true, EDGE_POST, "/api/v1/cases/state", "{\"id\": 9, \"state\": \"shut\"}", 400);
	expect(true, EDGE_POST, "/api/v1/cases/state", "{\"id\": -9, \"state\": \"closed\"}", 400);
	expect(true, EDGE_POST, "/api/v1/cases/state",
		"{\"id\": 9, \"state\": \"closed\", \"scope\": \"all\"}", 400);
	expect(true, EDGE_POST, "/api/v1/cases/state",
		"{\"id\": 9, \"state\": \"false_positive\", \"scope\": \"some\"}", 400);
	assert_int_equal(evidence.decided, CASE_OPEN);
	assert_int_equal(server.rule_count, 0);
}

static void routes_refuse_others(void **state)
{
	(void)state;
	expect(true, EDGE_GET, "/nothing", NULL, 404);
	expect(true, EDGE_GET, "/healthz/", NULL, 404);
	expect(true, EDGE_GET, "//healthz", NULL, 404);
	expect(true, EDGE_POST, "/healthz", NULL, 405);
	expect(true, EDGE_OTHER, "/api/v1/rules", NULL, 405);
	expect(true, EDGE_GET, "/api/v1/reload", NULL, 405);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(stats_add_up, reset, clean),
		cmocka_unit_test_setup_teardown(stats_of_nothing, reset, clean),
		cmocka_unit_test_setup_teardown(health_says_why_it_is_degraded, reset, clean),
		cmocka_unit_test_setup_teardown(health_tells_those_who_may_know, reset, clean),
		cmocka_unit_test_setup_teardown(status_shows_the_daemon, reset, clean),
		cmocka_unit_test_setup_teardown(explain_shows_the_chain, reset, clean),
		cmocka_unit_test_setup_teardown(
			explain_shows_what_the_classifier_says, reset, clean),
		cmocka_unit_test_setup_teardown(the_classifier_alone_is_asked, reset, clean),
		cmocka_unit_test_setup_teardown(explain_refuses_nonsense, reset, clean),
		cmocka_unit_test_setup_teardown(lists_show_their_state, reset, clean),
		cmocka_unit_test_setup_teardown(lists_update_and_wait, reset, clean),
		cmocka_unit_test_setup_teardown(held_content_is_accepted, reset, clean),
		cmocka_unit_test_setup_teardown(
			generations_are_shown_and_gone_back_to, reset, clean),
		cmocka_unit_test_setup_teardown(rules_come_and_go, reset, clean),
		cmocka_unit_test_setup_teardown(rules_refuse_nonsense, reset, clean),
		cmocka_unit_test_setup_teardown(reload_tells_what_came_of_it, reset, clean),
		cmocka_unit_test_setup_teardown(cases_are_shown_page_by_page, reset, clean),
		cmocka_unit_test_setup_teardown(cases_are_decided, reset, clean),
		cmocka_unit_test_setup_teardown(cases_refuse_nonsense, reset, clean),
		cmocka_unit_test_setup_teardown(a_case_is_unsealed, reset, clean),
		cmocka_unit_test_setup_teardown(routes_refuse_others, reset, clean),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
