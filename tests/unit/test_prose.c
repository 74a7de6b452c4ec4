/* SPDX-License-Identifier: BSD-2-Clause
 * The program's own list of the words of prose.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dga/prose.h"

static void every_line_is_a_word_with_its_count(void **state)
{
	(void)state;
	struct prose_word w;
	size_t at = 0, n = 0;
	uint32_t last = UINT32_MAX;
	while (prose_next(&at, &w)) {
		n++;
		assert_in_range(w.len, 3, 30);
		for (size_t i = 0; i < w.len; i++)
			assert_in_range(w.text[i], 'a', 'z');
		assert_in_range(w.count, 1, last);
		last = w.count;
	}
	assert_int_equal(n, 8000);
	assert_false(prose_next(&at, &w));
}

static void the_most_frequent_word_is_the_article(void **state)
{
	(void)state;
	struct prose_word w;
	size_t at = 0;
	assert_true(prose_next(&at, &w));
	assert_int_equal(w.len, 3);
	assert_memory_equal(w.text, "the", 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_line_is_a_word_with_its_count),
		cmocka_unit_test(the_most_frequent_word_is_the_article),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
