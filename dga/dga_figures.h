/* SPDX-License-Identifier: BSD-2-Clause
 * What a training reports: what went in, and how the model does on the names that were held back.
 *
 * Threads: none of this is shared.
 */
#pragma once

#include <stdio.h>

#include "dga/dga_model.h"
#include "dga/samples.h"

/* Scores of all held names, family by family, sorted within. */
struct dga_figures {
	int32_t *scores;
	size_t *from; /* where each family's begin; one more for the end */
};

void dga_figures_tell_input(const struct samples *s, FILE *tell);
/* 0 or negative with a sentence: out of memory, no benign name held. */
int dga_figures_score(
	const struct dga *model, const struct samples *s, struct dga_figures *out, struct err *why);
void dga_figures_tell(
	const struct dga_figures *f, const struct samples *s, int32_t threshold, FILE *tell);
void dga_figures_free(struct dga_figures *f);
