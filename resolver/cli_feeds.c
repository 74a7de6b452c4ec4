/* SPDX-License-Identifier: BSD-2-Clause
 * feeds list: the lists' state; and the other commands about feeds, which have files of their own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/base/clock.h"
#include "resolver/cli.h"

void cli_feeds_summary(const json_t *feeds)
{
	char text[CLI_TEXT_MAX], number[CLI_NUMBER_MAX];
	if (cli_number(feeds, "generation"))
		printf("generation %llu, %s names, built %s%s\n",
			(unsigned long long)cli_number(feeds, "generation"),
			cli_grouped(cli_number(feeds, "names"), number),
			cli_text(feeds, "created", text, sizeof text),
			cli_is(feeds, "is_building") ? "; building another" : "");
	else if (!json_array_size(json_object_get(feeds, "lists")))
		puts("no lists are configured");
	else
		printf("no generation yet%s: the lists do not act\n",
			cli_is(feeds, "is_building") ? ", building" : "");
	if (cli_number(feeds, "pinned"))
		printf("rolled back by hand: %llu is the newest; `cenote feeds release` goes back "
		       "to it\n",
			(unsigned long long)cli_number(feeds, "newest"));
	cli_text(feeds, "last_error", text, sizeof text);
	if (text[0])
		printf("last error: %s\n", text);
}

static void print_waits(const json_t *list)
{
	char text[CLI_TEXT_MAX];
	const json_t *held = json_object_get(list, "held");
	uint64_t s = cli_number(list, "shadow_s");
	cli_text(held, "reason", text, sizeof text);
	const char *reason = json_string_value(json_object_get(list, "reason"));
	if (json_is_object(held) && (!reason || strcmp(reason, text) != 0))
		printf("  %s\n", text);
	if (json_is_object(held))
		printf("  `cenote feeds diff NAME` shows it, `cenote feeds accept NAME` takes it "
		       "in\n");
	if (s)
		printf("  only monitors for another %llu h %02llu min (shadow)\n",
			(unsigned long long)(s / 3600), (unsigned long long)(s / 60 % 60));
}

/* Of a transferred zone, one more line. */
static void print_transfer(const json_t *list)
{
	const json_t *t = json_object_get(list, "transfer");
	char next[40];
	if (!t)
		return;
	if (json_is_integer(json_object_get(t, "serial")))
		printf("  serial %llu, ", (unsigned long long)cli_number(t, "serial"));
	else
		printf("  nothing transferred yet, ");
	printf("%llu whole transfers, %llu deltas, %llu changes since the build, next check %s%s\n",
		(unsigned long long)cli_number(t, "axfr"),
		(unsigned long long)cli_number(t, "ixfr"),
		(unsigned long long)cli_number(t, "changes"),
		cli_text(list, "next", next, sizeof next),
		cli_is(t, "is_running") ? "; running" : "");
}

/* Of the calendar, one more line. */
static void print_calendar(const json_t *list)
{
	const json_t *c = json_object_get(list, "calendar"), *out = json_object_get(c, "left_out");
	char from[16], to[16];
	if (!c)
		return;
	cli_text(c, "from", from, sizeof from);
	cli_text(c, "to", to, sizeof to);
	uint64_t families = cli_number(c, "families");
	printf("  names that %llu botnet%s will ask for, %s%s%s; left out: %llu popular, %llu "
	       "short, "
	       "%llu protected\n",
		(unsigned long long)families, families == 1 ? "" : "s",
		*from ? from : "whatever the day", *from ? " to " : "", *from ? to : "",
		(unsigned long long)cli_number(out, "popular"),
		(unsigned long long)cli_number(out, "short"),
		(unsigned long long)cli_number(out, "protected"));
}

static void print_feeds(const json_t *feeds)
{
	size_t i;
	json_t *l;
	char name[80], format[20], state[16], changed[40], reason[CLI_TEXT_MAX];
	char rules[CLI_NUMBER_MAX], unique[CLI_NUMBER_MAX], hits[CLI_NUMBER_MAX];
	cli_feeds_summary(feeds);
	if (json_array_size(json_object_get(feeds, "lists")))
		printf("%-24s %-9s %-10s %12s %12s %10s  %s\n", "list", "state", "format", "rules",
			"unique", "hits", "changed");
	json_array_foreach(json_object_get(feeds, "lists"), i, l)
	{
		printf("%-24s %-9s %-10s %12s %12s %10s  %s\n",
			cli_text(l, "name", name, sizeof name),
			cli_text(l, "state", state, sizeof state),
			cli_text(l, "format", format, sizeof format),
			cli_grouped(cli_number(l, "rules"), rules),
			cli_grouped(cli_number(l, "unique"), unique),
			cli_grouped(cli_number(l, "hits") + cli_number(l, "monitored"), hits),
			cli_text(l, "changed", changed, sizeof changed));
		if (cli_text(l, "reason", reason, sizeof reason)[0])
			printf("  %s\n", reason);
		print_waits(l);
		print_transfer(l);
		print_calendar(l);
	}
}

int cli_feeds(const struct cli *c)
{
	if (!strcmp(c->args[0], "update"))
		return cli_update(c);
	if (!strcmp(c->args[0], "lint"))
		return cli_lint(c);
	if (!strcmp(c->args[0], "accept"))
		return cli_generations_accept(c);
	if (!strcmp(c->args[0], "diff"))
		return cli_generations_diff(c);
	if (!strcmp(c->args[0], "generations"))
		return cli_generations_list(c);
	if (!strcmp(c->args[0], "rollback"))
		return cli_generations_rollback(c);
	if (!strcmp(c->args[0], "release"))
		return cli_generations_release(c);
	if (strcmp(c->args[0], "list") != 0 || c->arg_count != 1)
		return cli_fail(CLI_USAGE,
			"usage: cenote feeds list | update [NAME] | lint FILE | diff NAME | accept "
			"NAME | "
			"generations | rollback [N | to GENERATION] | release");
	json_t *feeds;
	int status = cli_ask(c, "GET", "/api/v1/lists", NULL, &feeds);
	if (status)
		return status;
	if (c->is_json)
		return cli_print_json(feeds);
	print_feeds(feeds);
	json_decref(feeds);
	return CLI_OK;
}
