/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A score has two stages: a linear one, which knows n-grams, and trees, which see the linear score beside facts of the whole label. Trees have
 * to learn how far to trust the first stage with families that nobody has seen. So the names are split into groups, families as
 * a whole; what trees are shown of a group comes from a first stage (n-grams, benign letters, words) that has learned the other
 * groups only ("stacking": Wolpert, "Stacked generalization", 1992). The first stage of the model itself learns all groups.
 */
#include "dga/dga_train.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dga/calibrate.h"
#include "dga/dense.h"
#include "dga/dga_figures.h"
#include "dga/dga_model.h"
#include "dga/learn_language.h"
#include "dga/learn_linear.h"
#include "dga/learn_trees.h"
#include "dga/learn_words.h"
#include "dga/measure.h"
#include "dga/outfile.h"
#include "dga/samples.h"
#include "dga/synth.h"
#include "resolver/base/clock.h"
#include "resolver/base/hash.h"

enum {
	HASH_BITS = 17,
	WORD_BITS = 16,
	TREES = 300,
	GROUPS = 4,
	EPOCHS = 5,
	EPOCHS_TO_TRIM = 2,
	ROWS_OF_FAMILY = 3000, /* that trees see, at most */
	NO_GROUP = 0xff, /* of names that are not learned */
};

/* What all generated names together weigh against the benign ones, */
static const double generated_share = 0.25;
/* and all synthetic families against the real ones. */
static const double synthetic_share = 1;
/* The share of unvetted names that look so much like generated ones that they are not learned as benign. */
static const double trimmed_share = 0.016;

/* The gate in front of the trees loses so many of the names that are found at that rate of false positives. */
static const double gate_lost = 0.005, gate_rate = 0.01;

/* Names made of words score below that of the second rate; above that of the first one their scores are bent. */
static const double words_rate_full = 0.012, words_rate = 0.003;

struct trainer {
	const struct dga_training *how;
	struct samples samples;
	uint8_t *groups; /* of each sample */
	uint8_t *is_first; /* of the benign names with its label */
	uint32_t *rows; /* room for numbers of samples */
	float *family_weights;
	struct dga_layout layout;
	uint8_t *bytes; /* the model file */
	struct dga model;
	struct learn_trees_rows dense;
	FILE *tell;
	uint64_t started_ms;
};

static void tell_step(const struct trainer *t, const char *what)
{
	if (t->tell)
		fprintf(t->tell, "%6.1f s  %s\n", (double)(clock_ms() - t->started_ms) / 1000,
			what);
}

static bool is_benign(const struct sample *s)
{
	return s->family == SAMPLES_BENIGN;
}

static int out_of_memory(struct err *why)
{
	return err_set(why, -ENOMEM, "out of memory for the training");
}

/* --- groups --- */

/* Families that share code or words belong together, so that what is left out is really unknown. */
static uint64_t family_hash(const char *name)
{
	static const char *const kin[][2] = {{"oderoor", "kraken"}, {"vidro", "kraken"},
		{"suppobox", "pizd"}, {"pykspa_precursor", "pykspa"}, {"goz", "cryptolocker"}};
	for (size_t i = 0; i < sizeof kin / sizeof kin[0]; i++)
		if (!strcmp(name, kin[i][0]))
			name = kin[i][1];
	return hash_bytes(name, strlen(name), 1);
}

static void group_names(struct trainer *t)
{
	for (size_t i = 0; i < t->samples.count; i++) {
		const struct sample *s = &t->samples.all[i];
		const struct samples_family *f = &t->samples.families[s->family];
		struct label l = samples_label(&t->samples, s);
		uint64_t hash = is_benign(s) ? hash_bytes(l.bytes, l.len, 1) : family_hash(f->name);
		t->groups[i] = (uint8_t)(s->is_held || !s->len ? NO_GROUP : hash % GROUPS);
	}
}

