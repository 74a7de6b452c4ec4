/* SPDX-License-Identifier: BSD-2-Clause
 * Versions of the rules: who read them before they were changed does not change them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/api_harness.h"

static const char path[] = "/api/v1/rules";
static char tag[512];

/* The status; `tag` is what the answer has. */
static unsigned tell(
	enum edge_method method, const char *target, const char *body, const char *if_match)
{
	struct edge_request *q = calloc(1, sizeof *q);
	struct edge_response r = {0};
	assert_non_null(q);
	q->web = &web;
	q->method = method;
	q->is_local = q->is_known = true;
	q->scope = EDGE_ADMIN;
	q->if_match = if_match;
	q->content_type = "application/json";
	q->body = body ? strdup(body) : NULL;
	q->body_len = body ? strlen(body) : 0;
	assert_true(target_parse(target, strlen(target), &q->target));
	assert_true(route_admit(q, &r));
	route_handle(q, &r);
	tag[0] = 0;
	for (unsigned i = 0; i < r.header_count; i++)
		if (!strcmp(r.headers[i].name, "ETag"))
			snprintf(tag, sizeof tag, "%s", r.headers[i].value);
	free(r.body);
	free(q->body);
	free(q);
	return r.status;
}

static unsigned add(const char *rule, const char *if_match)
{
	char body[128];
	snprintf(body, sizeof body, "{\"kind\": \"deny\", \"rule\": \"%s\"}", rule);
	return tell(EDGE_POST, path, body, if_match);
}

static void each_answer_has_the_tag(void **state)
{
	(void)state;
	char before[512];
	assert_int_equal(tell(EDGE_GET, path, NULL, NULL), 200);
	assert_string_equal(tag, "\"0000000000000abc\"");
	memcpy(before, tag, sizeof before);
	assert_int_equal(add("a.example", before), 201);
	assert_string_equal(tag, "\"0000000000000abd\"");
	/* Adding it again is no change. */
	assert_int_equal(add("a.example", tag), 200);
	assert_string_equal(tag, "\"0000000000000abd\"");
	assert_int_equal(tell(EDGE_GET, path, NULL, NULL), 200);
	assert_string_equal(tag, "\"0000000000000abd\"");
	assert_int_equal(add("b.example", before), 412);
	assert_int_equal(
		tell(EDGE_DELETE, "/api/v1/rules?kind=deny&rule=a.example", NULL, before), 412);
	assert_string_equal(tag, "");
	assert_int_equal(server.rule_count, 1);
	assert_int_equal(tell(EDGE_DELETE, "/api/v1/rules?kind=deny&rule=a.example", NULL,
				 "\"0000000000000abd\""),
		200);
	assert_string_equal(tag, before);
}

static void what_matches(void **state)
{
	(void)state;
	static const char *const good[] = {"*", "\"0000000000000abc\"",
		"\"x\", \"0000000000000abc\"", "\"0000000000000abc\",\"x\"", " , * ,"};
	static const char *const bad[] = {"", "\"\"", "0000000000000abc", "W/\"0000000000000abc\"",
		"\"0000000000000ABC\"", "\"0000000000000abc", "\"0000000000000abc\"x", "**",
		"\"*\"", ",,,,", "abc"};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		server.rule_count = 0;
		if (add("a.example", good[i]) != 201)
			fail_msg("%s does not match", good[i]);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		server.rule_count = 0;
		if (add("a.example", bad[i]) != 412)
			fail_msg("%s matches", bad[i]);
		assert_int_equal(server.rule_count, 0);
	}
}

static void rules_of_the_file_say_so(void **state)
{
	(void)state;
	static char file[] = "/etc/cenote/cenote.yaml";
	for (int i = 0; i < 2; i++)
		server.rules[i] = (struct server_rule){.is_runtime = i, .rule.is_self = true};
	server.rule_count = 2;
	unsigned status;
	web.config_file = file;
	json_t *v = ask(true, EDGE_GET, path, NULL, &status);
	web.config_file = NULL;
	const json_t *rules = json_object_get(v, "rules");
	assert_string_equal(text(json_array_get(rules, 0), "file"), file);
	assert_null(json_object_get(json_array_get(rules, 1), "file"));
	json_decref(v);
	v = ask(true, EDGE_GET, path, NULL, &status);
	rules = json_object_get(v, "rules");
	assert_true(json_is_null(json_object_get(json_array_get(rules, 0), "file")));
	json_decref(v);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, reset, clean)
	const struct CMUnitTest tests[] = {
		TEST(each_answer_has_the_tag),
		TEST(what_matches),
		TEST(rules_of_the_file_say_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
