/* SPDX-License-Identifier: BSD-2-Clause
 * What the kinds of generators share: text that grows, lengths, alphabets, sounds, words.
 *
 * Threads: none of this is shared.
 */
#pragma once

#include "dga/synth_maker.h"

extern const char synth_draw_letters[], synth_draw_digits[];

void synth_draw_put_char(struct synth_label *l, char c);
void synth_draw_put(struct synth_label *l, const char *text, size_t len);
void synth_draw_put_text(struct synth_label *l, const char *text);
void synth_draw_put_number(struct synth_label *l, uint32_t n, unsigned width);
char synth_draw_pick(struct synth_dice *d, const char *text);
void synth_draw_length(struct synth_maker *m, unsigned least, unsigned most);
unsigned synth_draw_a_length(struct synth_maker *m);
void synth_draw_set_alphabet(struct synth_maker *m, const char *text);
void synth_draw_cut_alphabet(struct synth_maker *m, unsigned len);
void synth_draw_alphabet(struct synth_maker *m);
void synth_draw_skew_alphabet(struct synth_maker *m);
void synth_draw_weigh_as_benign(struct synth_maker *m);
char synth_draw_a_letter(struct synth_maker *m);
void synth_draw_put_letters(struct synth_maker *m, struct synth_label *l, unsigned n);
void synth_draw_sounds(struct synth_maker *m);
char synth_draw_a_sound(struct synth_maker *m, char what);
const struct synth_word *synth_draw_a_word(struct synth_maker *m);
