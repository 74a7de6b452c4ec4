/* SPDX-License-Identifier: BSD-2-Clause
 * The tables of how benign names go on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dga/learn_language.h"
#include "learn_harness.h"

static int octet(const struct learn_harness *h, enum dga_section s, uint32_t at)
{
	return (int8_t)h->bytes[h->layout.at[s] + at];
}

/* The entries of the last two and three of a text. */
static struct features_walk walk(const char *text)
{
	struct features_walk w = FEATURES_WALK;
	for (; *text; text++)
		features_next(&w, features_symbol((uint8_t)*text));
	return w;
}

static int quad(const struct learn_harness *h, const char *letters)
{
	uint32_t at = 0;
	for (; *letters; letters++)
		at = at * FEATURES_LETTERS + (uint32_t)(*letters - 'a' + 1);
	return h->bytes[h->layout.at[DGA_BENIGN_QUADS] + at / 2] >> 4 * (at & 1) & 15;
}

static void frequent_letters_score_high(void **state)
{
	(void)state;
	struct learn_harness h;
	learn_harness_open(&h);
	for (int i = 0; i < 500; i++) {
		learn_harness_add(&h, "banana.com");
		learn_harness_add(&h, "bandana.net");
		learn_harness_add(&h, "cabana.com");
	}
	struct learn_rows rows = learn_harness_rows(&h);
	assert_int_equal(learn_language(&rows, &h.layout, h.bytes), 0);
	assert_true(octet(&h, DGA_BENIGN_PAIRS, walk("an").pair) > 16);
	assert_true(octet(&h, DGA_BENIGN_PAIRS, walk("nq").pair) < -16);
	/* After "da" there is always an n; 40 symbols are 5.3 bits. */
	assert_in_range(octet(&h, DGA_BENIGN_TRIPLES, walk("dan").triple), 39, 43);
	assert_true(octet(&h, DGA_BENIGN_TRIPLES, walk("daq").triple) < -30);
	assert_true(quad(&h, "anan") > DGA_QUAD_ZERO);
	assert_true(quad(&h, "anaq") < DGA_QUAD_ZERO - 5);
	/* Half bits of names in a million: 667,000 and 333,000. */
	uint32_t com = features_top(features_top_hash((const uint8_t *)"\3com"));
	uint32_t net = features_top(features_top_hash((const uint8_t *)"\3net"));
	assert_int_equal(octet(&h, DGA_BENIGN_TOPS, com), 39);
	assert_int_equal(octet(&h, DGA_BENIGN_TOPS, net), 37);
	learn_harness_close(&h);
}

static void nothing_gives_even_tables(void **state)
{
	(void)state;
	struct learn_harness h;
	learn_harness_open(&h);
	struct learn_rows rows = {&h.samples, h.at, 0};
	assert_int_equal(learn_language(&rows, &h.layout, h.bytes), 0);
	for (uint32_t i = 0; i < FEATURES_TRIPLES; i++)
		assert_int_equal(octet(&h, DGA_BENIGN_TRIPLES, i), 0);
	assert_int_equal(quad(&h, "abcd"), DGA_QUAD_ZERO);
	learn_harness_close(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frequent_letters_score_high),
		cmocka_unit_test(nothing_gives_even_tables),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
