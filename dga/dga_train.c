/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Logistic regression on hashed features, one pass of stochastic gradient descent (AdaGrad) an epoch, then weights
 * rounded to octets. Only +, -, *, / and sqrt on floats, each rounded as IEEE 754 says, in a fixed order: the result is
 * the same on every machine.
 */
#include "dga/dga_train.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dga/dga_model.h"
#include "dga/features.h"
#include "dga/measure.h"
#include "dga/samples.h"
#include "dga/synth.h"
#include "resolver/base/clock.h"

enum {
	BITS = 18,
	EPOCHS = 6,
	WEIGHT_MAX = 127, /* of a signed octet */
};

static const float learning_rate = 0.03f;
/* What all generated names together weigh against the benign ones. */
static const double generated_share = 0.25;
static const float generated_share_log = -1.386294361f; /* its logarithm */
/* What all synthetic families together weigh against the real ones. */
static const double synthetic_share = 1;
/* The share of benign names that the shipped threshold lets through. */
static const double false_positive_rate = 1e-4;

struct trainer {
	struct samples samples;
	float *weights, *squares; /* sums of squared gradients */
	float base, base_square;
	float *family_weights; /* of each of its names */
	uint32_t *order;
	size_t order_len;
	uint64_t random;
	uint8_t *bytes; /* the model file */
	struct dga model;
	FILE *tell;
};

/* --- learning --- */

/* xorshift64*, for the order of names alone. */
static uint64_t next_random(struct trainer *t)
{
	t->random ^= t->random >> 12;
	t->random ^= t->random << 25;
	t->random ^= t->random >> 27;
	return t->random * 0x2545f4914f6cdd1dull;
}

static void shuffle(struct trainer *t)
{
	for (size_t i = t->order_len; i > 1; i--) {
		size_t k = (size_t)((next_random(t) >> 32) * i >> 32);
		uint32_t held = t->order[i - 1];
		t->order[i - 1] = t->order[k];
		t->order[k] = held;
	}
}

/* 1 / (1 + e^-x), e^x as (1 + x / 2^20)^(2^20): libm's own may differ from version to version. */
static float logistic(float x)
{
	double limited = x > 30 ? 30 : x < -30 ? -30 : (double)x;
	double e = 1 - limited / (1 << 20);
	for (int i = 0; i < 20; i++)
		e *= e;
	return (float)(1 / (1 + e));
}

static float step(float gradient, float *square)
{
	*square += gradient * gradient;
	return learning_rate * gradient / (sqrtf(*square) + 1e-6f);
}

/* One name. Returns by how much its probability was wrong. */
static float learn(struct trainer *t, const struct sample *s)
{
	uint32_t at[FEATURES_MAX];
	struct label l = samples_label(&t->samples, s);
	unsigned n = features_of(&l, BITS, at);
	float sum = t->base;
	for (unsigned i = 0; i < n; i++)
		sum += t->weights[at[i]];
	float wrong = logistic(sum) - (s->family != SAMPLES_BENIGN ? 1.0f : 0.0f);
	float gradient = wrong * t->family_weights[s->family];
	for (unsigned i = 0; i < n; i++)
		t->weights[at[i]] -= step(gradient, &t->squares[at[i]]);
	t->base -= step(gradient, &t->base_square);
	return fabsf(wrong);
}

/* Every family counts by the root of its size: large ones more, but not all. Synthetic ones share one sum. */
static void weigh_families(struct trainer *t)
{
	double sums[2] = {0}, benign = 0;
	const struct samples_family *f = t->samples.families;
	for (size_t i = 0; i < t->samples.family_count; i++) {
		double learned = (double)(f[i].names - f[i].held - f[i].unvetted);
		if (i == SAMPLES_BENIGN)
			benign = learned;
		else
			sums[f[i].is_synthetic] += sqrt(learned);
	}
	double real = sums[1] > 0 && sums[0] > 0 ? 1 / (1 + synthetic_share) : 1;
	double of_all = benign * generated_share;
	double shares[2] = {of_all * real, sums[0] > 0 ? of_all * (1 - real) : of_all};
	t->family_weights[SAMPLES_BENIGN] = 1;
	for (size_t i = SAMPLES_BENIGN + 1; i < t->samples.family_count; i++) {
		double learned = (double)(f[i].names - f[i].held);
		int k = f[i].is_synthetic;
		t->family_weights[i] =
			(float)(learned > 0 ? shares[k] / sums[k] / sqrt(learned) : 0);
	}
}

