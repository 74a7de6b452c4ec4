/* SPDX-License-Identifier: BSD-2-Clause
 * cases: infected devices, and what becomes of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/cli.h"
#include "web/client.h"

static const char usage[] =
	"usage: cenote cases list [all|open|acknowledged|closed|false_positive] | show ID\n"
	"       | export [ID] --format json|xarf|shadowserver|stix|misp\n"
	"       | ack ID [NOTE] | close ID [NOTE] | false-positive ID [for-all]\n"
	"       | unseal ID [REASON] [--format FORMAT]";

/* The first of the families, or "-". */
static const char *family_of(const json_t *c)
{
	const char *first = json_string_value(json_array_get(json_object_get(c, "families"), 0));
	return first ? first : "-";
}

static int list(const struct cli *c)
{
	json_t *v, *one;
	size_t i;
	char target[128] = "/api/v1/cases?limit=100", client[CLI_TEXT_MAX], state[32], last[64];
	const char *state_word = c->arg_count > 1 ? c->args[1] : "open";
	if (strcmp(state_word, "all") != 0 &&
		!client_add_param(target, sizeof target, "state", state_word))
		return cli_fail(CLI_USAGE, "%s", usage);
	int status = cli_ask(c, "GET", target, NULL, &v);
	if (status)
		return status;
	if (c->is_json)
		return cli_print_json(v);
	const json_t *cases = json_object_get(v, "cases");
	if (!json_array_size(cases))
		printf("no case is %s\n", strcmp(state_word, "all") ? state_word : "known");
	json_array_foreach(cases, i, one)
	{
		printf("%-6llu %-24s %-16s %-20s %5.1f %%  %s\n",
			(unsigned long long)cli_number(one, "id"),
			cli_text(one, "client", client, sizeof client),
			cli_text(one, "state", state, sizeof state), family_of(one),
			100 * json_number_value(json_object_get(one, "confidence")),
			cli_text(one, "last_seen", last, sizeof last));
	}
	if (cli_number(v, "next"))
		puts("older ones: --json and /api/v1/cases?before=");
	json_decref(v);
	return CLI_OK;
}

static void print_evidence(const json_t *c)
{
	const json_t *line;
	size_t i;
	char time[64], kind[32], name[CLI_TEXT_MAX], type[32];
	json_array_foreach(json_object_get(c, "evidence"), i, line)
	{
		printf("  %s %-9s %-40s %-6s score %6.1f  adds %5.1f\n",
			cli_text(line, "time", time, sizeof time),
			cli_text(line, "kind", kind, sizeof kind),
			cli_text(line, "name", name, sizeof name),
			cli_text(line, "type", type, sizeof type),
			json_number_value(json_object_get(line, "score")) / 1000,
			json_number_value(json_object_get(line, "llr")) / 1000);
	}
}

static void print_contacts(const json_t *c)
{
	const json_t *k;
	size_t i;
	char time[64], source[CLI_TEXT_MAX], kind[32], host[CLI_TEXT_MAX], sni[CLI_TEXT_MAX];
	json_array_foreach(json_object_get(c, "contacts"), i, k)
	{
		printf("  %s from %s port %llu, %s %s%s\n", cli_text(k, "time", time, sizeof time),
			cli_text(k, "source", source, sizeof source),
			(unsigned long long)cli_number(k, "source_port"),
			cli_text(k, "kind", kind, sizeof kind),
			cli_text(k, "host", host, sizeof host),
			cli_text(k, "sni", sni, sizeof sni));
	}
}

static int print_case(const struct cli *c, json_t *v)
{
	static const struct {
		const char *label, *key;
	} rows[] = {{"client", "client"}, {"state", "state"}, {"first seen", "first_seen"},
		{"last seen", "last_seen"}, {"opened", "opened"}, {"note", "note"}};
	char text[CLI_TEXT_MAX];
	if (c->is_json)
		return cli_print_json(v);
	const json_t *unsealed = json_object_get(v, "unsealed");
	printf("%-12s%llu\n", "case", (unsigned long long)cli_number(v, "id"));
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (cli_text(v, rows[i].key, text, sizeof text)[0])
			printf("%-12s%s\n", rows[i].label, text);
	if (json_is_object(unsealed))
		printf("%-12s%llu times, last %s\n", "unsealed",
			(unsigned long long)cli_number(unsealed, "count"),
			cli_text(unsealed, "last", text, sizeof text));
	printf("%-12s%s\n%-12s%.2f %% sure, %llu pieces of evidence, %llu answers held back\n",
		"family", family_of(v), "confidence",
		100 * json_number_value(json_object_get(v, "confidence")),
		(unsigned long long)cli_number(v, "evidence_count"),
		(unsigned long long)cli_number(v, "sinkholed_count"));
	puts("evidence");
	print_evidence(v);
	if (json_array_size(json_object_get(v, "contacts")))
		puts("contacts with the sinkhole");
	print_contacts(v);
	printf("what to do\n  %s\n", cli_text(v, "what_to_do", text, sizeof text));
	json_decref(v);
	return CLI_OK;
}

