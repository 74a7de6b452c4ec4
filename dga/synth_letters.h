/* SPDX-License-Identifier: BSD-2-Clause
 * Kinds of generators that put letters and digits together. `start` draws a family's parameters, `next` makes a label.
 *
 * Threads: none of this is shared.
 */
#pragma once

#include "dga/synth_maker.h"

void synth_letters_start_uniform(struct synth_maker *m);
void synth_letters_start_skewed(struct synth_maker *m);
void synth_letters_start_short(struct synth_maker *m);
void synth_letters_next_letters(struct synth_maker *m, struct synth_label *out);
void synth_letters_start_digest(struct synth_maker *m);
void synth_letters_next_with_affixes(struct synth_maker *m, struct synth_label *out);
void synth_letters_start_sequence(struct synth_maker *m);
void synth_letters_next_sequence(struct synth_maker *m, struct synth_label *out);
void synth_letters_start_alternating(struct synth_maker *m);
void synth_letters_next_alternating(struct synth_maker *m, struct synth_label *out);
void synth_letters_start_pattern(struct synth_maker *m);
void synth_letters_next_pattern(struct synth_maker *m, struct synth_label *out);
void synth_letters_start_chain(struct synth_maker *m);
void synth_letters_next_chain(struct synth_maker *m, struct synth_label *out);
void synth_letters_start_benign_chain(struct synth_maker *m);
void synth_letters_next_benign_chain(struct synth_maker *m, struct synth_label *out);
