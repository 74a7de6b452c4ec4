/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A score has two stages: a linear one, which knows n-grams, and trees, which see the linear score beside facts of the whole label. Trees have
 * to learn how far to trust the first stage with families that nobody has seen. So the names are split into groups, families as
 * a whole; what trees are shown of a group comes from a first stage (n-grams, benign letters, words) that has learned the other
 * groups only ("stacking": Wolpert, "Stacked generalization", 1992). The first stage of the model itself learns all groups.
 */
#include "dga/dga_train.h"

#include <errno.h>
#include <stdlib.h>

#include "dga/dense.h"
#include "dga/dga_model.h"
#include "dga/learn_language.h"
#include "dga/learn_linear.h"
#include "dga/learn_trees.h"
#include "dga/learn_words.h"
#include "dga/linear.h"
#include "dga/measure.h"
#include "dga/outfile.h"
#include "dga/samples.h"
#include "dga/synth.h"
#include "dga/train_finish.h"
#include "dga/train_rows.h"
#include "resolver/base/clock.h"

enum {
	HASH_BITS = 17,
	WORD_BITS = 16,
	TREES = 160, /* as many as a block of forest.c; with more, families that nobody has seen rank lower */
	EPOCHS = 5,
	EPOCHS_TO_TRIM = 2,
	ROWS_OF_FAMILY = 3000, /* that trees see, at most */
};

/* The share of unvetted names that look so much like generated ones that they are not learned as benign. */
static const double trimmed_share = 0.016;

struct trainer {
	const struct dga_training *how;
	struct samples samples;
	struct train_rows rows;
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

static int out_of_memory(struct err *why)
{
	return err_set(why, -ENOMEM, "out of memory for the training");
}

/* --- the first stage --- */

static int learn_first(
	struct trainer *t, struct train_rows_choice c, unsigned epochs, struct err *why)
{
	struct learn_rows rows = train_rows_choose(&t->rows, c);
	int e = train_rows_weigh(&t->rows, &rows, why);
	const struct learn_linear how = {rows, t->rows.family_weights,
		learn_log(TRAIN_ROWS_GENERATED), epochs, t->how->seed};
	if (!e && learn_linear(&how, &t->layout, t->bytes, &t->model))
		e = out_of_memory(why);
	return e;
}

static int learn_benign(struct trainer *t, struct train_rows_choice c, struct err *why)
{
	c.is_benign_only = true;
	struct learn_rows rows = train_rows_choose(&t->rows, c);
	if (learn_language(&rows, &t->layout, t->bytes) ||
		learn_words(&rows, WORD_BITS, &t->layout, t->bytes))
		return out_of_memory(why);
	return 0;
}

static int learn_stage(struct trainer *t, unsigned without_group, struct err *why)
{
	const struct train_rows_choice c = {
		.without_group = train_rows_has_both(&t->rows, without_group) ? without_group
									      : TRAIN_ROWS_GROUPS};
	int e = learn_first(t, c, EPOCHS, why);
	return e ? e : learn_benign(t, c, why);
}

/* Unvetted names that the vetted ones speak against are learned by nobody. */
static int trim(struct trainer *t, struct err *why)
{
	struct learn_rows all = train_rows_choose(
		&t->rows, (struct train_rows_choice){.without_group = TRAIN_ROWS_GROUPS});
	size_t n = 0;
	int32_t *scores = calloc(all.count + 1, sizeof *scores);
	if (!scores)
		return out_of_memory(why);
	int e = learn_first(t,
		(struct train_rows_choice){
			.without_group = TRAIN_ROWS_GROUPS, .is_vetted_only = true},
		EPOCHS_TO_TRIM, why);
	for (int pass = 0; !e && pass < 2; pass++) {
		int32_t most = 0;
		if (pass && n) {
			measure_sort(scores, n);
			most = measure_threshold(scores, n, trimmed_share);
		}
		for (size_t i = 0; i < t->samples.count; i++) {
			struct label l = samples_label(&t->samples, &t->samples.all[i]);
			if (!t->samples.all[i].is_unvetted ||
				t->rows.groups[i] == TRAIN_ROWS_NO_GROUP)
				continue;
			struct linear linear;
			linear_of(&t->model, &l, &linear);
			if (!pass)
				scores[n++] = linear.score;
			else if (linear.score > most)
				t->rows.groups[i] = TRAIN_ROWS_NO_GROUP;
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
		if (t->rows.groups[i] == TRAIN_ROWS_NO_GROUP ||
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
		if (t->rows.groups[at[i]] != group)
			continue;
		struct label l = samples_label(&t->samples, &t->samples.all[at[i]]);
		struct linear linear;
		linear_of(&t->model, &l, &linear);
		t->dense.linear[i] = linear.score;
		t->dense.families[i] = t->samples.all[at[i]].family;
		dense_of(&t->model, &l, &linear, t->dense.x + i * DENSE_COUNT);
	}
}

static int make_dense(struct trainer *t, struct err *why)
{
	uint32_t *at = calloc(t->samples.count + 1, sizeof *at);
	if (!at)
		return out_of_memory(why);
	size_t n = choose_dense(t, at);
	int e = allocate_dense(t, n) ? out_of_memory(why) : 0;
	for (unsigned g = 0; !e && g < TRAIN_ROWS_GROUPS; g++) {
		e = learn_stage(t, g, why);
		if (!e)
			fill_dense(t, at, g);
		tell_step(t, "a first stage without one group");
	}
	if (!e)
		e = train_rows_weigh(&t->rows, &(struct learn_rows){&t->samples, at, n}, why);
	for (size_t i = 0; !e && i < n; i++)
		t->dense.weights[i] = t->rows.family_weights[t->dense.families[i]];
	free(at);
	return e;
}

/* --- the whole --- */

static int allocate(struct trainer *t, struct err *why)
{
	dga_model_layout(HASH_BITS, WORD_BITS, TREES, &t->layout);
	t->bytes = calloc(1, t->layout.total);
	t->model =
		(struct dga){.hash_bits = HASH_BITS, .word_bits = WORD_BITS, .tree_count = TREES};
	if (train_rows_make(&t->samples, &t->rows) || !t->bytes)
		return out_of_memory(why);
	for (unsigned s = 0; s < DGA_SECTIONS; s++)
		t->model.sections[s] = t->bytes + t->layout.at[s];
	t->model.numbers[DGA_GATE] = -DGA_MILLI_MAX;
	return 0;
}

static void tell_input(const struct samples *s, FILE *tell)
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

static int learn(struct trainer *t, struct err *why)
{
	int e = trim(t, why);
	if (!e && train_rows_mark_first(&t->rows))
		e = out_of_memory(why);
	if (!e)
		e = make_dense(t, why);
	/* The trees do not overwrite, and are not read by, the first stage. */
	if (!e)
		e = learn_stage(t, TRAIN_ROWS_GROUPS, why);
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
		tell_input(&t.samples, tell);
	if (!e)
		e = allocate(&t, why);
	if (!e)
		e = learn(&t, why);
	if (!e)
		e = train_finish(
			&(const struct train_finish){&t.samples, &t.dense, &t.model}, tell, why);
	if (!e && how->out) {
		dga_model_seal(&t.model, &t.layout, t.bytes);
		e = outfile_write(how->out, t.bytes, t.layout.total, why);
	}
	free_dense(&t);
	train_rows_free(&t.rows);
	free(t.bytes);
	samples_free(&t.samples);
	return e;
}