/* Marks the first of all benign names with the same label. */
static int mark_first(struct trainer *t)
{
	size_t room = 1;
	while (room < 2 * t->samples.count)
		room *= 2;
	uint64_t *seen = calloc(room, sizeof *seen);
	if (!seen)
		return -ENOMEM;
	for (size_t i = 0; i < t->samples.count; i++) {
		const struct sample *s = &t->samples.all[i];
		struct label l = samples_label(&t->samples, s);
		if (!is_benign(s) || t->groups[i] == NO_GROUP)
			continue;
		uint64_t hash = hash_bytes(l.bytes, l.len, 2) | 1;
		size_t at = (size_t)(hash >> 1) & (room - 1);
		while (seen[at] && seen[at] != hash)
			at = (at + 1) & (room - 1);
		t->is_first[i] = !seen[at];
		seen[at] = hash;
	}
	free(seen);
	return 0;
}

/* Which names a step learns from. */
struct choice {
	unsigned without_group; /* GROUPS: with all */
	bool is_benign_only, is_vetted_only;
};

static struct learn_rows choose(struct trainer *t, struct choice c)
{
	size_t n = 0;
	for (size_t i = 0; i < t->samples.count; i++) {
		const struct sample *s = &t->samples.all[i];
		if (t->groups[i] == NO_GROUP || t->groups[i] == c.without_group)
			continue;
		if (c.is_benign_only && !t->is_first[i])
			continue;
		if (c.is_vetted_only && s->is_unvetted)
			continue;
		t->rows[n++] = (uint32_t)i;
	}
	return (struct learn_rows){&t->samples, t->rows, n};
}

/* Every family counts by the root of its size: large ones more, but not all. Synthetic ones share one sum. */
static int weigh_families(const struct trainer *t, const size_t *names)
{
	const struct samples *s = &t->samples;
	double sums[2] = {0}, of_all = generated_share * (double)names[SAMPLES_BENIGN];
	for (size_t i = SAMPLES_BENIGN + 1; i < s->family_count; i++)
		sums[s->families[i].is_synthetic] += sqrt((double)names[i]);
	double real = sums[0] > 0 ? (sums[1] > 0 ? 1 / (1 + synthetic_share) : 1) : 0;
	t->family_weights[SAMPLES_BENIGN] = 1;
	for (size_t i = SAMPLES_BENIGN + 1; i < s->family_count; i++) {
		bool k = s->families[i].is_synthetic;
		double share = of_all * (k ? 1 - real : real);
		t->family_weights[i] =
			(float)(names[i] ? share / sums[k] / sqrt((double)names[i]) : 0);
	}
	return names[SAMPLES_BENIGN] && sums[0] + sums[1] > 0 ? 0 : -ENOENT;
}

static int weigh_rows(struct trainer *t, const struct learn_rows *rows, struct err *why)
{
	size_t *names = calloc(t->samples.family_count, sizeof *names);
	if (!names)
		return out_of_memory(why);
	for (size_t i = 0; i < rows->count; i++)
		names[t->samples.all[rows->at[i]].family]++;
	int e = weigh_families(t, names);
	if (e)
		err_set(why, CEN_EFORMAT, "nothing to learn from: no %s name of %d letters or more",
			names[SAMPLES_BENIGN] ? "generated" : "benign", LABEL_JUDGED_MIN);
	free(names);
	return e ? CEN_EFORMAT : 0;
}

/* --- the first stage --- */

static int learn_first(struct trainer *t, struct choice c, unsigned epochs, struct err *why)
{
	struct learn_rows rows = choose(t, c);
	int e = weigh_rows(t, &rows, why);
	const struct learn_linear how = {
		rows, t->family_weights, learn_log(generated_share), epochs, t->how->seed};
	if (!e && learn_linear(&how, &t->layout, t->bytes, &t->model))
		e = out_of_memory(why);
	return e;
}

static int learn_benign(struct trainer *t, struct choice c, struct err *why)
{
	c.is_benign_only = true;
	struct learn_rows rows = choose(t, c);
	if (learn_language(&rows, &t->layout, t->bytes) ||
		learn_words(&rows, WORD_BITS, &t->layout, t->bytes))
		return out_of_memory(why);
	return 0;
}

/* Are there both benign and generated names outside of a group? */
static bool has_both(const struct trainer *t, unsigned without_group)
{
	bool has[2] = {false, false};
	for (size_t i = 0; i < t->samples.count; i++)
		if (t->groups[i] != NO_GROUP && t->groups[i] != without_group)
			has[is_benign(&t->samples.all[i])] = true;
	return has[0] && has[1];
}

