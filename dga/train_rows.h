/* SPDX-License-Identifier: BSD-2-Clause
 * Which names a step of a training learns from, and what each of their families weighs.
 *
 * Threads: none of this is shared.
 * Owns: what train_rows_make fills is its caller's, until train_rows_free; the samples are borrowed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dga/learn.h"
#include "dga/samples.h"

enum {
	TRAIN_ROWS_GROUPS = 4,
	TRAIN_ROWS_NO_GROUP = 0xff, /* of names that are not learned */
};

/* What all generated names together weigh against the benign ones. */
static const double TRAIN_ROWS_GENERATED = 0.25;

struct train_rows {
	const struct samples *samples;
	uint8_t *groups; /* of each sample: families as a whole */
	uint8_t *is_first; /* of the benign names with its label */
	uint32_t *rows; /* room for numbers of samples */
	float *family_weights;
};

/* 0 or -ENOMEM; to be freed in both cases. */
int train_rows_make(const struct samples *s, struct train_rows *out);
void train_rows_free(struct train_rows *t);
/* Marks the first of all benign names with the same label. 0 or -ENOMEM. */
int train_rows_mark_first(struct train_rows *t);

struct train_rows_choice {
	unsigned without_group; /* TRAIN_ROWS_GROUPS: with all */
	bool is_benign_only; /* and of those only what train_rows_mark_first has marked */
	bool is_vetted_only;
};

/* For a first stage: without the synthetic families of words, from which n-grams alone would learn nothing but harm. Valid until the next
 * call. */
struct learn_rows train_rows_choose(struct train_rows *t, struct train_rows_choice c);
/* Are there both benign and generated names outside of a group? */
bool train_rows_has_both(const struct train_rows *t, unsigned without_group);
/* Sets the weights of the families of these rows. CEN_EFORMAT when there are no benign or no generated names. */
int train_rows_weigh(struct train_rows *t, const struct learn_rows *rows, struct err *why);
