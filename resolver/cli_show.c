/* SPDX-License-Identifier: BSD-2-Clause
 * Commands that show numbers of the running daemon: status, stats.
 */
#include <stdio.h>
#include <string.h>

#include "resolver/cli.h"

static void print_texts(const char *label, const json_t *list)
{
	size_t i;
	json_t *item;
	printf("%-12s", label);
	json_array_foreach(list, i, item) printf("%s%s", i ? ", " : "", json_string_value(item));
	puts(json_array_size(list) ? "" : "none");
}

static void print_uptime(uint64_t s)
{
	printf("%-12s", "uptime");
	if (s >= 86400)
		printf("%llu d ", (unsigned long long)(s / 86400));
	printf("%02u:%02u:%02u\n", (unsigned)(s / 3600 % 24), (unsigned)(s / 60 % 60),
		(unsigned)(s % 60));
}

static void print_policy(const json_t *policy)
{
	char number[CLI_NUMBER_MAX], text[CLI_TEXT_MAX];
	uint64_t generation = cli_number(policy, "generation"), lists = cli_number(policy, "lists");
	printf("%-12s", "policy");
	if (!generation && !lists)
		printf("own rules only");
	else if (!generation)
		printf("none yet, the lists do not act");
	else
		printf("generation %llu of %s, %s names", (unsigned long long)generation,
			cli_text(policy, "created", text, sizeof text),
			cli_grouped(cli_number(policy, "names"), number));
	printf(" (%llu list%s%s)\n", (unsigned long long)lists, lists == 1 ? "" : "s",
		cli_is(policy, "is_building") ? ", building" : "");
	if (cli_number(policy, "pauses"))
		printf("%-12sblocking is paused, see `cenote pause list`\n", "");
}

static void print_classifier(const json_t *dga)
{
	char mode[16];
	printf("%-12s%s", "classifier", cli_text(dga, "mode", mode, sizeof mode));
	if (!cli_is(dga, "has_classifier"))
		puts(", but there is none");
	else
		printf(", threshold %g (score %.1f)\n",
			json_number_value(json_object_get(dga, "threshold")),
			json_number_value(json_object_get(dga, "threshold_score")));
}

int cli_show_status(const struct cli *c)
{
	json_t *v;
	int status = cli_ask(c, "GET", "/api/v1/status", NULL, &v);
	if (status)
		return status;
	if (c->is_json)
		return cli_print_json(v);
	char text[CLI_TEXT_MAX];
	printf("%-12s%s\n", "status", cli_text(v, "status", text, sizeof text));
	size_t i;
	json_t *reason;
	json_array_foreach(json_object_get(v, "reasons"), i, reason)
		printf("%-12s%s\n", "", json_string_value(reason));
	printf("%-12s%s, process %llu, %llu workers\n", "version",
		cli_text(v, "version", text, sizeof text), (unsigned long long)cli_number(v, "pid"),
		(unsigned long long)cli_number(v, "workers"));
	print_uptime(cli_number(v, "uptime_s"));
	print_texts("dns", json_object_get(v, "listen"));
	print_texts("http", json_object_get(v, "http_listen"));
	cli_text(v, "config_file", text, sizeof text);
	printf("%-12s%s\n", "config", text[0] ? text : "built-in defaults");
	print_policy(json_object_get(v, "policy"));
	print_classifier(json_object_get(v, "dga"));
	const json_t *clock = json_object_get(v, "clock");
	printf("%-12s%s%s\n", "clock", cli_text(clock, "now", text, sizeof text),
		cli_is(clock, "is_synchronised") ? ""
						 : " (the kernel does not call it synchronised)");
	json_decref(v);
	return CLI_OK;
}

static void print_counts(const char *label, const json_t *counts, uint64_t total)
{
	const char *key;
	json_t *value;
	char number[CLI_NUMBER_MAX];
	json_object_foreach((json_t *)(uintptr_t)counts, key, value)
	{
		uint64_t n = (uint64_t)json_integer_value(value);
		if (!n)
			continue;
		printf("%-12s%-18s %14s", label, key, cli_grouped(n, number));
		if (total)
			printf("  %5.1f %%", 100.0 * (double)n / (double)total);
		putchar('\n');
		label = "";
	}
}

static void print_lists(const json_t *lists)
{
	size_t i;
	json_t *l;
	char name[80], hits[CLI_NUMBER_MAX], monitored[CLI_NUMBER_MAX];
	const char *label = "lists";
	json_array_foreach(lists, i, l)
	{
		printf("%-12s%-18s %14s hits", label, cli_text(l, "name", name, sizeof name),
			cli_grouped(cli_number(l, "hits"), hits));
		if (cli_number(l, "monitored"))
			printf(", %s monitored",
				cli_grouped(cli_number(l, "monitored"), monitored));
		putchar('\n');
		label = "";
	}
}

static double real(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

static void print_stats(const json_t *v)
{
	char a[CLI_NUMBER_MAX], b[CLI_NUMBER_MAX];
	uint64_t queries = cli_number(v, "queries");
	const json_t *latency = json_object_get(v, "latency");
	const json_t *cache = json_object_get(v, "cache");
	printf("%-12s%s, blocked %s (%.2f %%)\n", "queries", cli_grouped(queries, a),
		cli_grouped(cli_number(v, "blocked"), b), real(v, "blocked_percent"));
	print_uptime(cli_number(v, "uptime_s"));
	printf("%-12sp50 %.0f us, p95 %.0f us, p99 %.0f us, mean %.0f us\n", "latency",
		real(latency, "p50_us"), real(latency, "p95_us"), real(latency, "p99_us"),
		real(latency, "mean_us"));
	printf("%-12s%s entries, %.1f of %.1f MiB\n", "cache",
		cli_grouped(cli_number(cache, "entries"), a),
		(double)cli_number(cache, "used_bytes") / 1048576,
		(double)cli_number(cache, "size_bytes") / 1048576);
	printf("%-12s%llu waiting for upstream, %llu TCP connections\n", "in flight",
		(unsigned long long)cli_number(v, "in_flight"),
		(unsigned long long)cli_number(v, "tcp_connections"));
	print_counts("generated", json_object_get(json_object_get(v, "dga"), "suspects"), 0);
	print_counts("outcomes", json_object_get(v, "outcomes"), queries);
	print_counts("types", json_object_get(v, "types"), queries);
	print_counts("transports", json_object_get(v, "transports"), queries);
	print_lists(json_object_get(v, "lists"));
	print_counts("botnets", json_object_get(v, "families"), 0);
	print_counts("events", json_object_get(v, "events"), 0);
	print_counts("query log", json_object_get(v, "querylog"), 0);
}

int cli_show_stats(const struct cli *c)
{
	json_t *v;
	int status = cli_ask(c, "GET", "/api/v1/stats", NULL, &v);
	if (status)
		return status;
	if (c->is_json)
		return cli_print_json(v);
	print_stats(v);
	json_decref(v);
	return CLI_OK;
}
