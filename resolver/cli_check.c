/* SPDX-License-Identifier: BSD-2-Clause
 * Commands that need no daemon: check, sample-config, and the lists' helper process.
 */
#include <signal.h>
#include <stdio.h>

#include "feeds/feeds.h"
#include "resolver/cli.h"
#include "resolver/local.h"
#include "resolver/recurse.h"

/* All that `run` would read of the configuration. */
static int check_all(const struct config *config, struct err *why)
{
	struct local *l = NULL;
	int code = local_new(config, &l, why);
	local_free(l);
	return code ? code : recurse_check(config, why);
}

int cli_check(const struct cli *c)
{
	struct config *config = NULL;
	struct err why = {0};
	const char *file = cli_config_file(c);
	int code = config_load(file, c->overrides, c->override_count, &config, &why);
	if (!code)
		code = check_all(config, &why);
	if (code)
		cli_name_file(c, &why);
	config_free(config);
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
	return feeds_helper_main();
}
