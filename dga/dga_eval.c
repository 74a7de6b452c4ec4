/* SPDX-License-Identifier: BSD-2-Clause */
#include "dga/dga_eval.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const double dga_eval_rates[DGA_EVAL_RATES] = {1e-2, 1e-3, 1e-4};

/* --- scoring --- */

/* As the registered domain of two labels that label.h finds this label in again. */
static int32_t score_by_model(const void *arg, const struct label *l)
{
	struct dname name = {.len = (uint8_t)(l->len + l->top[0] + 3), .labels = 2};
	struct dga_verdict v;
	name.bytes[0] = l->len;
	memcpy(name.bytes + 1, l->bytes, l->len);
	memcpy(name.bytes + 1 + l->len, l->top, l->top[0] + 1u);
	dga_score(arg, &name, &v);
	return v.score;
}

struct dga_eval_judge dga_eval_model(const struct dga *d)
{
	return (struct dga_eval_judge){.score = score_by_model, .arg = d};
}

static int32_t score_of(
	const struct samples *s, const struct sample *name, const struct dga_eval_judge *judge)
{
	struct label l = samples_label(s, name);
	return name->len ? judge->score(judge->arg, &l) : 0;
}

static bool is_measured(
	const struct samples *s, const struct sample *name, const struct dga_eval_options *how)
{
	bool is_wanted = !how->is_left_out_only || name->family == SAMPLES_BENIGN ||
		s->families[name->family].is_left_out;
	return is_wanted && (name->is_held || how->is_all);
}

/* The scores of measured names, family by family, sorted within. */
struct scores {
	int32_t *all;
	size_t *from; /* where each family's begin, and the end of them all */
};

static void free_scores(struct scores *c)
{
	free(c->all);
	free(c->from);
}

static int score_all(const struct samples *s, const struct dga_eval_judge *judge,
	const struct dga_eval_options *how, struct scores *out, struct err *why)
{
	size_t *next = calloc(s->family_count + 1, sizeof *next);
	*out = (struct scores){
		.all = calloc(s->count ? s->count : 1, sizeof *out->all),
		.from = calloc(s->family_count + 1, sizeof *out->from),
	};
	if (!next || !out->all || !out->from) {
		free(next);
		return err_set(why, -ENOMEM, "out of memory for the scores");
	}
	for (size_t i = 0; i < s->count; i++)
		out->from[s->all[i].family + 1] += is_measured(s, &s->all[i], how);
	for (size_t i = 0; i < s->family_count; i++) {
		out->from[i + 1] += out->from[i];
		next[i] = out->from[i];
	}
	for (size_t i = 0; i < s->count; i++)
		if (is_measured(s, &s->all[i], how))
			out->all[next[s->all[i].family]++] = score_of(s, &s->all[i], judge);
	free(next);
	for (size_t i = 0; i < s->family_count; i++)
		measure_sort(out->all + out->from[i], out->from[i + 1] - out->from[i]);
	return 0;
}

/* --- measuring --- */

static bool is_listed(const char *list, const char *name)
{
	size_t len = strlen(name);
	for (const char *at = list; at && *at; at = strchr(at, ',')) {
		at += *at == ',';
		if (!strncmp(at, name, len) && (at[len] == ',' || !at[len]))
			return true;
	}
	return false;
}

static void measure_family(
	const struct scores *c, const int32_t *scores, size_t n, struct dga_eval_figures *out)
{
	size_t benign = c->from[1];
	out->auc = measure_auc(c->all, benign, scores, n);
	for (size_t i = 0; i < DGA_EVAL_RATES; i++)
		out->found[i] = measure_over(
			scores, n, measure_threshold(c->all, benign, dga_eval_rates[i]));
	for (size_t i = 0; i < MEASURE_POINTS; i++) {
		double rate = measure_rate(i);
		out->curve[i] = rate * (double)benign < 1
			? -1
			: measure_over(scores, n, measure_threshold(c->all, benign, rate));
	}
}

