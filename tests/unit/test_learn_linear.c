/* SPDX-License-Identifier: BSD-2-Clause
 * The linear score: learned, rounded, and the same each time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dga/learn_linear.h"
#include "dga/linear.h"
#include "learn_harness.h"

static struct learn_harness h;
static const float family_weights[] = {1, 1};

static int make(void **state)
{
	(void)state;
	learn_harness_open(&h);
	for (int i = 0; i < 2000; i++) {
		char text[64] = "";
		for (unsigned k = 0; k < 6; k++)
			text[k] = k % 2 ? "aeiou"[learn_harness_pick(&h, 5)]
					: "bdlmnrst"[learn_harness_pick(&h, 8)];
		memcpy(text + 6, ".com", 5);
		learn_harness_add(&h, text);
	}
	assert_non_null(samples_add_family(&h.samples, "random", NULL));
	for (int i = 0; i < 2000; i++) {
		char text[64] = "";
		for (unsigned k = 0; k < 10; k++)
			text[k] = (char)('a' + learn_harness_pick(&h, 26));
		memcpy(text + 10, ".net", 5);
		learn_harness_add(&h, text);
	}
	return 0;
}

static int remove_all(void **state)
{
	(void)state;
	learn_harness_close(&h);
	return 0;
}

static int32_t score_of(const char *text)
{
	struct dname name;
	struct label l;
	assert_int_equal(dname_from_text(text, strlen(text), &name), 0);
	assert_true(label_find(&name, &l));
	struct linear linear;
	linear_of(&h.model, &l, &linear);
	return linear.score;
}

static void learn(uint64_t seed, double prior)
{
	const struct learn_linear how = {learn_harness_rows(&h), family_weights, prior, 3, seed};
	assert_int_equal(learn_linear(&how, &h.layout, h.bytes, &h.model), 0);
}

static void it_tells_both_kinds_apart(void **state)
{
	(void)state;
	learn(1, 0);
	assert_true(score_of("mirabo.com") < -1000);
	assert_true(score_of("dunela.com") < -1000);
	assert_true(score_of("xqkzjvwpfh.net") > 1000);
	assert_true(score_of("jzkwqvbxpy.net") > score_of("jzkwqvbxpy.com"));
}

static void the_prior_moves_all_scores(void **state)
{
	(void)state;
	learn(1, 0);
	int32_t before = score_of("mirabo.com");
	learn(1, -1.5);
	assert_int_equal(score_of("mirabo.com"), before + 1500);
}

static void the_same_seed_gives_the_same_tables(void **state)
{
	(void)state;
	uint8_t *first = malloc(h.layout.total);
	assert_non_null(first);
	learn(5, 0);
	memcpy(first, h.bytes, h.layout.total);
	learn(5, 0);
	assert_memory_equal(h.bytes, first, h.layout.total);
	learn(6, 0);
	assert_memory_not_equal(h.bytes, first, h.layout.total);
	free(first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_tells_both_kinds_apart),
		cmocka_unit_test(the_prior_moves_all_scores),
		cmocka_unit_test(the_same_seed_gives_the_same_tables),
	};
	return cmocka_run_group_tests(tests, make, remove_all);
}
