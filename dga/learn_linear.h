/* SPDX-License-Identifier: BSD-2-Clause
 * The linear part of the score: logistic regression on n-grams, the length and the top-level domain.
 *
 * Threads: none of this is shared.
 */
#pragma once

#include "dga/dga_model.h"
#include "dga/learn.h"

struct learn_linear {
	struct learn_rows rows;
	const float *family_weights; /* of each name of a family */
	double prior; /* logarithm of what generated names weigh against benign ones: it is taken out of the base */
	unsigned epochs;
	uint64_t seed;
};

/* Writes the tables of the linear score into `bytes` and their units and the base into `model`. 0 or -ENOMEM. */
int learn_linear(const struct learn_linear *how, const struct dga_layout *layout, uint8_t *bytes,
	struct dga *model);
