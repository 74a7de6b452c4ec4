/* SPDX-License-Identifier: BSD-2-Clause
 * Gradient-boosted oblivious trees.
 *
 * Threads: none of this is shared.
 */
#pragma once

#include "dga/dense.h"
#include "dga/trees.h"

struct learn_trees_rows {
	size_t count;
	int16_t *x; /* count * DENSE_COUNT */
	int32_t *linear; /* milli-nats */
	float *weights;
	uint16_t *families; /* SAMPLES_BENIGN: a benign name */
};

/* Writes `tree_count` trees to `trees`, and DGA_START and DGA_SLOPE into `model`, all in milli-nats of the odds that the weights
 * imply. 0 or -ENOMEM. */
int learn_trees(const struct learn_trees_rows *rows, unsigned tree_count, uint64_t seed,
	uint8_t *trees, struct dga *model);
