/* SPDX-License-Identifier: BSD-2-Clause
 * Rules set at run time: kept in their file, the last word on a name last, all or nothing on a full disk.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "resolver/rules.h"
#include "tests/unit/folder.h"

static struct folder folder;
static struct rules *rules;
static struct err why;

static void load(void)
{
	rules_free(rules);
	rules = NULL;
	if (rules_load(folder.path, &rules, &why))
		fail_msg("%s", why.text);
}

static int start(void **state)
{
	(void)state;
	folder_make(&folder);
	load();
	return 0;
}

static int finish(void **state)
{
	(void)state;
	rules_free(rules);
	rules = NULL;
	folder_remove(&folder);
	return 0;
}

static struct config_rule rule_of(const char *text)
{
	struct config_rule r;
	if (config_rule_from_text(text, strlen(text), &r))
		fail_msg("not a rule: %s", text);
	return r;
}

static int add(enum list_kind kind, const char *text)
{
	struct config_rule r = rule_of(text);
	return rules_add(rules, kind, &r, &why);
}

static int take_back(enum list_kind kind, const char *text)
{
	struct config_rule r = rule_of(text);
	return rules_remove(rules, kind, &r, &why);
}

static void expect_file(const char *text)
{
	char is[4096] = "";
	FILE *f = fopen(folder_file(&folder, "rules"), "r");
	assert_non_null(f);
	is[fread(is, 1, sizeof is - 1, f)] = 0;
	fclose(f);
	assert_string_equal(is, text);
}

/* In memory, as the file would have it. */
static void expect_rules(const char *text)
{
	char is[4096] = "", rule[DNAME_TEXT_MAX + 2];
	size_t n = 0;
	for (size_t i = 0; i < rules->count && n < sizeof is; i++)
		n += (size_t)snprintf(is + n, sizeof is - n, "%s %s\n",
			config_kind_name(rules->entries[i].kind),
			config_rule_to_text(&rules->entries[i].rule, rule));
	assert_string_equal(is, text);
}

static void expect_kept(const char *text)
{
	expect_rules(text);
	expect_file(text);
	load();
	expect_rules(text);
}

/* --- changes ---------------------------------------------------------------------------------- */

static void test_nothing_yet(void **state)
{
	(void)state;
	expect_rules("");
	assert_int_equal(access(folder_file(&folder, "rules"), F_OK), -1);
	assert_int_equal(take_back(LIST_DENY, "a.example"), CEN_ENOTFOUND);
	assert_string_equal(why.text, "there is no run-time rule \"deny a.example\"");
}

static void test_round_trip(void **state)
{
	(void)state;
	assert_int_equal(add(LIST_DENY, "a.example"), 0);
	assert_int_equal(add(LIST_ALLOW, "=B.Example"), 0);
	assert_int_equal(add(LIST_DENY, "*.c.example"), 0);
	assert_int_equal(add(LIST_DENY, "\\000\\.\\032\\255.d.example"), 0);
	expect_kept("deny a.example\nallow =b.example\ndeny *.c.example\n"
		    "deny \\000\\046\\032\\255.d.example\n");
	assert_int_equal(take_back(LIST_ALLOW, "=b.example"), 0);
	assert_int_equal(take_back(LIST_ALLOW, "a.example"), CEN_ENOTFOUND);
	assert_int_equal(take_back(LIST_DENY, "=a.example"), CEN_ENOTFOUND);
	assert_int_equal(take_back(LIST_DENY, "*.a.example"), CEN_ENOTFOUND);
	expect_kept("deny a.example\ndeny *.c.example\ndeny \\000\\046\\032\\255.d.example\n");
	/* Nothing is left lying about. */
	assert_int_equal(access(folder_file(&folder, "rules.new"), F_OK), -1);
}

static void test_adding_twice(void **state)
{
	(void)state;
	assert_int_equal(add(LIST_DENY, "a.example"), 0);
	assert_int_equal(add(LIST_DENY, "b.example"), 0);
	assert_int_equal(unlink(folder_file(&folder, "rules")), 0);
	/* In force already: not even written. */
	assert_int_equal(add(LIST_DENY, "a.example"), 0);
	assert_int_equal(access(folder_file(&folder, "rules"), F_OK), -1);
	expect_rules("deny a.example\ndeny b.example\n");
}

static void test_opposite_gives_way(void **state)
{
	(void)state;
	assert_int_equal(add(LIST_DENY, "a.example"), 0);
	assert_int_equal(add(LIST_DENY, "b.example"), 0);
	assert_int_equal(add(LIST_ALLOW, "a.example"), 0);
	expect_kept("deny b.example\nallow a.example\n");
	/* Another form is another rule. */
	assert_int_equal(add(LIST_ALLOW, "=b.example"), 0);
	expect_kept("deny b.example\nallow a.example\nallow =b.example\n");
}

