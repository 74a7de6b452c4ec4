/* SPDX-License-Identifier: BSD-2-Clause
 * The commands below `cenote dga`, each in the file of its name, with options of its own.
 *
 * Threads: the main thread.
 */
#pragma once

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>

/* argv[0] is the command's own name. They return the exit status. */
int cli_dga_score(int argc, char **argv);
int cli_dga_explain(int argc, char **argv);
int cli_dga_train(int argc, char **argv);
int cli_dga_eval(int argc, char **argv);
int cli_dga_popular(int argc, char **argv);
int cli_dga_calendar(int argc, char **argv);

/* As getopt_long: -1 at the end, with optind at the first word that is no option. '?' after having told what is wrong with the
 * option. Start with optind = 0. */
int cli_dga_option(int argc, char **argv, const struct option *options);
/* Says that the command is used in another way. CLI_USAGE. */
int cli_dga_usage(char **argv);
/* A decimal number, nothing around it. */
bool cli_dga_number(const char *text, uint64_t *out);

/* The false positive rate that stands for a threshold when none is given. */
#define CLI_DGA_RATE 1e-4
/* One of 1e-6 to 0.1. 0, or CLI_USAGE after having said what is allowed. */
int cli_dga_rate(char **argv, const char *text, double *out);
