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

enum { OPTION_MODEL = 256, OPTION_THRESHOLD, OPTION_JSON };

static const struct option options[] = {
	{"model", required_argument, NULL, OPTION_MODEL},
	{"threshold", required_argument, NULL, OPTION_THRESHOLD},
	{"json", no_argument, NULL, OPTION_JSON},
	{0},
};

static void print_row(const char *line, size_t len, const struct dga_verdict *v)
{
	fwrite(line, 1, len, stdout);
	printf("\t%d\t%s\n", (int)v->score, dga_class_name(v->class));
}

/* A line that is no UTF-8 stands there with its octets above 127 as question marks. */
static json_t *text_of(char *line, size_t len)
{
	json_t *text = json_stringn(line, len);
	for (size_t i = 0; !text && i < len; i++)
		line[i] = (char)((uint8_t)line[i] < 0x80 ? line[i] : '?');
	return text ? text : json_stringn(line, len);
}

static void print_object(char *line, size_t len, const struct dga_verdict *v)
{
	json_t *o = json_pack("{s:o, s:i, s:f, s:s, s:b}", "name", text_of(line, len), "score",
		(int)v->score, "probability", v->score ? dga_probability(v->score) : 0.0, "class",
		dga_class_name(v->class), "is_popular", v->is_popular);
	json_dumpf(o, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
	putchar('\n');
	json_decref(o);
}

/* Gives every line its line, also one that is no name: it scores 0. Returns how many of those there were. */
static uint64_t score_lines(const struct dga *model, FILE *in, bool is_json)
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
		if (is_json)
			print_object(line, len, &v);
		else
			print_row(line, len, &v);
	}
	free(line);
	return bad;
}

static int score(const struct dga_options *as, const char *file, bool is_json)
{
	struct err why;
	struct dga *model = NULL;
	if (dga_open(as, &model, &why))
		return cli_fail(CLI_FAILED, "%s", why.text);
	FILE *in = strcmp(file, "-") != 0 ? fopen(file, "r") : stdin;
	int status = CLI_OK;
	if (in) {
		uint64_t bad = score_lines(model, in, is_json);
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
	bool is_json = false;
	optind = 0;
	for (int option; !status && (option = cli_dga_option(argc, argv, options)) != -1;) {
		if (option == OPTION_MODEL)
			as.model = optarg;
		else if (option == OPTION_JSON)
			is_json = true;
		else
			status = option == OPTION_THRESHOLD
				? cli_dga_rate(argv, optarg, &as.threshold)
				: CLI_USAGE;
	}
	if (status)
		return status;
	if (argc - optind > 1)
		return cli_dga_usage(argv);
	return score(&as, optind < argc ? argv[optind] : "-", is_json);
}
