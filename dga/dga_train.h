/* SPDX-License-Identifier: BSD-2-Clause
 * How a model is made.
 *
 * Threads: one call at a time uses as many threads as it says.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "resolver/base/err.h"

/* Synthetic families that a training takes unless it is told otherwise: more of them give little. */
enum { DGA_TRAIN_SYNTHETIC = 800 };

/* What dga_train shall do. The files hold one name a line, may be gzipped; lines that are no names are skipped and counted. */
struct dga_training {
	const char *benign; /* file of benign names */
	const char *
		unvetted; /* file of mostly benign names, of which those that look generated are left out; NULL: none */
	const char *families; /* folder with one file of generated names a family */
	const char *out; /* the model file to be written; NULL: only measure */
	const char *left_out; /* families to be measured, not learned, "a,b,c"; NULL: none */
	size_t synthetic; /* made-up families to learn besides (synth.h), at most 20,000 */
	uint64_t seed; /* of the order in which names are learned, and of synthetic families */
};

/* Learns a model from nine tenths of the names, measures it on the others, tells progress and figures to `tell` (NULL: nobody),
 * writes it. The same input and seed give the same file, bit for bit. */
int dga_train(const struct dga_training *t, FILE *tell, struct err *why);
