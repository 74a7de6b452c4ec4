/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/cli_dga_report.h"

#include <math.h>
#include <string.h>

#include "resolver/cli.h"

/* The parts of a ranked list whose names over the threshold are counted. */
static const size_t firsts[] = {10000, 100000, SIZE_MAX};

enum { FIRSTS = sizeof firsts / sizeof *firsts };

static const char *const rate_names[DGA_EVAL_RATES] = {"1e-2", "1e-3", "1e-4"};

/* --- JSON --- */

static void set_figures(json_t *to, const struct dga_eval_figures *f)
{
	json_t *found = json_object();
	for (size_t i = 0; i < DGA_EVAL_RATES; i++)
		json_object_set_new(found, rate_names[i], json_real(f->found[i]));
	json_object_set_new(to, "auc", json_real(f->auc));
	json_object_set_new(to, "found", found);
}

static json_t *means_json(const struct dga_eval *e)
{
	json_t *means = json_array();
	for (int k = 0; k < 4; k++) {
		struct dga_eval_figures mean;
		size_t n = dga_eval_mean(e, k & 1, k & 2, &mean);
		if (!n)
			continue;
		json_t *one = json_pack("{s:I,s:b,s:b}", "families", (json_int_t)n, "is_left_out",
			k & 1, "is_apart", k & 2);
		set_figures(one, &mean);
		json_array_append_new(means, one);
	}
	return means;
}

static json_t *families_json(const struct dga_eval *e)
{
	json_t *families = json_array();
	for (size_t i = 0; i < e->family_count; i++) {
		const struct dga_eval_family *f = &e->families[i];
		/* A file's name may be anything. */
		json_t *name = json_string(f->name);
		json_t *one = json_pack("{s:o,s:I,s:b,s:b}", "family", name ? name : json_null(),
			"names", (json_int_t)f->names, "is_left_out", f->is_left_out, "is_apart",
			f->is_apart);
		set_figures(one, &f->figures);
		json_array_append_new(families, one);
	}
	return families;
}

static json_t *reliability_json(const struct reliability *r)
{
	json_t *bins = json_array();
	for (size_t i = 0; i < RELIABILITY_BINS; i++) {
		struct reliability_row row = reliability_row(r, i);
		if (!row.benign && !row.generated)
			continue;
		json_t *bin = json_pack("{s:I,s:I,s:f}", "benign", (json_int_t)row.benign,
			"generated", (json_int_t)row.generated, "score", row.score);
		if (row.from != INT32_MIN)
			json_object_set_new(bin, "over", json_integer(row.from));
		if (row.to != INT32_MAX)
			json_object_set_new(bin, "to", json_integer(row.to));
		if (isfinite(row.observed))
			json_object_set_new(bin, "observed", json_real(row.observed));
		json_array_append_new(bins, bin);
	}
	return json_pack("{s:f,s:o}", "expected_error", reliability_error(r), "bins", bins);
}

json_t *cli_dga_report_json(const struct dga_eval *e)
{
	return json_pack("{s:I,s:I,s:f,s:o,s:o,s:o}", "benign", (json_int_t)e->benign, "generated",
		(json_int_t)e->generated, "auc", e->auc, "means", means_json(e), "families",
		families_json(e), "calibration", reliability_json(&e->reliability));
}

json_t *cli_dga_report_list(const char *list)
{
	json_t *all = json_array();
	for (const char *at = list; *at;) {
		size_t n = strcspn(at, ",");
		if (n)
			json_array_append_new(all, json_stringn(at, n));
		at += n + (at[n] == ',');
	}
	return all;
}

json_t *cli_dga_report_judges(const struct dga_eval judges[static BASELINE_JUDGES])
{
	json_t *all = json_array();
	for (unsigned i = 0; i < BASELINE_JUDGES; i++) {
		if (!judges[i].runs)
			continue;
		json_t *one = cli_dga_report_json(&judges[i]);
		json_object_set_new(one, "judge", json_string(baseline_name(i)));
		/* Only a model's scores are likelihood ratios. */
		if (i != BASELINE_MODEL)
			json_object_del(one, "calibration");
		json_array_append_new(all, one);
	}
	return json_pack("{s:o}", "judges", all);
}

