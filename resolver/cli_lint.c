/* SPDX-License-Identifier: BSD-2-Clause
 * feeds lint: what a list would do, without a daemon.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/format/intake.h"
#include "feeds/format/publics.h"
#include "feeds/listdb/detail.h"
#include "resolver/base/wire.h"
#include "resolver/cli.h"

enum { SHOWN = 3, TEXT_MAX = 100, V4_OFFSET = 96 };

/* The first lines that were skipped for one reason. */
struct shown {
	uint64_t line;
	char text[TEXT_MAX];
};

struct lint {
	struct shown shown[FORMAT_SKIPS][SHOWN];
	unsigned count[FORMAT_SKIPS];
	uint64_t important, removals, conditional;
	bool has_rules_shown;
};

static void print_details(const struct rule *r)
{
	static const char *const words[DETAIL_KINDS] = {[DETAIL_TYPE] = "type",
		[DETAIL_NOT_TYPE] = "not-type",
		[DETAIL_CLIENT] = "client",
		[DETAIL_NOT_CLIENT] = "not-client",
		[DETAIL_NOT_NAME] = "not-name",
		[DETAIL_RECORD] = "record",
		[DETAIL_ALIAS] = "alias",
		[DETAIL_ALIAS_BELOW] = "alias-below"};
	struct detail_cursor c = detail_start(r->about, r->about_len);
	char text[DNAME_TEXT_MAX];
	for (struct detail_item i; detail_next(&c, &i);) {
		bool is_name = i.kind == DETAIL_NOT_NAME || i.kind == DETAIL_ALIAS ||
			i.kind == DETAIL_ALIAS_BELOW;
		printf(" %s=", words[i.kind]);
		if (is_name)
			fputs(dname_to_text(i.at, text), stdout);
		for (unsigned n = 0; !is_name && n < i.len; n++)
			printf("%02x", i.at[n]);
	}
}

/* One rule a line, the same for the same rule in whatever format it came. */
static void print_rule(const struct rule *r)
{
	struct dname name;
	char text[DNAME_TEXT_MAX];
	printf("%s ", rule_trigger_name(r->trigger));
	if (r->trigger == RULE_PATTERN) {
		printf("/%.*s/", (int)r->pattern_len, r->pattern);
	} else if (r->trigger == RULE_NAME || r->trigger == RULE_NS_NAME) {
		dname_from_key(r->key, r->len, &name);
		printf("%s%s",
			!r->is_below	     ? "="
				: r->is_self ? ""
					     : "*.",
			dname_to_text(name.bytes, text));
	} else {
		bool is_v4 = addr_is_v4(&r->prefix.addr) && r->prefix.bits >= V4_OFFSET;
		printf("%s/%d", addr_to_text(&r->prefix.addr, text),
			r->prefix.bits - (is_v4 ? V4_OFFSET : 0));
	}
	printf(" %s%s%s", rule_verb_name(r->verb), r->is_important ? " important" : "",
		r->is_removal ? " removal" : "");
	print_details(r);
	putchar('\n');
}

static void on_rule(void *arg, const struct rule *r)
{
	struct lint *l = arg;
	l->important += r->is_important;
	l->removals += r->is_removal;
	l->conditional += r->about_len && r->verb != RULE_DATA;
	if (l->has_rules_shown)
		print_rule(r);
}

static void on_skip(void *arg, uint64_t line, enum format_skip reason, const char *text, size_t len)
{
	struct lint *l = arg;
	if (l->count[reason] == SHOWN)
		return;
	struct shown *s = &l->shown[reason][l->count[reason]++];
	s->line = line;
	if (len > sizeof s->text - 1)
		len = sizeof s->text - 1;
	for (size_t i = 0; i < len; i++)
		s->text[i] = text[i] >= ' ' && text[i] < 127 ? text[i] : '?';
	s->text[len] = 0;
}

