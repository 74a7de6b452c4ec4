/* SPDX-License-Identifier: BSD-2-Clause
 * Whom a pause is for, whom a name is unblocked for and which names, until when; and that an unblocked name wins against every list.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "resolver/base/clock.h"
#include "resolver/policy.h"
#include "tests/unit/view_harness.h"

enum { DEFAULT, CHILDREN, OFFICE };
static const uint64_t now = 5000000, soon = 6000000, later = 9000000;

#define GROUPS \
	"groups: [{name: children, clients: [192.0.2.64/26]}, {name: office, clients: " \
	"[192.0.2.0/27]}]\n"
#define LISTS \
	"deny: [own.example]\nlists:\n" \
	"  - {name: one, source: /x, kind: deny}\n" \
	"  - {name: good, source: /x, kind: allow}\n"

static const struct view_harness_list lists[] = {
	{"one", "a.example b.example ok.example"}, {"good", "ok.example"}};

static struct view_harness h;

static int start(void **state)
{
	(void)state;
	clock_freeze(now, 1700000000);
	view_harness_start(&h);
	return 0;
}

static int finish(void **state)
{
	(void)state;
	view_harness_finish(&h);
	return 0;
}

static struct addr address(const char *text)
{
	struct addr a;
	assert_int_equal(addr_from_text(text, &a), 0);
	return a;
}

static uint64_t paused_until(const char *client)
{
	struct addr a = address(client);
	uint16_t group = (uint16_t)addr_table_find(h.view->group_of_client, &a, 0);
	return view_respite_paused_until(h.view->respites, &a, group);
}

static struct policy_verdict judge(const char *name, const char *client, uint64_t at_us)
{
	struct dname n;
	struct addr a = address(client ? client : "::");
	assert_int_equal(dname_from_text(name, strlen(name), &n), 0);
	struct policy_question about = {.name = &n,
		.client = client ? &a : NULL,
		.group = client ? (uint16_t)addr_table_find(h.view->group_of_client, &a, 0) : 0,
		.type = TYPE_A,
		.now_us = at_us};
	return policy_judge(h.view, NULL, &about);
}

static bool is_unblocked(const char *name, const char *client, uint64_t at_us)
{
	struct policy_verdict v = judge(name, client, at_us);
	if (v.kind != POLICY_ALLOW)
		return false;
	assert_int_equal(v.list, LISTDB_OWN_ALLOW);
	assert_true(v.is_held); /* so that no answer is taken for everybody's */
	return true;
}

/* --- pauses ----------------------------------------------------------------------------------- */

static void test_nothing(void **state)
{
	(void)state;
	view_harness_join(&h, GROUPS, NULL, 0);
	assert_null(h.view->respites);
	view_harness_respite(&h, "pause 1 2 all", now);
	view_harness_respite(&h, "unblock 1 2 all a.example", now);
	view_harness_join(&h, GROUPS, NULL, 0);
	assert_null(h.view->respites);
}

static void test_whom_a_pause_is_for(void **state)
{
	(void)state;
	view_harness_respite(&h, "pause 1 2 group children", soon);
	view_harness_respite(&h, "pause 1 2 group gone", later);
	view_harness_respite(&h, "pause 1 2 client 192.0.2.70", later);
	view_harness_respite(&h, "pause 1 2 client 2001:db8::7", UINT64_MAX);
	view_harness_join(&h, GROUPS, NULL, 0);
	assert_int_equal(paused_until("192.0.2.65"), soon);
	assert_int_equal(paused_until("192.0.2.70"), later);
	assert_int_equal(paused_until("192.0.2.1"), 0);
	assert_int_equal(paused_until("203.0.113.1"), 0);
	assert_true(paused_until("2001:db8::7") == UINT64_MAX);
	assert_int_equal(paused_until("2001:db8::8"), 0);
}

static void test_a_pause_for_all(void **state)
{
	(void)state;
	view_harness_respite(&h, "pause 1 2 all", soon);
	view_harness_respite(&h, "pause 1 2 group children", later);
	view_harness_respite(&h, "pause 1 2 client 192.0.2.70", now + 1);
	view_harness_join(&h, GROUPS, NULL, 0);
	assert_int_equal(paused_until("203.0.113.1"), soon);
	assert_int_equal(paused_until("192.0.2.1"), soon);
	assert_int_equal(paused_until("192.0.2.65"), later);
	assert_int_equal(paused_until("192.0.2.70"), later);
}

static void test_the_default_group(void **state)
{
	(void)state;
	view_harness_respite(&h, "pause 1 2 group default", soon);
	view_harness_join(&h, GROUPS, NULL, 0);
	assert_int_equal(paused_until("203.0.113.1"), soon);
	assert_int_equal(paused_until("192.0.2.65"), 0);
}

/* --- unblocked names -------------------------------------------------------------------------- */

