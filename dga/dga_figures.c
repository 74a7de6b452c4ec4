/* SPDX-License-Identifier: BSD-2-Clause */
#include "dga/dga_figures.h"

#include <errno.h>
#include <stdlib.h>

#include "dga/measure.h"

void dga_figures_tell_input(const struct samples *s, FILE *tell)
{
	size_t bad = 0, dropped = 0, names[2] = {0}, families[2] = {0};
	for (size_t i = 0; i < s->family_count; i++) {
		const struct samples_family *f = &s->families[i];
		bad += f->bad;
		dropped += i != SAMPLES_BENIGN ? f->dropped : 0;
		names[f->is_synthetic] += i != SAMPLES_BENIGN ? f->names : 0;
		families[f->is_synthetic] += i != SAMPLES_BENIGN;
	}
	fprintf(tell, "%zu benign names and %zu of %zu families; %zu lines were no names\n",
		s->families[SAMPLES_BENIGN].names, names[0], families[0], bad);
	if (dropped)
		fprintf(tell,
			"%zu names of families stand among the benign ones too, and count in "
			"neither\n",
			dropped);
	if (families[1])
		fprintf(tell, "%zu names of %zu synthetic families\n", names[1], families[1]);
}

enum { RATES = 3 };
static const double rates[RATES] = {1e-2, 1e-3, 1e-4};

int dga_figures_score(
	const struct dga *model, const struct samples *s, struct dga_figures *out, struct err *why)
{
	size_t total = 0, *next = calloc(s->family_count, sizeof *next);
	struct dga_figures f = {.scores = calloc(s->count + 1, sizeof *f.scores),
		.from = calloc(s->family_count + 1, sizeof *f.from)};
	if (!next || !f.from || !f.scores) {
		free(next);
		dga_figures_free(&f);
		return err_set(why, -ENOMEM, "out of memory for the scores");
	}
	for (size_t i = 0; i < s->family_count; i++) {
		next[i] = f.from[i] = total;
		total += s->families[i].held;
	}
	f.from[s->family_count] = total;
	for (size_t i = 0; i < s->count; i++) {
		const struct sample *name = &s->all[i];
		struct label l = samples_label(s, name);
		if (name->is_held)
			f.scores[next[name->family]++] = name->len ? dga_label_score(model, &l) : 0;
	}
	free(next);
	for (size_t i = 0; i < s->family_count; i++)
		measure_sort(f.scores + f.from[i], f.from[i + 1] - f.from[i]);
	*out = f;
	if (f.from[1])
		return 0;
	dga_figures_free(out);
	return err_set(why, CEN_EFORMAT, "too few benign names to set a threshold by");
}

void dga_figures_free(struct dga_figures *f)
{
	free(f->scores);
	free(f->from);
	*f = (struct dga_figures){0};
}

static void tell_family(const struct dga_figures *f, const struct samples *s, size_t i,
	const int32_t thresholds[RATES], double sums[RATES + 1], FILE *tell)
{
	const int32_t *scores = f->scores + f->from[i];
	size_t n = f->from[i + 1] - f->from[i];
	double auc = measure_auc(f->scores, f->from[1], scores, n);
	fprintf(tell, "%-24s %8zu %7.4f", s->families[i].name, n, auc);
	sums[RATES] += auc;
	for (int r = 0; r < RATES; r++) {
		double over = measure_over(scores, n, thresholds[r]);
		fprintf(tell, " %6.1f", 100 * over);
		sums[r] += over;
	}
	fprintf(tell, "%s\n", s->families[i].is_left_out ? "  left out" : "");
}

/* The mean over families, each counting the same: all, or those left out. */
void dga_figures_tell(
	const struct dga_figures *f, const struct samples *s, int32_t threshold, FILE *tell)
{
	double sums[2][RATES + 1] = {{0}};
	size_t families[2] = {0};
	int32_t thresholds[RATES];
	for (int r = 0; r < RATES; r++)
		thresholds[r] = measure_threshold(f->scores, f->from[1], rates[r]);
	fprintf(tell, "%-24s %8s %7s %s\n", "family", "measured", "AUC",
		"% found at a false positive rate of 1e-2, 1e-3, 1e-4");
	for (size_t i = SAMPLES_BENIGN + 1; i < s->family_count; i++) {
		if (f->from[i + 1] == f->from[i])
			continue;
		bool is_left_out = s->families[i].is_left_out;
		tell_family(f, s, i, thresholds, sums[is_left_out], tell);
		families[is_left_out]++;
	}
	for (int k = 0; k < 2; k++) {
		double n = (double)families[k];
		if (families[k])
			fprintf(tell, "mean of %2zu families %-8s    %7.4f %6.1f %6.1f %6.1f\n",
				families[k], k ? "left out" : "learned", sums[k][RATES] / n,
				100 * sums[k][0] / n, 100 * sums[k][1] / n, 100 * sums[k][2] / n);
	}
	fprintf(tell, "AUC over all %zu measured names: %.4f\n", f->from[s->family_count],
		measure_auc(f->scores, f->from[1], f->scores + f->from[1],
			f->from[s->family_count] - f->from[1]));
	fprintf(tell, "threshold: %d milli-nats, which %.4f %% of %zu benign names are over\n",
		(int)threshold, 100 * measure_over(f->scores, f->from[1], threshold), f->from[1]);
}
