/* SPDX-License-Identifier: BSD-2-Clause
 * `cenote dga`: train a model, score names. It reads its own options, which no other command has.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dga/dga.h"
#include "dga/dga_train.h"
#include "resolver/cli.h"

static const char usage[] = "usage: cenote dga score|train [options]; see `cenote help dga`";

enum { OPTION_BENIGN = 256, OPTION_DGA, OPTION_OUT, OPTION_SEED, OPTION_LEFT_OUT, OPTION_MODEL };

static const struct option options[] = {
	{"benign", required_argument, NULL, OPTION_BENIGN},
	{"dga", required_argument, NULL, OPTION_DGA},
	{"out", required_argument, NULL, OPTION_OUT},
	{"seed", required_argument, NULL, OPTION_SEED},
	{"left-out", required_argument, NULL, OPTION_LEFT_OUT},
	{"model", required_argument, NULL, OPTION_MODEL},
	{0},
};

/* What stands behind `cenote dga`. */
struct wishes {
	struct dga_training training;
	const char *model; /* NULL: the built-in one */
	char *const *args; /* without options: `score` and a file */
	int arg_count;
	bool has_train, has_score; /* an option of that command was given */
};

static bool read_seed(const char *text, uint64_t *out)
{
	char *end;
	errno = 0;
	unsigned long long n = strtoull(text, &end, 10);
	*out = n;
	return text[0] >= '0' && text[0] <= '9' && !*end && !errno;
}

static bool read_option(int option, struct wishes *w)
{
	w->has_train |= option >= OPTION_BENIGN && option <= OPTION_LEFT_OUT;
	w->has_score |= option == OPTION_MODEL;
	switch (option) {
	case OPTION_BENIGN:
		w->training.benign = optarg;
		return true;
	case OPTION_DGA:
		w->training.families = optarg;
		return true;
	case OPTION_OUT:
		w->training.out = optarg;
		return true;
	case OPTION_SEED:
		return read_seed(optarg, &w->training.seed);
	case OPTION_LEFT_OUT:
		w->training.left_out = optarg;
		return true;
	case OPTION_MODEL:
		w->model = optarg;
		return true;
	default:
		return false;
	}
}

/* --- score --- */

/* Gives every line its line, also one that is no name: it scores 0. Returns how many of those there were. */
static uint64_t score_lines(const struct dga *model, FILE *in)
{
	char *line = NULL;
	size_t room = 0;
	uint64_t bad = 0;
	for (ssize_t n; (n = getline(&line, &room, in)) >= 0;) {
		struct dname name;
		struct dga_verdict v = {0};
		size_t len = (size_t)n;
		len -= len && line[len - 1] == '\n';
		len -= len && line[len - 1] == '\r';
		if (dname_from_text(line, len, &name))
			bad++;
		else
			dga_score(model, &name, &v);
		fwrite(line, 1, len, stdout);
		printf("\t%d\t%s\n", (int)v.score, dga_class_name(v.class));
	}
	free(line);
	return bad;
}

static int score(const struct wishes *w)
{
	struct err why;
	struct dga *model = NULL;
	const char *file = w->arg_count > 1 ? w->args[1] : "-";
	const struct dga_options as = {.model = w->model, .threshold = 1e-4};
	if (dga_open(&as, &model, &why))
		return cli_fail(CLI_FAILED, "%s", why.text);
	FILE *in = strcmp(file, "-") != 0 ? fopen(file, "r") : stdin;
	int status = CLI_OK;
	if (in) {
		uint64_t bad = score_lines(model, in);
		if (ferror(in))
			status = cli_fail(CLI_FAILED, "%s: %s", file, strerror(errno));
		else if (bad)
			fprintf(stderr, "cenote: %llu lines were no names and score 0\n",
				(unsigned long long)bad);
	} else {
		status = cli_fail(CLI_FAILED, "%s: %s", file, strerror(errno));
	}
	if (in && in != stdin)
		fclose(in);
	dga_close(model);
	return status;
}

/* --- train --- */

static int train(const struct wishes *w)
{
	struct err why;
	if (!w->training.benign || !w->training.families)
		return cli_fail(
			CLI_USAGE, "`dga train` needs --benign and --dga; see `cenote help dga`");
	setvbuf(stdout, NULL, _IOLBF, 0); /* progress, also through a pipe */
	int e = dga_train(&w->training, stdout, &why);
	return e ? cli_fail(CLI_FAILED, "%s", why.text) : CLI_OK;
}

int cli_dga(const struct cli *c)
{
	struct wishes w = {0};
	/* getopt skips the first word, which is `dga` itself. */
	char **argv = c->args - 1;
	int argc = (int)c->arg_count + 1;
	optind = 0;
	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;)
		if (!read_option(option, &w))
			return cli_fail(CLI_USAGE, "%s", usage);
	w.args = argv + optind;
	w.arg_count = argc - optind;
	const char *what = w.arg_count ? w.args[0] : "";
	if (!strcmp(what, "score") && w.arg_count <= 2 && !w.has_train)
		return score(&w);
	if (!strcmp(what, "train") && w.arg_count == 1 && !w.has_score)
		return train(&w);
	return cli_fail(CLI_USAGE, "%s", usage);
}
