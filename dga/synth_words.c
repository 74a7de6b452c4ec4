/* SPDX-License-Identifier: BSD-2-Clause */
#include "dga/synth_words.h"

#include <string.h>

#include "dga/synth_draw.h"

/* --- syllables --- */

/* A piece of a word, 2 to `most` letters. */
static void draw_piece(struct synth_maker *m, char to[static SYNTH_PIECE_MAX + 1], unsigned most)
{
	const struct synth_word *w = synth_draw_a_word(m);
	unsigned n = synth_dice_between(&m->dice, 2, most < w->len ? most : w->len);
	memcpy(to, w->text + synth_dice_below(&m->dice, w->len - n + 1), n);
	to[n] = 0;
}

void synth_words_start_syllables(struct synth_maker *m)
{
	synth_draw_sounds(m);
	m->piece_count = synth_dice_between(&m->dice, 8, SYNTH_PIECES_MAX);
	m->way = synth_dice_below(&m->dice, 3);
	unsigned most = synth_dice_between(&m->dice, 2, 4);
	for (unsigned i = 0; i < m->piece_count; i++) {
		char *to = m->pieces[i];
		if (m->way == 0) {
			draw_piece(m, to, most);
			continue;
		}
		unsigned n = 0;
		if (m->way == 1 || synth_dice_falls(&m->dice, 70))
			to[n++] = synth_draw_a_sound(m, 'c');
		to[n++] = synth_draw_a_sound(m, 'v');
		if (most > 2 && synth_dice_falls(&m->dice, 50))
			to[n++] = synth_draw_a_sound(m, 'c');
	}
	m->parts_min = synth_dice_between(&m->dice, 2, 4);
	m->parts_max = m->parts_min + synth_dice_below(&m->dice, 4);
}

void synth_words_next_syllables(struct synth_maker *m, struct synth_label *out)
{
	for (unsigned n = synth_dice_between(&m->dice, m->parts_min, m->parts_max); n; n--)
		synth_draw_put_text(out, m->pieces[synth_dice_below(&m->dice, m->piece_count)]);
}

/* --- words --- */

enum { PROSE_PERCENT = 70 }; /* of the lists */

/* A family's own list: drawn from the more frequent words, or from all; of prose, or of benign names. */
static void draw_list(struct synth_maker *m, unsigned least, unsigned most)
{
	uint32_t all = m->stock->word_count, from = 0;
	m->list_len = 0;
	if (!all)
		return;
	unsigned n = synth_dice_between(&m->dice, least, most);
	if (m->stock->prose_count && synth_dice_falls(&m->dice, PROSE_PERCENT)) {
		from = all;
		all = m->stock->prose_count;
	}
	uint32_t span = all;
	if (synth_dice_falls(&m->dice, 50) && all > 2000)
		span = synth_dice_between(&m->dice, 1000, all);
	unsigned shortest = synth_dice_between(&m->dice, 3, 5);
	for (unsigned tries = 0; m->list_len < n && tries < 20 * SYNTH_LIST_MAX; tries++) {
		uint32_t at = from + synth_dice_below(&m->dice, span);
		if (m->stock->words[at].len >= shortest)
			m->list[m->list_len++] = at;
	}
}

void synth_words_start_words(struct synth_maker *m)
{
	draw_list(m, 50, SYNTH_LIST_MAX);
	m->parts_min = synth_dice_between(&m->dice, 2, 3);
	m->parts_max = m->parts_min + synth_dice_below(&m->dice, 2);
	if (synth_dice_falls(&m->dice, 20))
		m->separator[0] = '-';
	/* 0-3: whole words; 4: their ends chopped; 5: one shortened to fit a length; 6: a number behind; 7: letters behind */
	m->way = synth_dice_below(&m->dice, 8);
	m->length_min = synth_dice_between(&m->dice, 10, 14);
	m->length_max = synth_dice_between(&m->dice, 16, 28);
	m->shift = synth_dice_between(&m->dice, 1, 4);
	synth_draw_set_alphabet(m,
		synth_dice_falls(&m->dice, 60) ? synth_draw_letters
					       : "abcdefghijklmnopqrstuvwxyz0123456789");
}

static void put_word(struct synth_maker *m, struct synth_label *l)
{
	const struct synth_word *w = synth_draw_a_word(m);
	size_t from = 0, to = w->len;
	if (m->way == 4) {
		from = synth_dice_below(&m->dice, 2);
		to -= synth_dice_below(&m->dice, w->len > 4 ? 3 : 1);
	}
	synth_draw_put(l, w->text + from, to - from);
}

