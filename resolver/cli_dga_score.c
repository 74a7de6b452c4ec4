/* SPDX-License-Identifier: BSD-2-Clause
 * `cenote dga score`: every line of the input with its score and class.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dga/dga.h"
#include "resolver/cli.h"
#include "resolver/cli_dga.h"

enum { OPTION_MODEL = 256, OPTION_THRESHOLD };

static const struct option options[] = {
	{"model", required_argument, NULL, OPTION_MODEL},
	{"threshold", required_argument, NULL, OPTION_THRESHOLD},
	{0},
};

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

static int score(const struct dga_options *as, const char *file)
{
	struct err why;
	struct dga *model = NULL;
	if (dga_open(as, &model, &why))
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

int cli_dga_score(int argc, char **argv)
{
	struct dga_options as = {.threshold = CLI_DGA_RATE};
	int status = 0;
	optind = 0;
	for (int option; !status && (option = cli_dga_option(argc, argv, options)) != -1;) {
		if (option == OPTION_MODEL)
			as.model = optarg;
		else
			status = option == OPTION_THRESHOLD
				? cli_dga_rate(argv, optarg, &as.threshold)
				: CLI_USAGE;
	}
	if (status)
		return status;
	if (argc - optind > 1)
		return cli_dga_usage(argv);
	return score(&as, optind < argc ? argv[optind] : "-");
}
