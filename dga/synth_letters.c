/* SPDX-License-Identifier: BSD-2-Clause */
#include "dga/synth_letters.h"

#include <string.h>

#include "dga/synth_draw.h"

/* --- letters --- */

void synth_letters_start_uniform(struct synth_maker *m)
{
	synth_draw_alphabet(m);
	synth_draw_length(m, 6, 28);
}

void synth_letters_start_skewed(struct synth_maker *m)
{
	if (synth_dice_falls(&m->dice, 25)) {
		synth_draw_weigh_as_benign(m);
	} else {
		synth_draw_alphabet(m);
		synth_draw_skew_alphabet(m);
	}
	synth_draw_length(m, 7, 26);
}

void synth_letters_start_short(struct synth_maker *m)
{
	synth_draw_set_alphabet(m, synth_draw_letters);
	if (synth_dice_falls(&m->dice, 30))
		synth_draw_cut_alphabet(m, synth_dice_between(&m->dice, 8, 25));
	if (synth_dice_falls(&m->dice, 30))
		synth_draw_skew_alphabet(m);
	m->length_min = synth_dice_between(&m->dice, 5, 8);
	m->length_max = synth_dice_between(&m->dice, m->length_min, 9);
}

void synth_letters_next_letters(struct synth_maker *m, struct synth_label *out)
{
	synth_draw_put_letters(m, out, synth_draw_a_length(m));
}

void synth_letters_start_digest(struct synth_maker *m)
{
	static const char *const kinds[] = {"0123456789abcdef", "0123456789abcdef",
		"abcdefghijklmnopqrstuvwxyz234567", "0123456789abcdefghijklmnopqrstuv",
		"0123456789abcdefghijklmnopqrstuvwxyz",
		"aabbccddeeffgghhiijjkkllmmnnooppqqrrssttuuvvwwxxyyzz0123456789"};
	synth_draw_set_alphabet(
		m, kinds[synth_dice_below(&m->dice, sizeof kinds / sizeof kinds[0])]);
	m->length_min = m->length_max = synth_dice_between(&m->dice, 8, 32);
	if (synth_dice_falls(&m->dice, 20))
		m->length_max += synth_dice_between(&m->dice, 1, 4);
	uint32_t affix = synth_dice_below(&m->dice, 100);
	struct synth_label l = {.len = 0};
	synth_draw_put_letters(m, &l, synth_dice_between(&m->dice, 1, 5));
	if (affix < 12)
		memcpy(m->prefix, l.text, l.len);
	else if (affix < 24)
		memcpy(m->suffix, l.text, l.len);
}

void synth_letters_next_with_affixes(struct synth_maker *m, struct synth_label *out)
{
	synth_draw_put_text(out, m->prefix);
	synth_draw_put_letters(m, out, synth_draw_a_length(m));
	synth_draw_put_text(out, m->suffix);
}

/* A generator with few bits of state shows them in its letters. */
void synth_letters_start_sequence(struct synth_maker *m)
{
	synth_draw_alphabet(m);
	synth_draw_length(m, 7, 24);
	m->state = (uint32_t)synth_dice_next(&m->dice);
	m->factor = ((uint32_t)synth_dice_next(&m->dice) & 0xffff) << 2 | 1;
	m->increment = (uint32_t)synth_dice_next(&m->dice) | 1;
	m->modulus =
		synth_dice_falls(&m->dice, 50) ? 0 : synth_dice_between(&m->dice, 5000, 2000000000);
	m->shift = synth_dice_below(&m->dice, 3) * 8;
}

static uint32_t step(struct synth_maker *m)
{
	m->state = m->state * m->factor + m->increment;
	if (m->modulus)
		m->state %= m->modulus;
	return m->state >> m->shift;
}

void synth_letters_next_sequence(struct synth_maker *m, struct synth_label *out)
{
	unsigned n = m->length_min + step(m) % (m->length_max - m->length_min + 1);
	/* A short cycle would give one name again and again. */
	if (synth_dice_falls(&m->dice, 20))
		m->state ^= (uint32_t)synth_dice_next(&m->dice);
	while (n--)
		synth_draw_put_char(out, m->alphabet[step(m) % m->alphabet_len]);
}

/* --- patterns --- */

static void draw_pattern(struct synth_maker *m, const char *of, unsigned least, unsigned most)
{
	m->pattern_len = synth_dice_between(&m->dice, least, most);
	for (unsigned i = 0; i < m->pattern_len; i++)
		m->pattern[i] = synth_draw_pick(&m->dice, of);
}

/* 0: strictly alternating; 1: one pattern for all; 2: patterns of a part repeated; 3: alternating, but for a chance */
void synth_letters_start_alternating(struct synth_maker *m)
{
	synth_draw_sounds(m);
	synth_draw_length(m, 6, 20);
	m->way = synth_dice_below(&m->dice, 4);
	if (m->way == 1)
		draw_pattern(m, "cvcvcvccv", 7, 16);
	if (m->way == 2)
		draw_pattern(m, "cvcvcvccv", 2, 6);
	m->branches = synth_dice_between(&m->dice, 5, 30);
}