static void test_which_names(void **state)
{
	(void)state;
	view_harness_respite(&h, "unblock 1 2 all a.example", soon);
	view_harness_respite(&h, "unblock 1 2 all =b.example", soon);
	view_harness_respite(&h, "unblock 1 2 all *.own.example", soon);
	view_harness_join(&h, LISTS, lists, 2);
	assert_true(is_unblocked("a.example", "192.0.2.1", now));
	assert_true(is_unblocked("x.y.a.example", "192.0.2.1", now));
	assert_true(is_unblocked("b.example", "192.0.2.1", now));
	assert_false(is_unblocked("x.b.example", "192.0.2.1", now));
	assert_int_equal(judge("x.b.example", "192.0.2.1", now).kind, POLICY_DENY);
	assert_false(is_unblocked("own.example", "192.0.2.1", now));
	assert_true(is_unblocked("x.own.example", "192.0.2.1", now));
	/* No list holds it: allowed all the same, for what it leads to. */
	assert_false(is_unblocked("other.example", "192.0.2.1", now));
	assert_false(is_unblocked("example", "192.0.2.1", now));
	assert_false(is_unblocked("xa.example", "192.0.2.1", now));
}

static void test_a_name_on_no_list(void **state)
{
	(void)state;
	view_harness_respite(&h, "unblock 1 2 all clean.example", soon);
	view_harness_join(&h, LISTS, lists, 2);
	assert_true(is_unblocked("clean.example", "192.0.2.1", now));
	view_harness_join(&h, "", NULL, 0);
	assert_true(is_unblocked("clean.example", "192.0.2.1", now));
}

static void test_until_when(void **state)
{
	(void)state;
	view_harness_respite(&h, "unblock 1 2 all a.example", soon);
	view_harness_respite(&h, "unblock 1 2 client 192.0.2.1 a.example", later);
	view_harness_join(&h, LISTS, lists, 2);
	assert_true(is_unblocked("a.example", "192.0.2.2", soon - 1));
	assert_false(is_unblocked("a.example", "192.0.2.2", soon));
	assert_true(is_unblocked("a.example", "192.0.2.1", later - 1));
	assert_false(is_unblocked("a.example", "192.0.2.1", later));
	assert_int_equal(judge("a.example", "192.0.2.1", later).kind, POLICY_DENY);
	assert_int_equal(judge("ok.example", "192.0.2.1", later).kind, POLICY_ALLOW);
}

static void test_for_whom(void **state)
{
	(void)state;
	view_harness_respite(&h, "unblock 1 2 client 192.0.2.70 a.example", soon);
	view_harness_respite(&h, "unblock 1 2 group office a.example", soon);
	view_harness_respite(&h, "unblock 1 2 group default b.example", soon);
	view_harness_respite(&h, "unblock 1 2 group gone own.example", soon);
	view_harness_join(&h, GROUPS LISTS, lists, 2);
	assert_true(is_unblocked("a.example", "192.0.2.70", now));
	assert_false(is_unblocked("a.example", "192.0.2.71", now));
	assert_true(is_unblocked("a.example", "192.0.2.1", now));
	assert_false(is_unblocked("a.example", "203.0.113.1", now));
	assert_false(is_unblocked("a.example", NULL, now));
	assert_true(is_unblocked("b.example", "203.0.113.1", now));
	assert_false(is_unblocked("b.example", "192.0.2.1", now));
	assert_false(is_unblocked("b.example", NULL, now));
	for (int i = 1; i < 255; i++) {
		char client[32];
		snprintf(client, sizeof client, "192.0.2.%d", i);
		assert_false(is_unblocked("own.example", client, now));
	}
}

/* More than one chain holds, each found with its own ends. */
static void test_many(void **state)
{
	(void)state;
	char line[128], name[64];
	for (unsigned i = 0; i < RESPITES_MAX; i++) {
		snprintf(line, sizeof line, "unblock 1 2 all =n%u.own.example", i);
		view_harness_respite(&h, line, now + 1 + i);
	}
	view_harness_join(&h, LISTS, lists, 2);
	for (unsigned i = 0; i < RESPITES_MAX; i++) {
		snprintf(name, sizeof name, "n%u.own.example", i);
		assert_true(is_unblocked(name, "192.0.2.1", now + i));
		assert_false(is_unblocked(name, "192.0.2.1", now + i + 1));
	}
	assert_false(is_unblocked("n1000.own.example", "192.0.2.1", now));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)
	const struct CMUnitTest tests[] = {
		TEST(test_nothing),
		TEST(test_whom_a_pause_is_for),
		TEST(test_a_pause_for_all),
		TEST(test_the_default_group),
		TEST(test_which_names),
		TEST(test_a_name_on_no_list),
		TEST(test_until_when),
		TEST(test_for_whom),
		TEST(test_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