void synth_words_next_words(struct synth_maker *m, struct synth_label *out)
{
	unsigned n = synth_dice_between(&m->dice, m->parts_min, m->parts_max);
	for (unsigned i = 0; i < n || (m->way == 5 && out->len < m->length_min); i++) {
		if (i && m->separator[0])
			synth_draw_put_char(out, m->separator[0]);
		put_word(m, out);
	}
	if (m->way == 5 && out->len > m->length_max)
		out->len = m->length_max;
	if (m->way == 6)
		synth_draw_put_number(out, synth_dice_below(&m->dice, 10000), m->shift);
	if (m->way == 7)
		synth_draw_put_letters(m, out, m->shift + 1);
}

/* Beginnings and ends of words. */
void synth_words_start_chopped(struct synth_maker *m)
{
	draw_list(m, 50, SYNTH_LIST_MAX);
	m->parts_min = synth_dice_between(&m->dice, 2, 4);
	m->parts_max = m->parts_min + synth_dice_below(&m->dice, 3);
	m->length_max = synth_dice_between(&m->dice, 3, 6);
	m->way = synth_dice_below(&m->dice, 3);
}

void synth_words_next_chopped(struct synth_maker *m, struct synth_label *out)
{
	for (unsigned n = synth_dice_between(&m->dice, m->parts_min, m->parts_max); n; n--) {
		const struct synth_word *w = synth_draw_a_word(m);
		unsigned len = synth_dice_between(&m->dice, 2, m->length_max);
		len = len < w->len ? len : w->len;
		bool is_end = m->way == 2 ? synth_dice_falls(&m->dice, 50) : m->way == 1;
		synth_draw_put(out, w->text + (is_end ? w->len - len : 0), len);
	}
}

/* One base, of letters, sounds or words, with some letters changed: anywhere, in front, or behind. */
void synth_words_start_mutated(struct synth_maker *m)
{
	synth_draw_sounds(m);
	synth_draw_length(m, 9, 24);
	uint32_t of = synth_dice_below(&m->dice, 3);
	if (of == 2)
		while (m->base.len < m->length_min)
			synth_draw_put_text(&m->base, synth_draw_a_word(m)->text);
	while (m->base.len < m->length_min)
		synth_draw_put_char(&m->base,
			of == 0 ? synth_draw_a_letter(m)
				: synth_draw_a_sound(m, m->base.len % 2 ? 'v' : 'c'));
	m->way = synth_dice_below(&m->dice, 4);
	m->branches = synth_dice_between(&m->dice, 2, 6);
}

void synth_words_next_mutated(struct synth_maker *m, struct synth_label *out)
{
	struct synth_label l = m->base;
	uint32_t n = (uint32_t)l.len, changed = m->branches < n ? m->branches : n;
	for (uint32_t i = 0; i < changed; i++) {
		uint32_t at = m->way == 0 ? i
			: m->way == 1	  ? n - 1 - i
					  : synth_dice_below(&m->dice, n);
		l.text[at] = synth_draw_a_letter(m);
	}
	if (m->way == 3) /* each is made from the one before */
		m->base = l;
	synth_draw_put(out, l.text, l.len);
}

/* A date as a person writes it, and something made from it. */
void synth_words_start_dated(struct synth_maker *m)
{
	synth_draw_set_alphabet(
		m, synth_dice_falls(&m->dice, 50) ? "0123456789abcdef" : synth_draw_letters);
	m->length_min = m->length_max = synth_dice_between(&m->dice, 4, 14);
	m->way = synth_dice_below(&m->dice, 6);
	if (synth_dice_falls(&m->dice, 25))
		m->separator[0] = '-';
}

static void put_date(struct synth_maker *m, struct synth_label *l)
{
	static const char *const months[] = {"january", "february", "march", "april", "may", "june",
		"july", "august", "september", "october", "november", "december"};
	uint32_t month = synth_dice_below(&m->dice, 12);
	if (m->way % 3 == 0)
		synth_draw_put_text(l, months[month]);
	else if (m->way % 3 == 1)
		synth_draw_put(l, months[month], 3);
	else
		synth_draw_put_number(l, synth_dice_between(&m->dice, 2010, 2029), 4);
	if (m->way % 3 == 2)
		synth_draw_put_number(l, month + 1, 2);
	if (synth_dice_falls(&m->dice, 50))
		synth_draw_put_number(l, synth_dice_between(&m->dice, 1, 28), 1 + m->way % 2);
}

void synth_words_next_dated(struct synth_maker *m, struct synth_label *out)
{
	if (m->way < 3)
		put_date(m, out);
	if (m->way < 3 && m->separator[0])
		synth_draw_put_char(out, m->separator[0]);
	synth_draw_put_letters(m, out, synth_draw_a_length(m));
	if (m->way >= 3 && m->separator[0])
		synth_draw_put_char(out, m->separator[0]);
	if (m->way >= 3)
		put_date(m, out);
}
