/* SPDX-License-Identifier: BSD-2-Clause
 * The facts of a label.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dga/dense.h"
#include "learn_harness.h"

static struct learn_harness h;

static int make(void **state)
{
	(void)state;
	learn_harness_open(&h);
	return 0;
}

static int remove_all(void **state)
{
	(void)state;
	learn_harness_close(&h);
	return 0;
}

static void facts_of(const char *label, int16_t *x)
{
	const struct label l = {
		(const uint8_t *)label, (uint8_t)strlen(label), (const uint8_t *)"\3com"};
	struct linear linear;
	linear_of(&h.model, &l, &linear);
	linear.score = 500;
	dense_of(&h.model, &l, &linear, x);
}

static void counts_are_right(void **state)
{
	(void)state;
	int16_t x[DENSE_COUNT];
	facts_of("aab3-xq77z", x);
	assert_int_equal(x[DENSE_LINEAR], 250);
	assert_int_equal(x[DENSE_LENGTH], 10);
	assert_int_equal(x[DENSE_DIGITS], 3);
	assert_int_equal(x[DENSE_DIGITS_LAST], 0);
	assert_int_equal(x[DENSE_DIGITS_RUN], 2);
	assert_int_equal(x[DENSE_SWITCHES], 4);
	assert_int_equal(x[DENSE_VOWELS], 2 * 64 / 6);
	assert_int_equal(x[DENSE_CONSONANTS_RUN], 2);
	assert_int_equal(x[DENSE_VOWELS_RUN], 2);
	assert_int_equal(x[DENSE_DISTINCT], 8);
	assert_int_equal(x[DENSE_REPEATED], 2);
	assert_int_equal(x[DENSE_MOST_FREQUENT], 2);
	assert_int_equal(x[DENSE_NOT_HEX], 4);
	assert_int_equal(x[DENSE_NOT_BASE32], 1);
	assert_int_equal(x[DENSE_HYPHENS], 1);
	assert_int_equal(x[DENSE_SELDOM], 3);
	assert_int_equal(x[DENSE_TOP_LENGTH], 3);
	facts_of("mirabo12", x);
	assert_int_equal(x[DENSE_DIGITS_LAST], 2);
	assert_int_equal(x[DENSE_ALTERNATIONS], 64);
	assert_int_equal(x[DENSE_NOT_BASE32], 1);
}

/* Shannon's, in 1/64 bits. */
static void entropy_is_right(void **state)
{
	(void)state;
	int16_t x[DENSE_COUNT];
	facts_of("aaaaaaaa", x);
	assert_int_equal(x[DENSE_ENTROPY], 0);
	facts_of("abababab", x);
	assert_int_equal(x[DENSE_ENTROPY], 64);
	facts_of("abcdefgh", x);
	assert_int_equal(x[DENSE_ENTROPY], 3 * 64);
	char label[64];
	for (int i = 0; i < 63; i++)
		label[i] = (char)('a' + i % 21);
	label[63] = 0;
	facts_of(label, x);
	assert_in_range(x[DENSE_ENTROPY], 280, 281);
}

static void windows_find_the_worst_place(void **state)
{
	(void)state;
	int16_t x[DENSE_COUNT];
	uint8_t *triples = h.bytes + h.layout.at[DGA_BENIGN_TRIPLES];
	struct features_walk w = FEATURES_WALK;
	for (const char *c = "abcxyz"; *c; c++) {
		features_next(&w, features_symbol((uint8_t)*c));
		triples[w.triple] = *c >= 'x' ? (uint8_t)-10 : 5;
	}
	facts_of("abcxyz", x);
	assert_int_equal(x[DENSE_TRIPLES], 15 - 30);
	assert_int_equal(x[DENSE_TRIPLES_LEAST], -30);
	assert_int_equal(x[DENSE_TRIPLES_MOST], 15);
	assert_int_equal(x[DENSE_TRIPLES_LEAST_LONG], -20);
	memset(triples, 0, FEATURES_TRIPLES);
}

static void every_label_has_facts(void **state)
{
	(void)state;
	int16_t x[DENSE_COUNT];
	char label[64];
	for (unsigned c = 1; c < 256; c++)
		for (unsigned len = 1; len <= 63; len += 31) {
			memset(label, (int)c, len);
			label[len] = 0;
			memset(x, 0x77, sizeof x);
			facts_of(label, x);
			for (unsigned f = 0; f < DENSE_COUNT; f++)
				assert_int_not_equal(x[f], 0x7777);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_are_right),
		cmocka_unit_test(entropy_is_right),
		cmocka_unit_test(windows_find_the_worst_place),
		cmocka_unit_test(every_label_has_facts),
	};
	return cmocka_run_group_tests(tests, make, remove_all);
}
