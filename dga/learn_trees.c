/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Friedman, "Greedy function approximation: a gradient boosting machine" (2001), with second-order steps (Chen and Guestrin, "XGBoost",
 * 2016) and one question for each depth (Prokhorenkova et al., "CatBoost", 2018). Gradients are rounded to integers before they are
 * summed up.
 */
#include "dga/learn_trees.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dga/learn.h"

enum {
	BINS = 64,
	SAMPLE_MAX = 50000, /* values that make a feature's bins */
	GRADIENT_ONE = 1 << 10, /* of a name that weighs 1 */
	NEWTON_STEPS = 12,
	LEAF_MAX = 8000, /* milli-nats */
};

static const double shrinkage = 0.08;
static const double regularisation = 20;
/* A name whose gradient is below this one stands, in so many trees as its gradient is a part of it, for as much more. */
static const double gradient_kept = 0.1;
static const double kept_share = 0.7; /* of the names, for each tree */
static const double asked_share = 0.3; /* of the features */

struct booster {
	const struct learn_trees_rows *rows;
	int16_t cuts[DENSE_COUNT][BINS]; /* bin b holds what is over cut b - 1 and not over cut b */
	unsigned cut_count[DENSE_COUNT];
	uint8_t *bins; /* as rows->x */
	int32_t *margins; /* milli-nats */
	int64_t *sums; /* of each name: gradient in the upper half, curvature in the lower one */
	uint8_t *leaves;
	uint32_t *kept;
	size_t kept_count;
	uint64_t random;
	uint8_t asked[DENSE_COUNT]; /* the features of this tree */
	unsigned asked_count;
	int64_t (*histogram)[DENSE_COUNT][BINS]; /* of each leaf, such sums */
};

static bool is_bad(const struct learn_trees_rows *rows, size_t i)
{
	return rows->families[i] != SAMPLES_BENIGN;
}

/* --- bins --- */

static int by_value(const void *a, const void *b)
{
	return *(const int16_t *)a - *(const int16_t *)b;
}

/* Cuts between the values' quantiles. */
static void cut_feature(struct booster *b, unsigned f, int16_t *values)
{
	size_t step = b->rows->count / SAMPLE_MAX + 1, n = 0;
	for (size_t i = 0; i < b->rows->count; i += step)
		values[n++] = b->rows->x[i * DENSE_COUNT + f];
	qsort(values, n, sizeof *values, by_value);
	unsigned cuts = 0;
	for (unsigned k = 1; k < BINS; k++) {
		int16_t cut = values[n * k / BINS];
		if (cut < values[n - 1] && (!cuts || cut > b->cuts[f][cuts - 1]))
			b->cuts[f][cuts++] = cut;
	}
	b->cut_count[f] = cuts;
}

static uint8_t bin_of(const struct booster *b, unsigned f, int16_t x)
{
	unsigned low = 0, high = b->cut_count[f];
	while (low < high) {
		unsigned middle = (low + high) / 2;
		if (x > b->cuts[f][middle])
			low = middle + 1;
		else
			high = middle;
	}
	return (uint8_t)low;
}

static int make_bins(struct booster *b)
{
	int16_t *values = malloc((SAMPLE_MAX + 1) * sizeof *values);
	if (!values)
		return -ENOMEM;
	for (unsigned f = 0; f < DENSE_COUNT; f++)
		cut_feature(b, f, values);
	free(values);
	for (size_t i = 0; i < b->rows->count; i++)
		for (unsigned f = 0; f < DENSE_COUNT; f++)
			b->bins[i * DENSE_COUNT + f] =
				bin_of(b, f, b->rows->x[i * DENSE_COUNT + f]);
	return 0;
}

/* --- the start --- */

