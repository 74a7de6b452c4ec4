/* SPDX-License-Identifier: BSD-2-Clause */
#include "dga/train_finish.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dga/calibrate.h"
#include "dga/dga_eval.h"
#include "dga/measure.h"

/* How many of the benign names go on to the trees: what a name costs in the mean, and how well unlikely ones are ranked. */
static const double gate_share = 0.38;

/* Names made of words score below that of the second rate; above that of the first one their scores are bent. */
static const double words_rate_full = 0.009, words_rate = 0.003;

static bool is_benign(const struct sample *s)
{
	return s->family == SAMPLES_BENIGN;
}

static int out_of_memory(struct err *why)
{
	return err_set(why, -ENOMEM, "out of memory for the figures of the training");
}

/* --- the gate --- */

static int32_t dense_raw(const struct train_finish *t, size_t i)
{
	return dga_raw(t->model, t->dense->linear[i], t->dense->x + i * DENSE_COUNT);
}

/* The linear score that so many of the benign names are over. */
static int set_gate(const struct train_finish *t, struct err *why)
{
	size_t n = 0;
	int32_t *scores = calloc(t->dense->count + 1, sizeof *scores);
	if (!scores)
		return out_of_memory(why);
	for (size_t i = 0; i < t->dense->count; i++)
		if (t->dense->families[i] == SAMPLES_BENIGN)
			scores[n++] = t->dense->linear[i];
	measure_sort(scores, n);
	t->model->numbers[DGA_GATE] = n ? measure_threshold(scores, n, gate_share) : -DGA_MILLI_MAX;
	free(scores);
	return 0;
}

/* --- the curves --- */

/* Points for the two curves: of what the gate keeps from the trees, and of what they judge. */
struct points {
	struct calibrate_point *of[2];
	size_t count[2];
};

static void add_point(struct points *p, bool is_of_trees, struct calibrate_point point)
{
	p->of[is_of_trees][p->count[is_of_trees]++] = point;
}

/* Generated names as trees were shown them. */
static void add_generated(const struct train_finish *t, struct points *p)
{
	double all = 0;
	for (size_t i = 0; i < t->dense->count; i++)
		all += t->dense->families[i] != SAMPLES_BENIGN ? (double)t->dense->weights[i] : 0;
	for (size_t i = 0; i < t->dense->count; i++) {
		if (t->dense->families[i] == SAMPLES_BENIGN)
			continue;
		bool is_of_trees = t->dense->linear[i] >= t->model->numbers[DGA_GATE];
		add_point(p, is_of_trees,
			(struct calibrate_point){
				is_of_trees ? dense_raw(t, i) : t->dense->linear[i], true,
				(double)t->dense->weights[i] / all});
	}
}

/* Benign names that nobody has learned. */
static void add_benign(const struct train_finish *t, struct points *p)
{
	double held = (double)t->samples->families[SAMPLES_BENIGN].held;
	for (size_t i = 0; i < t->samples->count; i++) {
		const struct sample *s = &t->samples->all[i];
		if (!is_benign(s) || !s->is_held || !s->len)
			continue;
		struct label l = samples_label(t->samples, s);
		struct dga_judgement j;
		dga_judge(t->model, &l, &j);
		add_point(p, j.curve != DGA_CURVE_LINEAR,
			(struct calibrate_point){j.raw, false, 1 / held});
	}
}

/* One curve for all that trees judge. */
static int calibrate(const struct train_finish *t, struct err *why)
{
	size_t most = t->dense->count + t->samples->families[SAMPLES_BENIGN].held + 1;
	struct points p = {.of = {calloc(most, sizeof *p.of[0]), calloc(most, sizeof *p.of[0])}};
	bool has_room = p.of[0] && p.of[1];
	if (has_room) {
		add_generated(t, &p);
		add_benign(t, &p);
		calibrate_curve(p.of[0], p.count[0], t->model->knots[DGA_CURVE_LINEAR]);
		calibrate_curve(p.of[1], p.count[1], t->model->knots[DGA_CURVE_TREES]);
		memcpy(t->model->knots[DGA_CURVE_WORDS], t->model->knots[DGA_CURVE_TREES],
			sizeof t->model->knots[DGA_CURVE_WORDS]);
	}
	free(p.of[0]);
	free(p.of[1]);
	return has_room ? 0 : out_of_memory(why);
}

/* --- thresholds --- */

/* The scores of benign names that nobody has learned, sorted. */
struct held {
	int32_t *scores;
	size_t count;
};

static int score_held(const struct train_finish *t, struct held *out, struct err *why)
{
	const struct samples *s = t->samples;
	*out = (struct held){
		.scores = calloc(s->families[SAMPLES_BENIGN].held + 1, sizeof *out->scores)};
	if (!out->scores)
		return out_of_memory(why);
	for (size_t i = 0; i < s->count; i++) {
		const struct sample *name = &s->all[i];
		struct label l = samples_label(s, name);
		if (is_benign(name) && name->is_held)
			out->scores[out->count++] = name->len ? dga_label_score(t->model, &l) : 0;
	}
	measure_sort(out->scores, out->count);
	if (out->count)
		return 0;
	free(out->scores);
	err_set(why, CEN_EFORMAT, "too few benign names to set a threshold by");
	return CEN_EFORMAT;
}

/* A name made of words is never so sure a case as the rarest of the others: it stays below the score of words_rate. */
static int bend_words(const struct train_finish *t, struct err *why)
{
	struct held h;
	int e = score_held(t, &h, why);
	if (e)
		return e;
	calibrate_bend(t->model->knots[DGA_CURVE_WORDS],
		measure_threshold(h.scores, h.count, words_rate_full),
		measure_threshold(h.scores, h.count, words_rate));
	free(h.scores);
	return 0;
}

static int set_tail(const struct train_finish *t, FILE *tell, struct err *why)
{
	struct held h;
	int e = score_held(t, &h, why);
	if (e)
		return e;
	calibrate_tail(h.scores, h.count, t->model->tail);
	t->model->threshold_milli = dga_model_threshold(t->model, 1e-4);
	if (tell)
		fprintf(tell,
			"threshold: %d milli-nats, which %.4f %% of %zu benign names are over\n",
			(int)t->model->threshold_milli,
			100 * measure_over(h.scores, h.count, t->model->threshold_milli), h.count);
	free(h.scores);
	return 0;
}

/* Where no generated name was kept apart there is nothing to tell. */
static int tell_figures(const struct train_finish *t, FILE *tell, struct err *why)
{
	const struct dga_eval_options how = {0};
	const struct dga_eval_judge judge = dga_eval_model(t->model);
	size_t held = 0;
	for (size_t i = SAMPLES_BENIGN + 1; i < t->samples->family_count; i++)
		held += t->samples->families[i].held;
	struct dga_eval figures;
	if (!held)
		return 0;
	int e = dga_eval_run(t->samples, &judge, &how, &figures, why);
	if (e)
		return e;
	dga_eval_tell(&figures, tell);
	dga_eval_free(&figures);
	return 0;
}

int train_finish(const struct train_finish *t, FILE *tell, struct err *why)
{
	int e = set_gate(t, why);
	if (!e)
		e = calibrate(t, why);
	if (!e)
		e = bend_words(t, why);
	if (!e && tell)
		e = tell_figures(t, tell, why);
	if (!e)
		e = set_tail(t, tell, why);
	return e;
}
