/* SPDX-License-Identifier: BSD-2-Clause
 * The control plane's side of pauses and unblocked names: for whom, what explain says of them, and that what is over costs nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "resolver/base/clock.h"
#include "resolver/server_internal.h"
#include "tests/unit/own_address.h"
#include "tests/unit/view_harness.h"

enum { WALL_S = 1700000000 };

static struct view_harness h;
static struct server *server;
static struct server_explanation said;
static struct err why;

static const char more[] = "groups: [{name: children, clients: [192.0.2.64/26]}]\n"
			   "deny: [own.example]\n"
			   "lists: [{name: one, source: /x, kind: deny, action: nxdomain}]\n"
			   "dga: {mode: block}\n";
static const struct view_harness_list lists[] = {{"one", "a.example"}};

static int start(void **state)
{
	(void)state;
	char text[2048], address[OWN_ADDRESS_MAX];
	clock_freeze(UINT64_C(5000000000), WALL_S);
	view_harness_start(&h);
	snprintf(text, sizeof text,
		"directory: %s\nworkers: 1\nlisten: ['%s:5300']\ncache: {size: 1MiB}\n"
		"dnssec: {validate: false}\nrecursion: {in_flight: 100}\n%s",
		h.folder.path, own_address(address), more);
	if (server_new(parse(text), view_harness_build(&h, lists, 1), NULL, NULL, &server, &why))
		fail_msg("%s", why.text);
	return 0;
}

static int finish(void **state)
{
	(void)state;
	server_free(server);
	server = NULL;
	view_harness_finish(&h);
	return 0;
}

static struct addr address(const char *text)
{
	struct addr a;
	assert_int_equal(addr_from_text(text, &a), 0);
	return a;
}

static const struct server_explanation *explain(const char *name, const char *client)
{
	struct addr a = address(client);
	if (server_explain(server, name, &a, 0, &said, &why))
		fail_msg("%s", why.text);
	return &said;
}

static struct server_pause for_client(const char *client)
{
	return (struct server_pause){.scope = SERVER_SCOPE_CLIENT, .client = address(client)};
}

static struct server_unblock name_of(const char *rule)
{
	return (struct server_unblock){.rule = view_harness_rule(rule, strlen(rule))};
}

static void test_explain_while_paused(void **state)
{
	(void)state;
	struct server_pause p = for_client("192.0.2.1");
	assert_int_equal(server_pause(server, &p, 300, &why), 0);
	assert_int_equal(p.until_s, WALL_S + 300);
	explain("www.a.example", "192.0.2.1");
	assert_string_equal(said.verdict, "paused");
	assert_string_equal(said.list, "one");
	assert_string_equal(said.answer, "as resolved");
	assert_int_equal(said.ede, -1);
	assert_true(said.is_paused);
	assert_int_equal(said.pause.until_s, WALL_S + 300);
	assert_string_equal(explain("own.example", "192.0.2.1")->verdict, "paused");
	assert_string_equal(explain("xjqwzvkhtrpbdmflqgkx.com", "192.0.2.1")->verdict, "paused");
	assert_non_null(strstr(said.dga_effect, "blocking is paused"));
	assert_string_equal(explain("b.example", "192.0.2.1")->verdict, "none");
	assert_true(said.is_paused);
	assert_string_equal(explain("www.a.example", "192.0.2.2")->verdict, "block");
	assert_false(said.is_paused);
	assert_string_equal(explain("xjqwzvkhtrpbdmflqgkx.com", "192.0.2.2")->verdict, "generated");
	clock_advance(299999999);
	assert_string_equal(explain("a.example", "192.0.2.1")->verdict, "paused");
	clock_advance(1);
	assert_string_equal(explain("a.example", "192.0.2.1")->verdict, "block");
	assert_false(said.is_paused);
}

static void test_explain_an_unblocked_name(void **state)
{
	(void)state;
	struct server_unblock u = name_of("a.example"), longer = name_of("=www.a.example");
	u.scope = SERVER_SCOPE_GROUP;
	snprintf(u.group, sizeof u.group, "children");
	assert_int_equal(server_unblock(server, &u, 60, &why), 0);
	assert_int_equal(server_unblock(server, &longer, 600, &why), 0);
	explain("www.a.example", "192.0.2.65");
	assert_string_equal(said.verdict, "allow");
	assert_string_equal(said.list, "own allow");
	assert_true(said.is_unblocked);
	assert_int_equal(said.unblock.until_s, WALL_S + 600);
	assert_string_equal(explain("ftp.a.example", "192.0.2.65")->verdict, "allow");
	assert_int_equal(said.unblock.until_s, WALL_S + 60);
	assert_string_equal(explain("www.a.example", "192.0.2.1")->verdict, "allow");
	assert_string_equal(explain("a.example", "192.0.2.1")->verdict, "block");
	assert_false(said.is_unblocked);
	clock_advance(60000000);
	assert_string_equal(explain("ftp.a.example", "192.0.2.65")->verdict, "block");
	assert_string_equal(explain("www.a.example", "192.0.2.65")->verdict, "allow");
}

/* The path looks for them only while there are any. */
static void test_what_is_over_costs_nothing(void **state)
{
	(void)state;
	struct server_pause p = {.scope = SERVER_SCOPE_ALL};
	struct server_unblock u = name_of("a.example");
	struct server_info info;
	assert_null(server->owned_view->respites);
	assert_int_equal(server_pause(server, &p, 10, &why), 0);
	assert_int_equal(server_unblock(server, &u, 20, &why), 0);
	server_info(server, &info);
	assert_int_equal(info.pauses, 1);
	assert_int_equal(info.unblocks, 1);
	clock_advance(10000000);
	server_info(server, &info);
	assert_int_equal(info.pauses, 0);
	assert_non_null(server->owned_view->respites);
	server_tidy(server);
	assert_non_null(server->owned_view->respites);
	uint32_t serial = server->owned_view->serial;
	server_tidy(server);
	assert_int_equal(server->owned_view->serial, serial);
	clock_advance(10000000);
	server_tidy(server);
	assert_null(server->owned_view->respites);
}

