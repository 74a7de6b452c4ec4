/* SPDX-License-Identifier: BSD-2-Clause
 * The control plane without a client: what is published, what explain says of it, what a failure leaves as it was.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "resolver/base/wire.h"
#include "resolver/server.h"
#include "tests/unit/own_address.h"
#include "tests/unit/view_harness.h"

static struct view_harness h;
static struct server *server;
static struct server_explanation said;
static struct err why;
static char head[1024];

#define LISTS \
	"lists:\n" \
	"  - {name: one, source: /x, kind: deny, category: botnet, action: nxdomain}\n" \
	"  - {name: two, source: /x, kind: deny}\n" \
	"  - {name: good, source: /x, kind: allow}\n" \
	"  - {name: watch, source: /x, kind: deny, mode: monitor}\n" \
	"groups: [{name: free, clients: [192.168.2.0/24], lists: []}]\n"

static const struct view_harness_list lists[] = {
	{"one", "a.example =exact.example"},
	{"two", "b.example a.example"},
	{"good", "ok.a.example"},
	{"watch", "w.example"},
};
enum { LIST_COUNT = 4 };

/* Under the folder of the test, on its port, with what `more` says. */
static struct config *configure(const char *more)
{
	char text[4096];
	snprintf(text, sizeof text, "%s%s", head, more);
	return parse(text);
}

static struct listdb *generation(void)
{
	return view_harness_build(&h, lists, LIST_COUNT);
}

static void begin(const char *more, struct listdb *db)
{
	server_free(server);
	server = NULL;
	if (server_new(configure(more), db, NULL, NULL, &server, &why))
		fail_msg("%s", why.text);
}

