/* SPDX-License-Identifier: BSD-2-Clause
 * Commands about who gets in over TCP: key, login.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/cli.h"
#include "web/client.h"

static int list(const struct cli *c)
{
	json_t *v, *key;
	size_t i;
	int status = cli_ask(c, "GET", "/api/v1/keys", NULL, &v);
	if (status)
		return status;
	if (c->is_json)
		return cli_print_json(v);
	json_array_foreach(json_object_get(v, "keys"), i, key)
	{
		char name[CLI_TEXT_MAX], scope[16], created[32], used[32];
		cli_text(key, "last_used", used, sizeof used);
		printf("%-24s %-8s made %s, %s%s\n", cli_text(key, "name", name, sizeof name),
			cli_text(key, "scope", scope, sizeof scope),
			cli_text(key, "created", created, sizeof created),
			used[0] ? "used " : "not used since the start", used);
	}
	json_decref(v);
	return CLI_OK;
}

static int add(const struct cli *c)
{
	json_t *v, *body = json_pack("{s:s, s:s}", "name", c->name, "scope", c->scope);
	char *text = body ? json_dumps(body, 0) : NULL;
	json_decref(body);
	if (!text)
		return cli_fail(CLI_USAGE, "the name is not UTF-8 text");
	int status = cli_ask(c, "POST", "/api/v1/keys", text, &v);
	free(text);
	if (status)
		return status;
	if (c->is_json)
		return cli_print_json(v);
	char key[CLI_TEXT_MAX];
	puts(cli_text(v, "key", key, sizeof key));
	json_decref(v);
	return CLI_OK;
}

static int take_away(const struct cli *c)
{
	char target[4000] = "/api/v1/keys";
	json_t *v;
	if (!client_add_param(target, sizeof target, "name", c->name))
		return cli_fail(CLI_USAGE, "this is too long to be a key's name");
	int status = cli_ask(c, "DELETE", target, NULL, &v);
	if (status)
		return status;
	if (c->is_json)
		return cli_print_json(v);
	printf("removed: %s\n", c->name);
	json_decref(v);
	return CLI_OK;
}

int cli_key(const struct cli *c)
{
	const char *verb = c->args[0];
	if (!strcmp(verb, "list") && !c->name && !c->scope)
		return list(c);
	if (!strcmp(verb, "add") && c->name && c->scope)
		return add(c);
	if (!strcmp(verb, "remove") && c->name && !c->scope)
		return take_away(c);
	return cli_fail(CLI_USAGE,
		"usage: cenote key list | add --name NAME --scope stats|control|admin | remove "
		"--name NAME");
}

int cli_login(const struct cli *c)
{
	json_t *v, *link;
	size_t i;
	int status = cli_ask(c, "POST", "/api/v1/auth/link", "{}", &v);
	if (status)
		return status;
	if (c->is_json)
		return cli_print_json(v);
	const json_t *links = json_object_get(v, "links");
	if (!json_array_size(links))
		puts("the dashboard is not served: http.listen is empty");
	json_array_foreach((json_t *)(uintptr_t)links, i, link) puts(json_string_value(link));
	json_decref(v);
	return CLI_OK;
}
