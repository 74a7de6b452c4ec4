/* SPDX-License-Identifier: BSD-2-Clause
 * Commands that let through for a while: pause, resume, unblock.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/base/config_value.h"
#include "resolver/cli.h"
#include "resolver/server_respite.h"
#include "web/client.h"

enum { HOUR_S = 3600, TARGET_MAX_BYTES = 4000 };

/* `90s`, `5m`, `1h`, `2d`. False after having said why it is none. */
static bool read_length(const char *text, uint32_t max_s, uint32_t *out)
{
	const struct config_row row = {.type = CONFIG_SECONDS, .min = 1, .max = max_s};
	const char *fault;
	char quoted[CONFIG_VALUE_QUOTED_MAX], allowed[CONFIG_VALUE_ALLOWED_MAX];
	if (!config_value_read(&row, text, out, &fault))
		return true;
	cli_fail(CLI_USAGE, "%s %s (allowed: %s)", config_value_quote(text, quoted), fault,
		config_value_allowed(&row, allowed));
	return false;
}

/* For whom, as the API is asked. NULL after having said why not. */
static json_t *whom(const struct cli *c)
{
	if (c->group && c->client) {
		cli_fail(CLI_USAGE, "for a group or for a client, not for both");
		return NULL;
	}
	json_t *o = c->group ? json_pack("{s:s, s:s}", "scope", "group", "group", c->group)
		: c->client  ? json_pack("{s:s, s:s}", "scope", "client", "client", c->client)
			     : json_pack("{s:s}", "scope", "all");
	if (!o)
		cli_fail(CLI_USAGE, "the name is not UTF-8 text");
	return o;
}

/* Takes `whom`, of which a change is made by POST with the name (NULL: none) and a length. */
static int post(const struct cli *c, const char *path, json_t *about, const char *name,
	uint32_t seconds, json_t **out)
{
	json_object_set_new(about, "seconds", json_integer(seconds));
	bool is_good = !name || !json_object_set_new(about, "name", json_string(name));
	char *body = is_good ? json_dumps(about, 0) : NULL;
	json_decref(about);
	int status = body ? cli_ask(c, "POST", path, body, out)
			  : cli_fail(CLI_USAGE, "the name is not UTF-8 text");
	free(body);
	return status;
}

static int take_back(
	const struct cli *c, const char *path, json_t *about, const char *name, json_t **out)
{
	char target[TARGET_MAX_BYTES];
	const char *key;
	json_t *value;
	snprintf(target, sizeof target, "%s", path);
	bool is_good = !name || client_add_param(target, sizeof target, "name", name);
	json_object_foreach(about, key, value) is_good =
		is_good && client_add_param(target, sizeof target, key, json_string_value(value));
	json_decref(about);
	return is_good ? cli_ask(c, "DELETE", target, NULL, out)
		       : cli_fail(CLI_USAGE, "this is too long to be a name");
}

/* ` for all until 2026-01-02T03:04:05Z` */
static void print_whom(const json_t *v, const char *without_end)
{
	char scope[16], name[CLI_TEXT_MAX], until[64];
	cli_text(v, "scope", scope, sizeof scope);
	cli_text(v, "until", until, sizeof until);
	printf(" for %s%s%s%s%s\n", scope, strcmp(scope, "all") ? " " : "",
		cli_text(v, scope, name, sizeof name), *until ? " until " : "",
		*until ? until : without_end);
}

/* Prints the one that was made or ended, and takes it. */
static int tell(const struct cli *c, json_t *v, const char *what, const char *without_end)
{
	char name[CLI_TEXT_MAX];
	if (c->is_json)
		return cli_print_json(v);
	cli_text(v, "name", name, sizeof name);
	printf("%s%s%s", what, *name ? " " : "", name);
	print_whom(v, without_end);
	json_decref(v);
	return CLI_OK;
}

static int list(const struct cli *c, const char *path, const char *key, const char *what)
{
	json_t *v, *one;
	size_t i;
	char name[CLI_TEXT_MAX];
	int status = cli_ask(c, "GET", path, NULL, &v);
	if (status)
		return status;
	if (c->is_json)
		return cli_print_json(v);
	json_array_foreach(json_object_get(v, key), i, one)
	{
		cli_text(one, "name", name, sizeof name);
		printf("%s%s%s", what, *name ? " " : "", name);
		print_whom(one, " until it is resumed");
	}
	json_decref(v);
	return CLI_OK;
}

int cli_pause(const struct cli *c)
{
	uint32_t seconds = 0;
	json_t *v = NULL;
	if (c->arg_count && !strcmp(c->args[0], "list"))
		return list(c, "/api/v1/pause", "pauses", "paused");
	if (c->arg_count && !read_length(c->args[0], SERVER_PAUSE_MAX_S, &seconds))
		return CLI_USAGE;
	json_t *about = whom(c);
	if (!about)
		return CLI_USAGE;
	int status = post(c, "/api/v1/pause", about, NULL, seconds, &v);
	return status ? status : tell(c, v, "paused", " until it is resumed");
}

int cli_resume(const struct cli *c)
{
	json_t *v = NULL, *about = whom(c);
	if (!about)
		return CLI_USAGE;
	int status = take_back(c, "/api/v1/pause", about, NULL, &v);
	return status ? status : tell(c, v, "resumed", "");
}

int cli_unblock(const struct cli *c)
{
	static const char path[] = "/api/v1/unblock";
	uint32_t seconds = HOUR_S;
	json_t *v = NULL;
	bool is_removal = c->arg_count == 2 && !strcmp(c->args[0], "remove");
	if (c->arg_count == 2 && !is_removal)
		return cli_fail(CLI_USAGE, "usage: cenote unblock NAME | list | remove NAME");
	if (!strcmp(c->args[0], "list"))
		return list(c, path, "unblocks", "unblocked");
	if (c->length && !read_length(c->length, SERVER_UNBLOCK_MAX_S, &seconds))
		return CLI_USAGE;
	json_t *about = whom(c);
	if (!about)
		return CLI_USAGE;
	int status = is_removal ? take_back(c, path, about, c->args[1], &v)
				: post(c, path, about, c->args[0], seconds, &v);
	if (status)
		return status;
	return tell(c, v, is_removal ? "blocked again, as far as lists say so:" : "unblocked", "");
}
