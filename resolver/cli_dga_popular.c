/* SPDX-License-Identifier: BSD-2-Clause
 * `cenote dga popular`: makes a set of popular domains.
 */
#include <inttypes.h>
#include <stdio.h>

#include "dga/popularity.h"
#include "resolver/cli.h"
#include "resolver/cli_dga.h"

enum { OPTION_OUT = 256, OPTION_COUNT, COUNT_UNLESS_GIVEN = 100000 };

static const struct option options[] = {
	{"out", required_argument, NULL, OPTION_OUT},
	{"count", required_argument, NULL, OPTION_COUNT},
	{0},
};

int cli_dga_popular(int argc, char **argv)
{
	const char *out = NULL;
	uint64_t max = COUNT_UNLESS_GIVEN;
	struct err why;
	optind = 0;
	for (int option; (option = cli_dga_option(argc, argv, options)) != -1;) {
		if (option == OPTION_OUT)
			out = optarg;
		else if (option != OPTION_COUNT)
			return CLI_USAGE;
		else if (!cli_dga_number(optarg, &max) || !max || max > POPULARITY_NAMES_MAX)
			return cli_fail(CLI_USAGE, "dga popular: --count takes 1 to %d, not `%s`",
				POPULARITY_NAMES_MAX, optarg);
	}
	if (argc - optind != 1)
		return cli_dga_usage(argv);
	if (!out)
		return cli_fail(CLI_USAGE, "`dga popular` needs --out; see `cenote help dga`");
	int64_t count = popularity_make(argv[optind], (size_t)max, out, &why);
	if (count < 0)
		return cli_fail(CLI_FAILED, "%s", why.text);
	printf("%" PRId64 " domains\n", count);
	return CLI_OK;
}
