/* SPDX-License-Identifier: BSD-2-Clause
 * What the subcommands share: the options, finding and asking the daemon, and printing.
 *
 * Threads: the main thread.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/base/config.h"

enum cli_exit {
	CLI_OK = 0,
	CLI_FAILED = 1,
	CLI_USAGE = 2,
	CLI_UNREACHABLE = 3,
	CLI_BLOCKED = 10,
	CLI_BAD_CONFIG = 78, /* EX_CONFIG of sysexits.h */
};

/* The command line, read. */
struct cli {
	const char *file; /* -c; NULL: the default */
	const char **overrides; /* -o, in order */
	size_t override_count;
	bool is_json;
	const char *client, *group; /* for or about whom; NULL: not given */
	const char *type; /* of explain */
	const char *length; /* of unblock: --for */
	const char *name; /* of log and key; NULL: not given */
	const char *scope; /* of key */
	const char *format; /* of feeds lint and cases export; NULL: not given */
	bool is_once; /* of top: show and end */
	bool has_rules; /* feeds lint is to print each rule */
	const char *verdict; /* of log; NULL: not given */
	bool is_following; /* log goes on */
	char **args; /* what follows the command's name */
	size_t arg_count;
};

/* The commands, each in the file of its kind. They return the exit status. */
int cli_run(const struct cli *c);
int cli_check(const struct cli *c);
int cli_sample(const struct cli *c);
int cli_build_generation(const struct cli *c);
int cli_show_status(const struct cli *c);
int cli_show_stats(const struct cli *c);
int cli_explain(const struct cli *c);
int cli_feeds(const struct cli *c);
int cli_update(const struct cli *c);
int cli_lint(const struct cli *c);
int cli_generations_list(const struct cli *c);
int cli_generations_diff(const struct cli *c);
int cli_generations_accept(const struct cli *c);
int cli_generations_rollback(const struct cli *c);
int cli_generations_release(const struct cli *c);
int cli_rules(const struct cli *c);
int cli_cases(const struct cli *c);
int cli_top(const struct cli *c);
int cli_log(const struct cli *c);
int cli_replay(const struct cli *c);
int cli_reload(const struct cli *c);
int cli_pause(const struct cli *c);
int cli_resume(const struct cli *c);
int cli_unblock(const struct cli *c);
int cli_key(const struct cli *c);
int cli_login(const struct cli *c);
int cli_dga(const struct cli *c);

/* One sentence on standard error, and the exit status back. */
int cli_fail(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Loads the configuration that the options name: -c, else /etc/cenote/cenote.yaml if there is one, else the defaults. Returns 0 or the
 * exit status after having said why. */
int cli_load(const struct cli *c, struct config **out);
/* The file that cli_load reads; NULL: built-in defaults. */
const char *cli_config_file(const struct cli *c);
/* Is all that `run` reads of it good? 0, or a negative code and the sentence. */
int cli_check_config(const struct cli *c, struct err *why);

/* Asks the daemon. On success `*out` is its answer, owned. Else returns the exit status after having said why. */
int cli_ask(const struct cli *c, const char *method, const char *target, const char *body,
	json_t **out);
/* The same without a word on standard error: `why` has the sentence. */
int cli_try(const struct cli *c, const char *method, const char *target, const char *body,
	json_t **out, struct err *why);
/* Asks for what is no JSON, and prints it as it comes. */
int cli_print_answer(const struct cli *c, const char *method, const char *target, const char *body);
/* Prints a value as JSON, takes it, returns CLI_OK. */
int cli_print_json(json_t *value);

/* Members of an object; "" and 0 when missing. Text comes without control characters, whatever the daemon or a list wrote,
 * in one of the buffers that the caller gives. */
const char *cli_text(const json_t *object, const char *key, char *buffer, size_t size);
uint64_t cli_number(const json_t *object, const char *key);
bool cli_is(const json_t *object, const char *key);

enum { CLI_TEXT_MAX = 1200, CLI_NUMBER_MAX = 32 };
/* Which generation serves, from what /api/v1/lists says. */
void cli_feeds_summary(const json_t *feeds);
/* 1,234,567 */
const char *cli_grouped(uint64_t n, char buffer[static CLI_NUMBER_MAX]);
