/* SPDX-License-Identifier: BSD-2-Clause
 * log: the newest rows of the query log, and those that come.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "resolver/cli.h"
#include "web/client.h"

enum { ROWS = 50, PAGE = 500, WAIT_MS = 500, TARGET_MAX = 4096 };

static bool add_filter(const struct cli *c, char *target, size_t size)
{
	const char *const params[][2] = {{"client", c->client}, {"name", c->name},
		{"verdict", c->verdict}, {"type", c->type}};
	for (size_t i = 0; i < sizeof params / sizeof *params; i++)
		if (params[i][1] && !client_add_param(target, size, params[i][0], params[i][1]))
			return false;
	return true;
}

/* A page of rows, the newest first: before that number, if it is not 0. */
static int ask(const struct cli *c, unsigned limit, uint64_t before, json_t **out)
{
	char target[TARGET_MAX];
	int n = snprintf(target, sizeof target, "/api/v1/querylog?limit=%u", limit);
	if (before)
		snprintf(target + n, sizeof target - (size_t)n, "&before=%llu",
			(unsigned long long)before);
	if (!add_filter(c, target, sizeof target))
		return cli_fail(CLI_USAGE, "a filter is too long");
	return cli_ask(c, "GET", target, NULL, out);
}

static void print_row(const struct cli *c, const json_t *row)
{
	char at[64], client[80], verdict[16], outcome[32], type[32], name[CLI_TEXT_MAX], list[80];
	if (c->is_json) {
		json_dumpf(row, stdout, JSON_COMPACT);
		putchar('\n');
		return;
	}
	cli_text(row, "list", list, sizeof list);
	cli_text(row, "client", client, sizeof client);
	cli_text(row, "name", name, sizeof name);
	printf("%s %-15s %-8s %-17s %-5s %s%s%s%s %.2f ms\n", cli_text(row, "at", at, sizeof at),
		client[0] ? client : "-", cli_text(row, "verdict", verdict, sizeof verdict),
		cli_text(row, "outcome", outcome, sizeof outcome),
		cli_text(row, "type", type, sizeof type), name[0] ? name : "-", list[0] ? " (" : "",
		list, list[0] ? ")" : "", (double)cli_number(row, "took_us") / 1000);
}

/* The oldest first, as they came; those up to number `after` were there before. Returns the newest number. */
static uint64_t print_page(const struct cli *c, const json_t *rows, uint64_t after)
{
	uint64_t newest = after;
	for (size_t i = json_array_size(rows); i--;) {
		const json_t *row = json_array_get(rows, i);
		uint64_t id = cli_number(row, "id");
		if (id <= after)
			continue;
		print_row(c, row);
		newest = id > newest ? id : newest;
	}
	return newest;
}

/* All that came since; when that is more than a page, the newest page, and it says so. */
static int follow(const struct cli *c, uint64_t after)
{
	for (;;) {
		json_t *v = NULL;
		if (fflush(stdout))
			return CLI_FAILED; /* nobody reads any more */
		poll(NULL, 0, WAIT_MS);
		int status = ask(c, PAGE, 0, &v);
		if (status)
			return status;
		const json_t *rows = json_object_get(v, "rows");
		size_t n = json_array_size(rows);
		if (n == PAGE && after && cli_number(json_array_get(rows, n - 1), "id") > after + 1)
			fputs("cenote: more came than can be shown; some are left out\n", stderr);
		after = print_page(c, rows, after);
		json_decref(v);
	}
}

int cli_log(const struct cli *c)
{
	uint64_t newest = 0, before = 0;
	size_t n = 0;
	int status;
	json_t *pages = json_array();
	/* A page may come with fewer rows than there are: it looks for a tenth of a second. */
	do {
		json_t *v = NULL;
		status = ask(c, (unsigned)(ROWS - n), before, &v);
		if (status)
			break;
		before = cli_number(v, "next");
		n += json_array_size(json_object_get(v, "rows"));
		json_array_extend(pages, json_object_get(v, "rows"));
		json_decref(v);
	} while (before && n < ROWS);
	if (!status)
		newest = print_page(c, pages, 0);
	json_decref(pages);
	if (status || !c->is_following)
		return status;
	return follow(c, newest);
}
