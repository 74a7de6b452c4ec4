/* SPDX-License-Identifier: BSD-2-Clause
 * `cenote dga explain`: what speaks for a name being a generated one, and what against it.
 */
#include <stdio.h>
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

static void print_explanation(const struct dga *model, const struct dname *name)
{
	struct dga_explanation x;
	char text[DNAME_TEXT_MAX];
	dga_explain(model, name, &x);
	printf("%s\n", dname_to_text(name->bytes, text));
	if (x.why_not) {
		printf("  not judged: %s\n", x.why_not);
		return;
	}
	printf("  score %.1f of \"%s\" (threshold %.1f), probability %.4f, class %s%s\n",
		x.verdict.score / 1000.0, x.label, dga_threshold(model) / 1000.0,
		dga_probability(x.verdict.score), dga_class_name(x.verdict.class),
		x.verdict.is_popular ? ", popular" : "");
	for (size_t i = 0; i < x.part_count; i++) {
		const char *quote = x.parts[i].is_fact ? "" : "\"";
		printf("  %+8.3f  %s%s%s\n", x.parts[i].milli / 1000.0, quote, x.parts[i].text,
			quote);
	}
}

static int explain(const struct dga_options *as, char **texts)
{
	struct err why;
	struct dga *model;
	int status = CLI_OK;
	if (dga_open(as, &model, &why))
		return cli_fail(CLI_FAILED, "%s", why.text);
	for (char **text = texts; *text; text++) {
		struct dname name;
		if (text != texts)
			putchar('\n');
		if (dname_from_text(*text, strlen(*text), &name))
			status = cli_fail(CLI_FAILED, "`%s` is no domain name", *text);
		else
			print_explanation(model, &name);
	}
	dga_close(model);
	return status;
}

int cli_dga_explain(int argc, char **argv)
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
	return optind < argc ? explain(&as, argv + optind) : cli_dga_usage(argv);
}
