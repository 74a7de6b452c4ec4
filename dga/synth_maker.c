/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Kinds are of generators, not of any known family: every number a generator could have is drawn anew for each family.
 */
#include "dga/synth_maker.h"

#include "dga/synth_letters.h"
#include "dga/synth_words.h"

struct kind {
	const char *name;
	unsigned weight;
	void (*start)(struct synth_maker *m);
	void (*next)(struct synth_maker *m, struct synth_label *out);
};

static const struct kind kinds[] = {
	{"uniform", 14, synth_letters_start_uniform, synth_letters_next_letters},
	{"skewed", 10, synth_letters_start_skewed, synth_letters_next_letters},
	{"short", 6, synth_letters_start_short, synth_letters_next_letters},
	{"digest", 10, synth_letters_start_digest, synth_letters_next_with_affixes},
	{"sequence", 6, synth_letters_start_sequence, synth_letters_next_sequence},
	{"alternating", 9, synth_letters_start_alternating, synth_letters_next_alternating},
	{"pattern", 6, synth_letters_start_pattern, synth_letters_next_pattern},
	{"syllables", 9, synth_words_start_syllables, synth_words_next_syllables},
	{"chain", 8, synth_letters_start_chain, synth_letters_next_chain},
	{"benign chain", 5, synth_letters_start_benign_chain, synth_letters_next_benign_chain},
	{"words", 14, synth_words_start_words, synth_words_next_words},
	{"chopped", 5, synth_words_start_chopped, synth_words_next_chopped},
	{"mutated", 8, synth_words_start_mutated, synth_words_next_mutated},
	{"dated", 2, synth_words_start_dated, synth_words_next_dated},
};

unsigned synth_maker_kinds(void)
{
	return sizeof kinds / sizeof kinds[0];
}

const char *synth_maker_kind_name(unsigned kind)
{
	return kinds[kind].name;
}

unsigned synth_maker_kind_weight(unsigned kind)
{
	return kinds[kind].weight;
}

bool synth_maker_kind_is_of_words(unsigned kind)
{
	return kinds[kind].start == synth_words_start_words;
}

void synth_maker_start(
	struct synth_maker *m, const struct synth_stock *stock, unsigned kind, uint64_t seed)
{
	*m = (struct synth_maker){.stock = stock, .dice = {seed}, .kind = kind};
	kinds[kind].start(m);
}

void synth_maker_next(struct synth_maker *m, struct synth_label *out)
{
	*out = (struct synth_label){.len = 0};
	kinds[m->kind].next(m, out);
	while (out->len > 1 && out->text[out->len - 1] == '-')
		out->len--;
	if (out->len > 3 && out->text[2] == '-' && out->text[3] == '-')
		out->text[2] = 'x'; /* no A-label by chance */
}