/* A logistic regression on the linear score alone, by Newton's method. */
static void fit_start(struct booster *b, struct dga *model)
{
	const struct learn_trees_rows *rows = b->rows;
	double start = 0, slope = 0.5;
	for (int step = 0; step < NEWTON_STEPS; step++) {
		double g0 = 0, g1 = 0, h00 = 1e-3, h01 = 0, h11 = 1e-3;
		for (size_t i = 0; i < rows->count; i++) {
			double x = rows->linear[i] / 1000.0, w = (double)rows->weights[i];
			double p = learn_logistic(start + slope * x);
			double g = w * (p - is_bad(rows, i)), h = w * p * (1 - p);
			g0 += g;
			g1 += g * x;
			h00 += h;
			h01 += h * x;
			h11 += h * x * x;
		}
		double det = h00 * h11 - h01 * h01;
		if (!(det > 0))
			break;
		start -= (h11 * g0 - h01 * g1) / det;
		slope -= (h00 * g1 - h01 * g0) / det;
	}
	slope = slope < 0 ? 0 : slope > 8 ? 8 : slope;
	start = start > 100 ? 100 : start < -100 ? -100 : start;
	model->numbers[DGA_START] = (int32_t)lrint(start * 1000);
	model->numbers[DGA_SLOPE] = (int32_t)lrint(slope * 1024);
	for (size_t i = 0; i < rows->count; i++)
		b->margins[i] = model->numbers[DGA_START] +
			(int32_t)((int64_t)rows->linear[i] * model->numbers[DGA_SLOPE] / 1024);
}

/* --- a tree --- */

/* Two sums of 32 bits each in one number, so that one addition does for both. */
static int64_t pack(int64_t gradient, int64_t curvature)
{
	return gradient * ((int64_t)1 << 32) + curvature;
}

static double gradient_of(int64_t sums)
{
	int64_t gradient = (sums - (int64_t)(sums & UINT32_MAX)) / ((int64_t)1 << 32);
	return (double)gradient;
}

static double curvature_of(int64_t sums)
{
	return (double)(sums & UINT32_MAX);
}

/* Chooses the names of the next tree, and their gradients. */
static void derive(struct booster *b)
{
	b->kept_count = 0;
	for (size_t i = 0; i < b->rows->count; i++) {
		double p = learn_logistic(b->margins[i] / 1000.0), w = (double)b->rows->weights[i];
		double gradient = w * (p - is_bad(b->rows, i)), curvature = w * p * (1 - p);
		double part = fabs(gradient) / gradient_kept;
		part = part < 1 ? part : 1;
		double drawn = (double)(learn_random(&b->random) >> 40) / (1 << 24);
		if (drawn >= kept_share * part)
			continue;
		b->sums[i] = pack(lrint(gradient / part * GRADIENT_ONE),
			lrint(curvature / part * GRADIENT_ONE));
		b->leaves[i] = 0;
		b->kept[b->kept_count++] = (uint32_t)i;
	}
}

/* Of two leaves that one question has parted, the sums are counted where it was answered yes; the other one's are their parent's without these. */
static void fill_histogram(struct booster *b, unsigned depth)
{
	unsigned half = depth ? 1u << (depth - 1) : 0;
	memset(b->histogram[half], 0, ((1u << depth) - half) * sizeof *b->histogram);
	for (size_t k = 0; k < b->kept_count; k++) {
		size_t i = b->kept[k];
		if (b->leaves[i] < half)
			continue;
		int64_t sums = b->sums[i];
		const uint8_t *bins = b->bins + i * DENSE_COUNT;
		int64_t(*to)[BINS] = b->histogram[b->leaves[i]];
		for (unsigned n = 0; n < b->asked_count; n++)
			to[b->asked[n]][bins[b->asked[n]]] += sums;
	}
	for (unsigned leaf = 0; leaf < half; leaf++)
		for (unsigned f = 0; f < DENSE_COUNT; f++)
			for (unsigned k = 0; k < BINS; k++)
				b->histogram[leaf][f][k] -= b->histogram[leaf + half][f][k];
}

/* Every tree may ask about some of the features only, so that none is relied on alone. */
static void choose_asked(struct booster *b)
{
	b->asked_count = 0;
	for (unsigned f = 0; f < DENSE_COUNT; f++)
		if ((double)(learn_random(&b->random) >> 40) / (1 << 24) < asked_share)
			b->asked[b->asked_count++] = (uint8_t)f;
}

static double gain_of(int64_t sums)
{
	double g = gradient_of(sums);
	return g * g / (curvature_of(sums) + regularisation * GRADIENT_ONE);
}

