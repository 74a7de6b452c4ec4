/* SPDX-License-Identifier: BSD-2-Clause
 * A picture of how much is found at which false positive rate: SVG, the rate on a logarithmic axis.
 *
 * Threads: pure.
 */
#pragma once

#include <stddef.h>

#include "dga/measure.h"
#include "resolver/base/err.h"

enum { ROC_CURVES_MAX = 8 };

struct roc_curve {
	const char *name; /* of printable ASCII; in the legend */
	const double *found; /* MEASURE_POINTS shares from 0 to 1; negative: no point */
};

/* Writes the picture of up to ROC_CURVES_MAX curves. 0 or -errno with one sentence. */
int roc_write(const char *file, const char *title, const struct roc_curve *curves, size_t n,
	struct err *why);