static bool has_id(const struct cli *c, char *text, size_t size)
{
	size_t digits = c->arg_count > 1 ? strspn(c->args[1], "0123456789") : 0;
	if (!digits || digits > 18 || c->args[1][digits])
		return false;
	snprintf(text, size, "/api/v1/case?id=%s", c->args[1]);
	return true;
}

static int decide(const struct cli *c, const char *state, const char *note, const char *scope)
{
	json_t *v;
	json_t *body = json_pack("{s:I, s:s, s:s}", "id", (json_int_t)strtoll(c->args[1], NULL, 10),
		"state", state, "note", note ? note : "");
	if (body && scope)
		json_object_set_new(body, "scope", json_string(scope));
	char *text = body ? json_dumps(body, 0) : NULL;
	json_decref(body);
	if (!text)
		return cli_fail(CLI_USAGE, "the note is not UTF-8 text");
	int status = cli_ask(c, "POST", "/api/v1/cases/state", text, &v);
	free(text);
	if (status)
		return status;
	if (c->is_json)
		return cli_print_json(v);
	printf("case %s is %s\n", c->args[1], state);
	json_decref(v);
	return CLI_OK;
}

static int export(const struct cli *c)
{
	char target[128] = "/api/v1/cases/export";
	if (!client_add_param(target, sizeof target, "format", c->format ? c->format : "json") ||
		(c->arg_count > 1 && !client_add_param(target, sizeof target, "id", c->args[1])))
		return cli_fail(CLI_USAGE, "%s", usage);
	return cli_print_answer(c, "GET", target, NULL);
}

/* The case with its client's address, to be read or as a report. */
static int unseal(const struct cli *c, const char *reason)
{
	static const char target[] = "/api/v1/cases/unseal";
	json_t *v = NULL;
	json_t *body = json_pack("{s:I, s:s}", "id", (json_int_t)strtoll(c->args[1], NULL, 10),
		"reason", reason ? reason : "");
	if (body && c->format)
		json_object_set_new(body, "format", json_string(c->format));
	char *text = body ? json_dumps(body, 0) : NULL;
	json_decref(body);
	if (!text)
		return cli_fail(CLI_USAGE, "the reason is not UTF-8 text");
	int status = c->format ? cli_print_answer(c, "POST", target, text)
			       : cli_ask(c, "POST", target, text, &v);
	free(text);
	return status || c->format ? status : print_case(c, v);
}

int cli_cases(const struct cli *c)
{
	char target[64];
	const char *verb = c->args[0], *more = c->arg_count > 2 ? c->args[2] : NULL;
	if (!strcmp(verb, "list") && c->arg_count <= 2)
		return list(c);
	if (!strcmp(verb, "export") && c->arg_count <= 2)
		return export(c);
	if (!has_id(c, target, sizeof target))
		return cli_fail(CLI_USAGE, "%s", usage);
	if (!strcmp(verb, "show") && !more) {
		json_t *v;
		int status = cli_ask(c, "GET", target, NULL, &v);
		return status ? status : print_case(c, v);
	}
	if (!strcmp(verb, "unseal"))
		return unseal(c, more);
	if (!strcmp(verb, "ack"))
		return decide(c, "acknowledged", more, NULL);
	if (!strcmp(verb, "close"))
		return decide(c, "closed", more, NULL);
	if (!strcmp(verb, "false-positive") && (!more || !strcmp(more, "for-all")))
		return decide(c, "false_positive", NULL, more ? "all" : "client");
	return cli_fail(CLI_USAGE, "%s", usage);
}