static int learn_stage(struct trainer *t, unsigned without_group, struct err *why)
{
	const struct choice c = {
		.without_group = has_both(t, without_group) ? without_group : GROUPS};
	int e = learn_first(t, c, EPOCHS, why);
	return e ? e : learn_benign(t, c, why);
}

/* Unvetted names that the vetted ones speak against are learned by nobody. */
static int trim(struct trainer *t, struct err *why)
{
	struct learn_rows all = choose(t, (struct choice){.without_group = GROUPS});
	size_t n = 0;
	int32_t *scores = calloc(all.count + 1, sizeof *scores);
	if (!scores)
		return out_of_memory(why);
	int e = learn_first(t, (struct choice){.without_group = GROUPS, .is_vetted_only = true},
		EPOCHS_TO_TRIM, why);
	for (int pass = 0; !e && pass < 2; pass++) {
		int32_t most = 0;
		if (pass && n) {
			measure_sort(scores, n);
			most = measure_threshold(scores, n, trimmed_share);
		}
		for (size_t i = 0; i < t->samples.count; i++) {
			struct label l = samples_label(&t->samples, &t->samples.all[i]);
			if (!t->samples.all[i].is_unvetted || t->groups[i] == NO_GROUP)
				continue;
			int32_t score = dga_linear(&t->model, &l);
			if (!pass)
				scores[n++] = score;
			else if (score > most)
				t->groups[i] = NO_GROUP;
		}
	}
	free(scores);
	tell_step(t, "unvetted names trimmed");
	return e;
}

/* --- trees --- */

/* Which samples trees learn from: those that are learned, and not too many of one family. */
static size_t choose_dense(struct trainer *t, uint32_t *at)
{
	size_t n = 0, of_family = 0;
	uint16_t family = SAMPLES_BENIGN;
	for (size_t i = 0; i < t->samples.count; i++) {
		uint16_t f = t->samples.all[i].family;
		of_family = f == family ? of_family : 0;
		family = f;
		if (t->groups[i] == NO_GROUP ||
			(f != SAMPLES_BENIGN && of_family >= ROWS_OF_FAMILY))
			continue;
		of_family++;
		at[n++] = (uint32_t)i;
	}
	return n;
}

static int allocate_dense(struct trainer *t, size_t n)
{
	struct learn_trees_rows *d = &t->dense;
	d->count = n;
	d->x = calloc(n + 1, DENSE_COUNT * sizeof *d->x);
	d->linear = calloc(n + 1, sizeof *d->linear);
	d->weights = calloc(n + 1, sizeof *d->weights);
	d->families = calloc(n + 1, sizeof *d->families);
	return d->x && d->linear && d->weights && d->families ? 0 : -ENOMEM;
}

static void free_dense(struct trainer *t)
{
	free(t->dense.x);
	free(t->dense.linear);
	free(t->dense.weights);
	free(t->dense.families);
	t->dense = (struct learn_trees_rows){0};
}

/* What the first stage, as it stands, says of one group. */
static void fill_dense(struct trainer *t, const uint32_t *at, unsigned group)
{
	for (size_t i = 0; i < t->dense.count; i++) {
		if (t->groups[at[i]] != group)
			continue;
		struct label l = samples_label(&t->samples, &t->samples.all[at[i]]);
		t->dense.linear[i] = dga_linear(&t->model, &l);
		t->dense.families[i] = t->samples.all[at[i]].family;
		dense_of(&t->model, &l, t->dense.linear[i], t->dense.x + i * DENSE_COUNT);
	}
}

static int make_dense(struct trainer *t, struct err *why)
{
	uint32_t *at = calloc(t->samples.count + 1, sizeof *at);
	if (!at)
		return out_of_memory(why);
	size_t n = choose_dense(t, at);
	int e = allocate_dense(t, n) ? out_of_memory(why) : 0;
	for (unsigned g = 0; !e && g < GROUPS; g++) {
		e = learn_stage(t, g, why);
		if (!e)
			fill_dense(t, at, g);
		tell_step(t, "a first stage without one group");
	}
	if (!e)
		e = weigh_rows(t, &(struct learn_rows){&t->samples, at, n}, why);
	for (size_t i = 0; !e && i < n; i++)
		t->dense.weights[i] = t->family_weights[t->dense.families[i]];
	free(at);
	return e;
}

