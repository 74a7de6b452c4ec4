/* SPDX-License-Identifier: BSD-2-Clause */
#include "dga/reliability.h"

#include <math.h>

#include "dga/dga.h"

/* The upper ends of all bins but the last, milli-nats. */
static const int32_t ends[RELIABILITY_BINS - 1] = {-12000, -8000, -6000, -5000, -4000, -3000, -2000,
	-1000, 0, 1000, 2000, 3000, 4000, 5000, 6000, 8000, 12000};

static struct reliability_bin *bin_of(struct reliability *r, int32_t score)
{
	size_t i = 0;
	while (i < RELIABILITY_BINS - 1 && score > ends[i])
		i++;
	return &r->bins[i];
}

static void add(struct reliability_sum *s, int32_t score, double weight)
{
	s->names++;
	s->weight += weight;
	s->score += weight * score;
	s->probability += weight * dga_probability(score);
}

void reliability_add_benign(struct reliability *r, int32_t score, double weight)
{
	add(&bin_of(r, score)->benign, score, weight);
	r->benign += weight;
}

void reliability_add_generated(struct reliability *r, int32_t score, double weight)
{
	add(&bin_of(r, score)->generated, score, weight);
	r->generated += weight;
}

static void join(struct reliability_sum *s, const struct reliability_sum *from)
{
	s->names += from->names;
	s->weight += from->weight;
	s->score += from->score;
	s->probability += from->probability;
}

void reliability_join(struct reliability *r, const struct reliability *from)
{
	for (size_t i = 0; i < RELIABILITY_BINS; i++) {
		join(&r->bins[i].benign, &from->bins[i].benign);
		join(&r->bins[i].generated, &from->bins[i].generated);
	}
	r->benign += from->benign;
	r->generated += from->generated;
}

/* The factor that makes a kind's weights 1 in all. */
static double part(double total)
{
	return total > 0 ? 1 / total : 0;
}

struct reliability_row reliability_row(const struct reliability *r, size_t bin)
{
	const struct reliability_bin *b = &r->bins[bin];
	double benign = b->benign.weight * part(r->benign);
	double generated = b->generated.weight * part(r->generated);
	double score = b->benign.score * part(r->benign) + b->generated.score * part(r->generated);
	return (struct reliability_row){
		.from = bin ? ends[bin - 1] : INT32_MIN,
		.to = bin < RELIABILITY_BINS - 1 ? ends[bin] : INT32_MAX,
		.benign = b->benign.names,
		.generated = b->generated.names,
		.score = score / (benign + generated),
		.observed = 1000 * (log(generated) - log(benign)),
	};
}

double reliability_error(const struct reliability *r)
{
	double error = 0;
	for (size_t i = 0; i < RELIABILITY_BINS; i++) {
		const struct reliability_bin *b = &r->bins[i];
		double claimed = b->benign.probability * part(r->benign) +
			b->generated.probability * part(r->generated);
		error += fabs(claimed - b->generated.weight * part(r->generated));
	}
	int kinds = (r->benign > 0) + (r->generated > 0);
	return error / (kinds ? kinds : 1);
}
