/* SPDX-License-Identifier: BSD-2-Clause */
#include "dga/synth_draw.h"

#include <string.h>

const char synth_draw_letters[] = "abcdefghijklmnopqrstuvwxyz";
const char synth_draw_digits[] = "0123456789";
static const char all_consonants[] = "bcdfghjklmnpqrstvwxyz";
static const char all_vowels[] = "aeiou";

/* --- texts --- */

void synth_draw_put_char(struct synth_label *l, char c)
{
	if (l->len < SYNTH_LABEL_MAX)
		l->text[l->len++] = c;
}

void synth_draw_put(struct synth_label *l, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		synth_draw_put_char(l, text[i]);
}

void synth_draw_put_text(struct synth_label *l, const char *text)
{
	synth_draw_put(l, text, strlen(text));
}

void synth_draw_put_number(struct synth_label *l, uint32_t n, unsigned width)
{
	char text[10];
	unsigned len = 0;
	for (; (n || len < width) && len < sizeof text; n /= 10)
		text[len++] = synth_draw_digits[n % 10];
	while (len)
		synth_draw_put_char(l, text[--len]);
}

char synth_draw_pick(struct synth_dice *d, const char *text)
{
	return text[synth_dice_below(d, (uint32_t)strlen(text))];
}

void synth_draw_length(struct synth_maker *m, unsigned least, unsigned most)
{
	m->length_min = synth_dice_between(&m->dice, least, most);
	m->length_max = m->length_min;
	if (synth_dice_falls(&m->dice, 65))
		m->length_max += synth_dice_between(&m->dice, 1, 10);
	if (m->length_max > most)
		m->length_max = most;
}

unsigned synth_draw_a_length(struct synth_maker *m)
{
	return synth_dice_between(&m->dice, m->length_min, m->length_max);
}

/* --- alphabets --- */

void synth_draw_set_alphabet(struct synth_maker *m, const char *text)
{
	m->alphabet_len = (unsigned)strlen(text);
	memcpy(m->alphabet, text, m->alphabet_len);
	for (unsigned i = 0; i < m->alphabet_len; i++)
		m->weights[i] = i + 1;
}

/* Leaves `len` of its letters, chosen by chance. */
void synth_draw_cut_alphabet(struct synth_maker *m, unsigned len)
{
	for (unsigned i = 0; i < len && i < m->alphabet_len; i++) {
		unsigned k = synth_dice_between(&m->dice, i, m->alphabet_len - 1);
		char held = m->alphabet[i];
		m->alphabet[i] = m->alphabet[k];
		m->alphabet[k] = held;
	}
	if (len < m->alphabet_len)
		m->alphabet_len = len;
}

void synth_draw_alphabet(struct synth_maker *m)
{
	char both[SYNTH_ALPHABET_MAX];
	size_t n = sizeof synth_draw_letters - 1;
	memcpy(both, synth_draw_letters, sizeof synth_draw_letters);
	uint32_t way = synth_dice_below(&m->dice, 100);
	if (way >= 60) { /* with some digits, or all */
		unsigned some = way < 75 ? synth_dice_between(&m->dice, 2, 9) : 10;
		unsigned from = synth_dice_below(&m->dice, 11 - some);
		memcpy(both + n, synth_draw_digits + from, some);
		both[n + some] = 0;
	}
	synth_draw_set_alphabet(m, both);
	if ((way >= 40 && way < 60) || way >= 90)
		synth_draw_cut_alphabet(m, synth_dice_between(&m->dice, 7, m->alphabet_len - 1));
}

/* Weights as different as up to 1 to 100. */
void synth_draw_skew_alphabet(struct synth_maker *m)
{
	uint32_t sum = 0, power = synth_dice_between(&m->dice, 1, 3);
	for (unsigned i = 0; i < m->alphabet_len; i++) {
		uint32_t weight = 1, r = synth_dice_between(&m->dice, 1, 32);
		for (uint32_t k = 0; k < power; k++)
			weight *= r;
		sum += weight;
		m->weights[i] = sum;
	}
}

/* As frequent as in benign names. */
void synth_draw_weigh_as_benign(struct synth_maker *m)
{
	uint32_t sum = 0;
	synth_draw_set_alphabet(m, synth_draw_letters);
	for (unsigned i = 0; i < SYNTH_LETTERS; i++) {
		sum += m->stock->letters[i] / 64 + 1;
		m->weights[i] = sum;
	}
}

char synth_draw_a_letter(struct synth_maker *m)
{
	uint32_t at = synth_dice_below(&m->dice, m->weights[m->alphabet_len - 1]);
	unsigned i = 0;
	while (m->weights[i] <= at)
		i++;
	return m->alphabet[i];
}

void synth_draw_put_letters(struct synth_maker *m, struct synth_label *l, unsigned n)
{
	while (n--)
		synth_draw_put_char(l, synth_draw_a_letter(m));
}

/* --- sounds and words --- */

void synth_draw_sounds(struct synth_maker *m)
{
	synth_draw_set_alphabet(m, all_consonants);
	synth_draw_cut_alphabet(m, synth_dice_between(&m->dice, 6, 21));
	memcpy(m->consonants, m->alphabet, m->alphabet_len);
	synth_draw_set_alphabet(m, all_vowels);
	synth_draw_cut_alphabet(m, synth_dice_between(&m->dice, 2, 5));
	memcpy(m->vowels, m->alphabet, m->alphabet_len);
	if (synth_dice_falls(&m->dice, 30))
		m->vowels[m->alphabet_len] = 'y';
	synth_draw_set_alphabet(m, synth_draw_letters);
}

char synth_draw_a_sound(struct synth_maker *m, char what)
{
	switch (what) {
	case 'c':
		return synth_draw_pick(&m->dice, m->consonants);
	case 'v':
		return synth_draw_pick(&m->dice, m->vowels);
	case 'd':
		return synth_draw_pick(&m->dice, synth_draw_digits);
	default:
		return synth_draw_a_letter(m);
	}
}

const struct synth_word *synth_draw_a_word(struct synth_maker *m)
{
	static const struct synth_word none = {.text = "word", .len = 4, .count = 1};
	const struct synth_stock *s = m->stock;
	if (!s->word_count)
		return &none;
	return m->list_len ? &s->words[m->list[synth_dice_below(&m->dice, m->list_len)]]
			   : &s->words[synth_dice_below(&m->dice, s->word_count)];
}