/* --- the whole --- */

static int32_t dense_raw(const struct trainer *t, size_t i)
{
	return dga_raw(&t->model, t->dense.linear[i], t->dense.x + i * DENSE_COUNT);
}

struct detection {
	int32_t linear;
	float weight;
};

static int by_linear(const void *a, const void *b)
{
	const struct detection *x = a, *y = b;
	return (x->linear > y->linear) - (x->linear < y->linear);
}

/* The linear score that nearly all names reach which are found at the loosest rate that matters. */
static int set_gate(struct trainer *t, struct err *why)
{
	size_t n = 0, benign = 0;
	double all = 0, below = 0;
	struct detection *found = calloc(t->dense.count + 1, sizeof *found);
	int32_t *raws = calloc(t->dense.count + 1, sizeof *raws);
	if (!found || !raws) {
		free(found);
		free(raws);
		return out_of_memory(why);
	}
	for (size_t i = 0; i < t->dense.count; i++)
		if (t->dense.families[i] == SAMPLES_BENIGN)
			raws[benign++] = dense_raw(t, i);
	measure_sort(raws, benign);
	int32_t least = measure_threshold(raws, benign, gate_rate);
	for (size_t i = 0; i < t->dense.count; i++)
		if (t->dense.families[i] != SAMPLES_BENIGN && dense_raw(t, i) > least) {
			found[n++] = (struct detection){t->dense.linear[i], t->dense.weights[i]};
			all += (double)t->dense.weights[i];
		}
	qsort(found, n, sizeof *found, by_linear);
	size_t k = 0;
	while (k < n && below + (double)found[k].weight < gate_lost * all)
		below += (double)found[k++].weight;
	t->model.numbers[DGA_GATE] = k < n ? found[k].linear : -DGA_MILLI_MAX;
	free(found);
	free(raws);
	return 0;
}

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
static void add_generated(const struct trainer *t, struct points *p)
{
	double all = 0;
	for (size_t i = 0; i < t->dense.count; i++)
		all += t->dense.families[i] != SAMPLES_BENIGN ? (double)t->dense.weights[i] : 0;
	for (size_t i = 0; i < t->dense.count; i++) {
		if (t->dense.families[i] == SAMPLES_BENIGN)
			continue;
		bool is_of_trees = t->dense.linear[i] >= t->model.numbers[DGA_GATE];
		add_point(p, is_of_trees,
			(struct calibrate_point){is_of_trees ? dense_raw(t, i) : t->dense.linear[i],
				true, (double)t->dense.weights[i] / all});
	}
}

/* Benign names that nobody has learned. */
static void add_benign(const struct trainer *t, struct points *p)
{
	double held = (double)t->samples.families[SAMPLES_BENIGN].held;
	for (size_t i = 0; i < t->samples.count; i++) {
		const struct sample *s = &t->samples.all[i];
		if (!is_benign(s) || !s->is_held || !s->len)
			continue;
		struct label l = samples_label(&t->samples, s);
		struct dga_judgement j;
		dga_judge(&t->model, &l, &j);
		add_point(p, j.curve != DGA_CURVE_LINEAR,
			(struct calibrate_point){j.raw, false, 1 / held});
	}
}

/* One curve for all that trees judge. */
static int calibrate(struct trainer *t, struct err *why)
{
	size_t most = t->dense.count + t->samples.families[SAMPLES_BENIGN].held + 1;
	struct points p = {.of = {calloc(most, sizeof *p.of[0]), calloc(most, sizeof *p.of[0])}};
	bool has_room = p.of[0] && p.of[1];
	if (has_room) {
		add_generated(t, &p);
		add_benign(t, &p);
		calibrate_curve(p.of[0], p.count[0], t->model.knots[DGA_CURVE_LINEAR]);
		calibrate_curve(p.of[1], p.count[1], t->model.knots[DGA_CURVE_TREES]);
		memcpy(t->model.knots[DGA_CURVE_WORDS], t->model.knots[DGA_CURVE_TREES],
			sizeof t->model.knots[DGA_CURVE_WORDS]);
	}
	free(p.of[0]);
	free(p.of[1]);
	return has_room ? 0 : out_of_memory(why);
}

