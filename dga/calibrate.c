/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The ratio of what generated and benign names weigh in bins of the raw score, made monotone by pooling neighbours (Ayer et al., "An
 * empirical distribution function for sampling with incomplete information", 1955), straight lines between them.
 */
#include "dga/calibrate.h"

#include <math.h>
#include <stdlib.h>

#include "dga/learn.h"
#include "dga/measure.h"

enum {
	POINTS_MIN = 3, /* benign names that a rate must leave over a threshold to be believed */
	GAP = 1000, /* of raw score, where nothing is known */
	RISE_PART = 3, /* a curve rises at least by this part of its raw score */
	FAR = 20000, /* of raw score, from what is known to the outer knots */
};

struct bin {
	double raw, bad, benign, weight; /* `raw`: weighted sum */
};

static int by_raw(const void *a, const void *b)
{
	const struct calibrate_point *x = a, *y = b;
	if (x->raw != y->raw)
		return x->raw < y->raw ? -1 : 1;
	return x->is_bad - y->is_bad;
}

static unsigned fill_bins(
	const struct calibrate_point *points, size_t n, struct bin bins[DGA_KNOTS])
{
	double total = 0, seen = 0;
	for (size_t i = 0; i < n; i++)
		total += points[i].weight;
	unsigned used = 0;
	for (size_t i = 0; i < n; i++) {
		unsigned at = (unsigned)(seen / total * (DGA_KNOTS - 2));
		at = at < DGA_KNOTS - 3 ? at : DGA_KNOTS - 3;
		struct bin *b = &bins[at];
		b->raw += points[i].raw * points[i].weight;
		b->weight += points[i].weight;
		*(points[i].is_bad ? &b->bad : &b->benign) += points[i].weight;
		seen += points[i].weight;
		used = at + 1;
	}
	return used;
}

static double ratio_of(const struct bin *b, double least)
{
	return 1000 * (learn_log(b->bad + least) - learn_log(b->benign + least));
}

/* Pools neighbours whose ratio falls; drops empty bins. Returns how many are left. */
static unsigned pool(struct bin *bins, unsigned n, double least)
{
	unsigned kept = 0;
	for (unsigned i = 0; i < n; i++) {
		if (!(bins[i].weight > 0))
			continue;
		bins[kept++] = bins[i];
		while (kept > 1 &&
			ratio_of(&bins[kept - 2], least) >= ratio_of(&bins[kept - 1], least)) {
			bins[kept - 2].raw += bins[kept - 1].raw;
			bins[kept - 2].weight += bins[kept - 1].weight;
			bins[kept - 2].bad += bins[kept - 1].bad;
			bins[kept - 2].benign += bins[kept - 1].benign;
			kept--;
		}
	}
	return kept;
}

static int32_t limited(double v, int32_t limit)
{
	return v > limit ? limit : v < -limit ? -limit : (int32_t)lrint(v);
}

/* The knots between the outer ones; all rise. */
static void place_knots(
	const struct bin *bins, unsigned n, double least, int32_t knots[DGA_KNOTS][2])
{
	for (unsigned k = 0; k < DGA_KNOTS - 2; k++) {
		int32_t *knot = knots[k + 1], *last = k ? knots[k] : NULL;
		bool is_known = k < n;
		knot[0] = is_known ? limited(bins[k].raw / bins[k].weight, DGA_MILLI_MAX / 2)
				   : (last ? last[0] + GAP : 0);
		knot[1] = is_known ? limited(ratio_of(&bins[k], least), DGA_MILLI_MAX / 2)
				   : (last ? last[1] + GAP / RISE_PART : 0);
		if (last && knot[0] <= last[0])
			knot[0] = last[0] + 1;
		int32_t rise = last ? (knot[0] - last[0]) / RISE_PART + 1 : 0;
		if (last && knot[1] < last[1] + rise)
			knot[1] = last[1] + rise;
	}
}

void calibrate_curve(struct calibrate_point *points, size_t n, int32_t knots[DGA_KNOTS][2])
{
	struct bin bins[DGA_KNOTS] = {{0}};
	double least = 0.5;
	qsort(points, n, sizeof *points, by_raw);
	for (size_t i = 0; i < n; i++)
		if (points[i].weight < least && points[i].weight > 0)
			least = points[i].weight;
	unsigned kept = pool(bins, n ? fill_bins(points, n, bins) : 0, least);
	place_knots(bins, kept, least, knots);
	int32_t *first = knots[0], *last = knots[DGA_KNOTS - 1];
	first[0] = knots[1][0] - FAR;
	first[1] = knots[1][1] - FAR / 2;
	last[0] = knots[DGA_KNOTS - 2][0] + FAR;
	last[1] = knots[DGA_KNOTS - 2][1] + FAR / 2;
}

void calibrate_bend(int32_t knots[DGA_KNOTS][2], int32_t from, int32_t most)
{
	double room = most > from ? most - from : 1;
	for (unsigned k = 0; k < DGA_KNOTS; k++) {
		double over = knots[k][1] - from;
		if (over > 0)
			knots[k][1] = from + (int32_t)lrint(room * over / (room + over));
		if (k && knots[k][1] <= knots[k - 1][1])
			knots[k][1] = knots[k - 1][1] + 1;
	}
}

void calibrate_tail(const int32_t *benign, size_t n, int32_t tail[DGA_RATES])
{
	int known = 0;
	for (int r = 0; r < DGA_RATES; r++) {
		double rate = r % 2 ? 0.031622776601683794 : 0.1;
		for (int k = 0; k < r / 2; k++)
			rate /= 10;
		if (rate * (double)n >= POINTS_MIN || r < 2) {
			tail[r] = measure_threshold(benign, n, rate);
			known = r;
		} else {
			int32_t step = tail[known] - tail[known - 1];
			tail[r] = tail[r - 1] + (step > 0 ? step : 0);
		}
		if (r && tail[r] < tail[r - 1])
			tail[r] = tail[r - 1];
	}
}