static int learn_all(struct trainer *t, struct err *why)
{
	size_t classes[2] = {0};
	for (size_t i = 0; i < t->samples.count; i++) {
		const struct sample *s = &t->samples.all[i];
		if (s->is_held || s->is_unvetted || !s->len)
			continue;
		t->order[t->order_len++] = (uint32_t)i;
		classes[s->family != SAMPLES_BENIGN]++;
	}
	if (!classes[0] || !classes[1])
		return err_set(why, CEN_EFORMAT,
			"nothing to learn from: no %s name of %d letters or more",
			classes[0] ? "generated" : "benign", LABEL_JUDGED_MIN);
	weigh_families(t);
	for (int epoch = 0; epoch < EPOCHS; epoch++) {
		double wrong = 0;
		uint64_t started_ms = clock_ms();
		shuffle(t);
		for (size_t i = 0; i < t->order_len; i++)
			wrong += (double)learn(t, &t->samples.all[t->order[i]]);
		if (t->tell)
			fprintf(t->tell, "epoch %d of %d: %zu names, mean error %.4f, %.1f s\n",
				epoch + 1, EPOCHS, t->order_len, wrong / (double)t->order_len,
				(double)(clock_ms() - started_ms) / 1000);
	}
	return 0;
}

/* Weights to octets. The prior that the training weights imply is taken out of the base: what is left is a likelihood ratio. */
static void round_weights(struct trainer *t)
{
	float largest = 1e-3f;
	int8_t *to = (int8_t *)t->bytes + DGA_MODEL_HEADER;
	for (size_t i = 0; i < (size_t)1 << BITS; i++)
		largest = fabsf(t->weights[i]) > largest ? fabsf(t->weights[i]) : largest;
	float unit = largest / WEIGHT_MAX;
	for (size_t i = 0; i < (size_t)1 << BITS; i++)
		to[i] = (int8_t)lrintf(t->weights[i] / unit);
	t->model = (struct dga){
		.weights = to,
		.bits = BITS,
		.unit_nano = (uint32_t)lrintf(unit * 1e9f),
		.base_milli = (int32_t)lrintf((t->base - generated_share_log) * 1000),
		.threshold_milli = DGA_MODEL_MILLI_MAX,
	};
}

/* --- measuring --- */

enum { RATES = 3 };
static const double rates[RATES] = {1e-2, 1e-3, 1e-4};

struct held {
	int32_t *scores; /* of all held names, family by family, sorted within */
	size_t *from; /* where each family's begin; one more for the end */
	int32_t thresholds[RATES];
};

static int score_held(const struct trainer *t, struct held *h, struct err *why)
{
	const struct samples *s = &t->samples;
	size_t total = 0, *next = calloc(s->family_count, sizeof *next);
	h->from = calloc(s->family_count + 1, sizeof *h->from);
	h->scores = calloc(s->count, sizeof *h->scores);
	if (!next || !h->from || !h->scores) {
		free(next);
		return err_set(why, -ENOMEM, "out of memory for the scores");
	}
	for (size_t i = 0; i < s->family_count; i++) {
		next[i] = h->from[i] = total;
		total += s->families[i].held;
	}
	h->from[s->family_count] = total;
	for (size_t i = 0; i < s->count; i++) {
		const struct sample *name = &s->all[i];
		struct label l = samples_label(s, name);
		if (name->is_held)
			h->scores[next[name->family]++] =
				name->len ? dga_label_score(&t->model, &l) : 0;
	}
	free(next);
	for (size_t i = 0; i < s->family_count; i++)
		measure_sort(h->scores + h->from[i], h->from[i + 1] - h->from[i]);
	return 0;
}

static void tell_family(
	const struct trainer *t, const struct held *h, size_t i, double sums[RATES + 1])
{
	const int32_t *scores = h->scores + h->from[i];
	size_t n = h->from[i + 1] - h->from[i];
	double auc = measure_auc(h->scores, h->from[1], scores, n);
	fprintf(t->tell, "%-24s %8zu %7.4f", t->samples.families[i].name, n, auc);
	sums[RATES] += auc;
	for (int r = 0; r < RATES; r++) {
		double over = measure_over(scores, n, h->thresholds[r]);
		fprintf(t->tell, " %6.1f", 100 * over);
		sums[r] += over;
	}
	fprintf(t->tell, "%s\n", t->samples.families[i].is_left_out ? "  left out" : "");
}

/* The mean over families, each counting the same: all, or those left out. */
static void tell_figures(const struct trainer *t, const struct held *h)
{
	const struct samples *s = &t->samples;
	double sums[2][RATES + 1] = {{0}};
	size_t families[2] = {0};
	fprintf(t->tell, "%-24s %8s %7s %s\n", "family", "measured", "AUC",
		"% found at a false positive rate of 1e-2, 1e-3, 1e-4");
	for (size_t i = SAMPLES_BENIGN + 1; i < s->family_count; i++) {
		if (h->from[i + 1] == h->from[i])
			continue;
		tell_family(t, h, i, sums[s->families[i].is_left_out]);
		families[s->families[i].is_left_out]++;
	}
	for (int k = 0; k < 2; k++) {
		double n = (double)families[k];
		if (families[k])
			fprintf(t->tell, "mean of %2zu families %-8s    %7.4f %6.1f %6.1f %6.1f\n",
				families[k], k ? "left out" : "learned", sums[k][RATES] / n,
				100 * sums[k][0] / n, 100 * sums[k][1] / n, 100 * sums[k][2] / n);
	}
	fprintf(t->tell, "AUC over all %zu measured names: %.4f\n", h->from[s->family_count],
		measure_auc(h->scores, h->from[1], h->scores + h->from[1],
			h->from[s->family_count] - h->from[1]));
	fprintf(t->tell, "threshold: %d milli-nats, which %.4f %% of %zu benign names are over\n",
		(int)t->model.threshold_milli,
		100 * measure_over(h->scores, h->from[1], t->model.threshold_milli), h->from[1]);
}

