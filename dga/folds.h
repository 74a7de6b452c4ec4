/* SPDX-License-Identifier: BSD-2-Clause
 * Leave families out: for each fold of families a model is trained without them and measured on them, so that what is measured is
 * not memory.
 *
 * Threads: nothing is shared between calls.
 * Owns: folds_run's caller owns what it gives, each until dga_eval_free.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "dga/baseline.h"
#include "dga/dga_eval.h"
#include "dga/dga_train.h"
#include "resolver/base/err.h"

enum { FOLDS_MAX = 64, FOLDS_LINE_MAX = 8192 /* octets of a fold's line */ };

struct folds_request {
	const char *
		file; /* a fold a line: families, with blanks or commas between them; `#` begins a comment */
	struct dga_training training; /* the sources and the seed */
	const char *apart; /* families with a mean of their own; NULL: none */
	bool has_baselines; /* measure them too */
};

/* One fold is measured: `number` from 1 on, the families "a,b,c", the model's figures. All valid during the call. */
typedef void folds_each(
	void *arg, size_t number, const char *left_out, const struct dga_eval *model);

/* Trains and measures fold by fold, in temporary files. Of `out` the model's figures are set and, if wanted, the baselines', all folds
 * joined; the rest are zeros. Progress goes to `progress` (NULL: nobody). 0, or negative with one sentence: CEN_EFORMAT for a line
 * of `file`, CEN_ENOTFOUND for a family that there is none of. */
int folds_run(const struct folds_request *r, FILE *progress, folds_each *each, void *arg,
	struct dga_eval out[static BASELINE_JUDGES], struct err *why);
