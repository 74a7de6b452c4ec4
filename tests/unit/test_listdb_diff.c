/* SPDX-License-Identifier: BSD-2-Clause
 * What a list says in one generation and not in another.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "feeds/listdb/build.h"
#include "feeds/listdb/detail.h"
#include "feeds/listdb/listdb_diff.h"
#include "tests/unit/folder.h"

struct test {
	struct folder folder;
	struct build *build;
	struct listdb *before, *after;
	char said[16384];
	size_t changes, most;
};

static void new_build(struct test *t)
{
	struct build_options options = {.folder = t->folder.path, .run_keys = 1000};
	build_free(t->build);
	assert_int_equal(build_new(&options, &t->build, NULL), 0);
}

static int set_up(void **state)
{
	struct test *t = calloc(1, sizeof *t);
	assert_non_null(t);
	folder_make(&t->folder);
	new_build(t);
	t->most = SIZE_MAX;
	*state = t;
	return 0;
}

static int tear_down(void **state)
{
	struct test *t = *state;
	listdb_close(t->before);
	listdb_close(t->after);
	build_free(t->build);
	folder_remove(&t->folder);
	free(t);
	return 0;
}

/* "a.example" is plain; "data:a.example:7" has a record; "ns:", "ip:", "re:" are the other triggers. */
static void add(struct test *t, const char *text)
{
	struct rule r = {.trigger = RULE_NAME, .verb = RULE_MATCH};
	struct detail_writer w = {0};
	struct dname d;
	char name[128];
	snprintf(name, sizeof name, "%s", text);
	if (!strncmp(text, "data:", 5)) {
		snprintf(name, sizeof name, "%.*s", (int)strcspn(text + 5, ":"), text + 5);
		detail_put_record(&w, 1, 60, (const uint8_t *)strrchr(text, ':') + 1, 1);
		r.verb = RULE_DATA;
		r.about = w.bytes;
		r.about_len = w.len;
	} else if (!strncmp(text, "ns:", 3)) {
		r.trigger = RULE_NS_NAME;
		snprintf(name, sizeof name, "%s", text + 3);
	} else if (!strncmp(text, "ip:", 3)) {
		r.trigger = RULE_ANSWER;
		assert_int_equal(addr_prefix_from_text(text + 3, &r.prefix), 0);
	} else if (!strncmp(text, "re:", 3)) {
		r.trigger = RULE_PATTERN;
		r.pattern = text + 3;
		r.pattern_len = (uint16_t)strlen(text + 3);
	}
	if (r.trigger == RULE_NAME || r.trigger == RULE_NS_NAME) {
		bool is_below = !strncmp(name, "*.", 2);
		assert_int_equal(
			dname_from_text(name + 2 * is_below, strlen(name + 2 * is_below), &d), 0);
		r.len = (uint8_t)dname_key(&d, r.key);
		r.is_self = !is_below;
		r.is_below = is_below;
	}
	assert_int_equal(build_add(t->build, &r, NULL), 0);
}

static void add_list(struct test *t, const char *name, const char *const *rules)
{
	struct listdb_list about = {.format = "adblock"};
	snprintf(about.name, sizeof about.name, "%s", name);
	assert_int_equal(build_begin(t->build, NULL), 0);
	for (; *rules; rules++)
		add(t, *rules);
	assert_int_equal(build_keep(t->build, &about, NULL), 0);
}

static struct listdb *write_and_open(struct test *t, const char *file)
{
	struct err why = {""};
	struct listdb *db = NULL;
	struct build_head head = {.number = 1};
	const char *path = folder_file(&t->folder, file);
	if (build_write(t->build, path, &head, &why) || listdb_open(path, &db, &why))
		fail_msg("%s", why.text);
	new_build(t);
	return db;
}

static bool write_down(void *arg, const struct listdb_change *c)
{
	struct test *t = arg;
	char name[DNAME_TEXT_MAX] = "";
	if (c->name)
		dname_to_text(c->name->bytes, name);
	size_t used = strlen(t->said);
	snprintf(t->said + used, sizeof t->said - used, "%c%s%s", c->is_added ? '+' : '-', name,
		c->rule				    ? ""
			: c->is_self && c->is_below ? "(both)"
			: c->is_self		    ? ""
						    : "(below)");
	used = strlen(t->said);
	if (c->rule && c->rule->trigger == RULE_PATTERN)
		snprintf(t->said + used, sizeof t->said - used, "/%.*s/", c->rule->text_len,
			listdb_rule_text(c->of, c->rule));
	else if (c->rule && c->rule->about_len)
		snprintf(t->said + used, sizeof t->said - used, ":%c",
			listdb_about(c->of, c->rule)[c->rule->about_len - 1]);
	else if (c->rule)
		snprintf(t->said + used, sizeof t->said - used, "[%d/%d]", c->rule->trigger,
			c->rule->prefix.bits);
	strcat(t->said, " ");
	return ++t->changes < t->most;
}

