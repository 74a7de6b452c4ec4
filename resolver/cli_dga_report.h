/* SPDX-License-Identifier: BSD-2-Clause
 * What `cenote dga eval` prints, for people and as JSON.
 *
 * Threads: the main thread.
 * Owns: JSON values are their caller's.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "dga/baseline.h"
#include "dga/dga_eval.h"

/* One run: AUC, means, families, calibration. */
json_t *cli_dga_report_json(const struct dga_eval *e);
/* "a,b,c" as an array. */
json_t *cli_dga_report_list(const char *list);
/* {"judges": [...]}: those that have measured, the model first. */
json_t *cli_dga_report_judges(const struct dga_eval judges[static BASELINE_JUDGES]);

/* All folds joined: the means, the comparison, the calibration. */
void cli_dga_report_folds(const struct dga_eval judges[static BASELINE_JUDGES], FILE *to);

/* A model that was opened, and with what it is measured. */
struct cli_dga_report_model {
	const char *file; /* NULL: the built-in one */
	double rate; /* the false positive rate of the threshold in force */
	bool is_all;
	const struct dga *model;
	const struct samples *samples;
};
void cli_dga_report_model(const struct cli_dga_report_model *m,
	const struct dga_eval judges[static BASELINE_JUDGES], FILE *to);
/* Adds what is known of the model to `to`. */
void cli_dga_report_model_json(const struct cli_dga_report_model *m, json_t *to);
