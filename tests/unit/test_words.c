/* SPDX-License-Identifier: BSD-2-Clause
 * The table of words and the cheapest layout of a label.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dga/words.h"

enum { BITS = 6 };

static uint8_t table[2 << BITS];

static uint32_t hash_of(const char *word)
{
	uint32_t hash = WORDS_HASH;
	for (; *word; word++)
		hash = words_hash_next(hash, (uint8_t)*word);
	return words_hash_end(hash);
}

static int fill(void **state)
{
	(void)state;
	memset(table, 0, sizeof table);
	return words_put(table, BITS, hash_of("online"), 0) &&
			words_put(table, BITS, hash_of("book"), 1) &&
			words_put(table, BITS, hash_of("bookstore"), 3) &&
			words_put(table, BITS, hash_of("store"), 1) &&
			/* prose: two nats likelier there, and one less likely */
			words_put(table, BITS, hash_of("however"), WORDS_LEVELS + 5) &&
			words_put(table, BITS, hash_of("between"), WORDS_LEVELS + 2)
		? 0
		: -1;
}

static struct words_layout lay_out(const char *label)
{
	struct words_layout w;
	words_lay_out(table, BITS, (const uint8_t *)label, (unsigned)strlen(label), &w);
	return w;
}

static void words_are_found(void **state)
{
	(void)state;
	assert_int_equal(words_find(table, BITS, hash_of("online")), 0);
	assert_int_equal(words_find(table, BITS, hash_of("bookstore")), 3);
	assert_int_equal(words_find(table, BITS, hash_of("onlin")), -1);
}

static void a_full_table_takes_no_more(void **state)
{
	(void)state;
	uint8_t full[2 << BITS] = {0};
	unsigned in = 0;
	for (uint32_t i = 0; i < 1000; i++)
		in += words_put(full, BITS, i * 0x9e3779b1u, 1);
	assert_in_range(in, 1 << (BITS - 1), 1 << BITS);
}

static void the_cheapest_layout_wins(void **state)
{
	(void)state;
	/* "bookstore" costs 13 bits, "book" and "store" 18. */
	struct words_layout w = lay_out("onlinebookstore");
	assert_int_equal(w.words, 2);
	assert_int_equal(w.covered, 15);
	assert_int_equal(w.longest, 9);
	assert_int_equal(w.rarest, 3);
	assert_int_equal(w.loose_runs, 0);
	assert_int_equal(w.bits, 7 + 13);
	w = lay_out("xxbook1store");
	assert_int_equal(w.words, 2);
	assert_int_equal(w.covered, 9);
	assert_int_equal(w.loose_runs, 2);
	assert_int_equal(w.bits, 3 * 5 + 2 * 9);
	w = lay_out("qqq-qqq");
	assert_int_equal(w.words, 0);
	assert_int_equal(w.loose_runs, 1);
	assert_int_equal(w.bits, 7 * 5);
}

static void words_of_prose_add_up(void **state)
{
	(void)state;
	struct words_layout w = lay_out("howeverbetweenstore");
	assert_int_equal(w.words, 3);
	assert_int_equal(w.rarest, WORDS_PROSE_RARITY);
	assert_int_equal(w.prose, 2 - 1 + WORDS_PROSE_LEAST);
	assert_int_equal(w.prose_most, 2);
	assert_int_equal(w.prose_least, WORDS_PROSE_LEAST);
	w = lay_out("however7");
	assert_int_equal(w.prose_least, 2);
	w = lay_out("zzzzzz");
	assert_int_equal(w.prose, 0);
	assert_int_equal(w.prose_most, 0);
}

static void the_longest_label_fits(void **state)
{
	(void)state;
	char label[64];
	memset(label, 'a', 63);
	label[63] = 0;
	assert_int_equal(lay_out(label).bits, 63 * 5);
	for (int i = 0; i < 63; i++)
		label[i] = "store"[i % 5];
	struct words_layout w = lay_out(label);
	assert_int_equal(w.words, 12);
	assert_int_equal(w.covered, 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_found),
		cmocka_unit_test(a_full_table_takes_no_more),
		cmocka_unit_test(the_cheapest_layout_wins),
		cmocka_unit_test(words_of_prose_add_up),
		cmocka_unit_test(the_longest_label_fits),
	};
	return cmocka_run_group_tests(tests, fill, NULL);
}
