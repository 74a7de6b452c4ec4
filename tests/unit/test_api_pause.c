/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/api_harness.h"

static const char pause_path[] = "/api/v1/pause", unblock_path[] = "/api/v1/unblock";

static int begin(void **state)
{
	int e = reset(state);
	server.respites.now_s = 1700000000;
	return e;
}

static json_t *change(enum edge_method method, const char *target, const char *body)
{
	unsigned status;
	json_t *v = ask(true, method, target, body, &status);
	if (status != (method == EDGE_POST ? 201 : 200))
		fail_msg("%s: %u %s", target, status, text(v, "detail"));
	return v;
}

static void paused_and_resumed(void **state)
{
	(void)state;
	json_t *v = change(EDGE_POST, pause_path, "{\"seconds\": 300}");
	assert_string_equal(text(v, "scope"), "all");
	assert_string_equal(text(v, "until"), "2023-11-14T22:18:20Z");
	assert_int_equal(json_object_size(v), 2);
	json_decref(v);
	v = change(EDGE_POST, pause_path,
		"{\"scope\": \"client\", \"client\": \"2001:DB8::7\", \"seconds\": 0}");
	assert_string_equal(text(v, "client"), "2001:db8::7");
	assert_true(json_is_null(json_object_get(v, "until")));
	json_decref(v);
	json_decref(
		change(EDGE_POST, pause_path, "{\"group\": \"children\", \"seconds\": 31622400}"));
	assert_int_equal(server.respites.asked_seconds, SERVER_PAUSE_MAX_S);
	unsigned status;
	v = ask(true, EDGE_GET, pause_path, NULL, &status);
	const json_t *all = json_object_get(v, "pauses");
	assert_int_equal(json_array_size(all), 3);
	assert_string_equal(text(json_array_get(all, 2), "group"), "children");
	json_decref(v);
	json_decref(change(EDGE_DELETE, "/api/v1/pause", NULL));
	json_decref(change(EDGE_DELETE, "/api/v1/pause?group=children", NULL));
	json_decref(change(EDGE_DELETE, "/api/v1/pause?client=2001%3adb8::7&scope=client", NULL));
	expect(true, EDGE_DELETE, "/api/v1/pause?scope=all", NULL, 404);
	assert_int_equal(server.respites.pause_count, 0);
}

static void unblocked_and_blocked(void **state)
{
	(void)state;
	json_t *v = change(EDGE_POST, unblock_path,
		"{\"name\": \"*.Shop.Example.\", \"client\": \"192.0.2.7\", \"seconds\": 600}");
	assert_string_equal(text(v, "name"), "*.shop.example");
	assert_string_equal(text(v, "scope"), "client");
	assert_string_equal(text(v, "client"), "192.0.2.7");
	assert_string_equal(text(v, "until"), "2023-11-14T22:23:20Z");
	json_decref(v);
	assert_true(server.respites.unblocks[0].rule.is_below);
	assert_false(server.respites.unblocks[0].rule.is_self);
	unsigned status;
	v = ask(true, EDGE_GET, unblock_path, NULL, &status);
	assert_int_equal(json_array_size(json_object_get(v, "unblocks")), 1);
	json_decref(v);
	expect(true, EDGE_DELETE, "/api/v1/unblock?name=*.shop.example", NULL, 404);
	json_decref(change(EDGE_DELETE,
		"/api/v1/unblock?name=*.shop.example&scope=client&client=192.0.2.7", NULL));
	assert_int_equal(server.respites.unblock_count, 0);
}

/* What the resolver says of it becomes a problem of the right kind. */
static void what_is_refused(void **state)
{
	(void)state;
	static const struct {
		int code;
		unsigned status;
	} cases[] = {{CEN_ELIMIT, 409}, {CEN_ENOTFOUND, 404}, {CEN_ERANGE, 422},
		{CEN_EREFUSED, 409}, {-ENOSPC, 500}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		server.respites.code = cases[i].code;
		expect(true, EDGE_POST, pause_path, "{\"seconds\": 1}", cases[i].status);
		expect(true, EDGE_POST, unblock_path, "{\"name\": \"a.example\", \"seconds\": 1}",
			cases[i].status);
	}
	server.respites.code = 0;
	expect(true, EDGE_POST, unblock_path, "{\"name\": \"a.example\", \"seconds\": -1}", 422);
	expect(true, EDGE_POST, unblock_path, "{\"name\": \"a.example\"}", 400);
	expect(true, EDGE_POST, unblock_path, NULL, 400);
	expect(true, EDGE_POST, pause_path, NULL, 400);
	assert_int_equal(server.respites.pause_count + server.respites.unblock_count, 0);
}

/* Counters may be seen by more people than who may change what is blocked. */
static void who_may(void **state)
{
	(void)state;
	expect(false, EDGE_GET, pause_path, NULL, 401);
	expect(false, EDGE_POST, pause_path, "{\"seconds\": 0}", 401);
	expect(false, EDGE_DELETE, pause_path, NULL, 401);
	expect(false, EDGE_GET, unblock_path, NULL, 401);
	expect(false, EDGE_POST, unblock_path, "{\"name\": \"a.example\", \"seconds\": 5}", 401);
	expect(false, EDGE_DELETE, "/api/v1/unblock?name=a.example", NULL, 401);
	assert_int_equal(server.respites.pause_count + server.respites.unblock_count, 0);
}

static void explain_tells(void **state)
{
	(void)state;
	struct server_explanation *e = &server.explanation;
	snprintf(e->verdict, sizeof e->verdict, "paused");
	e->ede = -1;
	e->is_paused = e->is_unblocked = true;
	e->pause = (struct server_pause){
		.scope = SERVER_SCOPE_GROUP, .group = "children", .until_s = 1700000000};
	assert_int_equal(config_rule_from_text("=a.example", 10, &e->unblock.rule), 0);
	json_t *v = get("/api/v1/explain?name=a.example");
	assert_false(json_is_true(json_object_get(v, "is_blocked")));
	const json_t *p = json_object_get(v, "pause"), *u = json_object_get(v, "unblock");
	assert_string_equal(text(p, "group"), "children");
	assert_string_equal(text(p, "until"), "2023-11-14T22:13:20Z");
	assert_string_equal(text(u, "name"), "=a.example");
	assert_string_equal(text(u, "scope"), "all");
	json_decref(v);
	e->is_paused = e->is_unblocked = false;
	v = get("/api/v1/explain?name=a.example");
	assert_true(json_is_null(json_object_get(v, "pause")));
	assert_true(json_is_null(json_object_get(v, "unblock")));
	json_decref(v);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, clean)
	const struct CMUnitTest tests[] = {
		TEST(paused_and_resumed),
		TEST(unblocked_and_blocked),
		TEST(what_is_refused),
		TEST(who_may),
		TEST(explain_tells),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