static void measure_reliability(const struct samples *s, const struct scores *c,
	const struct dga_eval_options *how, const struct dga_eval_judge *judge,
	struct reliability *out)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct sample *name = &s->all[i];
		size_t n = c->from[name->family + 1] - c->from[name->family];
		if (!name->len || !is_measured(s, name, how))
			continue;
		if (name->family == SAMPLES_BENIGN)
			reliability_add_benign(out, score_of(s, name, judge), 1.0 / (double)n);
		else
			reliability_add_generated(out, score_of(s, name, judge), 1.0 / (double)n);
	}
}

static void measure_families(const struct samples *s, const struct scores *c,
	const struct dga_eval_options *how, struct dga_eval *e)
{
	for (size_t i = SAMPLES_BENIGN + 1; i < s->family_count; i++) {
		size_t n = c->from[i + 1] - c->from[i];
		if (!n)
			continue;
		struct dga_eval_family *f = &e->families[e->family_count++];
		*f = (struct dga_eval_family){
			.names = n,
			.is_left_out = s->families[i].is_left_out,
			.is_apart = is_listed(how->apart, s->families[i].name),
		};
		memcpy(f->name, s->families[i].name, sizeof f->name);
		measure_family(c, c->all + c->from[i], n, &f->figures);
	}
}

int dga_eval_run(const struct samples *s, const struct dga_eval_judge *judge,
	const struct dga_eval_options *how, struct dga_eval *out, struct err *why)
{
	struct scores c;
	struct dga_eval e = {.runs = 1};
	int status = score_all(s, judge, how, &c, why);
	if (!status) {
		e.benign = c.from[1];
		e.generated = c.from[s->family_count] - e.benign;
		e.families = calloc(s->family_count, sizeof *e.families);
		if (!e.families)
			status = err_set(why, -ENOMEM, "out of memory for the figures");
		else if (!e.benign || !e.generated)
			status = err_set(why, CEN_EFORMAT, "no %s name to measure with%s",
				e.benign ? "generated" : "benign",
				how->is_all ? "" : " among those that training keeps apart");
	}
	if (!status) {
		measure_families(s, &c, how, &e);
		measure_reliability(s, &c, how, judge, &e.reliability);
		measure_sort(c.all + e.benign, e.generated);
		e.auc = measure_auc(c.all, e.benign, c.all + e.benign, e.generated);
		*out = e;
	} else {
		dga_eval_free(&e);
	}
	free_scores(&c);
	return status;
}

void dga_eval_free(struct dga_eval *e)
{
	free(e->families);
	*e = (struct dga_eval){0};
}

int dga_eval_join(struct dga_eval *e, const struct dga_eval *run, struct err *why)
{
	size_t n = e->family_count + run->family_count;
	struct dga_eval_family *all = realloc(e->families, n * sizeof *all);
	if (!all)
		return err_set(why, -ENOMEM, "out of memory for the figures");
	memcpy(all + e->family_count, run->families, run->family_count * sizeof *all);
	e->families = all;
	e->family_count = n;
	e->benign += run->benign;
	e->generated += run->generated;
	e->auc = (e->auc * (double)e->runs + run->auc * (double)run->runs) /
		(double)(e->runs + run->runs);
	e->runs += run->runs;
	reliability_join(&e->reliability, &run->reliability);
	return 0;
}

size_t dga_eval_mean(
	const struct dga_eval *e, bool is_left_out, bool is_apart, struct dga_eval_figures *out)
{
	struct dga_eval_figures sum = {0};
	size_t n = 0;
	for (size_t i = 0; i < e->family_count; i++) {
		const struct dga_eval_family *f = &e->families[i];
		if (f->is_left_out != is_left_out || f->is_apart != is_apart)
			continue;
		n++;
		sum.auc += f->figures.auc;
		for (size_t k = 0; k < DGA_EVAL_RATES; k++)
			sum.found[k] += f->figures.found[k];
		for (size_t k = 0; k < MEASURE_POINTS; k++) {
			bool has_both = sum.curve[k] >= 0 && f->figures.curve[k] >= 0;
			sum.curve[k] = has_both ? sum.curve[k] + f->figures.curve[k] : -1;
		}
	}
	if (!n)
		return 0;
	sum.auc /= (double)n;
	for (size_t k = 0; k < DGA_EVAL_RATES; k++)
		sum.found[k] /= (double)n;
	for (size_t k = 0; k < MEASURE_POINTS; k++)
		sum.curve[k] = sum.curve[k] < 0 ? -1 : sum.curve[k] / (double)n;
	*out = sum;
	return n;
}

