/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "web/target.h"

static struct target t;

static bool parse(const char *text)
{
	return target_parse(text, strlen(text), &t);
}

static void reads_path_and_parameters(void **state)
{
	(void)state;
	assert_true(parse("/api/v1/explain?name=ex%41mple.com&client=10.0.0.1&x&y="));
	assert_string_equal(t.path, "/api/v1/explain");
	assert_string_equal(target_param(&t, "name"), "exAmple.com");
	assert_string_equal(target_param(&t, "client"), "10.0.0.1");
	assert_string_equal(target_param(&t, "x"), "");
	assert_string_equal(target_param(&t, "y"), "");
	assert_null(target_param(&t, "nam"));
	assert_int_equal(t.param_count, 4);
}

static void decodes(void **state)
{
	(void)state;
	assert_true(parse("/a%2fb?a+b=c%2Bd+e&%6e=%26%3d"));
	assert_string_equal(t.path, "/a/b");
	assert_string_equal(target_param(&t, "a b"), "c+d e");
	assert_string_equal(target_param(&t, "n"), "&=");
	assert_true(parse("/?a=b=c&&d=1&"));
	assert_string_equal(target_param(&t, "a"), "b=c");
	assert_string_equal(target_param(&t, "d"), "1");
	assert_true(parse("/a+b"));
	assert_string_equal(t.path, "/a+b");
}

static void refuses(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "*", "http://example.com/", "example.com:443", "/%",
		"/%4", "/%4g", "/%00", "/a%00b", "/?a=%00", "/?a=%0a", "/?%0d=1", "/?=1", "/a b",
		"/a\tb", "/#a", "/?a=b#c", "/..", "/.", "/a/../b", "/a/./b", "/%2e%2e/etc/passwd",
		"/a%2f..", "/?a=1&a=2", "/?a=%", "/?a=%f",
		"/?a&b&c&d&e&f&g&h&i&j&k&l&m&n&o&p&q&r&s&t&u&v&w&x&y", "/\x7f"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (parse(bad[i]))
			fail_msg("taken: %s", bad[i]);
	assert_true(parse("/..."));
	assert_true(parse("/a..b/.c"));
}

static void has_a_limit(void **state)
{
	(void)state;
	char text[TARGET_MAX + 2];
	memset(text, 'a', sizeof text);
	text[0] = '/';
	assert_true(target_parse(text, TARGET_MAX, &t));
	assert_int_equal(strlen(t.path), TARGET_MAX);
	assert_false(target_parse(text, TARGET_MAX + 1, &t));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_path_and_parameters),
		cmocka_unit_test(decodes),
		cmocka_unit_test(refuses),
		cmocka_unit_test(has_a_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
