/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "resolver/base/clock.h"
#include "tests/unit/api_harness.h"
#include "web/dialect.h"

enum { NOW = 1700006400 }; /* a whole hour */

static int begin(void **state)
{
	clock_freeze(1000000, NOW);
	return reset(state);
}

static int end(void **state)
{
	clock_thaw();
	return clean(state);
}

/* --- the table of calls ----------------------------------------------------------------------- */

static void nothing(const struct dialect_ask *a, struct edge_response *r)
{
	(void)a;
	(void)r;
}

static const struct dialect_call calls[] = {
	{EDGE_GET, "/a", EDGE_NOBODY, nothing},
	{EDGE_POST, "/a", EDGE_CONTROL, nothing},
	{EDGE_GET, "/a/count", EDGE_STATS, nothing},
	{EDGE_GET, "/a/", EDGE_STATS, nothing},
	{.path = NULL},
};

/* The row that is found; -1: there is no such path, -2: not with this method. */
static int find(enum edge_method method, const char *path, const char **item)
{
	static struct edge_request q;
	bool has_path;
	q.method = method;
	assert_true(target_parse(path, strlen(path), &q.target));
	const struct dialect_call *c = dialect_find(calls, &q, item, &has_path);
	if (c)
		return (int)(c - calls);
	return has_path ? -2 : -1;
}

static void calls_are_found(void **state)
{
	(void)state;
	const char *item = "?";
	assert_int_equal(find(EDGE_GET, "/a", &item), 0);
	assert_string_equal(item, "");
	assert_int_equal(find(EDGE_POST, "/a?x=/a/count", &item), 1);
	assert_int_equal(find(EDGE_GET, "/a/count", &item), 2);
	assert_int_equal(find(EDGE_GET, "/a/counts", &item), 3);
	assert_string_equal(item, "counts");
	assert_int_equal(find(EDGE_GET, "/a/%3Cb%3E", &item), 3);
	assert_string_equal(item, "<b>");
	assert_int_equal(find(EDGE_DELETE, "/a", &item), -2);
	assert_int_equal(find(EDGE_POST, "/a/x", &item), -2);
	static const char *const none[] = {
		"/", "/A", "/aa", "/a/", "/a/x/", "/a/x/y", "/a//x", "/b"};
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		assert_int_equal(find(EDGE_GET, none[i], &item), -1);
}

/* --- numbers ---------------------------------------------------------------------------------- */

/* Each outcome another number of times. */
static void fill(struct history_point *p, uint64_t at_s)
{
	memset(p, 0, sizeof *p);
	p->at_s = at_s;
	p->step_s = 60;
	for (int i = 0; i < OUTCOME_COUNT; i++) {
		p->outcomes[i] = (uint64_t)1 << i;
		p->queries += p->outcomes[i];
	}
}

static void groups_are_all_there_is(void **state)
{
	(void)state;
	struct history_point p;
	struct dialect_numbers n = {0};
	fill(&p, NOW);
	dialect_add(&n, &p);
	assert_int_equal(n.queries, ((uint64_t)1 << OUTCOME_COUNT) - 1);
	assert_int_equal(n.blocked + n.cached + n.forwarded + n.other, n.queries);
	assert_int_equal(n.cached, 1 << OUTCOME_CACHED | 1 << OUTCOME_STALE | 1 << OUTCOME_LOCAL);
	assert_int_equal(n.forwarded,
		1 << OUTCOME_RECURSED | 1 << OUTCOME_SERVFAIL | 1 << OUTCOME_BOGUS |
			1 << OUTCOME_REBINDING);
	for (int i = 0; i < OUTCOME_COUNT; i++)
		if (stats_outcome_is_blocked((enum query_outcome)i))
			assert_true(n.blocked >> i & 1);
	dialect_add(&n, &p);
	assert_int_equal(n.queries, 2 * p.queries);
	assert_true(dialect_percent(1, 4) == 25.0 && dialect_percent(0, 0) == 0.0);
}

static void series_have_their_slots(void **state)
{
	(void)state;
	struct dialect_numbers slots[24];
	for (size_t i = 0; i < 3; i++)
		fill(&journal.history.points[i], NOW - 86400 + (i ? 3600 * i + 60 : 0));
	journal.history.points[2].at_s = NOW; /* lies behind the end */
	journal.history.point_count = 3;
	assert_true(dialect_series(&web, NOW - 86400, 3600, 24, slots));
	assert_int_equal(journal.history.step, HISTORY_MINUTE);
	for (size_t i = 0; i < 24; i++)
		assert_int_equal(slots[i].queries, i < 2 ? journal.history.points[0].queries : 0);
	/* Coarser rows for longer spans. */
	assert_true(dialect_series(&web, NOW - 86400 * 3, 3 * 3600, 24, slots));
	assert_int_equal(journal.history.step, HISTORY_HOUR);
	assert_true(dialect_series(&web, NOW - 86400 * 7, 86400, 7, slots));
	assert_int_equal(journal.history.step, HISTORY_DAY);
}

static void put_entry(enum history_top_kind kind, const char *text, uint64_t count)
{
	struct history_entry *e =
		&journal.history.entries[kind][journal.history.entry_count[kind]++];
	snprintf(e->text, sizeof e->text, "%s", text);
	e->count = count;
}

