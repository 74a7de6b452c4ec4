/* SPDX-License-Identifier: BSD-2-Clause
 * feeds accept, diff, generations, rollback, release: what is held, and which generation serves.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/base/clock.h"
#include "resolver/cli.h"

enum { ACCEPT_LIMIT_MS = 900 * 1000 };

static int post(const struct cli *c, const char *target, json_t *body, json_t **out)
{
	char *text = body ? json_dumps(body, 0) : NULL;
	json_decref(body);
	if (!text)
		return cli_fail(CLI_USAGE, "this is no name");
	int status = cli_ask(c, "POST", target, text, out);
	free(text);
	return status;
}

static json_t *list_of(const json_t *feeds, const char *name)
{
	size_t i;
	json_t *l;
	json_array_foreach(json_object_get(feeds, "lists"), i, l)
	{
		const char *other = json_string_value(json_object_get(l, "name"));
		if (other && !strcmp(other, name))
			return l;
	}
	return NULL;
}

static int wait_until_settled(const struct cli *c, json_t **feeds)
{
	uint64_t end = clock_ms() + ACCEPT_LIMIT_MS;
	for (;;) {
		int status = cli_ask(c, "GET", "/api/v1/lists?wait_ms=5000", NULL, feeds);
		if (status || cli_is(*feeds, "is_settled"))
			return status;
		json_decref(*feeds);
		if (clock_ms() > end)
			return cli_fail(CLI_FAILED, "it still runs; it goes on in the daemon");
	}
}

int cli_generations_accept(const struct cli *c)
{
	json_t *answer, *feeds;
	if (c->arg_count != 2)
		return cli_fail(CLI_USAGE, "usage: cenote feeds accept NAME");
	int status =
		post(c, "/api/v1/lists/accept", json_pack("{s:s}", "name", c->args[1]), &answer);
	if (status)
		return status;
	json_decref(answer);
	status = wait_until_settled(c, &feeds);
	if (status)
		return status;
	if (c->is_json)
		return cli_print_json(feeds);
	char text[CLI_TEXT_MAX], number[CLI_NUMBER_MAX];
	const json_t *l = list_of(feeds, c->args[1]);
	bool is_taken = !json_is_object(json_object_get(l, "held"));
	if (is_taken)
		printf("%s: taken in, %s rules; generation %llu serves\n", c->args[1],
			cli_grouped(cli_number(l, "rules"), number),
			(unsigned long long)cli_number(feeds, "generation"));
	else
		status = cli_fail(CLI_FAILED, "%s: %s", c->args[1],
			cli_text(json_object_get(l, "held"), "reason", text, sizeof text));
	json_decref(feeds);
	return status;
}

int cli_generations_list(const struct cli *c)
{
	json_t *v, *g;
	size_t i;
	if (c->arg_count != 1)
		return cli_fail(CLI_USAGE, "usage: cenote feeds generations");
	int status = cli_ask(c, "GET", "/api/v1/generations", NULL, &v);
	if (status)
		return status;
	if (c->is_json)
		return cli_print_json(v);
	char created[40], number[CLI_NUMBER_MAX];
	printf("%-12s %-22s %14s\n", "generation", "built", "names");
	json_array_foreach(json_object_get(v, "generations"), i, g)
	{
		bool has_names = json_is_integer(json_object_get(g, "names"));
		printf("%-12llu %-22s %14s%s%s\n", (unsigned long long)cli_number(g, "number"),
			cli_text(g, "created", created, sizeof created),
			has_names ? cli_grouped(cli_number(g, "names"), number) : "?",
			cli_is(g, "is_in_force") ? "  in force" : "",
			cli_is(g, "is_pinned") ? ", pinned by a rollback" : "");
	}
	json_decref(v);
	return CLI_OK;
}

static int say_generation(const struct cli *c, json_t *answer, const char *rest)
{
	if (c->is_json)
		return cli_print_json(answer);
	printf("generation %llu is in force%s\n",
		(unsigned long long)cli_number(answer, "generation"), rest);
	json_decref(answer);
	return CLI_OK;
}

/* From 1 on; 0: it is none. */
static json_int_t number_of(const char *text)
{
	size_t digits = strspn(text, "0123456789");
	return digits && digits < 18 && !text[digits] ? (json_int_t)strtoll(text, NULL, 10) : 0;
}

int cli_generations_rollback(const struct cli *c)
{
	json_t *body = NULL, *answer;
	json_int_t n = c->arg_count > 1 ? number_of(c->args[c->arg_count - 1]) : 1;
	if (c->arg_count <= 2 && n)
		body = json_pack("{s:I}", "back", n);
	else if (c->arg_count == 3 && !strcmp(c->args[1], "to") && n)
		body = json_pack("{s:I}", "generation", n);
	else
		return cli_fail(CLI_USAGE, "usage: cenote feeds rollback [N | to GENERATION]");
	int status = post(c, "/api/v1/generations/rollback", body, &answer);
	return status ? status
		      : say_generation(c, answer,
				"; newer ones wait until `feeds release`, `feeds update` or "
				"`feeds accept`");
}

int cli_generations_release(const struct cli *c)
{
	json_t *answer;
	if (c->arg_count != 1)
		return cli_fail(CLI_USAGE, "usage: cenote feeds release");
	int status = post(c, "/api/v1/generations/release", json_object(), &answer);
	return status ? status : say_generation(c, answer, "");
}

int cli_generations_diff(const struct cli *c)
{
	json_t *v, *one;
	size_t i;
	char target[128], number[CLI_NUMBER_MAX];
	if (c->arg_count != 2)
		return cli_fail(CLI_USAGE, "usage: cenote feeds diff NAME");
	/* The daemon says what it thinks of a name that is none. */
	int n = snprintf(target, sizeof target, "/api/v1/lists/diff?name=%s", c->args[1]);
	if (n >= (int)sizeof target ||
		strspn(c->args[1], "abcdefghijklmnopqrstuvwxyz0123456789._-") != strlen(c->args[1]))
		return cli_fail(CLI_USAGE, "this is no list's name");
	int status = cli_ask(c, "GET", target, NULL, &v);
	if (status)
		return status;
	if (c->is_json)
		return cli_print_json(v);
	const json_t *changes = json_object_get(v, "changes");
	json_array_foreach(changes, i, one) puts(json_string_value(one));
	uint64_t all = cli_number(v, "added") + cli_number(v, "removed");
	if (all > json_array_size(changes))
		printf("... and %s more\n", cli_grouped(all - json_array_size(changes), number));
	printf("%s rules added", cli_grouped(cli_number(v, "added"), number));
	printf(", %s removed: ", cli_grouped(cli_number(v, "removed"), number));
	if (cli_is(v, "is_held"))
		printf("what is held would change; `cenote feeds accept %s` takes it in\n",
			c->args[1]);
	else
		printf("generation %llu against %llu\n", (unsigned long long)cli_number(v, "to"),
			(unsigned long long)cli_number(v, "from"));
	json_decref(v);
	return CLI_OK;
}
