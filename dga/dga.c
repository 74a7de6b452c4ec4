/* SPDX-License-Identifier: BSD-2-Clause */
#include "dga/dga.h"

#include <math.h>

#include "dga/dense.h"
#include "dga/dga_model.h"
#include "dga/dga_shape.h"
#include "dga/forest.h"
#include "dga/linear.h"
#include "dga/popularity.h"
#include "dga/trees.h"

int32_t dga_raw(const struct dga *d, int32_t linear, const int16_t *x)
{
	int32_t trees = d->forest ? forest_sum(d->forest, x)
				  : trees_sum(d->sections[DGA_TREES], d->tree_count, x);
	return d->numbers[DGA_START] + (int32_t)((int64_t)linear * d->numbers[DGA_SLOPE] / 1024) +
		trees;
}

void dga_judge(const struct dga *d, const struct label *l, struct dga_judgement *out)
{
	int16_t x[DENSE_COUNT];
	struct linear linear;
	linear_of(d, l, &linear);
	*out = (struct dga_judgement){
		.linear = linear.score, .raw = linear.score, .curve = DGA_CURVE_LINEAR};
	if (linear.score < d->numbers[DGA_GATE])
		return;
	dense_of(d, l, &linear, x);
	out->raw = dga_raw(d, linear.score, x);
	out->curve = dense_is_words(x) ? DGA_CURVE_WORDS : DGA_CURVE_TREES;
	out->words = (uint8_t)x[DENSE_WORDS];
	out->in_words = (uint8_t)(l->len - x[DENSE_WORDS_LOOSE]);
}

/* How many of the inner knots a raw score is over: a binary search that takes the same steps whatever it finds, so that nothing need be
 * foretold. */
static unsigned knots_below(const int32_t (*knots)[2], int32_t raw)
{
	unsigned below = 0, n = DGA_KNOTS - 2;
	for (unsigned half = n / 2; n > 1; n -= half, half = n / 2)
		below += raw > knots[below + half][0] ? half : 0;
	return below + (raw > knots[below + 1][0]);
}

/* Straight lines between the knots, and on from the outer ones. */
int32_t dga_calibrated(const struct dga *d, int32_t raw, enum dga_curve curve)
{
	const int32_t(*knots)[2] = d->knots[curve];
	unsigned k = 1 + knots_below(knots, raw);
	int64_t run = knots[k][0] - knots[k - 1][0], rise = knots[k][1] - knots[k - 1][1];
	int64_t score = knots[k - 1][1] + ((int64_t)raw - knots[k - 1][0]) * rise / run;
	if (score > DGA_SCORE_MAX || score < -DGA_SCORE_MAX)
		return score > 0 ? DGA_SCORE_MAX : -DGA_SCORE_MAX;
	return (int32_t)score;
}

int32_t dga_judged_score(const struct dga *d, const struct dga_judgement *j)
{
	int32_t score = dga_calibrated(d, j->raw, j->curve);
	return score ? score : 1; /* 0 is kept for what is not judged */
}

int32_t dga_label_score(const struct dga *d, const struct label *l)
{
	struct dga_judgement j;
	dga_judge(d, l, &j);
	return dga_judged_score(d, &j);
}

bool dga_is_popular(const struct dga *d, const struct dname *name)
{
	return d->popular && popularity_has(d->popular, name);
}

void dga_score(const struct dga *d, const struct dname *name, struct dga_verdict *out)
{
	struct label l;
	struct dga_judgement j;
	*out = (struct dga_verdict){0};
	if (!label_find(name, &l))
		return;
	dga_judge(d, &l, &j);
	out->score = dga_judged_score(d, &j);
	if (out->score <= d->threshold_milli)
		return;
	/* The domain begins with the judged label's length octet. */
	size_t at = (size_t)(l.bytes - 1 - name->bytes);
	out->is_popular = d->popular && popularity_has_domain(d->popular, name, at);
	if (!out->is_popular)
		out->class = dga_shape(d, &l, &j);
}

int32_t dga_threshold(const struct dga *d)
{
	return d->threshold_milli;
}

double dga_probability(int32_t score)
{
	return 1 / (1 + exp(-score / 1000.0));
}

const char *dga_class_name(enum dga_class class)
{
	static const char *const names[DGA_CLASSES] = {"none", "random", "hash", "words"};
	return names[class];
}