static int measure(struct trainer *t, struct err *why)
{
	struct held h = {0};
	int e = score_held(t, &h, why);
	if (!e && !h.from[1])
		e = err_set(why, CEN_EFORMAT, "too few benign names to set a threshold by");
	if (!e) {
		for (int r = 0; r < RATES; r++)
			h.thresholds[r] = measure_threshold(h.scores, h.from[1], rates[r]);
		int32_t threshold = measure_threshold(h.scores, h.from[1], false_positive_rate);
		t->model.threshold_milli = threshold > 0 ? threshold : 0;
		if (t->tell)
			tell_figures(t, &h);
	}
	free(h.from);
	free(h.scores);
	return e;
}

/* --- the whole --- */

static int allocate(struct trainer *t, struct err *why)
{
	size_t n = (size_t)1 << BITS;
	t->weights = calloc(n, sizeof *t->weights);
	t->squares = calloc(n, sizeof *t->squares);
	t->family_weights = calloc(t->samples.family_count, sizeof *t->family_weights);
	t->order = calloc(t->samples.count, sizeof *t->order);
	t->bytes = calloc(1, DGA_MODEL_HEADER + n);
	return t->weights && t->squares && t->family_weights && t->order && t->bytes
		? 0
		: err_set(why, -ENOMEM, "out of memory for the weights");
}

/* A whole file or none: under another name first. */
static int write_file(const char *file, const uint8_t *bytes, size_t len, struct err *why)
{
	char temporary[4096];
	if ((size_t)snprintf(temporary, sizeof temporary, "%s.tmp", file) >= sizeof temporary)
		return err_set(why, -ENAMETOOLONG, "%s: %s", file, strerror(ENAMETOOLONG));
	FILE *f = fopen(temporary, "wb");
	bool is_good = f && fwrite(bytes, 1, len, f) == len && !fflush(f) && !fsync(fileno(f));
	int failed = errno;
	if (f && fclose(f)) {
		is_good = false;
		failed = errno;
	}
	if (is_good && !rename(temporary, file))
		return 0;
	failed = is_good ? errno : failed;
	unlink(temporary);
	return err_set(why, -failed, "%s: %s", file, strerror(failed));
}

static void tell_input(const struct trainer *t)
{
	const struct samples *s = &t->samples;
	size_t bad = 0, dropped = 0, names[2] = {0}, families[2] = {0};
	for (size_t i = 0; i < s->family_count; i++) {
		const struct samples_family *f = &s->families[i];
		bad += f->bad;
		dropped += i != SAMPLES_BENIGN ? f->dropped : 0;
		names[f->is_synthetic] += i != SAMPLES_BENIGN ? f->names : 0;
		families[f->is_synthetic] += i != SAMPLES_BENIGN;
	}
	fprintf(t->tell, "%zu benign names and %zu of %zu families; %zu lines were no names\n",
		s->families[SAMPLES_BENIGN].names, names[0], families[0], bad);
	if (dropped)
		fprintf(t->tell,
			"%zu names of families stand among the benign ones too, and count in "
			"neither\n",
			dropped);
	if (families[1])
		fprintf(t->tell, "%zu names of %zu synthetic families\n", names[1], families[1]);
}

int dga_train(const struct dga_training *how, FILE *tell, struct err *why)
{
	/* Any odd number does: a seed of 0 would stay 0. */
	struct trainer t = {.tell = tell, .random = how->seed * 2 + 0x9e3779b97f4a7c15ull};
	size_t len = DGA_MODEL_HEADER + ((size_t)1 << BITS);
	const struct samples_sources from = {
		how->benign, how->unvetted, how->families, how->left_out};
	int e = samples_load(&from, &t.samples, why);
	if (e)
		return e;
	if (how->synthetic)
		e = synth_add(&t.samples, how->synthetic, how->seed, why);
	if (!e && tell)
		tell_input(&t);
	if (!e)
		e = allocate(&t, why);
	if (!e)
		e = learn_all(&t, why);
	if (!e) {
		round_weights(&t);
		e = measure(&t, why);
	}
	if (!e && how->out) {
		dga_model_seal(&t.model, t.bytes, len);
		e = write_file(how->out, t.bytes, len, why);
	}
	free(t.weights);
	free(t.squares);
	free(t.family_weights);
	free(t.order);
	free(t.bytes);
	samples_free(&t.samples);
	return e;
}
