/* SPDX-License-Identifier: BSD-2-Clause
 * Kinds of generators that put syllables, words, names and dates together. `start` draws a family's parameters, `next` makes a label.
 *
 * Threads: none of this is shared.
 */
#pragma once

#include "dga/synth_maker.h"

void synth_words_start_syllables(struct synth_maker *m);
void synth_words_next_syllables(struct synth_maker *m, struct synth_label *out);
void synth_words_start_words(struct synth_maker *m);
void synth_words_next_words(struct synth_maker *m, struct synth_label *out);
void synth_words_start_chopped(struct synth_maker *m);
void synth_words_next_chopped(struct synth_maker *m, struct synth_label *out);
void synth_words_start_mutated(struct synth_maker *m);
void synth_words_next_mutated(struct synth_maker *m, struct synth_label *out);
void synth_words_start_dated(struct synth_maker *m);
void synth_words_next_dated(struct synth_maker *m, struct synth_label *out);
