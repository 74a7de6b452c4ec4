/* SPDX-License-Identifier: BSD-2-Clause
 * What a guard thinks of a generation, with the one before it and without.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "feeds/guard.h"
#include "feeds/listdb/build.h"
#include "feeds/popular.h"
#include "tests/unit/folder.h"

struct test {
	struct folder folder;
	unsigned files;
	struct plan plan;
	struct plan_list list;
	struct guard *guard;
	struct err why;
};

static int set_up(void **state)
{
	struct test *t = calloc(1, sizeof *t);
	assert_non_null(t);
	folder_make(&t->folder);
	t->list = (struct plan_list){.name = (char *)(uintptr_t) "a",
		.source = (char *)(uintptr_t) "https://user:pw@lists.example:8443/x?y=//z",
		.is_deny = true,
		.floor = 1,
		.max_change_percent = 50};
	t->plan.lists = &t->list;
	t->plan.list_count = 1;
	t->guard = guard_new(&t->plan);
	assert_non_null(t->guard);
	*state = t;
	return 0;
}

static int tear_down(void **state)
{
	struct test *t = *state;
	guard_free(t->guard);
	folder_remove(&t->folder);
	free(t);
	return 0;
}

/* `name`: it and all below; `=name`: it alone; `*.name`: below; `/pattern/`, `1.2.3.0/24`; `@@` before: an exception, `!` before: important. */
static void add(struct build *b, const char *text, struct err *why)
{
	struct rule r = {
		.trigger = RULE_NAME, .verb = RULE_MATCH, .is_self = true, .is_below = true};
	if (!strncmp(text, "@@", 2)) {
		r.verb = RULE_EXCEPT;
		text += 2;
	}
	r.is_important = *text == '!';
	text += *text == '!';
	struct dname d;
	size_t len = strlen(text);
	if (*text == '/') {
		r.trigger = RULE_PATTERN;
		r.pattern = text + 1;
		r.pattern_len = (uint16_t)(len - 2);
	} else if (!addr_prefix_from_text(text, &r.prefix)) {
		r.trigger = RULE_ANSWER;
	} else {
		r.is_below = *text != '=';
		r.is_self = *text != '*';
		text += *text == '=' ? 1 : *text == '*' ? 2 : 0;
		assert_int_equal(dname_from_text(text, strlen(text), &d), 0);
		r.len = (uint8_t)dname_key(&d, r.key);
		r.labels = d.labels;
	}
	if (build_add(b, &r, why))
		fail_msg("%s", why->text);
}

/* A generation with the list `a` of these rules and `filler` more, from source number `source`. */
static struct listdb *generation(
	struct test *t, const char *const *rules, unsigned filler, uint64_t source)
{
	char path[PATH_MAX], name[64];
	struct build_options options = {.folder = t->folder.path, .run_keys = 1000};
	struct build_head head = {.number = ++t->files};
	struct build *b;
	struct listdb *db = NULL;
	struct listdb_list about = {.name = "a", .format = "x", .source = source};
	assert_int_equal(build_new(&options, &b, &t->why), 0);
	assert_int_equal(build_begin(b, &t->why), 0);
	for (; *rules; rules++)
		add(b, *rules, &t->why);
	for (unsigned i = 0; i < filler; i++) {
		snprintf(name, sizeof name, "filler%u.example", i);
		add(b, name, &t->why);
	}
	assert_int_equal(build_keep(b, &about, &t->why), 0);
	snprintf(path, sizeof path, "%s/%u.mdb", t->folder.path, t->files);
	if (build_write(b, path, &head, &t->why) || listdb_open(path, &db, &t->why))
		fail_msg("%s", t->why.text);
	build_free(b);
	return db;
}

#define RULES(...) \
	(const char *const[]) \
	{ \
		__VA_ARGS__, NULL \
	}
#define NO_RULES \
	(const char *const[]) \
	{ \
		NULL \
	}

static unsigned judge(struct test *t, struct listdb *now, struct listdb *before, unsigned accepted)
{
	t->why.text[0] = 0;
	unsigned held =
		guard_judge(t->guard, &t->list, now, before, (enum feeds_guard)accepted, &t->why);
	listdb_close(now);
	listdb_close(before);
	return held;
}

static unsigned judge_new(struct test *t, const char *const *rules)
{
	return judge(t, generation(t, rules, 5, 1), NULL, 0);
}

static void size_is_bounded(void **state)
{
	struct test *t = *state;
	static const struct {
		unsigned before, now;
		unsigned held;
	} cases[] = {{400, 200, 0}, {400, 199, FEEDS_GUARD_CHANGE}, {400, 2400, 0},
		{400, 2401, FEEDS_GUARD_CHANGE}, {99, 1, 0}, {100, 49, FEEDS_GUARD_CHANGE},
		{99, 5000, 0}, {100, 601, FEEDS_GUARD_CHANGE}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct listdb *now = generation(t, NO_RULES, cases[i].now, 1);
		assert_int_equal(judge(t, now, generation(t, NO_RULES, cases[i].before, 1), 0),
			cases[i].held);
		assert_int_equal(*t->why.text != 0, cases[i].held != 0);
	}
	/* From another source, without a bound, accepted. */
	assert_int_equal(
		judge(t, generation(t, NO_RULES, 5, 2), generation(t, NO_RULES, 400, 1), 0), 0);
	assert_int_equal(judge(t, generation(t, NO_RULES, 5, 1), generation(t, NO_RULES, 400, 1),
				 FEEDS_GUARD_CHANGE),
		0);
	t->list.max_change_percent = 100;
	assert_int_equal(
		judge(t, generation(t, NO_RULES, 5, 1), generation(t, NO_RULES, 400, 1), 0), 0);
	t->list.floor = 6;
	assert_int_equal(judge(t, generation(t, NO_RULES, 5, 1), NULL, 0), FEEDS_GUARD_FLOOR);
	assert_non_null(strstr(t->why.text, "5 rules are fewer than its floor of 6"));
	assert_int_equal(judge(t, generation(t, NO_RULES, 5, 1), NULL, FEEDS_GUARD_FLOOR), 0);
}