static void print_text(const struct lint *l, const struct intake_report *r, const struct err *why)
{
	char number[CLI_NUMBER_MAX];
	printf("format %s\n", r->format ? r->format->name : "unknown");
	printf("%12s lines\n", cli_grouped(r->lines, number));
	printf("%12s rules\n", cli_grouped(r->rules, number));
	for (int t = 0; t < RULE_TRIGGERS; t++)
		for (int v = 0; v < RULE_VERBS; v++)
			if (r->kinds[t][v])
				printf("%12s   by %s: %s\n", cli_grouped(r->kinds[t][v], number),
					rule_trigger_name(t), rule_verb_name(v));
	if (l->important)
		printf("%12s   important\n", cli_grouped(l->important, number));
	if (l->removals)
		printf("%12s   that take another rule away\n", cli_grouped(l->removals, number));
	if (l->conditional)
		printf("%12s   under conditions\n", cli_grouped(l->conditional, number));
	for (int s = FORMAT_COMMENT; s < FORMAT_SKIPS; s++) {
		if (!r->skips[s])
			continue;
		printf("%12s skipped: %s%s\n", cli_grouped(r->skips[s], number),
			format_skip_name((enum format_skip)s),
			format_is_junk((enum format_skip)s) ? " (junk)" : "");
		for (unsigned i = 0; s > FORMAT_FRAME && i < l->count[s]; i++)
			printf("%12s   line %" PRIu64 ": %s\n", "", l->shown[s][i].line,
				l->shown[s][i].text);
	}
	puts(why->text[0] ? why->text : "good");
}

static json_t *skips_to_json(const struct lint *l, const struct intake_report *r)
{
	json_t *all = json_array();
	for (int s = FORMAT_COMMENT; s < FORMAT_SKIPS; s++) {
		if (!r->skips[s])
			continue;
		json_t *lines = json_array();
		for (unsigned i = 0; i < l->count[s]; i++)
			json_array_append_new(lines,
				json_pack("{s:I, s:s}", "line", (json_int_t)l->shown[s][i].line,
					"text", l->shown[s][i].text));
		json_array_append_new(all,
			json_pack("{s:s, s:I, s:b, s:o}", "reason",
				format_skip_name((enum format_skip)s), "count",
				(json_int_t)r->skips[s], "is_junk",
				(int)format_is_junk((enum format_skip)s), "first", lines));
	}
	return all;
}

static json_t *kinds_to_json(const struct intake_report *r)
{
	json_t *all = json_array();
	for (int t = 0; t < RULE_TRIGGERS; t++)
		for (int v = 0; v < RULE_VERBS; v++)
			if (r->kinds[t][v])
				json_array_append_new(all,
					json_pack("{s:s, s:s, s:I}", "trigger",
						rule_trigger_name(t), "verb", rule_verb_name(v),
						"count", (json_int_t)r->kinds[t][v]));
	return all;
}

static void print_json(const struct lint *l, const struct intake_report *r, const struct err *why)
{
	cli_print_json(json_pack("{s:b, s:s, s:s?, s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "is_good",
		(int)!why->text[0], "reason", why->text, "format",
		r->format ? r->format->name : NULL, "lines", (json_int_t)r->lines, "rules",
		(json_int_t)r->rules, "important", (json_int_t)l->important, "removals",
		(json_int_t)l->removals, "conditional", (json_int_t)l->conditional, "kinds",
		kinds_to_json(r), "skipped", skips_to_json(l, r)));
}

int cli_lint(const struct cli *c)
{
	const struct format *format = c->format ? format_by_name(c->format) : NULL;
	struct config *config;
	struct err why = {""};
	if (c->arg_count != 2)
		return cli_fail(CLI_USAGE,
			"usage: cenote feeds lint FILE [--format NAME] [--rules] [--json]");
	if (c->format && !format && strcmp(c->format, "auto") != 0)
		return cli_fail(CLI_USAGE, "there is no list format `%s`", c->format);
	int status = cli_load(c, &config);
	if (status)
		return status;
	struct intake_limits limits = {config->feeds_max_bytes, config->feeds_junk_percent};
	config_free(config);
	struct publics *publics = publics_new(PUBLICS_FILE);
	struct lint *l = calloc(1, sizeof *l);
	if (!publics || !l) {
		publics_free(publics);
		free(l);
		return cli_fail(CLI_FAILED, "memory is short");
	}
	l->has_rules_shown = c->has_rules;
	struct intake_watch watch = {l, on_rule, on_skip};
	struct intake_report report;
	int rc = intake_watch(c->args[1], format, &limits, publics, &watch, &report, &why);
	if (c->is_json)
		print_json(l, &report, &why);
	else if (!c->has_rules)
		print_text(l, &report, &why);
	if (rc && (c->is_json || c->has_rules))
		cli_fail(CLI_FAILED, "%s", why.text);
	free(l);
	publics_free(publics);
	return rc ? CLI_FAILED : CLI_OK;
}
