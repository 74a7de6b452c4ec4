/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/base/whole_file.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/folder.h"

static int set_up(void **state)
{
	static struct folder f;
	folder_make(&f);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	folder_remove(*state);
	return 0;
}

static void write_text(const void *arg, FILE *f)
{
	fputs(arg, f);
}

/* Fails as a full disk does: the stream remembers. */
static void write_and_fail(const void *arg, FILE *f)
{
	fputs(arg, f);
	close(fileno(f));
}

static void expect_text(const char *path, const char *wanted)
{
	char *text;
	size_t len;
	assert_int_equal(whole_file_read(path, 100, &text, &len), 0);
	assert_int_equal(len, strlen(wanted));
	assert_memory_equal(text, wanted, len);
	free(text);
}

static void what_is_written_is_read(void **state)
{
	const char *path;
	struct err why;
	path = folder_file(*state, "a");
	assert_int_equal(whole_file_write(path, write_text, "one\n", &why), 0);
	expect_text(path, "one\n");
	assert_int_equal(whole_file_write(path, write_text, "two\n", &why), 0);
	expect_text(path, "two\n");
}

static void a_failed_write_leaves_the_old_one(void **state)
{
	const char *path;
	struct err why = {0};
	path = folder_file(*state, "b");
	assert_int_equal(whole_file_write(path, write_text, "old\n", &why), 0);
	assert_true(whole_file_write(path, write_and_fail, "new\n", &why) < 0);
	assert_non_null(strstr(why.text, path));
	expect_text(path, "old\n");
}

static void none_is_empty_and_a_large_one_is_not_ours(void **state)
{
	const char *path;
	char *text;

	size_t len = 1;
	struct err why;
	path = folder_file(*state, "c");
	assert_int_equal(whole_file_read(path, 3, &text, &len), 0);
	assert_null(text);
	assert_int_equal(len, 0);
	assert_int_equal(whole_file_write(path, write_text, "four", &why), 0);
	assert_int_equal(whole_file_read(path, 3, &text, &len), -EFBIG);
	assert_null(text);
}

static void one_that_is_set_aside_is_still_there(void **state)
{
	const char *path;
	char aside[4200];
	struct err why;
	path = folder_file(*state, "d");
	snprintf(aside, sizeof aside, "%s.damaged", path);
	assert_int_equal(whole_file_write(path, write_text, "bad", &why), 0);
	assert_int_equal(whole_file_set_aside(path), 0);
	assert_int_equal(access(path, F_OK), -1);
	expect_text(aside, "bad");
}

struct lines {
	size_t count;
	char text[64];
};

/* Takes all but those that begin with `!`. */
static bool take(void *arg, const char *line, size_t len)
{
	struct lines *l = arg;
	size_t at = strlen(l->text);
	snprintf(l->text + at, sizeof l->text - at, "[%.*s]", (int)len, line);
	l->count++;
	return !len || *line != '!';
}

static void lines_are_counted(void **state)
{
	static const struct {
		const char *text, *lines;
		size_t bad, first;
	} rows[] = {
		{"", "", 0, 0},
		{"a", "[a]", 0, 0},
		{"a\n", "[a]", 0, 0},
		{"a\n\nb", "[a][][b]", 0, 0},
		{"a\n!b\n!c\nd\n", "[a][!b][!c][d]", 2, 2},
		{"\n", "[]", 0, 0},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct lines l = {0};
		size_t first = 0;
		assert_int_equal(
			whole_file_lines(rows[i].text, strlen(rows[i].text), take, &l, &first),
			rows[i].bad);
		assert_int_equal(first, rows[i].first);
		assert_string_equal(l.text, rows[i].lines);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(a_failed_write_leaves_the_old_one),
		cmocka_unit_test(none_is_empty_and_a_large_one_is_not_ours),
		cmocka_unit_test(one_that_is_set_aside_is_still_there),
		cmocka_unit_test(lines_are_counted),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
