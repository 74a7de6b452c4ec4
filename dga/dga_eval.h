/* SPDX-License-Identifier: BSD-2-Clause
 * How well a judge of labels finds generated names: the share found at fixed false positive rates, by family and as means over
 * families, in which each family counts the same.
 *
 * Threads: nothing is shared between calls.
 * Owns: what dga_eval_run fills is its caller's, until dga_eval_free.
 * Units: scores are the judge's own (a model's: milli-nats); rates and shares go from 0 to 1.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "dga/dga.h"
#include "dga/measure.h"
#include "dga/reliability.h"
#include "dga/samples.h"

enum { DGA_EVAL_RATES = 3 };
/* The false positive rates at which is counted: 1e-2, 1e-3, 1e-4. */
extern const double dga_eval_rates[DGA_EVAL_RATES];

/* Judges a label: the larger the score, the more it looks like a generated one. */
struct dga_eval_judge {
	int32_t (*score)(const void *arg, const struct label *l);
	const void *arg; /* borrowed */
};

struct dga_eval_options {
	bool is_all; /* measure also names that training learns; else only those that it keeps apart */
	bool is_left_out_only; /* of the families only those left out */
	const char *apart; /* families that have a mean of their own, "a,b,c"; NULL: none */
};

struct dga_eval_figures {
	double auc;
	double found[DGA_EVAL_RATES]; /* share of names over the threshold of each rate */
	double curve
		[MEASURE_POINTS]; /* the same for measure_rate; negative where the rate is too small for so few benign names */
};

struct dga_eval_family {
	char name[64];
	size_t names; /* measured */
	bool is_left_out, is_apart;
	struct dga_eval_figures figures;
};

/* All zeros: nothing measured yet. */
struct dga_eval {
	size_t benign, generated; /* names measured */
	size_t runs; /* joined in here */
	double auc; /* of all generated names, whatever their family; the mean over runs */
	struct dga_eval_family *families;
	size_t family_count;
	struct reliability reliability; /* of names that can be judged */
};

/* A model as judge; borrows it. */
struct dga_eval_judge dga_eval_model(const struct dga *d);

/* Scores names and measures. A name that cannot be judged scores 0. 0; -ENOMEM; CEN_EFORMAT when there is no benign or no generated
 * name to measure. */
int dga_eval_run(const struct samples *s, const struct dga_eval_judge *judge,
	const struct dga_eval_options *how, struct dga_eval *out, struct err *why);
void dga_eval_free(struct dga_eval *e);
/* Adds another run's families to `e`. 0 or -ENOMEM. */
int dga_eval_join(struct dga_eval *e, const struct dga_eval *run, struct err *why);

/* The mean over families of one kind. Returns how many there are; 0: `out` is not set. */
size_t dga_eval_mean(
	const struct dga_eval *e, bool is_left_out, bool is_apart, struct dga_eval_figures *out);

/* How many of the benign names are over a threshold: of the first `first` names of the list, or those of them that training keeps apart. */
struct dga_eval_false {
	size_t names, over;
};
struct dga_eval_false dga_eval_false(const struct samples *s, const struct dga_eval_judge *judge,
	int32_t threshold, size_t first, bool is_held_only);

/* Is every one of "a,b,c" a family of `s`? CEN_ENOTFOUND and a sentence that names the first that is none. NULL: 0. */
int dga_eval_check_families(const struct samples *s, const char *list, struct err *why);

/* A table for people: each family, the means, the whole. */
void dga_eval_tell(const struct dga_eval *e, FILE *to);
/* Scores beside what was seen. */
void dga_eval_tell_reliability(const struct dga_eval *e, FILE *to);
