/* SPDX-License-Identifier: BSD-2-Clause
 * explain: the whole chain from a name to what would be answered.
 */
#include <stdio.h>
#include <string.h>

#include "resolver/cli.h"
#include "web/client.h"

/* On what the rule acts, as a person reads it. */
static const char *reach(const json_t *h)
{
	if (!cli_is(h, "is_below"))
		return "alone";
	return cli_is(h, "is_self") ? "and below" : "only below";
}

static const char *effect(const json_t *h)
{
	if (!cli_is(h, "is_applied"))
		return "does not reach this name";
	return cli_is(h, "is_in_group") ? "applies" : "not in this client's group";
}

static void print_holders(const json_t *v)
{
	size_t i;
	json_t *h;
	char list[80], name[CLI_TEXT_MAX], kind[16], mode[16];
	const json_t *holders = json_object_get(v, "holders");
	if (!json_array_size(holders) && !json_array_size(json_object_get(v, "rules")))
		printf("%-10sno list holds the name or one above it\n", "lists");
	json_array_foreach(holders, i, h) printf("%-10s%-20s %-5s %-8s holds %s (%s): %s\n",
		i ? "" : "lists", cli_text(h, "list", list, sizeof list),
		cli_text(h, "kind", kind, sizeof kind), cli_text(h, "mode", mode, sizeof mode),
		cli_text(h, "name", name, sizeof name), reach(h), effect(h));
	if (cli_is(v, "is_cut"))
		printf("%-10smore lists hold it than are shown\n", "");
}

/* Rules that say more than "on the list". */
static void print_rules(const json_t *v)
{
	size_t i;
	json_t *r;
	char list[80], trigger[32], rule[CLI_TEXT_MAX], verb[32], family[80];
	json_array_foreach(json_object_get(v, "rules"), i, r)
	{
		cli_text(r, "family", family, sizeof family);
		printf("%-10s%-20s %-8s %s: %s%s%s%s%s\n", i ? "" : "rules",
			cli_text(r, "list", list, sizeof list),
			cli_text(r, "trigger", trigger, sizeof trigger),
			cli_text(r, "rule", rule, sizeof rule),
			cli_text(r, "verb", verb, sizeof verb), *family ? ", " : "", family,
			cli_is(r, "is_important") ? ", important" : "",
			!cli_is(r, "is_meant")		   ? " (its conditions do not hold)"
				: cli_is(r, "is_deciding") ? " (decides)"
							   : "");
	}
	if (cli_is(v, "is_late"))
		printf("%-10slists have rules on addresses and name servers, too: the answer is "
		       "judged when it is there\n",
			"");
}

static const char *verdict(const json_t *v)
{
	static const char *const words[][2] = {{"block", "blocked"}, {"allow", "allowed"},
		{"monitor", "seen by a monitoring list, not blocked"},
		{"local", "answered locally"}, {"none", "not on any list"},
		{"generated", "blocked as a generated name"},
		{"paused", "let through while blocking is paused; else blocked"}};
	char name[32];
	cli_text(v, "verdict", name, sizeof name);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (!strcmp(words[i][0], name))
			return words[i][1];
	return "unknown";
}

/* What is in force for a while. */
static void print_respite(const json_t *v, const char *key, const char *words)
{
	const json_t *one = json_object_get(v, key);
	char scope[16], whom[CLI_TEXT_MAX], name[CLI_TEXT_MAX], until[64];
	if (!json_is_object(one))
		return;
	cli_text(one, "scope", scope, sizeof scope);
	cli_text(one, "until", until, sizeof until);
	cli_text(one, "name", name, sizeof name);
	printf("%-10s%s%s%s for %s%s%s until %s\n", key, name, *name ? " " : "", words, scope,
		strcmp(scope, "all") ? " " : "", cli_text(one, scope, whom, sizeof whom),
		*until ? until : "it is resumed");
}

