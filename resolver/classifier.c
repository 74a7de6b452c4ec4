/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/classifier.h"

#include <stdbool.h>
#include <stdio.h>

#include "dga/dga.h"
#include "resolver/base/log.h"

static int open_with(const struct config *c, const char *popular, struct dga **out, struct err *why)
{
	const struct dga_options options = {
		.model = c->dga_model, .popular = popular, .threshold = c->dga_threshold};
	*out = NULL;
	return dga_open(&options, out, why);
}

/* As it is meant, or with the built-in popular domains, or not at all. */
static int open_best(
	const struct config *c, struct dga **out, bool *is_popular_bad, struct err *why)
{
	struct err model;
	int e = open_with(c, c->dga_popular, out, why);
	*is_popular_bad = false;
	if (!e || !c->dga_popular)
		return e;
	/* Of two files that one of them is bad tells the try without the second. */
	int model_e = open_with(c, NULL, out, &model);
	*is_popular_bad = !model_e;
	if (model_e && why)
		*why = model;
	return model_e ? model_e : e;
}

int classifier_open(const struct config *config, struct dga **out, struct err *why)
{
	struct dga *d;
	struct err inner = {0};
	bool is_popular_bad;
	int e = open_best(config, &d, &is_popular_bad, &inner);
	if (e || !out) {
		dga_close(d);
		d = NULL;
	}
	if (e && config->dga_mode == LIST_MODE_OFF)
		e = 0;
	if (out)
		*out = d;
	if (!e)
		return 0;
	const char *key = is_popular_bad ? "dga.popular" : "dga.model";
	return err_set(why, e, "%s: %s", key, inner.text);
}

void classifier_open_anyway(
	const struct config *config, struct dga **out, char *problem, size_t problem_size)
{
	struct err why = {0};
	bool is_popular_bad;
	problem[0] = 0;
	if (!open_best(config, out, &is_popular_bad, &why))
		return;
	snprintf(problem, problem_size, "%s: %s",
		is_popular_bad
			? "the built-in set of popular domains is used, for dga.popular cannot be"
			: "names are not classified, for dga.model cannot be used",
		why.text);
	log_warn("dga", "event=%s reason=\"%s\"",
		is_popular_bad ? "popular_built_in" : "no_classifier", problem);
}