/* A rule that another one of the same name stands behind is not in force as a whole: set again, it is the last word. */
static void test_last_word_wins(void **state)
{
	(void)state;
	assert_int_equal(add(LIST_DENY, "a.example"), 0);
	assert_int_equal(add(LIST_ALLOW, "=a.example"), 0);
	assert_int_equal(add(LIST_DENY, "a.example"), 0);
	expect_kept("allow =a.example\ndeny a.example\n");
	assert_int_equal(add(LIST_ALLOW, "a.example"), 0);
	expect_kept("allow =a.example\nallow a.example\n");
	/* also when it takes the place of its opposite, set before */
	assert_int_equal(add(LIST_DENY, "=a.example"), 0);
	assert_int_equal(add(LIST_DENY, "a.example"), 0);
	expect_kept("deny =a.example\ndeny a.example\n");
}

/* A file edited by hand may say a thing twice; taking it back takes all of it. */
static void test_removes_all_of_the_same(void **state)
{
	(void)state;
	static const char text[] =
		"deny a.example\nallow a.example\ndeny a.example\ndeny b.example\n";
	folder_write(&folder, "rules", text, sizeof text - 1);
	load();
	expect_rules(text);
	assert_int_equal(take_back(LIST_DENY, "a.example"), 0);
	expect_kept("allow a.example\ndeny b.example\n");
}

/* A caller may hand in what it got from us. */
static void test_own_entry_as_argument(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 64; i++) { /* as many as there is room for at first */
		char text[32];
		snprintf(text, sizeof text, "n%u.example", i);
		assert_int_equal(add(LIST_DENY, text), 0);
	}
	assert_int_equal(rules->count, rules->room);
	assert_int_equal(rules_add(rules, LIST_ALLOW, &rules->entries[0].rule, &why), 0);
	assert_int_equal(rules->count, 64);
	assert_int_equal(rules->entries[63].kind, LIST_ALLOW);
	assert_int_equal(rules_remove(rules, LIST_DENY, &rules->entries[0].rule, &why), 0);
	assert_int_equal(rules->count, 63);
	load();
	assert_int_equal(rules->count, 63);
}

/* --- bad files -------------------------------------------------------------------------------- */

static void test_bad_lines_are_skipped(void **state)
{
	(void)state;
	static const char text[] = "deny good.example\n"
				   "\n"
				   "deny\n"
				   "deny \n"
				   "maybe a.example\n"
				   "allow a b\n"
				   "deny  two.blanks.example\n"
				   "deny crlf.example\r\n"
				   "denya.example\n"
				   "deny nul\0.example\n"
				   "deny a..example\n"
				   "deny com\n"
				   "allow .\n"
				   "ALLOW upper.example\n"
				   "allow =last.example";
	size_t first_bad = 0;
	assert_int_equal(rules_parse(rules, text, sizeof text - 1, &first_bad), 12);
	assert_int_equal(first_bad, 3);
	expect_rules("deny good.example\nallow =last.example\n");
}

static void test_empty_and_cut_files(void **state)
{
	(void)state;
	size_t first_bad = 0;
	assert_int_equal(rules_parse(rules, "", 0, &first_bad), 0);
	static const char text[] = "deny a.example\nallow b.example\n";
	for (size_t n = 0; n < sizeof text; n++) {
		rules->count = 0;
		size_t bad = rules_parse(rules, text, n, &first_bad);
		assert_true(bad + rules->count <= 2);
		assert_true(rules->count >= 0u + (n >= 14) + (n >= 30));
	}
}

static void test_a_folder_in_its_place(void **state)
{
	(void)state;
	struct rules *r = NULL;
	assert_int_equal(mkdir(folder_file(&folder, "rules"), 0700), 0);
	assert_int_equal(rules_load(folder.path, &r, &why), -EISDIR);
	assert_null(r);
	assert_non_null(strstr(why.text, "/rules: cannot be read"));
	/* Nor can it be written. */
	assert_int_not_equal(add(LIST_DENY, "a.example"), 0);
	expect_rules("");
}

/* A file that is too large is left alone, and that is an error: it would be lost at the next change. */
static void test_a_file_that_is_not_ours(void **state)
{
	(void)state;
	struct rules *r = NULL;
	folder_write(&folder, "rules", "deny a.example\n", 15);
	assert_int_equal(truncate(folder.file, (off_t)1 << 30), 0);
	assert_int_equal(rules_load(folder.path, &r, &why), -EFBIG);
	assert_null(r);
}

/* --- limits and full disks -------------------------------------------------------------------- */

