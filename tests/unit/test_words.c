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

static uint8_t table[2 << BITS], sizes[2 * WORDS_TRIPLES];

static bool put(const char *word, unsigned code)
{
	const uint8_t *letters = (const uint8_t *)word;
	words_put_size(sizes, words_triple(letters), (unsigned)strlen(word));
	return words_put(table, BITS, words_hash(letters, strlen(word)), code);
}

static int fill(void **state)
{
	(void)state;
	memset(table, 0, sizeof table);
	memset(sizes, 0, sizeof sizes);
	return put("online", 0) && put("book", 1) && put("bookstore", 3) && put("store", 1) &&
			/* prose: two nats likelier there, and one less likely */
			put("however", WORDS_LEVELS + 5) && put("between", WORDS_LEVELS + 2) &&
			put("counterpart", WORDS_LEVELS) && put("art", 0) && put("pix", 4) &&
			put("pixel", 5) && put("pixelar", 6)
		? 0
		: -1;
}

static struct words_layout lay_out(const char *label)
{
	struct words_layout w;
	words_lay_out(&(struct words){table, sizes, BITS}, (const uint8_t *)label,
		(unsigned)strlen(label), &w);
	return w;
}

static void words_are_found(void **state)
{
	(void)state;
	static const char *const in[] = {
		"online", "book", "bookstore", "store", "art", "counterpart"};
	for (size_t i = 0; i < sizeof in / sizeof *in; i++) {
		struct words_layout w = lay_out(in[i]);
		assert_int_equal(w.words, 1);
		assert_int_equal(w.covered, strlen(in[i]));
	}
	assert_int_equal(lay_out("online").rarest, 0);
	assert_int_equal(lay_out("bookstore").rarest, 3);
	assert_int_equal(lay_out("onlin").words, 0);
	assert_int_equal(lay_out("boo").words, 0);
	assert_int_equal(lay_out("ar").words, 0);
	assert_int_equal(lay_out("counterpar").words, 0);
	/* Behind others, and where no room is left for them. */
	assert_int_equal(lay_out("7counterpartx").longest, 11);
	assert_int_equal(lay_out("xcounterpar").words, 0);
	assert_int_equal(lay_out("xbooksto").longest, 4);
	assert_int_equal(lay_out("counter-part").longest, 3);
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

/* Three loose characters cost as much as this word of three, "pixel" and "art" as much as "pixelar" and "t" would. */
static void among_equals_words_win_and_long_ones(void **state)
{
	(void)state;
	struct words_layout w = lay_out("pix");
	assert_int_equal(w.bits, 3 * WORDS_COST_LOOSE);
	assert_int_equal(w.words, 1);
	w = lay_out("pixelart");
	assert_int_equal(w.bits, 7 + 2 * 6 + WORDS_COST_LOOSE);
	assert_int_equal(w.longest, 7);
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

/* A model file may hold any bits. */
static void sets_of_anything_do_no_harm(void **state)
{
	(void)state;
	static uint8_t all[2 * WORDS_TRIPLES];
	memset(all, 0xff, sizeof all);
	char label[64] = "";
	for (unsigned len = 0; len < 63; len++) {
		label[len] = "storeb"[len % 6];
		struct words_layout w, right = lay_out(label);
		words_lay_out(
			&(struct words){table, all, BITS}, (const uint8_t *)label, len + 1, &w);
		assert_true(w.covered >= right.covered && w.longest <= WORDS_MAX);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_found),
		cmocka_unit_test(a_full_table_takes_no_more),
		cmocka_unit_test(the_cheapest_layout_wins),
		cmocka_unit_test(among_equals_words_win_and_long_ones),
		cmocka_unit_test(words_of_prose_add_up),
		cmocka_unit_test(the_longest_label_fits),
		cmocka_unit_test(sets_of_anything_do_no_harm),
	};
	return cmocka_run_group_tests(tests, fill, NULL);
}
