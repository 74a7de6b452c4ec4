/* SPDX-License-Identifier: BSD-2-Clause
 * Does a name look as if a program had made it up? Name in, score out.
 *
 * Threads: what dga_open gives is immutable; dga_score and dga_explain are pure: no allocation, no lock, bounded time whatever
 *          the name.
 * Owns: dga_open's caller owns the classifier.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/base/dname.h"
#include "resolver/base/err.h"

struct dga;

/* By the shape of its label, what kind of generator made a suspect. */
enum dga_class {
	DGA_NONE, /* no suspect: not over the threshold, popular, or not to be judged */
	DGA_RANDOM, /* letters, or letters and digits, without a pattern a person would choose */
	DGA_HASH, /* digits of a number: hex or base32 */
	DGA_WORDS, /* words or syllables put together */
	DGA_CLASSES,
};

struct dga_verdict {
	int32_t score; /* calibrated log-likelihood ratio in milli-nats: above 0 speaks for a generated name; 0: not judged */
	enum dga_class class
		; /* other than DGA_NONE: over the threshold in force, and not popular */
	bool is_popular; /* over the threshold, but dga_is_popular */
};

struct dga_options {
	const char *model; /* file; NULL: the model built into the program */
	const char
		*popular; /* file (popularity.h); NULL: the set built into the program; "": none */
	double threshold; /* the share of benign names that may be over it: 1e-6 to 0.1 */
};

/* Returns 0 and an owned classifier, or a negative code (CEN_ECORRUPT, CEN_EVERSION, CEN_EFORMAT, -errno) and one sentence. */
int dga_open(const struct dga_options *options, struct dga **out, struct err *why);
void dga_close(struct dga *d);
/* Over this score a name is a suspect. Milli-nats. */
int32_t dga_threshold(const struct dga *d);

/* Judges the one label of `name` that its registrant chose (label.h says which). */
void dga_score(const struct dga *d, const struct dname *name, struct dga_verdict *out);
/* Do so many people ask for its registrable domain that no score counts? */
bool dga_is_popular(const struct dga *d, const struct dname *name);
/* That a name with this score is a generated one, where both kinds are equally frequent: 0 to 1. */
double dga_probability(int32_t score);
/* "none", "random", "hash", "words" */
const char *dga_class_name(enum dga_class class);

enum { DGA_PARTS_MAX = 24, DGA_PART_TEXT = 24 };

/* One thing that spoke for the name being generated (above 0) or against it. */
struct dga_part {
	char text
		[DGA_PART_TEXT]; /* an n-gram, `^` and `$` its label's ends; or a fact: "length 16", "top-level domain biz", "shape" */
	int32_t milli; /* its part of the score before calibration, milli-nats */
	bool is_fact; /* not an n-gram */
};

struct dga_explanation {
	struct dga_verdict verdict;
	char label[DNAME_LABEL_MAX +
		1]; /* that was judged, other octets than printable ones as `?`; "": none */
	const char *
		why_not; /* static words, when none was: "too short to be judged", ...; else NULL */
	size_t part_count;
	struct dga_part parts[DGA_PARTS_MAX]; /* the largest first, whatever their sign */
};

void dga_explain(const struct dga *d, const struct dname *name, struct dga_explanation *out);