void cli_dga_report_model_json(const struct cli_dga_report_model *m, json_t *to)
{
	const struct dga_eval_judge judge = dga_eval_model(m->model);
	int32_t threshold = dga_threshold(m->model);
	json_t *false_positives = json_array();
	for (size_t i = 0; i < FIRSTS; i++) {
		struct dga_eval_false f =
			dga_eval_false(m->samples, &judge, threshold, firsts[i], false);
		json_array_append_new(false_positives,
			json_pack("{s:I,s:I}", "first", (json_int_t)f.names, "over",
				(json_int_t)f.over));
	}
	struct dga_eval_false held = dga_eval_false(m->samples, &judge, threshold, SIZE_MAX, true);
	json_object_set_new(to, "model", m->file ? json_string(m->file) : json_null());
	json_object_set_new(to, "rate", json_real(m->rate));
	json_object_set_new(to, "threshold", json_integer(threshold));
	json_object_set_new(to, "measured", json_string(m->is_all ? "all" : "kept apart"));
	json_object_set_new(to, "benign_list", false_positives);
	json_object_set_new(to, "benign_kept_apart",
		json_pack("{s:I,s:I}", "names", (json_int_t)held.names, "over",
			(json_int_t)held.over));
}

/* --- for people --- */

static void tell_row(const char *judge, const struct dga_eval_figures *f, FILE *to)
{
	fprintf(to, "  %-10s %7.4f", judge, f->auc);
	for (size_t i = 0; i < DGA_EVAL_RATES; i++)
		fprintf(to, " %6.1f", 100 * f->found[i]);
	fputc('\n', to);
}

static void tell_comparison(const struct dga_eval judges[static BASELINE_JUDGES], FILE *to)
{
	if (!judges[BASELINE_BIGRAM].runs)
		return;
	fprintf(to, "\ncomparison over the same names\n  %-10s %s\n", "judge",
		"   AUC   1e-2   1e-3   1e-4");
	for (int k = 0; k < 4; k++) {
		struct dga_eval_figures mean;
		size_t n = dga_eval_mean(&judges[BASELINE_MODEL], k & 1, k & 2, &mean);
		if (n)
			fprintf(to, " mean of %zu families %s%s\n", n,
				k & 1 ? "left out" : "learned", k & 2 ? ", apart" : "");
		for (unsigned i = 0; n && i < BASELINE_JUDGES; i++) {
			dga_eval_mean(&judges[i], k & 1, k & 2, &mean);
			tell_row(baseline_name(i), &mean, to);
		}
	}
}

void cli_dga_report_folds(const struct dga_eval judges[static BASELINE_JUDGES], FILE *to)
{
	fprintf(to, "all folds\n");
	dga_eval_tell(&judges[BASELINE_MODEL], to);
	tell_comparison(judges, to);
	fputc('\n', to);
	dga_eval_tell_reliability(&judges[BASELINE_MODEL], to);
}

static void tell_false(const struct cli_dga_report_model *m, FILE *to)
{
	const struct dga_eval_judge judge = dga_eval_model(m->model);
	int32_t threshold = dga_threshold(m->model);
	struct dga_eval_false f = dga_eval_false(m->samples, &judge, threshold, SIZE_MAX, true);
	fprintf(to,
		"\nbenign names over the threshold, popularity not counted:\n"
		"  %zu of %zu kept apart from training",
		f.over, f.names);
	if (f.names)
		fprintf(to, " (%.4f %%)", 100 * (double)f.over / (double)f.names);
	fputc('\n', to);
	for (size_t i = 0, told = 0; i < FIRSTS; i++) {
		f = dga_eval_false(m->samples, &judge, threshold, firsts[i], false);
		if (f.names != told)
			fprintf(to, "  %zu of the first %zu in the list's order, learned or not\n",
				f.over, f.names);
		told = f.names;
	}
}

void cli_dga_report_model(const struct cli_dga_report_model *m,
	const struct dga_eval judges[static BASELINE_JUDGES], FILE *to)
{
	const struct dga_eval *e = &judges[BASELINE_MODEL];
	fprintf(to, "model: %s; threshold %d milli-nats, for a false positive rate of %g\n",
		m->file ? m->file : "the built-in one", (int)dga_threshold(m->model), m->rate);
	fprintf(to, "measured: %zu benign and %zu generated names, %s\n\n", e->benign, e->generated,
		m->is_all ? "all there are, those that training learns from too"
			  : "only those that training keeps apart (one label in ten by its hash; "
			    "families left out whole)");
	dga_eval_tell(e, to);
	tell_false(m, to);
	tell_comparison(judges, to);
	fputc('\n', to);
	dga_eval_tell_reliability(e, to);
}
