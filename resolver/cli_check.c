/* SPDX-License-Identifier: BSD-2-Clause
 * Commands that need no daemon: check, sample-config, and the lists' helper process.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "feeds/feeds.h"
#include "resolver/calendar_list.h"
#include "resolver/classifier.h"
#include "resolver/cli.h"
#include "resolver/local.h"
#include "resolver/recurse.h"
#include "web/web.h"

/* All that `run` would read of the configuration. */
static int check_all(const struct config *config, struct err *why)
{
	struct local *l = NULL;
	int code = local_new(config, &l, why);
	local_free(l);
	if (!code)
		code = classifier_open(config, NULL, why);
	if (!code)
		code = web_check(config, why);
	return code ? code : recurse_check(config, why);
}

/* Puts the file's name in front of a sentence that a part wrote, which knows the key but not the file. */
static void name_file(const struct cli *c, struct err *why)
{
	const char *file = cli_config_file(c);
	struct err old = *why;
	if (file && strncmp(old.text, file, strlen(file)) != 0)
		err_set(why, 0, "%.200s: %.300s", file, old.text);
}

int cli_check_config(const struct cli *c, struct err *why)
{
	struct config *config = NULL;
	int code = config_load(cli_config_file(c), c->overrides, c->override_count, &config, why);
	if (code)
		return code;
	code = check_all(config, why);
	config_free(config);
	if (code)
		name_file(c, why);
	return code;
}

int cli_check(const struct cli *c)
{
	struct err why = {0};
	const char *file = cli_config_file(c);
	int code = cli_check_config(c, &why);
	if (!file)
		file = "built-in defaults";
	if (c->is_json)
		cli_print_json(json_pack("{s:b, s:s, s:s}", "is_good", code == 0, "file", file,
			"error", code ? why.text : ""));
	else if (code)
		return cli_fail(CLI_BAD_CONFIG, "%s", why.text);
	else
		printf("OK: %s\n", file);
	return code ? CLI_BAD_CONFIG : CLI_OK;
}

int cli_sample(const struct cli *c)
{
	(void)c;
	config_print_sample(stdout);
	return CLI_OK;
}

int cli_build_generation(const struct cli *c)
{
	(void)c;
	/* The daemon that started us takes its signals from one thread and blocks them; we want to be ended by them. */
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	return feeds_helper_main(calendar_list_make);
}
