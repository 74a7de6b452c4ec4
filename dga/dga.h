/* SPDX-License-Identifier: BSD-2-Clause
 * Does a name look as if a program had made it up? Name in, score out.
 *
 * Threads: a model is immutable once open; dga_score is pure: no allocation, no lock, bounded time whatever the name.
 * Owns: dga_open's caller owns the model.
 */
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "resolver/base/dname.h"
#include "resolver/base/err.h"

struct dga;

enum dga_class {
	DGA_NONE, /* not over the threshold, or too short to judge */
	DGA_RANDOM, /* its letters look random */
};

struct dga_verdict {
	int32_t score; /* log-likelihood ratio in milli-nats: above 0 speaks for a generated name; 0: not judged */
	enum dga_class class; /* other than DGA_NONE: the score is over the model's threshold */
};

/* Maps a model file read-only; NULL: the model built into the program. Returns 0 and an owned model, or a negative code
 * (CEN_ECORRUPT, CEN_EVERSION, -errno) and one sentence. */
int dga_open(const char *file, struct dga **out, struct err *why);
void dga_close(struct dga *d);
/* Over this score a name is a suspect. Milli-nats. */
int32_t dga_threshold(const struct dga *d);

/* Judges the one label of `name` that its registrant chose (label.h says which). */
void dga_score(const struct dga *d, const struct dname *name, struct dga_verdict *out);
/* "none", "random" */
const char *dga_class_name(enum dga_class class);

/* What dga_train shall do. The files hold one name a line, may be gzipped; lines that are no names are skipped and counted. */
struct dga_training {
	const char *benign; /* file of benign names */
	const char *families; /* folder with one file of generated names a family */
	const char *out; /* the model file to be written; NULL: only measure */
	const char *left_out; /* families to be measured, not learned, "a,b,c"; NULL: none */
	uint64_t seed; /* of the order in which names are learned */
};

/* Learns a model from nine tenths of the names, measures it on the others, tells progress and figures to `tell` (NULL: nobody),
 * writes it. The same input and seed give the same file, bit for bit. Needs 64 MiB and about a minute. */
int dga_train(const struct dga_training *t, FILE *tell, struct err *why);
