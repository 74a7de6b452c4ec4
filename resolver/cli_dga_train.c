/* SPDX-License-Identifier: BSD-2-Clause
 * `cenote dga train`: makes a model.
 */
#include <stdio.h>

#include "dga/dga_train.h"
#include "dga/samples.h"
#include "resolver/cli.h"
#include "resolver/cli_dga.h"

enum {
	OPTION_BENIGN = 256,
	OPTION_UNVETTED,
	OPTION_DGA,
	OPTION_OUT,
	OPTION_SEED,
	OPTION_SYNTHETIC,
	OPTION_LEFT_OUT
};

static const struct option options[] = {
	{"benign", required_argument, NULL, OPTION_BENIGN},
	{"unvetted", required_argument, NULL, OPTION_UNVETTED},
	{"dga", required_argument, NULL, OPTION_DGA},
	{"out", required_argument, NULL, OPTION_OUT},
	{"seed", required_argument, NULL, OPTION_SEED},
	{"synthetic", required_argument, NULL, OPTION_SYNTHETIC},
	{"left-out", required_argument, NULL, OPTION_LEFT_OUT},
	{0},
};

static int read_option(int option, char **argv, struct dga_training *t)
{
	uint64_t n;
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
	case OPTION_OUT:
		t->out = optarg;
		return 0;
	case OPTION_SEED:
		return cli_dga_number(optarg, &t->seed) ? 0 : cli_dga_usage(argv);
	case OPTION_SYNTHETIC:
		if (!cli_dga_number(optarg, &n) || n > SAMPLES_MADE_MAX)
			return cli_dga_usage(argv);
		t->synthetic = (size_t)n;
		return 0;
	case OPTION_LEFT_OUT:
		t->left_out = optarg;
		return 0;
	default:
		return CLI_USAGE;
	}
}

int cli_dga_train(int argc, char **argv)
{
	struct dga_training t = {.synthetic = DGA_TRAIN_SYNTHETIC};
	struct err why;
	int status = 0;
	optind = 0;
	for (int option; !status && (option = cli_dga_option(argc, argv, options)) != -1;)
		status = read_option(option, argv, &t);
	if (status)
		return status;
	if (optind < argc)
		return cli_dga_usage(argv);
	if (!t.benign || !t.families)
		return cli_fail(
			CLI_USAGE, "`dga train` needs --benign and --dga; see `cenote help dga`");
	setvbuf(stdout, NULL, _IOLBF, 0); /* progress, also through a pipe */
	int e = dga_train(&t, stdout, &why);
	return e ? cli_fail(CLI_FAILED, "%s", why.text) : CLI_OK;
}