/* A name made of words is never so sure a case as the rarest of the others: it stays below the score of words_rate. */
static int bend_words(struct trainer *t, struct err *why)
{
	struct dga_figures f;
	int e = dga_figures_score(&t->model, &t->samples, &f, why);
	if (e)
		return e;
	calibrate_bend(t->model.knots[DGA_CURVE_WORDS],
		measure_threshold(f.scores, f.from[1], words_rate_full),
		measure_threshold(f.scores, f.from[1], words_rate));
	dga_figures_free(&f);
	return 0;
}

static int measure(struct trainer *t, struct err *why)
{
	struct dga_figures f;
	int e = set_gate(t, why);
	if (!e)
		e = calibrate(t, why);
	if (!e)
		e = bend_words(t, why);
	if (!e)
		e = dga_figures_score(&t->model, &t->samples, &f, why);
	if (e)
		return e;
	calibrate_tail(f.scores, f.from[1], t->model.tail);
	t->model.threshold_milli = dga_model_threshold(&t->model, 1e-4);
	if (t->tell)
		dga_figures_tell(&f, &t->samples, t->model.threshold_milli, t->tell);
	dga_figures_free(&f);
	return 0;
}

static int allocate(struct trainer *t, struct err *why)
{
	size_t n = t->samples.count + 1;
	dga_model_layout(HASH_BITS, WORD_BITS, TREES, &t->layout);
	t->groups = calloc(n, 1);
	t->is_first = calloc(n, 1);
	t->rows = calloc(n, sizeof *t->rows);
	t->family_weights = calloc(t->samples.family_count, sizeof *t->family_weights);
	t->bytes = calloc(1, t->layout.total);
	t->model =
		(struct dga){.hash_bits = HASH_BITS, .word_bits = WORD_BITS, .tree_count = TREES};
	if (!t->groups || !t->is_first || !t->rows || !t->family_weights || !t->bytes)
		return out_of_memory(why);
	for (unsigned s = 0; s < DGA_SECTIONS; s++)
		t->model.sections[s] = t->bytes + t->layout.at[s];
	t->model.numbers[DGA_GATE] = -DGA_MILLI_MAX;
	return 0;
}

static int learn(struct trainer *t, struct err *why)
{
	group_names(t);
	int e = trim(t, why);
	if (!e && mark_first(t))
		e = out_of_memory(why);
	if (!e)
		e = make_dense(t, why);
	/* The trees do not overwrite, and are not read by, the first stage. */
	if (!e)
		e = learn_stage(t, GROUPS, why);
	tell_step(t, "the first stage");
	if (!e &&
		learn_trees(&t->dense, TREES, t->how->seed, t->bytes + t->layout.at[DGA_TREES],
			&t->model))
		e = out_of_memory(why);
	tell_step(t, "trees");
	return e;
}

int dga_train(const struct dga_training *how, FILE *tell, struct err *why)
{
	struct trainer t = {.how = how, .tell = tell, .started_ms = clock_ms()};
	const struct samples_sources from = {
		how->benign, how->unvetted, how->families, how->left_out};
	int e = samples_load(&from, &t.samples, why);
	if (e)
		return e;
	if (how->synthetic)
		e = synth_add(&t.samples, how->synthetic, how->seed, why);
	if (!e && tell)
		dga_figures_tell_input(&t.samples, tell);
	if (!e)
		e = allocate(&t, why);
	if (!e)
		e = learn(&t, why);
	if (!e)
		e = measure(&t, why);
	if (!e && how->out) {
		dga_model_seal(&t.model, &t.layout, t.bytes);
		e = outfile_write(how->out, t.bytes, t.layout.total, why);
	}
	free_dense(&t);
	free(t.groups);
	free(t.is_first);
	free(t.rows);
	free(t.family_weights);
	free(t.bytes);
	samples_free(&t.samples);
	return e;
}