/* All but one of as many as there may be, the names `len` octets long. */
static void fill(unsigned len)
{
	struct config_rule rule = {.is_below = true};
	rules->room = RULES_MAX;
	rules->entries = realloc(rules->entries, RULES_MAX * sizeof *rules->entries);
	assert_non_null(rules->entries);
	/* More than one label, or it would be a top-level domain. */
	for (unsigned at = 0, left = len - 1; left; rule.name.labels++) {
		unsigned n = left > 66 ? 64 : left > 2 ? left - 2 : left;
		rule.name.bytes[at] = (uint8_t)(n - 1);
		memset(rule.name.bytes + at + 1, 0xff, n - 1);
		at += n;
		left -= n;
	}
	rule.name.len = (uint8_t)len;
	while (rules->count < RULES_MAX - 1) {
		for (unsigned k = 0; k < 4; k++)
			rule.name.bytes[1 + k] = (uint8_t)(128 + (rules->count >> k * 7 & 127));
		rules->entries[rules->count++] = (struct rules_entry){.rule = rule};
	}
}

static void test_the_most(void **state)
{
	(void)state;
	fill(9);
	assert_int_equal(add(LIST_DENY, "last.example"), 0);
	assert_int_equal(rules->count, RULES_MAX);
	load();
	assert_int_equal(rules->count, RULES_MAX);
	assert_int_equal(add(LIST_DENY, "more.example"), CEN_ELIMIT);
	assert_string_equal(why.text, "there are 100000 own rules already, the most there may be");
	/* What takes another's place is not one more. */
	assert_int_equal(add(LIST_ALLOW, "last.example"), 0);
	assert_int_equal(rules->count, RULES_MAX);
	size_t first_bad = 0;
	assert_int_equal(rules_parse(rules, "deny more.example", 17, &first_bad), 1);
}

/* What was written can be read again, if all are as long as can be. */
static void test_the_longest(void **state)
{
	(void)state;
	fill(255);
	assert_int_equal(add(LIST_DENY, "last.example"), 0);
	load();
	assert_int_equal(rules->count, RULES_MAX);
}

/* The next write goes to a device that is always full. */
static void fill_disk(void)
{
	assert_int_equal(symlink("/dev/full", folder_file(&folder, "rules.new")), 0);
}

static void test_full_disk(void **state)
{
	(void)state;
	static const char text[] = "deny a.example\nallow b.example\n";
	assert_int_equal(add(LIST_DENY, "a.example"), 0);
	assert_int_equal(add(LIST_ALLOW, "b.example"), 0);
	fill_disk();
	assert_int_equal(add(LIST_DENY, "c.example"), -ENOSPC);
	assert_non_null(
		strstr(why.text, "/rules: the change was not kept: No space left on device"));
	expect_kept(text);
	fill_disk();
	assert_int_equal(add(LIST_ALLOW, "a.example"), -ENOSPC);
	expect_kept(text);
	fill_disk();
	assert_int_equal(take_back(LIST_DENY, "a.example"), -ENOSPC);
	expect_kept(text);
	assert_int_equal(take_back(LIST_DENY, "a.example"), 0);
	expect_kept("allow b.example\n");
}

/* A write that ends in the middle. */
static void test_half_a_write(void **state)
{
	(void)state;
	struct rlimit before, small;
	char name[80];
	for (unsigned i = 0; i < 200; i++) {
		snprintf(name, sizeof name, "%060u.example", i);
		assert_int_equal(add(LIST_DENY, name), 0);
	}
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 8192;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	int e = add(LIST_DENY, "one.more.example");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_not_equal(e, 0);
	assert_int_equal(rules->count, 200);
	load();
	assert_int_equal(rules->count, 200);
	assert_int_equal(access(folder_file(&folder, "rules.new"), F_OK), -1);
}

static void test_folder_that_is_gone(void **state)
{
	(void)state;
	struct folder other = folder;
	folder_remove(&other);
	assert_int_equal(add(LIST_DENY, "a.example"), -ENOENT);
	expect_rules("");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)
	const struct CMUnitTest tests[] = {
		TEST(test_nothing_yet),
		TEST(test_round_trip),
		TEST(test_adding_twice),
		TEST(test_opposite_gives_way),
		TEST(test_last_word_wins),
		TEST(test_removes_all_of_the_same),
		TEST(test_own_entry_as_argument),
		TEST(test_bad_lines_are_skipped),
		TEST(test_empty_and_cut_files),
		TEST(test_a_folder_in_its_place),
		TEST(test_a_file_that_is_not_ours),
		TEST(test_the_most),
		TEST(test_the_longest),
		TEST(test_full_disk),
		TEST(test_half_a_write),
		TEST(test_folder_that_is_gone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
