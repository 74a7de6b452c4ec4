/* SPDX-License-Identifier: BSD-2-Clause
 * `cenote dga eval`: how much a model finds, or models that have not seen the families.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dga/baseline.h"
#include "dga/dga_eval.h"
#include "dga/dga_train.h"
#include "dga/folds.h"
#include "dga/roc.h"
#include "resolver/cli.h"
#include "resolver/cli_dga.h"
#include "resolver/cli_dga_report.h"

enum {
	OPTION_BENIGN = 256,
	OPTION_UNVETTED,
	OPTION_DGA,
	OPTION_SEED,
	OPTION_LEFT_OUT,
	OPTION_APART,
	OPTION_FOLDS,
	OPTION_ROC,
	OPTION_THRESHOLD,
	OPTION_ALL,
	OPTION_COMPARE,
	OPTION_JSON
};

static const struct option options[] = {
	{"benign", required_argument, NULL, OPTION_BENIGN},
	{"unvetted", required_argument, NULL, OPTION_UNVETTED},
	{"dga", required_argument, NULL, OPTION_DGA},
	{"seed", required_argument, NULL, OPTION_SEED},
	{"left-out", required_argument, NULL, OPTION_LEFT_OUT},
	{"apart", required_argument, NULL, OPTION_APART},
	{"folds", required_argument, NULL, OPTION_FOLDS},
	{"roc", required_argument, NULL, OPTION_ROC},
	{"threshold", required_argument, NULL, OPTION_THRESHOLD},
	{"all", no_argument, NULL, OPTION_ALL},
	{"compare", no_argument, NULL, OPTION_COMPARE},
	{"json", no_argument, NULL, OPTION_JSON},
	{0},
};

struct wishes {
	struct folds_request folds;
	const char *model, *left_out, *roc;
	double threshold;
	bool is_all, is_json, has_threshold;
};

static int read_option(int option, char **argv, struct wishes *w)
{
	struct dga_training *t = &w->folds.training;
	switch (option) {
	case OPTION_BENIGN:
		t->benign = optarg;
		return 0;
	case OPTION_UNVETTED:
		t->unvetted = optarg;
		return 0;
	case OPTION_DGA:
		t->families = optarg;
		return 0;
	case OPTION_SEED:
		return cli_dga_number(optarg, &t->seed) ? 0 : cli_dga_usage(argv);
	case OPTION_LEFT_OUT:
		w->left_out = optarg;
		return 0;
	case OPTION_APART:
		w->folds.apart = optarg;
		return 0;
	case OPTION_FOLDS:
		w->folds.file = optarg;
		return 0;
	case OPTION_ROC:
		w->roc = optarg;
		return 0;
	case OPTION_THRESHOLD:
		w->has_threshold = true;
		return cli_dga_rate(argv, optarg, &w->threshold);
	case OPTION_ALL:
		w->is_all = true;
		return 0;
	case OPTION_COMPARE:
		w->folds.has_baselines = true;
		return 0;
	case OPTION_JSON:
		w->is_json = true;
		return 0;
	default:
		return CLI_USAGE;
	}
}

/* --- the picture --- */

static int draw(const struct wishes *w, const struct dga_eval judges[static BASELINE_JUDGES])
{
	struct dga_eval_figures means[ROC_CURVES_MAX];
	struct roc_curve curves[ROC_CURVES_MAX];
	char names[ROC_CURVES_MAX][64];
	size_t n = 0;
	struct err why;
	for (unsigned i = 0; i < BASELINE_JUDGES; i++) {
		/* Of the baselines only the ordinary families: the picture stays readable. */
		for (int k = 0; k < 4 && judges[i].runs && n < ROC_CURVES_MAX; k++) {
			bool is_left_out = k & 1, is_apart = k & 2;
			if (i != BASELINE_MODEL && is_apart)
				continue;
			size_t families =
				dga_eval_mean(&judges[i], is_left_out, is_apart, &means[n]);
			if (!families)
				continue;
			snprintf(names[n], sizeof names[n], "%s: %zu families %s%s",
				baseline_name(i), families, is_left_out ? "left out" : "learned",
				is_apart ? ", apart" : "");
			curves[n] = (struct roc_curve){.name = names[n], .found = means[n].curve};
			n++;
		}
	}
	int e = roc_write(w->roc, "Generated names found, mean over families", curves, n, &why);
	return e ? cli_fail(CLI_FAILED, "%s", why.text) : CLI_OK;
}

/* --- folds --- */

/* To which each fold's figures go. */
struct folds_telling {
	json_t *json; /* an array; NULL: for people, on standard output */
};

