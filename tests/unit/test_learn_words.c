/* SPDX-License-Identifier: BSD-2-Clause
 * Words found in names that nobody has parted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dga/learn_words.h"
#include "dga/words.h"
#include "learn_harness.h"

static struct words_layout lay_out(const struct learn_harness *h, const char *label)
{
	struct words_layout w;
	const struct words known = {h->bytes + h->layout.at[DGA_WORDS_TABLE],
		h->bytes + h->layout.at[DGA_WORDS_SIZES], LEARN_WORD_BITS};
	words_lay_out(&known, (const uint8_t *)label, (unsigned)strlen(label), &w);
	return w;
}

static bool is_word(const struct learn_harness *h, const char *word)
{
	struct words_layout w = lay_out(h, word);
	return w.words == 1 && w.covered == strlen(word);
}

static void words_that_come_again_are_found(void **state)
{
	(void)state;
	static const char *const words[] = {"garden", "online", "store", "wood", "music", "travel",
		"house", "kitchen", "green", "light", "paper", "smart"};
	struct learn_harness h;
	learn_harness_open(&h);
	for (int i = 0; i < 3000; i++) {
		char text[64];
		/* The first ones are the frequent ones. */
		unsigned a = learn_harness_pick(&h, 1 + learn_harness_pick(&h, 12));
		snprintf(
			text, sizeof text, "%s%s.com", words[a], words[learn_harness_pick(&h, 12)]);
		learn_harness_add(&h, text);
	}
	struct learn_rows rows = learn_harness_rows(&h);
	assert_int_equal(learn_words(&rows, LEARN_WORD_BITS, &h.layout, h.bytes), 0);
	for (unsigned i = 0; i < 12; i++)
		assert_true(is_word(&h, words[i]));
	/* Pieces and neighbours of words are none. */
	assert_false(is_word(&h, "enonl"));
	assert_false(is_word(&h, "itche"));
	assert_false(is_word(&h, "zzzzz"));
	struct words_layout w = lay_out(&h, "smarttravelpaper");
	assert_in_range(w.words, 2, 3); /* a frequent pair may count as one */
	assert_int_equal(w.covered, 16);
	learn_harness_close(&h);
}

/* Prose gives its words to every model; how much likelier they are there, names tell. */
static void words_of_prose_are_there_without_names(void **state)
{
	(void)state;
	struct learn_harness h;
	learn_harness_open(&h);
	struct learn_rows rows = {&h.samples, h.at, 0};
	assert_int_equal(learn_words(&rows, LEARN_WORD_BITS, &h.layout, h.bytes), 0);
	const int most = words_prose(WORDS_CODES - 1);
	assert_true(is_word(&h, "between") && is_word(&h, "garden"));
	assert_int_equal(lay_out(&h, "between").prose, most);
	assert_int_equal(lay_out(&h, "garden").prose, most);
	assert_false(is_word(&h, "betwee"));
	learn_harness_close(&h);
}

static void words_of_many_names_are_less_likely_prose(void **state)
{
	(void)state;
	struct learn_harness h;
	learn_harness_open(&h);
	for (int i = 0; i < 1000; i++) {
		char text[64];
		snprintf(text, sizeof text, "garden%d.com", i);
		learn_harness_add(&h, text);
	}
	struct learn_rows rows = learn_harness_rows(&h);
	assert_int_equal(learn_words(&rows, LEARN_WORD_BITS, &h.layout, h.bytes), 0);
	assert_int_equal(lay_out(&h, "between").prose, words_prose(WORDS_CODES - 1));
	assert_true(is_word(&h, "garden"));
	assert_int_equal(lay_out(&h, "garden").rarest, WORDS_PROSE_RARITY); /* still of prose */
	assert_true(lay_out(&h, "garden").prose <= words_prose(WORDS_CODES - 3));
	learn_harness_close(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_that_come_again_are_found),
		cmocka_unit_test(words_of_prose_are_there_without_names),
		cmocka_unit_test(words_of_many_names_are_less_likely_prose),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
