/* SPDX-License-Identifier: BSD-2-Clause
 * The last steps of a training: the gate, the curves from raw scores to log-likelihood ratios, the table of thresholds; and how
 * well it all does.
 *
 * Threads: none of this is shared.
 * Owns: all is borrowed.
 */
#pragma once

#include <stdio.h>

#include "dga/dga_model.h"
#include "dga/learn_trees.h"
#include "dga/samples.h"

struct train_finish {
	const struct samples *samples;
	const struct learn_trees_rows *dense; /* what trees have learned from */
	struct dga *model; /* with both stages; gets the numbers that are left */
};

/* 0, -ENOMEM, or CEN_EFORMAT when no benign name was kept apart to set a threshold by. `tell`: figures; NULL: nobody. */
int train_finish(const struct train_finish *t, FILE *tell, struct err *why);