static void print_verdict(const json_t *v)
{
	char list[80], category[80], family[80], answer[CLI_TEXT_MAX];
	cli_text(v, "list", list, sizeof list);
	cli_text(v, "category", category, sizeof category);
	printf("%-10s%s", "verdict", verdict(v));
	if (list[0])
		printf(" by %s", list);
	if (category[0])
		printf(" (%s)", category);
	if (cli_text(v, "family", family, sizeof family)[0])
		printf(": %s", family);
	printf("\n%-10s%s\n", "answer", cli_text(v, "answer", answer, sizeof answer));
	const json_t *ede = json_object_get(v, "ede");
	if (json_is_object(ede))
		printf("%-10s%llu %s\n", "ede", (unsigned long long)cli_number(ede, "code"),
			cli_text(ede, "name", list, sizeof list));
}

static double real(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

/* What spoke for it, then what spoke against it, each the strongest first. */
static void print_parts(const json_t *parts, bool is_for)
{
	size_t i;
	json_t *p;
	char text[64];
	bool is_first = true;
	json_array_foreach(parts, i, p)
	{
		double weight = real(p, "weight");
		if (is_for ? weight <= 0 : weight >= 0)
			continue;
		const char *quote = cli_is(p, "is_fact") ? "" : "\"";
		printf("%s%s%s%s %+.1f",
			!is_first	 ? ", "
				: is_for ? "          speaks for it: "
					 : "          against it: ",
			quote, cli_text(p, "text", text, sizeof text), quote, weight);
		is_first = false;
	}
	if (!is_first)
		putchar('\n');
}

static void print_generated(const json_t *dga)
{
	char class[16], label[80], text[CLI_TEXT_MAX];
	if (!cli_is(dga, "has_classifier")) {
		printf("%-10sno classifier\n", "generated");
		return;
	}
	cli_text(dga, "label", label, sizeof label);
	if (json_is_string(json_object_get(dga, "why_not")))
		printf("%-10snot judged: %s\n", "generated",
			cli_text(dga, "why_not", text, sizeof text));
	else
		printf("%-10sscore %.1f of \"%s\" (threshold %.1f), probability %.4f, class %s%s\n",
			"generated", real(dga, "score"), label, real(dga, "threshold_score"),
			real(dga, "probability"), cli_text(dga, "class", class, sizeof class),
			cli_is(dga, "is_popular") ? ", popular" : "");
	printf("%-10seffect: %s (dga.mode: %s)\n", "", cli_text(dga, "effect", text, sizeof text),
		cli_text(dga, "mode", class, sizeof class));
	print_parts(json_object_get(dga, "parts"), true);
	print_parts(json_object_get(dga, "parts"), false);
}

static void print_explanation(const json_t *v)
{
	char a[CLI_TEXT_MAX], b[CLI_TEXT_MAX];
	printf("%-10s%s %s\n", "question", cli_text(v, "name", a, sizeof a),
		cli_text(v, "type", b, sizeof b));
	printf("%-10s%s, group %s%s\n", "client", cli_text(v, "client", a, sizeof a),
		cli_text(v, "group", b, sizeof b),
		cli_is(v, "is_client_admitted") ? "" : "; outside `access`: it would be refused");
	if (!cli_number(v, "generation"))
		printf("%-10sno generation of the lists: only own rules act\n", "policy");
	else
		printf("%-10sgeneration %llu\n", "policy",
			(unsigned long long)cli_number(v, "generation"));
	print_holders(v);
	print_rules(v);
	print_generated(json_object_get(v, "dga"));
	print_respite(v, "pause", "blocking is paused");
	print_respite(v, "unblock", "is allowed");
	print_verdict(v);
}

int cli_explain(const struct cli *c)
{
	char target[8192] = "/api/v1/explain";
	if (!client_add_param(target, sizeof target, "name", c->args[0]) ||
		(c->client && !client_add_param(target, sizeof target, "client", c->client)) ||
		(c->type && !client_add_param(target, sizeof target, "type", c->type)) ||
		strlen(target) > 4000)
		return cli_fail(CLI_USAGE, "this is too long to be a name");
	json_t *v;
	int status = cli_ask(c, "GET", target, NULL, &v);
	if (status)
		return status;
	status = cli_is(v, "is_blocked") ? CLI_BLOCKED : CLI_OK;
	if (c->is_json) {
		cli_print_json(v);
		return status;
	}
	print_explanation(v);
	json_decref(v);
	return status;
}
