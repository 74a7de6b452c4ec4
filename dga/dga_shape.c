/* SPDX-License-Identifier: BSD-2-Clause */
#include "dga/dga_shape.h"

#include "dga/features.h"
#include "dga/words.h"

enum {
	SHAPE_HEX_MIN = 8,
	SHAPE_BASE_MIN = 14,
	SHAPE_SWITCHES_MIN = 4,
	SHAPE_WORD_MIN = 4, /* letters a word */
};

struct shape {
	unsigned letters, digits, not_hex, switches, alternations;
};

static void look(const struct label *l, struct shape *s)
{
	unsigned last = FEATURES_MARK;
	*s = (struct shape){0};
	for (unsigned i = 0; i < l->len; i++) {
		unsigned symbol = features_symbol(l->bytes[i]);
		unsigned class = features_class(symbol);
		bool is_digit = class == FEATURES_NUMBER;
		s->digits += is_digit;
		s->letters += class <= FEATURES_VOWEL;
		s->not_hex += !is_digit && (symbol == FEATURES_PAD || symbol > 6);
		if (i) {
			s->switches += is_digit != (last == FEATURES_NUMBER);
			s->alternations +=
				class != last && class <= FEATURES_VOWEL && last <= FEATURES_VOWEL;
		}
		last = class;
	}
}

static bool is_made_of_words(
	const struct dga *d, const struct label *l, const struct dga_judgement *j)
{
	unsigned words = j->words, in_words = j->in_words;
	if (j->curve == DGA_CURVE_LINEAR) {
		const struct words known = dga_model_words(d);
		struct words_layout w;
		words_lay_out(&known, l->bytes, l->len, &w);
		words = w.words;
		in_words = w.covered;
	}
	return words && in_words * 4 >= l->len * 3u && in_words >= words * SHAPE_WORD_MIN;
}

enum dga_class dga_shape(const struct dga *d, const struct label *l, const struct dga_judgement *j)
{
	struct shape s;
	look(l, &s);
	bool is_mixed = s.letters && s.digits;
	if (is_mixed && !s.not_hex && l->len >= SHAPE_HEX_MIN)
		return DGA_HASH;
	if (is_mixed && l->len >= SHAPE_BASE_MIN && s.digits * 8 >= l->len &&
		s.switches >= SHAPE_SWITCHES_MIN)
		return DGA_HASH;
	if (is_made_of_words(d, l, j))
		return DGA_WORDS;
	if (!s.digits && s.alternations * 4 >= (l->len - 1u) * 3)
		return DGA_WORDS;
	return DGA_RANDOM;
}
