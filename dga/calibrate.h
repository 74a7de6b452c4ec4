/* SPDX-License-Identifier: BSD-2-Clause
 * From a raw score to a log-likelihood ratio, and to the share of benign names that reach it.
 *
 * Threads: pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dga/dga_model.h"

struct calibrate_point {
	int32_t raw; /* milli-nats */
	bool is_bad;
	double weight; /* over both curves, those of benign names add up to 1, those of generated names too */
};

/* Fits one curve of the model; sorts `points`. */
void calibrate_curve(struct calibrate_point *points, size_t n, int32_t knots[DGA_KNOTS][2]);
/* Bends what a curve says above `from` so that it stays below `most`, still rising. */
void calibrate_bend(int32_t knots[DGA_KNOTS][2], int32_t from, int32_t most);
/* The table of thresholds from the sorted scores of benign names that were not learned. What lies beyond them goes on as a line of score
 * over log rate. */
void calibrate_tail(const int32_t *benign, size_t n, int32_t tail[DGA_RATES]);