struct dga_eval_false dga_eval_false(const struct samples *s, const struct dga_eval_judge *judge,
	int32_t threshold, size_t first, bool is_held_only)
{
	struct dga_eval_false f = {0};
	size_t place = 0;
	for (size_t i = 0; i < s->count && place < first; i++) {
		if (s->all[i].family != SAMPLES_BENIGN)
			continue;
		place++;
		if (is_held_only && !s->all[i].is_held)
			continue;
		f.names++;
		f.over += score_of(s, &s->all[i], judge) > threshold;
	}
	return f;
}

int dga_eval_check_families(const struct samples *s, const char *list, struct err *why)
{
	size_t n;
	for (const char *at = list; at && *at; at += n + (at[n] == ',')) {
		char name[sizeof s->families->name];
		n = strcspn(at, ",");
		snprintf(name, sizeof name, "%.*s", (int)n, at);
		size_t i = SAMPLES_BENIGN + 1;
		while (i < s->family_count && strcmp(s->families[i].name, name) != 0)
			i++;
		if (n && i == s->family_count)
			return err_set(why, CEN_ENOTFOUND, "there is no family `%s`", name);
	}
	return 0;
}

/* --- telling --- */

static void tell_figures(const struct dga_eval_figures *f, FILE *to)
{
	fprintf(to, "%7.4f", f->auc);
	for (size_t i = 0; i < DGA_EVAL_RATES; i++)
		fprintf(to, " %6.1f", 100 * f->found[i]);
}

static void tell_mean(const struct dga_eval *e, bool is_left_out, bool is_apart, FILE *to)
{
	struct dga_eval_figures mean;
	size_t n = dga_eval_mean(e, is_left_out, is_apart, &mean);
	if (!n)
		return;
	fprintf(to, "mean of %2zu families %-14s", n, is_left_out ? "left out" : "learned");
	tell_figures(&mean, to);
	fprintf(to, "%s\n", is_apart ? "  apart" : "");
}

void dga_eval_tell(const struct dga_eval *e, FILE *to)
{
	fprintf(to, "%-26s %7s %7s %s\n", "family", "names", "AUC",
		"% found at a false positive rate of 1e-2, 1e-3, 1e-4");
	for (size_t i = 0; i < e->family_count; i++) {
		const struct dga_eval_family *f = &e->families[i];
		fprintf(to, "%-26s %7zu ", f->name, f->names);
		tell_figures(&f->figures, to);
		fprintf(to, "%s%s\n", f->is_left_out ? "  left out" : "",
			f->is_apart ? "  apart" : "");
	}
	for (int k = 0; k < 4; k++)
		tell_mean(e, k & 1, k & 2, to);
	fprintf(to, "AUC over all %zu measured names: %.4f", e->benign + e->generated, e->auc);
	if (e->runs > 1)
		fprintf(to, ", the mean of %zu models", e->runs);
	fputc('\n', to);
}

static void tell_end(int32_t end, const char *none, FILE *to)
{
	if (end == INT32_MIN || end == INT32_MAX)
		fprintf(to, " %7s", none);
	else
		fprintf(to, " %7d", (int)end);
}

void dga_eval_tell_reliability(const struct dga_eval *e, FILE *to)
{
	fprintf(to, "calibration: score and observed log-likelihood ratio, milli-nats\n");
	fprintf(to, " %7s %7s %8s %9s %8s %8s\n", "over", "to", "benign", "generated", "score",
		"observed");
	for (size_t i = 0; i < RELIABILITY_BINS; i++) {
		struct reliability_row row = reliability_row(&e->reliability, i);
		if (!row.benign && !row.generated)
			continue;
		tell_end(row.from, "", to);
		tell_end(row.to, "", to);
		fprintf(to, " %8zu %9zu %8.0f", row.benign, row.generated, row.score);
		if (isfinite(row.observed))
			fprintf(to, " %8.0f\n", row.observed);
		else
			fprintf(to, " %8s\n", "-");
	}
	fprintf(to, "expected calibration error: %.4f\n", reliability_error(&e->reliability));
}