/* What every cut of one feature would gain, summed up over the leaves. */
static void add_gains(const int64_t *bins, unsigned cuts, double *gains)
{
	int64_t all = 0, left = 0;
	for (unsigned k = 0; k <= cuts; k++)
		all += bins[k];
	double before = gain_of(all);
	for (unsigned k = 0; k < cuts; k++) {
		left += bins[k];
		gains[k] += gain_of(left) + gain_of(all - left) - before;
	}
}

static void put_i16(uint8_t *to, int v)
{
	to[0] = (uint8_t)v;
	to[1] = (uint8_t)((unsigned)v >> 8);
}

/* The best question for all leaves at this depth. */
static void split(struct booster *b, unsigned depth, uint8_t *tree)
{
	double best = -1;
	unsigned feature = 0, cut = 0;
	fill_histogram(b, depth);
	for (unsigned n = 0; n < b->asked_count; n++) {
		unsigned f = b->asked[n];
		double gains[BINS] = {0};
		for (unsigned leaf = 0; leaf < 1u << depth; leaf++)
			add_gains(b->histogram[leaf][f], b->cut_count[f], gains);
		for (unsigned k = 0; k < b->cut_count[f]; k++)
			if (gains[k] > best) {
				best = gains[k];
				feature = f;
				cut = k;
			}
	}
	tree[depth] = (uint8_t)feature;
	put_i16(tree + TREES_AT_THRESHOLDS + 2 * depth,
		b->cut_count[feature] ? b->cuts[feature][cut] : INT16_MAX);
	for (size_t k = 0; k < b->kept_count; k++) {
		size_t i = b->kept[k];
		b->leaves[i] = (uint8_t)(b->leaves[i] |
			(b->bins[i * DENSE_COUNT + feature] > cut) << depth);
	}
}

static void fill_leaves(const struct booster *b, uint8_t *tree)
{
	int64_t sums[TREES_LEAVES] = {0};
	for (size_t k = 0; k < b->kept_count; k++)
		sums[b->leaves[b->kept[k]]] += b->sums[b->kept[k]];
	for (unsigned leaf = 0; leaf < TREES_LEAVES; leaf++) {
		double value = -1000 * shrinkage * gradient_of(sums[leaf]) /
			(curvature_of(sums[leaf]) + regularisation * GRADIENT_ONE);
		value = value > LEAF_MAX ? LEAF_MAX : value < -LEAF_MAX ? -LEAF_MAX : value;
		put_i16(tree + TREES_AT_LEAVES + 2 * leaf, (int)lrint(value));
	}
}

static void grow(struct booster *b, uint8_t *tree)
{
	derive(b);
	choose_asked(b);
	for (unsigned depth = 0; depth < TREES_DEPTH; depth++)
		split(b, depth, tree);
	fill_leaves(b, tree);
	for (size_t i = 0; i < b->rows->count; i++)
		b->margins[i] += trees_sum(tree, 1, b->rows->x + i * DENSE_COUNT);
}

int learn_trees(const struct learn_trees_rows *rows, unsigned tree_count, uint64_t seed,
	uint8_t *trees, struct dga *model)
{
	size_t n = rows->count ? rows->count : 1;
	struct booster *b = calloc(1, sizeof *b);
	if (!b)
		return -ENOMEM;
	b->rows = rows;
	b->random = learn_random_state(seed);
	b->bins = malloc(n * DENSE_COUNT);
	b->margins = malloc(n * sizeof *b->margins);
	b->sums = malloc(n * sizeof *b->sums);
	b->leaves = malloc(n);
	b->kept = malloc(n * sizeof *b->kept);
	b->histogram = malloc(TREES_LEAVES / 2 * sizeof *b->histogram);
	int e = b->bins && b->margins && b->sums && b->leaves && b->kept && b->histogram
		? make_bins(b)
		: -ENOMEM;
	if (!e) {
		fit_start(b, model);
		for (unsigned t = 0; t < tree_count; t++)
			grow(b, trees + (size_t)t * TREES_BYTES);
	}
	free(b->bins);
	free(b->margins);
	free(b->sums);
	free(b->leaves);
	free(b->kept);
	free(b->histogram);
	free(b);
	return e;
}
