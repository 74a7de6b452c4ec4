/* SPDX-License-Identifier: BSD-2-Clause */
#include "dga/measure.h"

#include <math.h>
#include <stdlib.h>

static int by_value(const void *a, const void *b)
{
	const int32_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

void measure_sort(int32_t *scores, size_t n)
{
	qsort(scores, n, sizeof *scores, by_value);
}

int32_t measure_threshold(const int32_t *benign, size_t n, double rate)
{
	size_t allowed = (size_t)((double)n * rate);
	return benign[n - 1 - (allowed < n ? allowed : n - 1)];
}

/* How many scores are below (`is_below`) or at most `limit`. */
static size_t rank_of(const int32_t *scores, size_t n, int64_t limit)
{
	size_t low = 0, high = n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (scores[middle] <= limit)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

double measure_over(const int32_t *scores, size_t n, int32_t threshold)
{
	return n ? (double)(n - rank_of(scores, n, threshold)) / (double)n : 0;
}

double measure_auc(const int32_t *benign, size_t benign_count, const int32_t *bad, size_t bad_count)
{
	double wins = 0;
	for (size_t i = 0; i < bad_count; i++) {
		size_t below = rank_of(benign, benign_count, (int64_t)bad[i] - 1);
		size_t at_most = rank_of(benign, benign_count, bad[i]);
		wins += (double)(below + at_most) / 2;
	}
	return benign_count && bad_count ? wins / (double)benign_count / (double)bad_count : 0;
}

double measure_rate(size_t point)
{
	const double steps = MEASURE_POINTS - 1;
	return pow(10, MEASURE_DECADES * ((double)point / steps - 1));
}
