/* SPDX-License-Identifier: BSD-2-Clause
 * Commands that change what the daemon does: rules, reload.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/cli.h"
#include "web/client.h"

static int show(const struct cli *c)
{
	json_t *v, *rule;
	size_t i;
	char kind[16], text[CLI_TEXT_MAX], file[CLI_TEXT_MAX];
	int status = cli_ask(c, "GET", "/api/v1/rules", NULL, &v);
	if (status)
		return status;
	if (c->is_json)
		return cli_print_json(v);
	json_array_foreach(json_object_get(v, "rules"), i, rule)
	{
		printf("%-6s %s", cli_text(rule, "kind", kind, sizeof kind),
			cli_text(rule, "rule", text, sizeof text));
		if (!cli_is(rule, "is_runtime"))
			printf("  (%s)",
				*cli_text(rule, "file", file, sizeof file) ? file
									   : "configuration");
		putchar('\n');
	}
	json_decref(v);
	return CLI_OK;
}

static int add(const struct cli *c, json_t **v)
{
	json_t *body = json_pack("{s:s, s:s}", "kind", c->args[1], "rule", c->args[2]);
	char *text = body ? json_dumps(body, 0) : NULL;
	json_decref(body);
	if (!text)
		return cli_fail(CLI_USAGE, "the rule is not UTF-8 text");
	int status = cli_ask(c, "POST", "/api/v1/rules", text, v);
	free(text);
	return status;
}

static int take_away(const struct cli *c, json_t **v)
{
	char target[4000] = "/api/v1/rules";
	if (!client_add_param(target, sizeof target, "kind", c->args[1]) ||
		!client_add_param(target, sizeof target, "rule", c->args[2]))
		return cli_fail(CLI_USAGE, "this is too long to be a rule");
	return cli_ask(c, "DELETE", target, NULL, v);
}

int cli_rules(const struct cli *c)
{
	if (!strcmp(c->args[0], "list") && c->arg_count == 1)
		return show(c);
	bool is_add = !strcmp(c->args[0], "add");
	if ((!is_add && strcmp(c->args[0], "remove") != 0) || c->arg_count != 3)
		return cli_fail(CLI_USAGE,
			"usage: cenote rules list | add allow|deny RULE | remove allow|deny RULE");
	if (strcmp(c->args[1], "allow") != 0 && strcmp(c->args[1], "deny") != 0)
		return cli_fail(CLI_USAGE, "a rule's kind is allow or deny, not `%s`", c->args[1]);
	json_t *v = NULL;
	int status = is_add ? add(c, &v) : take_away(c, &v);
	if (status)
		return status;
	if (c->is_json)
		return cli_print_json(v);
	char text[CLI_TEXT_MAX];
	printf("%s %s %s\n", is_add ? "in force:" : "removed:", c->args[1],
		cli_text(v, "rule", text, sizeof text));
	json_decref(v);
	return CLI_OK;
}

int cli_reload(const struct cli *c)
{
	json_t *v;
	int status = cli_ask(c, "POST", "/api/v1/reload", "{}", &v);
	if (status)
		return status;
	if (c->is_json)
		return cli_print_json(v);
	char text[CLI_TEXT_MAX];
	puts("the new configuration is in force");
	if (cli_text(v, "restart_needed_for", text, sizeof text)[0])
		printf("these keys change at the next start: %s\n", text);
	json_decref(v);
	return CLI_OK;
}
