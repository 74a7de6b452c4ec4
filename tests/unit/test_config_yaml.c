/* SPDX-License-Identifier: BSD-2-Clause
 * YAML that is none, or too much of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/config_text.h"

static void yaml_is_bounded(void **state)
{
	(void)state;
	assert_words("a: [", "not YAML: ");
	assert_words("a: b: c", "t.yaml:1: not YAML: mapping values are not allowed");
	assert_words("a: \xff", "t.yaml: not YAML: invalid leading UTF-8 octet at byte 3");
	assert_words("a: &x 1\nb: *x\n", "t.yaml:2: an alias (*word) is not taken");
	assert_words("deny: [*.bad.example]", "a value that begins with * or : must be quoted");
	assert_words("workers: !!int 1", "a tag (!word) has no meaning here");
	assert_words("listen: !!seq []", "a tag (!word) has no meaning here");
	assert_words("cache: !!map {}", "a tag (!word) has no meaning here");
	assert_words("workers: 1\n---\nworkers: 2\n", "t.yaml:2: a second document (---) begins");
	assert_words("? [a]\n: b\n", "a key must be a word");
	assert_words("directory: \"/a\\0b\"", "t.yaml:1: a value holds a zero octet");
	assert_words("a: [[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]",
		"nested too deep (allowed: 16 levels)");
	size_t n = 4 << 20;
	char *text = malloc(n + 2);
	assert_non_null(text);
	memset(text, '#', n + 1);
	text[n + 1] = 0;
	assert_words(text, "t.yaml: too long (allowed: 4MiB)");
	text[n] = 0;
	config_free(parse(text));
	/* As many values as fit. */
	memset(text, 0, n + 2);
	memcpy(text, "deny: [", 7);
	for (size_t i = 7; i + 2 < n; i += 2)
		memcpy(text + i, "a,", 2);
	assert_words(text, "t.yaml:1: too many values in one file (allowed: 300000)");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(yaml_is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
