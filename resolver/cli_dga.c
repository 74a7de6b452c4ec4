/* SPDX-License-Identifier: BSD-2-Clause
 * `cenote dga COMMAND`: finds the command, and what its commands share in reading their options.
 */
#include "resolver/cli_dga.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/cli.h"

static const struct {
	const char *name;
	int (*function)(int argc, char **argv);
} commands[] = {
	{"calendar", cli_dga_calendar},
	{"score", cli_dga_score},
	{"explain", cli_dga_explain},
	{"popular", cli_dga_popular},
	{"train", cli_dga_train},
	{"eval", cli_dga_eval},
};

enum { COMMANDS = sizeof commands / sizeof *commands };

int cli_dga_option(int argc, char **argv, const struct option *options)
{
	/* The colon keeps getopt from telling by itself. */
	int option = getopt_long(argc, argv, ":", options, NULL);
	if (option != '?' && option != ':')
		return option;
	const char *words = option == ':' ? "needs a value" : "is not one of its options";
	cli_fail(CLI_USAGE, "dga %s: `%s` %s; see `cenote help dga`", argv[0], argv[optind - 1],
		words);
	return '?';
}

int cli_dga_usage(char **argv)
{
	return cli_fail(
		CLI_USAGE, "this is not how `dga %s` is used; see `cenote help dga`", argv[0]);
}

bool cli_dga_number(const char *text, uint64_t *out)
{
	char *end;
	errno = 0;
	unsigned long long n = strtoull(text, &end, 10);
	*out = n;
	return text[0] >= '0' && text[0] <= '9' && !*end && !errno;
}

int cli_dga_rate(char **argv, const char *text, double *out)
{
	char *end;
	double rate = strtod(text, &end);
	if (end == text || *end || !(rate >= 1e-6 && rate <= 0.1))
		return cli_fail(CLI_USAGE,
			"dga %s: --threshold is a false positive rate from 1e-6 to 0.1", argv[0]);
	*out = rate;
	return 0;
}

int cli_dga(const struct cli *c)
{
	for (size_t i = 0; c->arg_count && i < COMMANDS; i++)
		if (!strcmp(c->args[0], commands[i].name))
			return commands[i].function((int)c->arg_count, c->args);
	return cli_fail(CLI_USAGE, "usage: cenote dga COMMAND [options]; see `cenote help dga`");
}
