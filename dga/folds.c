/* SPDX-License-Identifier: BSD-2-Clause */
#include "dga/folds.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "resolver/base/clock.h"

struct folds {
	char *lines[FOLDS_MAX]; /* "a,b,c" */
	size_t count;
};

/* --- the file --- */

/* Makes "a,b,c" of a line, in place. Returns its length. */
static size_t tidy(char *line)
{
	size_t len = 0;
	line[strcspn(line, "#\r\n")] = 0;
	for (const char *at = line; *at;) {
		size_t blanks = strspn(at, " \t,"), n;
		at += blanks;
		n = strcspn(at, " \t,");
		if (n && len)
			line[len++] = ',';
		memmove(line + len, at, n);
		len += n;
		at += n;
	}
	line[len] = 0;
	return len;
}

static int read_lines(FILE *f, const char *file, struct folds *out, struct err *why)
{
	char line[FOLDS_LINE_MAX];
	for (unsigned number = 1; fgets(line, sizeof line, f); number++) {
		if (strlen(line) == sizeof line - 1)
			return err_set(why, CEN_EFORMAT, "%s:%u: a fold of more than %d octets",
				file, number, FOLDS_LINE_MAX - 2);
		if (!tidy(line))
			continue;
		if (out->count == FOLDS_MAX)
			return err_set(why, CEN_EFORMAT, "%s: more than %d folds", file, FOLDS_MAX);
		out->lines[out->count] = strdup(line);
		if (!out->lines[out->count++])
			return err_set(why, -ENOMEM, "out of memory for the folds");
	}
	if (ferror(f))
		return err_set(why, -errno, "%s: %s", file, strerror(errno));
	return out->count
		? 0
		: err_set(why, CEN_EFORMAT,
			  "%s: holds no folds (a line of family names for each is wanted)", file);
}

static int read_folds(const char *file, struct folds *out, struct err *why)
{
	FILE *f = fopen(file, "r");
	if (!f)
		return err_set(why, -errno, "%s: %s", file, strerror(errno));
	int e = read_lines(f, file, out, why);
	fclose(f);
	return e;
}

static void free_folds(struct folds *f)
{
	for (size_t i = 0; i < f->count; i++)
		free(f->lines[i]);
}

/* --- one fold --- */

/* A model trained without the families. In a folder of its own, which is gone when this returns. */
static int train(const struct dga_training *how, FILE *progress, struct dga **out, struct err *why)
{
	const char *at = getenv("TMPDIR");
	char folder[4000], file[sizeof folder + 8];
	int len =
		snprintf(folder, sizeof folder, "%s/cenote-folds-XXXXXX", at && *at ? at : "/tmp");
	if ((size_t)len >= sizeof folder || !mkdtemp(folder))
		return err_set(why, -errno, "no folder for a model in %s: %s", at, strerror(errno));
	snprintf(file, sizeof file, "%s/model", folder);
	struct dga_training training = *how;
	training.out = file;
	int e = dga_train(&training, progress, why);
	/* Nobody is popular here: scores are all that is looked at. */
	if (!e)
		e = dga_open(&(struct dga_options){.model = file,
				     .popular = "",
				     .threshold = dga_eval_rates[DGA_EVAL_RATES - 1]},
			out, why);
	unlink(file);
	rmdir(folder);
	return e;
}

static int measure(const struct folds_request *r, const char *left_out, const struct dga *d,
	struct dga_eval run[static BASELINE_JUDGES], struct err *why)
{
	struct samples s;
	const struct samples_sources from = {.benign = r->training.benign,
		.families = r->training.families,
		.left_out = left_out};
	const struct dga_eval_options how = {.is_left_out_only = true, .apart = r->apart};
	int e = samples_load(&from, &s, why);
	if (e)
		return e;
	struct dga_eval_judge model = dga_eval_model(d);
	e = r->has_baselines ? baseline_compare(&s, d, &how, run, why)
			     : dga_eval_run(&s, &model, &how, &run[BASELINE_MODEL], why);
	samples_free(&s);
	return e;
}

static int run_fold(const struct folds_request *r, const char *left_out, FILE *progress,
	struct dga_eval run[static BASELINE_JUDGES], struct err *why)
{
	struct dga *d = NULL;
	struct dga_training training = r->training;
	training.left_out = left_out;
	int e = train(&training, progress, &d, why);
	if (!e)
		e = measure(r, left_out, d, run, why);
	dga_close(d);
	return e;
}

/* --- all --- */

/* Before the first training, which takes its time. */
static int check_names(const struct folds_request *r, const struct folds *f, struct err *why)
{
	struct samples s;
	const struct samples_sources from = {
		.benign = r->training.benign, .families = r->training.families};
	int e = samples_load(&from, &s, why);
	if (e)
		return e;
	e = dga_eval_check_families(&s, r->apart, why);
	for (size_t i = 0; i < f->count && !e; i++)
		e = dga_eval_check_families(&s, f->lines[i], why);
	samples_free(&s);
	return e;
}

static int join(struct dga_eval out[static BASELINE_JUDGES],
	struct dga_eval run[static BASELINE_JUDGES], struct err *why)
{
	int e = 0;
	for (size_t i = 0; i < BASELINE_JUDGES; i++) {
		if (!e && run[i].runs)
			e = dga_eval_join(&out[i], &run[i], why);
		dga_eval_free(&run[i]);
	}
	return e;
}

int folds_run(const struct folds_request *r, FILE *progress, folds_each *each, void *arg,
	struct dga_eval out[static BASELINE_JUDGES], struct err *why)
{
	struct folds f = {.count = 0};
	struct dga_eval all[BASELINE_JUDGES] = {{0}};
	int e = read_folds(r->file, &f, why);
	if (!e)
		e = check_names(r, &f, why);
	for (size_t i = 0; i < f.count && !e; i++) {
		struct dga_eval run[BASELINE_JUDGES] = {{0}};
		uint64_t started_ms = clock_ms();
		if (progress)
			fprintf(progress, "fold %zu of %zu: training without %s\n", i + 1, f.count,
				f.lines[i]);
		e = run_fold(r, f.lines[i], progress, run, why);
		if (e)
			break;
		if (progress)
			fprintf(progress, "fold %zu of %zu: done in %.1f s\n", i + 1, f.count,
				(double)(clock_ms() - started_ms) / 1000);
		each(arg, i + 1, f.lines[i], &run[BASELINE_MODEL]);
		e = join(all, run, why);
	}
	free_folds(&f);
	for (size_t i = 0; i < BASELINE_JUDGES; i++) {
		if (e)
			dga_eval_free(&all[i]);
		else
			out[i] = all[i];
	}
	return e;
}