void synth_letters_next_alternating(struct synth_maker *m, struct synth_label *out)
{
	unsigned n = m->way == 1 ? m->pattern_len : synth_draw_a_length(m);
	bool is_vowel = synth_dice_falls(&m->dice, 50);
	for (unsigned i = 0; i < n; i++) {
		char what = is_vowel ? 'v' : 'c';
		if (m->way == 1 || m->way == 2)
			what = m->pattern[i % m->pattern_len];
		synth_draw_put_char(out, synth_draw_a_sound(m, what));
		if (m->way != 3 || !synth_dice_falls(&m->dice, m->branches))
			is_vowel = !is_vowel;
	}
}

/* Letters with digits at places of their own. */
void synth_letters_start_pattern(struct synth_maker *m)
{
	synth_draw_sounds(m);
	if (synth_dice_falls(&m->dice, 30))
		synth_draw_skew_alphabet(m);
	draw_pattern(m, synth_dice_falls(&m->dice, 50) ? "lllld" : "ld", 7, 18);
	m->way = synth_dice_below(&m->dice, 3);
	if (m->way == 1) /* letters, then digits, or the other way round */
		for (unsigned i = 0, at = synth_dice_between(&m->dice, 2, m->pattern_len - 1);
			i < m->pattern_len; i++)
			m->pattern[i] = i < at ? 'l' : 'd';
	if (m->way == 2)
		for (unsigned i = 0; i < m->pattern_len; i++)
			m->pattern[i] = i % 3 == 0 ? 'c' : i % 3 == 1 ? 'v' : 'd';
}

void synth_letters_next_pattern(struct synth_maker *m, struct synth_label *out)
{
	for (unsigned i = 0; i < m->pattern_len; i++)
		synth_draw_put_char(out, synth_draw_a_sound(m, m->pattern[i]));
}

/* --- chains --- */

/* Each letter, or two, are followed by few others; which ones, the key says. */
void synth_letters_start_chain(struct synth_maker *m)
{
	synth_draw_alphabet(m);
	synth_draw_length(m, 7, 22);
	m->key = synth_dice_next(&m->dice);
	m->order = synth_dice_between(&m->dice, 1, 2);
	m->branches = synth_dice_between(&m->dice, 2, m->order == 1 ? 12 : 8);
}

void synth_letters_next_chain(struct synth_maker *m, struct synth_label *out)
{
	uint64_t a = 0, b = synth_dice_below(&m->dice, m->alphabet_len);
	synth_draw_put_char(out, m->alphabet[b]);
	for (unsigned n = synth_draw_a_length(m); n > 1; n--) {
		uint64_t branch = synth_dice_below(&m->dice, m->branches);
		uint64_t c = synth_dice_mix(m->key ^ (a << 16 | b << 8 | branch)) >> 32;
		a = m->order == 2 ? b + 1 : 0;
		b = c * m->alphabet_len >> 32;
		synth_draw_put_char(out, m->alphabet[b]);
	}
}

/* Letters follow each other as in benign names: one before them counts, or two. */
void synth_letters_start_benign_chain(struct synth_maker *m)
{
	synth_draw_length(m, 8, 20);
	m->order = synth_dice_between(&m->dice, 1, 2);
	m->way = synth_dice_below(&m->dice, 2);
}

/* What follows, the end excepted; the letter's place. */
static unsigned a_follower(struct synth_maker *m, unsigned a, unsigned b)
{
	uint32_t sums[SYNTH_LETTERS], sum = 0;
	for (unsigned c = 0; c < SYNTH_LETTERS; c++) {
		uint32_t n = 0;
		for (unsigned before = 0; before < 27; before++)
			if (m->order == 1 || before == a)
				n += m->stock->followers[before * 27 + b][c];
		uint32_t root = 0; /* flatter */
		while (m->way && (root + 1) * (root + 1) <= n && root < 2000)
			root++;
		sum += m->way ? root : n;
		sums[c] = sum;
	}
	if (!sum)
		return synth_dice_below(&m->dice, SYNTH_LETTERS);
	uint32_t at = synth_dice_below(&m->dice, sum);
	unsigned c = 0;
	while (sums[c] <= at)
		c++;
	return c;
}

void synth_letters_next_benign_chain(struct synth_maker *m, struct synth_label *out)
{
	unsigned a = SYNTH_END, b = SYNTH_END;
	for (unsigned n = synth_draw_a_length(m); n; n--) {
		unsigned c = a_follower(m, a, b);
		synth_draw_put_char(out, synth_draw_letters[c]);
		a = b;
		b = c;
	}
}
