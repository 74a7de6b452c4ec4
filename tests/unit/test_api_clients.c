/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/api_harness.h"

static void put_row(const char *name, enum query_outcome outcome)
{
	struct querylog_row *row = &journal.log.rows[journal.log.count++];
	row->id = journal.log.count;
	row->outcome = (uint8_t)outcome;
	if (name)
		assert_int_equal(dname_from_text(name, strlen(name), &row->name), 0);
}

static int fill(void **state)
{
	reset(state);
	struct history *h = &journal.history;
	h->entry_count[HISTORY_CLIENTS] = 3;
	h->entries[HISTORY_CLIENTS][0] = (struct history_entry){.text = "192.0.2.7", .count = 90};
	h->entries[HISTORY_CLIENTS][1] = (struct history_entry){.text = "192.0.2.8", .count = 20};
	h->entries[HISTORY_CLIENTS][2] =
		(struct history_entry){.text = "client-1f3a9c0d", .count = 1};
	h->entry_count[HISTORY_BLOCKED_CLIENTS] = 1;
	h->entries[HISTORY_BLOCKED_CLIENTS][0] =
		(struct history_entry){.text = "192.0.2.8", .count = 5};
	h->client_count = 2;
	h->client[0] = (struct history_client_point){
		.at_s = 1699999980, .step_s = 60, .queries = 4, .blocked = 1};
	h->client[1] = (struct history_client_point){
		.at_s = 1700000040, .step_s = 60, .queries = 3, .blocked = 1};
	evidence.count = 1;
	evidence.cases[0].id = 5;
	snprintf(evidence.cases[0].families[0], CASE_FAMILY_TEXT, "necurs");
	assert_int_equal(addr_from_text("192.0.2.7", &evidence.cases[0].client), 0);
	put_row("b.example", OUTCOME_BLOCKED);
	put_row("a.example", OUTCOME_CACHED);
	put_row("a.example", OUTCOME_RECURSED);
	put_row(NULL, OUTCOME_CACHED);
	put_row("long.name.example", OUTCOME_BLOCKED_CHAIN);
	put_row("b.example", OUTCOME_BLOCKED);
	put_row("a.example", OUTCOME_SERVFAIL);
	return 0;
}

static const json_t *item(const json_t *v, const char *key, size_t i)
{
	return json_array_get(json_object_get(v, key), i);
}

static void the_most_active_are_shown(void **state)
{
	(void)state;
	unsigned status;
	json_t *v = ask(true, EDGE_GET, "/api/v1/clients", NULL, &status);
	assert_int_equal(status, 200);
	const json_t *c = item(v, "clients", 0);
	assert_string_equal(text(c, "client"), "192.0.2.7");
	assert_int_equal(number(c, "queries"), 90);
	assert_int_equal(number(c, "blocked"), 0);
	assert_int_equal(number(c, "case"), 5);
	assert_string_equal(text(c, "group"), "default");
	assert_true(json_is_null(json_object_get(c, "paused_until")));
	c = item(v, "clients", 1);
	assert_int_equal(number(c, "blocked"), 5);
	assert_true(json_is_null(json_object_get(c, "case")));
	c = item(v, "clients", 2);
	assert_true(json_is_null(json_object_get(c, "group")));
	json_decref(v);
	v = ask(true, EDGE_GET, "/api/v1/clients?limit=1", NULL, &status);
	assert_int_equal(json_array_size(json_object_get(v, "clients")), 1);
	json_decref(v);
}

static void a_pause_is_shown(void **state)
{
	(void)state;
	unsigned status;
	struct server_pause p = {.scope = SERVER_SCOPE_CLIENT};
	struct err why = {0};
	assert_int_equal(addr_from_text("192.0.2.7", &p.client), 0);
	assert_int_equal(server_pause(&server, &p, 0, &why), 0);
	json_t *v = ask(true, EDGE_GET, "/api/v1/client?address=192.0.2.7", NULL, &status);
	assert_true(json_is_true(json_object_get(v, "is_paused")));
	json_decref(v);
}

static void one_is_shown_with_its_names(void **state)
{
	(void)state;
	unsigned status;
	json_t *v = ask(true, EDGE_GET, "/api/v1/client?address=::FFFF:192.0.2.7&from=1&to=9", NULL,
		&status);
	assert_int_equal(status, 200);
	assert_string_equal(journal.history.asked_client, "192.0.2.7");
	assert_string_equal(journal.log.texts[0], "192.0.2.7");
	assert_true(journal.log.asked.from_ms == 1000 && journal.log.asked.to_ms == 9000);
	assert_int_equal(number(v, "queries"), 7);
	assert_int_equal(number(v, "blocked"), 2);
	assert_int_equal(json_array_size(json_object_get(v, "points")), 2);
	assert_int_equal(json_array_size(json_object_get(v, "domains")), 3);
	assert_string_equal(text(item(v, "domains", 0), "name"), "a.example");
	assert_int_equal(number(item(v, "domains", 0), "count"), 3);
	assert_int_equal(json_array_size(json_object_get(v, "blocked_domains")), 2);
	assert_string_equal(text(item(v, "blocked_domains", 0), "name"), "b.example");
	assert_int_equal(number(item(v, "blocked_domains", 0), "count"), 2);
	assert_int_equal(number(item(v, "cases", 0), "id"), 5);
	assert_string_equal(text(item(v, "cases", 0), "family"), "necurs");
	assert_true(json_is_false(json_object_get(v, "is_cut")));
	json_decref(v);
	v = ask(true, EDGE_GET, "/api/v1/client?address=client-1f3a9c0d", NULL, &status);
	assert_string_equal(journal.log.texts[0], "client-1f3a9c0d");
	assert_int_equal(json_array_size(json_object_get(v, "cases")), 0);
	json_decref(v);
}

static void nonsense_is_refused(void **state)
{
	(void)state;
	expect(true, EDGE_GET, "/api/v1/client", NULL, 400);
	expect(true, EDGE_GET, "/api/v1/client?address=", NULL, 400);
	expect(true, EDGE_GET, "/api/v1/client?address=name.example", NULL, 400);
	expect(true, EDGE_GET, "/api/v1/client?address=192.0.2.7&from=x", NULL, 400);
	expect(true, EDGE_GET,
		"/api/v1/client?address=client-"
		"11111111112222222222333333333344444444445555555555666666666677777777778",
		NULL, 400);
	expect(true, EDGE_GET, "/api/v1/clients?limit=1001", NULL, 400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_most_active_are_shown, fill, clean),
		cmocka_unit_test_setup_teardown(a_pause_is_shown, fill, clean),
		cmocka_unit_test_setup_teardown(one_is_shown_with_its_names, fill, clean),
		cmocka_unit_test_setup_teardown(nonsense_is_refused, fill, clean),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
