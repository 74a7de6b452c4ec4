/* SPDX-License-Identifier: BSD-2-Clause
 * How well scores tell two sets of names apart.
 *
 * Threads: pure.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

void measure_sort(int32_t *scores, size_t n);
/* The lowest threshold that at most the share `rate` of the scores is over. `benign` sorted, n > 0. */
int32_t measure_threshold(const int32_t *benign, size_t n, double rate);
/* The share of the scores that is over the threshold. Sorted. 0 when n is 0. */
double measure_over(const int32_t *scores, size_t n, int32_t threshold);
/* The probability that a name of `bad` scores higher than one of `benign`, a tie counting half. Both sorted. */
double measure_auc(
	const int32_t *benign, size_t benign_count, const int32_t *bad, size_t bad_count);

/* The points of a curve: false positive rates from 1e-5 to 1, 24 steps a decade. */
enum { MEASURE_DECADES = 5, MEASURE_POINTS = MEASURE_DECADES * 24 + 1 };
double measure_rate(size_t point);