static void tell_fold(void *arg, size_t number, const char *left_out, const struct dga_eval *model)
{
	struct folds_telling *t = arg;
	if (t->json) {
		json_t *fold = cli_dga_report_json(model);
		json_object_set_new(fold, "left_out", cli_dga_report_list(left_out));
		json_array_append_new(t->json, fold);
		return;
	}
	printf("fold %zu, left out: %s\n", number, left_out);
	dga_eval_tell(model, stdout);
	putchar('\n');
	fflush(stdout);
}

static int run_folds(struct wishes *w)
{
	struct dga_eval judges[BASELINE_JUDGES] = {{0}};
	struct folds_telling telling = {.json = w->is_json ? json_array() : NULL};
	struct err why;
	/* Progress takes minutes and is no result: it does not go where results go. */
	setvbuf(stderr, NULL, _IOLBF, 0);
	if (folds_run(&w->folds, stderr, tell_fold, &telling, judges, &why)) {
		json_decref(telling.json);
		return cli_fail(CLI_FAILED, "%s", why.text);
	}
	if (w->is_json) {
		json_t *all = cli_dga_report_judges(judges);
		json_object_set_new(all, "folds", telling.json);
		cli_print_json(all);
	} else {
		cli_dga_report_folds(judges, stdout);
	}
	int status = w->roc ? draw(w, judges) : CLI_OK;
	for (unsigned i = 0; i < BASELINE_JUDGES; i++)
		dga_eval_free(&judges[i]);
	return status;
}

/* --- one model --- */

static int tell_model(const struct wishes *w, const struct samples *s, const struct dga *d,
	const struct dga_eval judges[static BASELINE_JUDGES])
{
	const struct cli_dga_report_model m = {
		.file = w->model,
		.rate = w->threshold,
		.is_all = w->is_all,
		.model = d,
		.samples = s,
	};
	if (w->is_json) {
		json_t *all = cli_dga_report_judges(judges);
		cli_dga_report_model_json(&m, all);
		cli_print_json(all);
	} else {
		cli_dga_report_model(&m, judges, stdout);
	}
	return w->roc ? draw(w, judges) : CLI_OK;
}

static int eval_samples(const struct wishes *w, const struct samples *s, const struct dga *d)
{
	struct dga_eval judges[BASELINE_JUDGES] = {{0}};
	const struct dga_eval_options how = {
		.is_all = w->is_all, .is_left_out_only = w->left_out, .apart = w->folds.apart};
	const struct dga_eval_judge model = dga_eval_model(d);
	struct err why;
	int e = dga_eval_check_families(s, w->left_out, &why);
	if (!e)
		e = dga_eval_check_families(s, w->folds.apart, &why);
	if (!e)
		e = w->folds.has_baselines
			? baseline_compare(s, d, &how, judges, &why)
			: dga_eval_run(s, &model, &how, &judges[BASELINE_MODEL], &why);
	if (e)
		return cli_fail(CLI_FAILED, "%s", why.text);
	int status = tell_model(w, s, d, judges);
	for (unsigned i = 0; i < BASELINE_JUDGES; i++)
		dga_eval_free(&judges[i]);
	return status;
}

static int run_model(const struct wishes *w)
{
	const struct dga_training *t = &w->folds.training;
	/* Scores alone are measured: nobody is popular. */
	const struct dga_options as = {.model = w->model, .popular = "", .threshold = w->threshold};
	struct dga *d = NULL;
	struct samples s;
	struct err why;
	if (dga_open(&as, &d, &why))
		return cli_fail(CLI_FAILED, "%s", why.text);
	int status = CLI_FAILED;
	const struct samples_sources from = {
		.benign = t->benign, .families = t->families, .left_out = w->left_out};
	if (samples_load(&from, &s, &why)) {
		cli_fail(CLI_FAILED, "%s", why.text);
	} else {
		status = eval_samples(w, &s, d);
		samples_free(&s);
	}
	dga_close(d);
	return status;
}

/* What each of the two ways to measure does not take. */
static bool is_consistent(const struct wishes *w)
{
	const struct dga_training *t = &w->folds.training;
	if (w->folds.file)
		return !w->model && !w->left_out && !w->is_all && !w->has_threshold;
	return !t->unvetted && !t->seed;
}

int cli_dga_eval(int argc, char **argv)
{
	struct wishes w = {
		.threshold = CLI_DGA_RATE, .folds.training.synthetic = DGA_TRAIN_SYNTHETIC};
	int status = 0;
	optind = 0;
	for (int option; !status && (option = cli_dga_option(argc, argv, options)) != -1;)
		status = read_option(option, argv, &w);
	if (status)
		return status;
	if (optind < argc)
		w.model = argv[optind++];
	if (optind < argc || !is_consistent(&w))
		return cli_dga_usage(argv);
	if (!w.folds.training.benign || !w.folds.training.families)
		return cli_fail(
			CLI_USAGE, "`dga eval` needs --benign and --dga; see `cenote help dga`");
	return w.folds.file ? run_folds(&w) : run_model(&w);
}
