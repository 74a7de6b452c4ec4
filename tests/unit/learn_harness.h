/* SPDX-License-Identifier: BSD-2-Clause
 * Names made up here and a small model's tables, for tests of learners. Include after cmocka.h.
 */
#pragma once

#include "dga/dga_model.h"
#include "dga/features.h"
#include "dga/learn.h"

enum { LEARN_NAMES_MAX = 20000, LEARN_HASH_BITS = 12, LEARN_WORD_BITS = 16 };

struct learn_harness {
	struct samples samples;
	uint32_t at[LEARN_NAMES_MAX];
	struct dga_layout layout;
	uint8_t *bytes;
	struct dga model;
	uint32_t seed;
};

static inline unsigned learn_harness_pick(struct learn_harness *h, unsigned n)
{
	h->seed = h->seed * 1664525u + 1013904223u;
	return (h->seed >> 8) % n;
}

static inline void learn_harness_open(struct learn_harness *h)
{
	*h = (struct learn_harness){.seed = 1};
	dga_model_layout(LEARN_HASH_BITS, LEARN_WORD_BITS, 0, &h->layout);
	h->bytes = calloc(1, h->layout.total);
	assert_non_null(h->bytes);
	h->model.hash_bits = LEARN_HASH_BITS;
	h->model.word_bits = LEARN_WORD_BITS;
	for (unsigned s = 0; s < DGA_SECTIONS; s++)
		h->model.sections[s] = h->bytes + h->layout.at[s];
	assert_non_null(samples_add_family(&h->samples, "benign", NULL));
}

static inline void learn_harness_add(struct learn_harness *h, const char *text)
{
	struct dname name;
	assert_int_equal(dname_from_text(text, strlen(text), &name), 0);
	assert_int_equal(samples_add(&h->samples, &name, NULL), 0);
}

static inline struct learn_rows learn_harness_rows(struct learn_harness *h)
{
	assert_in_range(h->samples.count, 1, LEARN_NAMES_MAX);
	for (uint32_t i = 0; i < h->samples.count; i++)
		h->at[i] = i;
	return (struct learn_rows){&h->samples, h->at, h->samples.count};
}

static inline void learn_harness_close(struct learn_harness *h)
{
	samples_free(&h->samples);
	free(h->bytes);
}