static void protected_names(void **state)
{
	struct test *t = *state;
	static const char *const held[] = {"google.com", "=google.com", "*.google.com",
		"msftncsi.com", "lists.example", "example", "!google.com", "/^goo+gle\\.com$/",
		"/om/", "8.8.8.8", "0.0.0.0/0", "::/0"};
	static const char *const fine[] = {"ads.google.com", "=msftncsi.com",
		"google.com.evil.example", "@@google.com", "xgoogle.com", "other.lists.example",
		"=example", "/^ads[0-9]+\\.google\\.com$/", "203.0.113.0/24"};
	for (size_t i = 0; i < sizeof held / sizeof *held; i++)
		if (judge_new(t, RULES(held[i])) != FEEDS_GUARD_NAMES)
			fail_msg("%s is not held", held[i]);
	for (size_t i = 0; i < sizeof fine / sizeof *fine; i++)
		if (judge_new(t, RULES(fine[i])))
			fail_msg("%s: %s", fine[i], t->why.text);
	/* Exceptions of the same list, and what is stronger. */
	assert_int_equal(judge_new(t, RULES("google.com", "@@google.com")), FEEDS_GUARD_NONE);
	assert_int_equal(judge_new(t, RULES("!google.com", "@@google.com")), FEEDS_GUARD_NAMES);
	t->list.is_deny = false;
	assert_int_equal(judge_new(t, RULES("google.com")), 0);
}

static void only_what_is_new(void **state)
{
	struct test *t = *state;
	struct listdb *before = generation(t, RULES("google.com", "/^apple/", "9.9.9.9"), 5, 1);
	struct listdb *now = generation(t, RULES("google.com", "/^apple/", "9.9.9.9", "x.y"), 5, 1);
	assert_int_equal(judge(t, now, before, 0), 0);
	before = generation(t, RULES("=google.com"), 5, 1);
	assert_int_equal(
		judge(t, generation(t, RULES("google.com"), 5, 1), before, 0), FEEDS_GUARD_NAMES);
	assert_null(strstr(t->why.text, " google.com"));
	assert_non_null(strstr(t->why.text, "dns.google.com"));
	assert_int_equal(
		judge(t, generation(t, RULES("google.com"), 5, 1), NULL, FEEDS_GUARD_NAMES), 0);
}

static void all_that_objects_is_said(void **state)
{
	struct test *t = *state;
	t->list.floor = 10;
	unsigned held = judge(
		t, generation(t, RULES("paypal.com"), 1, 1), generation(t, NO_RULES, 400, 1), 0);
	assert_int_equal(held, FEEDS_GUARD_FLOOR | FEEDS_GUARD_CHANGE | FEEDS_GUARD_NAMES);
	assert_non_null(strstr(t->why.text, "paypal.com"));
	assert_non_null(strstr(t->why.text, "; 2 rules are fewer"));
	held = judge(t, generation(t, RULES("paypal.com"), 1, 1), generation(t, NO_RULES, 400, 1),
		FEEDS_GUARD_FLOOR | FEEDS_GUARD_CHANGE);
	assert_true(held & FEEDS_GUARD_NAMES);
	assert_null(strstr(t->why.text, "rules"));
}

static void the_operators_word(void **state)
{
	struct test *t = *state;
	char own[] = "vpn.work.example", taken[] = "com", upstream[] = "192.0.2.53";
	char *protected[] = {own}, *unprotected[] = {taken}, *upstreams[] = {upstream};
	t->plan.protected = protected;
	t->plan.unprotected = unprotected;
	t->plan.upstreams = upstreams;
	t->plan.protected_count = t->plan.unprotected_count = t->plan.upstream_count = 1;
	guard_free(t->guard);
	t->guard = guard_new(&t->plan);
	assert_non_null(t->guard);
	assert_int_equal(judge_new(t, RULES("google.com")), 0);
	assert_int_equal(judge_new(t, RULES("wikipedia.org")), FEEDS_GUARD_NAMES);
	assert_int_equal(judge_new(t, RULES("192.0.2.0/24")), FEEDS_GUARD_NAMES);
	assert_int_equal(judge_new(t, RULES("work.example")), FEEDS_GUARD_NAMES);
	assert_non_null(strstr(t->why.text, "vpn.work.example (feeds.protected)"));
	/* The root: all that is built in. */
	taken[0] = '.';
	taken[1] = 0;
	guard_free(t->guard);
	t->guard = guard_new(&t->plan);
	assert_int_equal(guard_count(t->guard), 1);
}

static void count_name(void *arg, const char *name, size_t len)
{
	struct dname d;
	unsigned *n = arg;
	if (dname_from_text(name, len, &d) || d.labels < 2)
		fail_msg("%.*s is no name", (int)len, name);
	++*n;
}

static void popular_names_are_names(void **state)
{
	(void)state;
	unsigned n = 0;
	struct addr a;
	popular_each(count_name, &n);
	assert_true(n > 1000);
	for (n = 0; popular_address(n); n++)
		assert_int_equal(addr_from_text(popular_address(n), &a), 0);
	assert_true(n > 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(size_is_bounded, set_up, tear_down),
		cmocka_unit_test_setup_teardown(protected_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(only_what_is_new, set_up, tear_down),
		cmocka_unit_test_setup_teardown(all_that_objects_is_said, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_operators_word, set_up, tear_down),
		cmocka_unit_test(popular_names_are_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