static int start(void **state)
{
	(void)state;
	view_harness_start(&h);
	char address[OWN_ADDRESS_MAX];
	snprintf(head, sizeof head,
		"directory: %s\nworkers: 1\nlisten: ['%s:5300']\ncache: {size: 1MiB}\n"
		"dnssec: {validate: false}\nrecursion: {in_flight: 100}\n",
		h.folder.path, own_address(address));
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

static const struct server_explanation *explain(const char *name)
{
	if (server_explain(server, name, NULL, 0, &said, &why))
		fail_msg("%s", why.text);
	return &said;
}

#define VERDICT(name, wanted) assert_string_equal(explain(name)->verdict, wanted)

static int remove_rule(
	struct server *s, enum list_kind kind, const struct config_rule *rule, struct err *e)
{
	struct server_rule_edit edit = {.rule = *rule, .kind = kind, .is_removal = true};
	return server_rule_edit(s, &edit, e);
}

static int change(
	int (*how)(struct server *, enum list_kind, const struct config_rule *, struct err *),
	enum list_kind kind, const char *text)
{
	struct config_rule r = view_harness_rule(text, strlen(text));
	return how(server, kind, &r, &why);
}

/* --- explain ----------------------------------------------------------------------------------- */

static void test_explain(void **state)
{
	(void)state;
	begin(LISTS "allow: [ok.b.example]\nrecords: ['nas.example. 60 IN A 192.0.2.7']\n",
		generation());
	VERDICT("WWW.a.Example.", "block");
	assert_string_equal(said.name, "www.a.example");
	assert_string_equal(said.list, "one");
	assert_string_equal(said.category, "botnet");
	assert_string_equal(said.action, "nxdomain");
	assert_string_equal(said.answer, "NXDOMAIN");
	assert_string_equal(said.type, "A");
	assert_string_equal(said.group, "default");
	assert_string_equal(said.client, "127.0.0.1");
	assert_true(said.is_client_admitted);
	assert_int_equal(said.ede, EDE_BLOCKED);
	assert_int_equal(said.generation, 1);
	assert_int_equal(said.holder_count, 2);
	assert_string_equal(said.holders[0].list, "one");
	assert_string_equal(said.holders[1].list, "two");
	assert_string_equal(said.holders[1].name, "a.example");
	assert_true(said.holders[0].is_applied && said.holders[0].is_in_group);
	VERDICT("b.example", "block");
	assert_string_equal(said.answer, "0.0.0.0");
	VERDICT("ok.a.example", "allow");
	assert_string_equal(said.list, "good");
	assert_string_equal(said.answer, "as resolved");
	VERDICT("x.ok.b.example", "allow");
	assert_string_equal(said.list, "own allow");
	VERDICT("w.example", "monitor");
	assert_string_equal(said.list, "watch");
	VERDICT("nas.example", "local");
	VERDICT("clean.example", "none");
	assert_int_equal(said.holder_count, 0);
	/* Held, but not this name. */
	VERDICT("www.exact.example", "none");
	assert_int_equal(said.holder_count, 1);
	assert_false(said.holders[0].is_applied);
}

static void test_explain_for_others(void **state)
{
	(void)state;
	struct addr a;
	begin(LISTS, generation());
	assert_int_equal(addr_from_text("192.168.2.9", &a), 0);
	assert_int_equal(server_explain(server, "a.example", &a, 65, &said, &why), 0);
	assert_string_equal(said.group, "free");
	assert_string_equal(said.verdict, "none");
	assert_string_equal(said.type, "HTTPS");
	assert_int_equal(said.holder_count, 2);
	assert_false(said.holders[0].is_in_group);
	assert_int_equal(addr_from_text("203.0.113.1", &a), 0);
	assert_int_equal(server_explain(server, "b.example", &a, 4711, &said, &why), 0);
	assert_false(said.is_client_admitted);
	assert_string_equal(said.type, "TYPE4711");
	assert_string_equal(said.answer, "NODATA");
	static const char *const bad[] = {"", "..", "a..example", "\\999.example"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(server_explain(server, bad[i], NULL, 0, &said, &why), CEN_EFORMAT);
}

/* --- the classifier ------------------------------------------------------------------------------ */

#define RANDOM "xjqwzvkhtrpbdmflqgkx"

/* A file of the test's folder; static until the next call. */
static const char *path_of(const char *name)
{
	static char path[PATH_MAX];
	snprintf(path, sizeof path, "%s/%s", h.folder.path, name);
	return path;
}

static void write_text(const char *name, const char *text)
{
	FILE *f = fopen(path_of(name), "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static const struct server_info *info(void)
{
	static struct server_info i;
	server_info(server, &i);
	return &i;
}

static void test_generated_names(void **state)
{
	(void)state;
	char more[1024];
	begin("dga: {mode: block}\nallow: [" RANDOM ".net]\nstub: [{zone: " RANDOM
	      ".org, to: 192.0.2.1}]\n",
		NULL);
	VERDICT("www." RANDOM ".com", "generated");
	assert_string_equal(said.answer, "0.0.0.0");
	assert_string_equal(said.dga_effect, "it is blocked");
	assert_true(said.has_classifier);
	assert_true(said.dga.verdict.score > said.dga_threshold);
	assert_int_equal(said.dga.verdict.class, DGA_RANDOM);
	assert_non_null(strstr(said.dga_text, "generated name (random, score "));
	assert_int_equal(said.ede, EDE_BLOCKED);
	VERDICT("www.wikipedia.org", "none");
	VERDICT(RANDOM ".net", "allow");
	assert_string_equal(said.dga_effect, "nothing: it is allowed");
	VERDICT("a." RANDOM ".org", "none");
	assert_non_null(strstr(said.dga_effect, "zone of your own"));
	assert_int_equal(info()->dga_mode, LIST_MODE_BLOCK);
	assert_true(info()->has_classifier && info()->dga_threshold_score > 0);
	/* Another threshold and mode are another classifier, at once. */
	int32_t strict = info()->dga_threshold_score;
	snprintf(more, sizeof more, "dga: {mode: monitor, threshold: 0.05}\n");
	assert_int_equal(server_set_config(server, configure(more), &why), 0);
	VERDICT(RANDOM ".com", "none");
	assert_string_equal(said.dga_effect, "it is counted, not blocked");
	assert_true(info()->dga_threshold_score < strict);
	assert_int_equal(server_set_config(server, configure("dga: {mode: off}\n"), &why), 0);
	VERDICT(RANDOM ".com", "none");
	assert_string_equal(said.dga_effect, "nothing: dga.mode is off");
}

static void test_a_bad_model_at_a_reload(void **state)
{
	(void)state;
	char more[PATH_MAX + 100];
	begin("dga: {mode: block}\n", NULL);
	write_text("bad.model", "this is no model");
	snprintf(more, sizeof more, "dga: {mode: monitor, model: %s}\n", path_of("bad.model"));
	assert_int_not_equal(server_set_config(server, configure(more), &why), 0);
	assert_int_equal(strncmp(why.text, "dga.model: ", 11), 0);
	assert_string_equal(info()->last_reload_error, why.text);
	assert_string_equal(info()->dga_problem, "");
	VERDICT(RANDOM ".com", "generated"); /* the old one, in its mode */
	snprintf(more, sizeof more, "dga: {model: %s}\n", path_of("none.model"));
	assert_int_not_equal(server_set_config(server, configure(more), &why), 0);
	assert_non_null(strstr(why.text, "none.model"));
	/* Who turns it off is not held up by it. */
	snprintf(more, sizeof more, "dga: {mode: off, model: %s}\n", path_of("bad.model"));
	assert_int_equal(server_set_config(server, configure(more), &why), 0);
	VERDICT(RANDOM ".com", "none");
	assert_false(info()->has_classifier);
}

static void test_a_bad_model_at_the_start(void **state)
{
	(void)state;
	char more[PATH_MAX + 100];
	write_text("bad.model", "this is no model");
	snprintf(more, sizeof more, "dga: {mode: block, model: %s}\n", path_of("bad.model"));
	begin(more, NULL);
	VERDICT(RANDOM ".com", "none");
	assert_false(said.has_classifier);
	assert_string_equal(said.dga_effect, "there is no classifier");
	assert_non_null(strstr(info()->dga_problem, "bad.model"));
	assert_int_equal(server_set_config(server, configure("dga: {mode: block}\n"), &why), 0);
	VERDICT(RANDOM ".com", "generated");
	assert_string_equal(info()->dga_problem, "");
}

/* --- publishing -------------------------------------------------------------------------------- */

static void test_generations(void **state)
{
	(void)state;
	struct server_info info;
	begin(LISTS, NULL);
	VERDICT("a.example", "none");
	assert_int_equal(said.generation, 0);
	server_info(server, &info);
	uint64_t serial = info.view_serial;
	assert_int_equal(server_set_generation(server, generation(), &why), 0);
	VERDICT("a.example", "block");
	const struct view_harness_list only_b[] = {{"two", "b.example"}};
	assert_int_equal(server_set_generation(server, view_harness_build(&h, only_b, 1), &why), 0);
	VERDICT("a.example", "none");
	VERDICT("b.example", "block");
	assert_int_equal(said.generation, 2);
	server_info(server, &info);
	assert_int_equal(info.view_serial, serial + 2);
}

static void test_reloads(void **state)
{
	(void)state;
	struct server_info info;
	begin(LISTS, generation());
	assert_int_equal(
		server_set_config(server, configure(LISTS "deny: [own.example]\n"), &why), 0);
	VERDICT("own.example", "block");
	VERDICT("a.example", "block");
	server_info(server, &info);
	assert_int_equal(info.config_reloads, 1);
	assert_string_equal(info.last_reload_error, "");
	/* One that cannot be joined leaves everything as it was. */
	struct config *bad = configure("records: ['nas.example. 60 IN A 192.0.2.7']\n");
	free(bad->records[0]);
	bad->records[0] = strdup("nonsense");
	assert_int_not_equal(server_set_config(server, bad, &why), 0);
	VERDICT("own.example", "block");
	server_info(server, &info);
	assert_int_equal(info.config_reloads, 1);
	assert_int_equal(info.config_failures, 1);
	assert_string_equal(info.last_reload_error, why.text);
	server_note_failed_reload(server, &(struct err){"cenote.yaml:3: no such key"});
	server_info(server, &info);
	assert_int_equal(info.config_failures, 2);
	assert_string_equal(info.last_reload_error, "cenote.yaml:3: no such key");
	assert_int_equal(server_set_config(server, configure(""), &why), 0);
	VERDICT("a.example", "none");
	server_info(server, &info);
	assert_string_equal(info.last_reload_error, "");
}

/* --- rules at run time ------------------------------------------------------------------------- */

static void test_rules(void **state)
{
	(void)state;
	struct server_rule rules[8];
	begin(LISTS "deny: [c.example]\n", generation());
	assert_int_equal(change(server_rule_add, LIST_DENY, "=new.example"), 0);
	assert_int_equal(change(server_rule_add, LIST_ALLOW, "c.example"), 0);
	VERDICT("new.example", "block");
	assert_string_equal(said.list, "own deny");
	VERDICT("www.c.example", "allow");
	assert_int_equal(server_rules(server, rules, 8), 3);
	assert_false(rules[0].is_runtime);
	assert_true(rules[1].is_runtime && rules[2].is_runtime);
	assert_int_equal(rules[2].kind, LIST_ALLOW);
	/* As many as there is room for; how many there are. */
	memset(rules, 0, sizeof rules);
	assert_int_equal(server_rules(server, rules, 1), 3);
	assert_int_equal(rules[1].rule.name.len, 0);
	/* They outlive a reload and a restart. */
	assert_int_equal(
		server_set_config(server, configure(LISTS "deny: [c.example]\n"), &why), 0);
	VERDICT("new.example", "block");
	begin(LISTS "deny: [c.example]\n", generation());
	VERDICT("new.example", "block");
	VERDICT("c.example", "allow");
	assert_int_equal(change(remove_rule, LIST_ALLOW, "c.example"), 0);
	VERDICT("c.example", "block");
	assert_int_equal(change(remove_rule, LIST_ALLOW, "c.example"), CEN_ENOTFOUND);
}

static void test_refused_rules(void **state)
{
	(void)state;
	begin("", NULL);
	assert_int_equal(change(server_rule_add, LIST_DENY, "com"), CEN_EREFUSED);
	assert_non_null(strstr(why.text, "\"com\" is a top-level domain"));
	assert_int_equal(change(server_rule_add, LIST_ALLOW, "."), CEN_EREFUSED);
	assert_int_equal(symlink("/dev/full", folder_file(&h.folder, "rules.new")), 0);
	assert_int_equal(change(server_rule_add, LIST_DENY, "a.example"), -ENOSPC);
	VERDICT("a.example", "none");
	assert_int_equal(server_rules(server, NULL, 0), 0);
}

/* --- counters of lists ------------------------------------------------------------------------- */

/* A list keeps its counter over generations; when there are more names than counters, the last is for all others. */
static void test_counters(void **state)
{
	(void)state;
	enum { EACH = 250 };
	static char names[EACH][16];
	struct view_harness_list many[EACH];
	begin("", NULL);
	assert_string_equal(server_list_counter_name(server, 0), "own allow");
	assert_string_equal(server_list_counter_name(server, 1), "own deny");
	assert_null(server_list_counter_name(server, 2));
	for (unsigned g = 0; g < 6; g++) {
		for (unsigned i = 0; i < EACH; i++) {
			snprintf(names[i], sizeof names[i], "g%u-l%u", g, i);
			many[i] = (struct view_harness_list){names[i], "a.example"};
		}
		assert_int_equal(
			server_set_generation(server, view_harness_build(&h, many, EACH), &why), 0);
		/* Seen before: nothing new. */
		assert_int_equal(
			server_set_generation(server, view_harness_build(&h, many, EACH), &why), 0);
		if (g < 4)
			assert_null(server_list_counter_name(server, 2 + EACH * (g + 1)));
	}
	assert_string_equal(server_list_counter_name(server, 2), "g0-l0");
	assert_string_equal(server_list_counter_name(server, 2 + EACH), "g1-l0");
	assert_string_equal(server_list_counter_name(server, STATS_LISTS - 2), "g4-l20");
	assert_string_equal(server_list_counter_name(server, STATS_LISTS - 1), "others");
	assert_null(server_list_counter_name(server, STATS_LISTS));
}

/* --- starting ---------------------------------------------------------------------------------- */

static void test_port_in_use(void **state)
{
	(void)state;
	struct server *second = NULL;
	begin("", NULL);
	assert_int_equal(server_new(configure(""), NULL, NULL, NULL, &second, &why), -EADDRINUSE);
	assert_null(second);
	assert_non_null(strstr(why.text, "is in use by another program (another cenote?)"));
}

static int edit(bool is_removal, enum list_kind kind, const char *text, uint64_t version)
{
	struct server_rule_edit e = {.rule = view_harness_rule(text, strlen(text)),
		.kind = kind,
		.is_removal = is_removal,
		.has_version = true,
		.version = version};
	int code = server_rule_edit(server, &e, &why);
	if (!code)
		assert_int_equal(e.version, server_rules_version(server));
	return code ? code : e.is_changed;
}

/* Equal for the same rules only, whoever set them; a change that is about other rules is none. */
static void test_versions_of_the_rules(void **state)
{
	(void)state;
	begin("allow: [a.example]\n", NULL);
	uint64_t first = server_rules_version(server);
	assert_int_equal(edit(false, LIST_DENY, "b.example", first), true);
	uint64_t second = server_rules_version(server);
	assert_int_not_equal(first, second);
	assert_int_equal(edit(false, LIST_DENY, "c.example", first), CEN_ESTALE);
	assert_int_equal(edit(true, LIST_DENY, "b.example", first), CEN_ESTALE);
	assert_int_equal(server_rules(server, NULL, 0), 2);
	assert_int_equal(edit(false, LIST_DENY, "b.example", second), false);
	assert_int_equal(server_rules_version(server), second);
	assert_int_equal(edit(false, LIST_DENY, "=b.example", second), true);
	assert_int_equal(edit(true, LIST_DENY, "=b.example", server_rules_version(server)), true);
	assert_int_equal(server_rules_version(server), second);
	/* The same in another process, and with other rules in the file another one. */
	begin("allow: [a.example]\n", NULL);
	assert_int_equal(server_rules_version(server), second);
	assert_int_equal(server_set_config(server, configure("deny: [a.example]\n"), &why), 0);
	uint64_t third = server_rules_version(server);
	assert_int_not_equal(third, second);
	assert_int_equal(edit(true, LIST_DENY, "b.example", second), CEN_ESTALE);
	/* Those of the file are changed there. */
	assert_int_equal(edit(true, LIST_DENY, "a.example", third), CEN_EREFUSED);
	assert_non_null(strstr(why.text, "is of the configuration file"));
	assert_int_equal(edit(true, LIST_ALLOW, "a.example", third), CEN_ENOTFOUND);
	assert_int_equal(edit(true, LIST_DENY, "=a.example", third), CEN_ENOTFOUND);
}

static void test_start_and_stop(void **state)
{
	(void)state;
	struct server_info info;
	begin(LISTS, generation());
	assert_int_equal(server_start(server, &why), 0);
	assert_int_equal(change(server_rule_add, LIST_DENY, "a.b.c.example"), 0);
	assert_int_equal(server_set_generation(server, generation(), &why), 0);
	assert_int_equal(server_set_config(server, configure(LISTS), &why), 0);
	VERDICT("a.b.c.example", "block");
	server_info(server, &info);
	assert_int_equal(info.workers, 1);
	assert_int_equal(info.in_flight, 0);
	assert_true(info.cache_bytes > 0 && info.cache_bytes <= 1 << 20);
	struct stats_total *total = calloc(1, sizeof *total);
	assert_non_null(total);
	server_stats(server, total);
	assert_int_equal(total->queries, 0);
	free(total);
	server_stop(server);
	server_stop(server);
	server_free(NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)
	const struct CMUnitTest tests[] = {
		TEST(test_explain),
		TEST(test_explain_for_others),
		TEST(test_generated_names),
		TEST(test_a_bad_model_at_a_reload),
		TEST(test_a_bad_model_at_the_start),
		TEST(test_generations),
		TEST(test_reloads),
		TEST(test_rules),
		TEST(test_refused_rules),
		TEST(test_counters),
		TEST(test_port_in_use),
		TEST(test_versions_of_the_rules),
		TEST(test_start_and_stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
