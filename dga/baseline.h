/* SPDX-License-Identifier: BSD-2-Clause
 * Simple judges, so that a reader sees what the model buys: bigrams, Shannon's entropy, and the length.
 *
 * Threads: immutable once learned.
 * Owns: baseline_learn's caller owns the bigrams.
 */
#pragma once

#include "dga/dga_eval.h"
#include "dga/samples.h"
#include "resolver/base/err.h"

enum baseline_kind {
	BASELINE_MODEL, /* none of them: what they stand beside */
	BASELINE_BIGRAM, /* log-likelihood ratio of the label's pairs of characters, milli-nats */
	BASELINE_ENTROPY, /* of the label's characters, milli-bits */
	BASELINE_LENGTH, /* octets */
	BASELINE_JUDGES,
};

struct baseline; /* counts of pairs of characters */

/* Learns from the names that training learns from, every name the same weight. 0 or -ENOMEM. */
int baseline_learn(const struct samples *s, struct baseline **out, struct err *why);
void baseline_free(struct baseline *b);
/* "model", "bigrams", "entropy", "length" */
const char *baseline_name(enum baseline_kind kind);
/* Borrows both; `b` may be NULL where nothing was to be learned. */
struct dga_eval_judge baseline_judge(
	const struct baseline *b, const struct dga *model, enum baseline_kind kind);

/* The model and the baselines over the same names. 0, or as dga_eval_run; after a failure there is nothing to free. */
int baseline_compare(const struct samples *s, const struct dga *model,
	const struct dga_eval_options *how, struct dga_eval out[static BASELINE_JUDGES],
	struct err *why);
