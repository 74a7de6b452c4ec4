/* SPDX-License-Identifier: BSD-2-Clause
 * feeds update: fetching the lists now. On a terminal it shows how far each is; elsewhere it says at the end what came of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "resolver/base/clock.h"
#include "resolver/cli.h"

enum { LIMIT_MS = 900 * 1000, SHOWN_MAX = 12, QUIET_WAIT_MS = 5000, LIVE_WAIT_MS = 200 };

/* What is drawn on the terminal, to be drawn over. */
struct live {
	bool is_on;
	unsigned lines;
};

static const json_t *list_named(const json_t *feeds, const char *name)
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

/* --- while it runs --- */

static void print_bytes(uint64_t bytes)
{
	if (bytes < 10 << 10)
		printf("%llu B", (unsigned long long)bytes);
	else if (bytes < 10 << 20)
		printf("%llu KiB", (unsigned long long)(bytes >> 10));
	else
		printf("%llu MiB", (unsigned long long)(bytes >> 20));
}

static void erase(struct live *live)
{
	if (live->lines)
		printf("\033[%uA\033[J", live->lines);
	live->lines = 0;
}

static void draw_list(const json_t *l)
{
	char name[80], step[16];
	const json_t *at = json_object_get(l, "progress");
	uint64_t bytes = cli_number(at, "bytes"), total = cli_number(at, "total_bytes");
	printf("  %-24.64s %-9s ", cli_text(l, "name", name, sizeof name),
		cli_text(at, "step", step, sizeof step));
	if (bytes)
		print_bytes(bytes);
	if (bytes && total) {
		printf(" of ");
		print_bytes(total);
	}
	putchar('\n');
}

static bool is_at(const json_t *l, const char *step)
{
	char text[16];
	return !strcmp(cli_text(json_object_get(l, "progress"), "step", text, sizeof text), step);
}

/* The lists that are under way, and below them how many are not shown. */
static void draw(struct live *live, const json_t *feeds)
{
	size_t i;
	json_t *l;
	unsigned fetched = 0, waiting = 0;
	erase(live);
	json_array_foreach(json_object_get(feeds, "lists"), i, l)
	{
		fetched += is_at(l, "fetched");
		bool is_shown = is_at(l, "fetching") && live->lines < SHOWN_MAX;
		waiting += !is_shown && (is_at(l, "waiting") || is_at(l, "fetching"));
		if (!is_shown)
			continue;
		draw_list(l);
		live->lines++;
	}
	if (live->lines || waiting)
		printf("  %u fetched, %u more under way\n", fetched, waiting);
	else
		printf("  %u fetched; reading and building\n", fetched);
	live->lines++;
	fflush(stdout);
}

/* Asks until the update has come to its end. */
static int wait_for_end(const struct cli *c, struct live *live, json_t **after)
{
	uint64_t end = clock_ms() + LIMIT_MS;
	char target[64];
	snprintf(target, sizeof target, "/api/v1/lists?wait_ms=%d",
		live->is_on ? LIVE_WAIT_MS : QUIET_WAIT_MS);
	for (;;) {
		int status = cli_ask(c, "GET", target, NULL, after);
		if (status || cli_is(*after, "is_settled")) {
			erase(live);
			return status;
		}
		if (live->is_on)
			draw(live, *after);
		json_decref(*after);
		if (clock_ms() > end)
			return cli_fail(CLI_FAILED,
				"the update still runs after %d minutes; it goes on in the daemon",
				LIMIT_MS / 60000);
	}
}

/* --- at the end --- */

static void print_difference(const struct cli *c, const char *name)
{
	char target[128], number[CLI_NUMBER_MAX];
	json_t *v;
	snprintf(target, sizeof target, "/api/v1/lists/diff?name=%.64s", name);
	if (cli_ask(c, "GET", target, NULL, &v))
		return;
	printf("  +%s", cli_grouped(cli_number(v, "added"), number));
	printf(" -%s", cli_grouped(cli_number(v, "removed"), number));
	json_decref(v);
}

/* Did it change since then? `since`: as the daemon writes times, in which the later one is the greater text. */
static bool has_changed(const json_t *list, const char *since)
{
	char changed[40];
	return strcmp(cli_text(list, "changed", changed, sizeof changed), since) >= 0;
}

/* What came of one list. Returns whether it is well. */
static bool print_list(const struct cli *c, const json_t *old, const json_t *now, const char *since)
{
	char name[80], state[16], reason[CLI_TEXT_MAX], a[CLI_NUMBER_MAX], b[CLI_NUMBER_MAX];
	cli_text(now, "name", name, sizeof name);
	printf("%-24s %12s -> %-12s %s", name, cli_grouped(cli_number(old, "rules"), a),
		cli_grouped(cli_number(now, "rules"), b),
		cli_text(now, "state", state, sizeof state));
	if (since && has_changed(now, since) && cli_number(old, "rules"))
		print_difference(c, name);
	putchar('\n');
	if (cli_text(now, "reason", reason, sizeof reason)[0])
		printf("  %s\n", reason);
	return !strcmp(state, "ok");
}

static int print_result(const struct cli *c, const json_t *before, const json_t *after,
	const char *only, uint64_t begun_s)
{
	size_t i;
	json_t *l;
	char name[80], since[40];
	bool is_well = true;
	time_t begun = (time_t)begun_s;
	struct tm utc;
	strftime(since, sizeof since, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&begun, &utc));
	bool is_newer = cli_number(before, "generation") != cli_number(after, "generation");
	json_array_foreach(json_object_get(after, "lists"), i, l)
	{
		cli_text(l, "name", name, sizeof name);
		if (!only || !strcmp(only, name))
			is_well = print_list(c, list_named(before, name), l,
					  is_newer ? since : NULL) &&
				is_well;
	}
	cli_feeds_summary(after);
	return is_well ? CLI_OK : CLI_FAILED;
}

static int begin(const struct cli *c, const char *only)
{
	json_t *body = only ? json_pack("{s:s}", "name", only) : json_object(), *answer;
	char *text = body ? json_dumps(body, 0) : NULL;
	json_decref(body);
	if (!text)
		return cli_fail(CLI_USAGE, "this is no list's name");
	int status = cli_ask(c, "POST", "/api/v1/lists/update", text, &answer);
	free(text);
	if (!status)
		json_decref(answer);
	return status;
}

int cli_update(const struct cli *c)
{
	json_t *before, *after;
	const char *only = c->arg_count > 1 ? c->args[1] : NULL;
	struct live live = {.is_on = !c->is_json && isatty(STDOUT_FILENO)};
	if (c->arg_count > 2)
		return cli_fail(CLI_USAGE, "usage: cenote feeds update [NAME]");
	uint64_t begun_s = clock_wall_s();
	int status = cli_ask(c, "GET", "/api/v1/lists", NULL, &before);
	if (status)
		return status;
	status = begin(c, only);
	if (!status)
		status = wait_for_end(c, &live, &after);
	if (status) {
		json_decref(before);
		return status;
	}
	if (c->is_json)
		return cli_print_json(json_pack("{s:o, s:o}", "before", before, "after", after));
	status = print_result(c, before, after, only, begun_s);
	json_decref(before);
	json_decref(after);
	return status;
}