static void test_lists_of_them(void **state)
{
	(void)state;
	struct server_pause p = for_client("192.0.2.1"), all = {.scope = SERVER_SCOPE_ALL}, out[4];
	struct server_unblock u = name_of("*.a.example"), names[4];
	assert_int_equal(server_pause(server, &p, 0, &why), 0);
	assert_int_equal(p.until_s, 0);
	assert_int_equal(server_pause(server, &all, 10, &why), 0);
	assert_int_equal(server_unblock(server, &u, 10, &why), 0);
	assert_int_equal(server_pauses(server, out, 4), 2);
	assert_true(out[0].scope == SERVER_SCOPE_CLIENT && !out[0].until_s);
	assert_true(out[1].scope == SERVER_SCOPE_ALL && out[1].until_s == WALL_S + 10);
	assert_int_equal(server_pauses(server, out, 1), 2);
	assert_int_equal(server_pauses(server, NULL, 0), 2);
	assert_int_equal(server_unblocks(server, names, 4), 1);
	assert_true(names[0].rule.is_below && !names[0].rule.is_self);
	/* Over, though nobody has tidied up. */
	clock_advance(10000000);
	assert_int_equal(server_pauses(server, out, 4), 1);
	assert_int_equal(server_unblocks(server, names, 4), 0);
	assert_int_equal(server_resume(server, &all, &why), CEN_ENOTFOUND);
	assert_int_equal(server_unblock_remove(server, &u, &why), CEN_ENOTFOUND);
	assert_int_equal(server_resume(server, &p, &why), 0);
	assert_int_equal(server_resume(server, &p, &why), CEN_ENOTFOUND);
}

static void test_about_one_client(void **state)
{
	(void)state;
	struct addr child = address("192.0.2.65"), other = address("192.0.2.1");
	struct server_pause p = {.scope = SERVER_SCOPE_GROUP, .group = "children"};
	char group[CONFIG_NAME_MAX + 1];
	uint64_t until_s = 7;
	assert_true(server_client_group(server, &child, group));
	assert_string_equal(group, "children");
	assert_false(server_client_group(server, &other, group));
	assert_string_equal(group, "default");
	assert_false(server_client_pause(server, &child, &until_s));
	assert_int_equal(until_s, 0);
	assert_int_equal(server_pause(server, &p, 60, &why), 0);
	assert_true(server_client_pause(server, &child, &until_s));
	assert_int_equal(until_s, WALL_S + 60);
	assert_false(server_client_pause(server, &other, &until_s));
	p = for_client("192.0.2.65");
	assert_int_equal(server_pause(server, &p, 0, &why), 0);
	assert_true(server_client_pause(server, &child, &until_s));
	assert_int_equal(until_s, 0);
}

static void test_what_is_refused(void **state)
{
	(void)state;
	char path[PATH_MAX];
	struct server_pause p = {.scope = SERVER_SCOPE_GROUP, .group = "nobody"};
	struct server_unblock u = name_of("a.example");
	assert_int_equal(server_pause(server, &p, 5, &why), CEN_ENOTFOUND);
	assert_string_equal(why.text, "there is no group \"nobody\"");
	assert_int_equal(server_unblock(server, &u, 0, &why), CEN_ERANGE);
	u.rule = (struct config_rule){.name.len = 1, .is_below = true};
	assert_int_equal(server_unblock(server, &u, 5, &why), CEN_EREFUSED);
	assert_null(server->owned_view->respites);
	/* Nothing is in force that is not kept. */
	u = name_of("a.example");
	snprintf(path, sizeof path, "%s/respites.new", server->config->state_directory);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_not_equal(server_unblock(server, &u, 5, &why), 0);
	assert_null(server->owned_view->respites);
	assert_string_equal(explain("a.example", "192.0.2.1")->verdict, "block");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)
	const struct CMUnitTest tests[] = {
		TEST(test_explain_while_paused),
		TEST(test_explain_an_unblocked_name),
		TEST(test_what_is_over_costs_nothing),
		TEST(test_lists_of_them),
		TEST(test_about_one_client),
		TEST(test_what_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