static void two_generations_side_by_side(void **state)
{
	struct test *t = *state;
	const char *const old[] = {"a.example", "b.example", "*.c.example", "stays.example",
		"data:d.example:1", "data:same.example:5", "ns:ns.example", "ns:old.example",
		"ip:192.0.2.0/24", "ip:10.0.0.0/8", "re:old[0-9]+", "re:same[0-9]+", NULL};
	const char *const new[] = {"b.example", "c.example", "*.c.example", "e.example",
		"stays.example", "data:d.example:2", "data:same.example:5", "ns:ns.example",
		"ip:192.0.2.0/25", "ip:10.0.0.0/8", "re:same[0-9]+", "re:new[0-9]+",
		"data:b.example:3", NULL};
	const char *const other[] = {
		"a.example", "other.example", "data:x.example:1", "ip:9.9.9.9", NULL};
	const char *const none[] = {"other.example", NULL};
	add_list(t, "list", old);
	add_list(t, "other", other);
	t->before = write_and_open(t, "before.mdb");
	add_list(t, "other", none);
	add_list(t, "list", new);
	t->after = write_and_open(t, "after.mdb");
	assert_int_equal(listdb_diff(t->before, t->after, "list", write_down, t), 0);
	assert_string_equal(t->said,
		"-a.example +b.example:3 -c.example(below) +c.example(both) -d.example:1 "
		"+d.example:2 +e.example +/new[0-9]+/ -/old[0-9]+/ -[2/120] +[2/121] "
		"-old.example[4/0] ");
	assert_int_equal(t->changes, 12);
}

static void a_list_that_is_new_or_gone(void **state)
{
	struct test *t = *state;
	const char *const rules[] = {"a.example", "data:b.example:1", "re:pattern", NULL};
	add_list(t, "list", rules);
	t->before = write_and_open(t, "before.mdb");
	assert_int_equal(listdb_diff(NULL, t->before, "list", write_down, t), 0);
	assert_string_equal(t->said, "+a.example +b.example:1 +/pattern/ ");
	t->said[0] = 0;
	assert_int_equal(listdb_diff(t->before, NULL, "list", write_down, t), 0);
	assert_string_equal(t->said, "-a.example -b.example:1 -/pattern/ ");
	t->changes = 0;
	assert_int_equal(listdb_diff(t->before, t->before, "list", write_down, t), 0);
	assert_int_equal(t->changes, 0);
	assert_int_equal(listdb_diff(t->before, NULL, "none", write_down, t), CEN_ENOTFOUND);
	assert_int_equal(listdb_diff(NULL, NULL, "list", write_down, t), CEN_ENOTFOUND);
}

static void many_names_in_parts(void **state)
{
	struct test *t = *state;
	struct listdb_list about = {.name = "list", .format = "domains"};
	for (int round = 0; round < 2; round++) {
		assert_int_equal(build_begin(t->build, NULL), 0);
		for (int i = 0; i < 5000; i++) {
			char text[64];
			snprintf(text, sizeof text, "x%d.example", i);
			/* Every hundredth is in one of the two only. */
			if (i % 100 || i / 100 % 2 == round)
				add(t, text);
		}
		assert_int_equal(build_keep(t->build, &about, NULL), 0);
		*(round ? &t->after : &t->before) =
			write_and_open(t, round ? "after.mdb" : "before.mdb");
	}
	assert_int_equal(listdb_diff(t->before, t->after, "list", write_down, t), 0);
	assert_int_equal(t->changes, 50);
	assert_non_null(strstr(t->said, "-x0.example "));
	assert_non_null(strstr(t->said, "+x100.example "));
	t->changes = 0;
	t->most = 7;
	assert_int_equal(listdb_diff(t->before, t->after, "list", write_down, t), 0);
	assert_int_equal(t->changes, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(two_generations_side_by_side, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_list_that_is_new_or_gone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(many_names_in_parts, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