static void permitted_domains_are_without_their_blocked_queries(void **state)
{
	(void)state;
	size_t n;
	put_entry(HISTORY_DOMAINS, "half.example", 100);
	put_entry(HISTORY_DOMAINS, "ads.example", 70);
	put_entry(HISTORY_DOMAINS, "good.example", 40);
	put_entry(HISTORY_BLOCKED_DOMAINS, "half.example", 90);
	put_entry(HISTORY_BLOCKED_DOMAINS, "ads.example", 70);
	struct history_entry *e = dialect_top(&web, HISTORY_DOMAINS, NOW - 86400, NOW, 10, &n);
	assert_int_equal(n, 2);
	assert_string_equal(e[0].text, "good.example");
	assert_int_equal(e[0].count, 40);
	assert_string_equal(e[1].text, "half.example");
	assert_int_equal(e[1].count, 10);
	free(e);
	e = dialect_top(&web, HISTORY_DOMAINS, NOW - 86400, NOW, 1, &n);
	assert_int_equal(n, 1);
	assert_string_equal(e[0].text, "good.example");
	free(e);
	e = dialect_top(&web, HISTORY_CLIENTS, NOW - 86400, NOW, 10, &n);
	assert_non_null(e);
	assert_int_equal(n, 0);
	free(e);
}

/* --- the switch ------------------------------------------------------------------------------- */

static void the_switch_is_a_pause_of_all(void **state)
{
	(void)state;
	uint64_t left_s = 9;
	struct err why = {0};
	server.respites.now_s = NOW;
	assert_true(dialect_is_blocking(&web, &left_s));
	assert_int_equal(left_s, 0);
	/* That of a group is none. */
	server.respites.pauses[0] =
		(struct server_pause){.scope = SERVER_SCOPE_GROUP, .group = "children"};
	server.respites.pause_count = 1;
	assert_true(dialect_is_blocking(&web, &left_s));
	assert_int_equal(dialect_set_blocking(&web, false, 0, &why), 0);
	assert_false(dialect_is_blocking(&web, &left_s));
	assert_int_equal(left_s, 0);
	assert_int_equal(dialect_set_blocking(&web, false, 30, &why), 0);
	assert_false(dialect_is_blocking(&web, &left_s));
	assert_int_equal(left_s, 30);
	clock_advance(10 * 1000000);
	assert_false(dialect_is_blocking(&web, &left_s));
	assert_int_equal(left_s, 20);
	assert_int_equal(dialect_set_blocking(&web, true, 0, &why), 0);
	assert_true(dialect_is_blocking(&web, &left_s));
	assert_int_equal(server.respites.pause_count, 1);
	/* On when it is on. */
	assert_int_equal(dialect_set_blocking(&web, true, 0, &why), 0);
	server.respites.code = CEN_ELIMIT;
	assert_int_equal(dialect_set_blocking(&web, false, 0, &why), CEN_ELIMIT);
	assert_true(why.text[0]);
}

static void a_cookie_changes_nothing(void **state)
{
	(void)state;
	struct edge_request q = {.scope = EDGE_ADMIN};
	assert_int_equal(dialect_scope_without(&q), EDGE_STATS);
	q.scope = EDGE_NOBODY;
	assert_int_equal(dialect_scope_without(&q), EDGE_NOBODY);
	q = (struct edge_request){.scope = EDGE_ADMIN, .is_local = true};
	assert_int_equal(dialect_scope_without(&q), EDGE_ADMIN);
}

/* --- reading and writing ---------------------------------------------------------------------- */

static void numbers_are_bounded(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"", "0", "-1", "+1", "1x", "1.0", " 1", "11", "18446744073709551617"};
	static struct edge_request q;
	char target[64];
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		snprintf(target, sizeof target, "/?n=%s", bad[i][0] == ' ' ? "%201" : bad[i]);
		assert_true(target_parse(target, strlen(target), &q.target));
		assert_int_equal(dialect_number(&q, "n", 10, 7), 7);
	}
	assert_true(target_parse("/?n=10", 6, &q.target));
	assert_int_equal(dialect_number(&q, "n", 10, 7), 10);
	assert_int_equal(dialect_number(&q, "m", 10, 7), 7);
}

static void bodies_are_objects(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "{", "[]", "null", "1", "\"x\"", "{}x",
		"{\"a\":1,\"a\":2}", "{\"a\":\"\xff\"}"};
	struct edge_request q = {0};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		q.body = strdup(bad[i]);
		q.body_len = strlen(bad[i]);
		assert_null(dialect_body(&q));
		free(q.body);
	}
	q.body = strdup("{\"a\": {\"unknown\": [1]}}");
	q.body_len = strlen(q.body);
	json_t *body = dialect_body(&q);
	assert_int_equal(json_object_size(body), 1);
	json_decref(body);
	free(q.body);
}

static void prefixes_are_written_as_they_are_given(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"192.0.2.0/24", "192.0.2.7", "2001:db8::/32", "2001:db8::7", "0.0.0.0/0", "::/0"};
	char out[DIALECT_PREFIX_TEXT];
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct addr_prefix p;
		assert_int_equal(addr_prefix_from_text(texts[i], &p), 0);
		assert_string_equal(dialect_prefix_text(&p, out), texts[i]);
	}
}

static void text_is_owned(void **state)
{
	(void)state;
	struct edge_response r;
	dialect_text(&r, 501, "no %s\n", "such");
	assert_int_equal(r.status, 501);
	assert_int_equal(r.len, 8);
	assert_memory_equal(r.body, "no such\n", 8);
	free(r.body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_are_found),
		cmocka_unit_test(groups_are_all_there_is),
		cmocka_unit_test_setup_teardown(series_have_their_slots, begin, end),
		cmocka_unit_test_setup_teardown(
			permitted_domains_are_without_their_blocked_queries, begin, end),
		cmocka_unit_test_setup_teardown(the_switch_is_a_pause_of_all, begin, end),
		cmocka_unit_test(a_cookie_changes_nothing),
		cmocka_unit_test(numbers_are_bounded),
		cmocka_unit_test(bodies_are_objects),
		cmocka_unit_test(prefixes_are_written_as_they_are_given),
		cmocka_unit_test(text_is_owned),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
