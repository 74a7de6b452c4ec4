/* SPDX-License-Identifier: BSD-2-Clause */
#include "dga/dga.h"

#include <math.h>

#include "dga/dga_model.h"
#include "dga/features.h"
#include "dga/popularity.h"

int32_t dga_label_score(const struct dga *d, const struct label *l)
{
	uint32_t at[FEATURES_MAX];
	unsigned n = features_of(l, d->bits, at);
	int32_t sum = 0;
	for (unsigned i = 0; i < n; i++)
		sum += d->weights[at[i]];
	return d->base_milli + (int32_t)((int64_t)sum * d->unit_nano / 1000000);
}

void dga_score(const struct dga *d, const struct dname *name, struct dga_verdict *out)
{
	struct label l;
	*out = (struct dga_verdict){0};
	if (!label_find(name, &l))
		return;
	out->score = dga_label_score(d, &l);
	if (out->score <= d->threshold_milli)
		return;
	out->is_popular = d->popular && popularity_has(d->popular, name);
	if (!out->is_popular)
		out->class = DGA_RANDOM;
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
