/* SPDX-License-Identifier: BSD-2-Clause
 * A resolver that is not there: what the web edge asks it is answered from the fields below. Included by fake_edge.h.
 *
 * Threads: the fields are set before the edge starts.
 */
#pragma once

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/server.h"
#include "tests/unit/fake_respites.h"

struct server {
	struct fake_respites respites; /* the first */
	struct stats_total stats;
	struct server_info info;
	struct server_explanation explanation;
	const struct config *config; /* borrowed */
	struct server_rule rules[8];
	size_t rule_count;
	const char *list_names[STATS_LISTS];
	int code; /* what calls that can fail return */
	char asked_name[DNAME_TEXT_MAX];
	struct addr asked_client;
	bool has_client;
	uint16_t asked_type;
};

void server_stats(struct server *s, struct stats_total *out)
{
	*out = s->stats;
}

void server_info(struct server *s, struct server_info *out)
{
	*out = s->info;
}

void server_read_config(
	struct server *s, void (*read)(void *arg, const struct config *config), void *arg)
{
	read(arg, s->config);
}

const char *server_family_name(const struct server *s, unsigned index)
{
	(void)s;
	return index < 2 ? (const char *[]){"necurs", "tinba"}[index] : NULL;
}

const char *server_list_counter_name(struct server *s, unsigned index)
{
	return s->list_names[index];
}

int server_explain(struct server *s, const char *name, const struct addr *client, uint16_t type,
	struct server_explanation *out, struct err *why)
{
	if (s->code)
		return err_set(why, s->code, "no name: %s", name);
	snprintf(s->asked_name, sizeof s->asked_name, "%s", name);
	s->has_client = client != NULL;
	if (client)
		s->asked_client = *client;
	s->asked_type = type;
	*out = s->explanation;
	return 0;
}

uint64_t server_rules_version(struct server *s)
{
	return 0xabc + s->rule_count;
}

int server_rule_edit(struct server *s, struct server_rule_edit *edit, struct err *why)
{
	size_t i = 0;
	while (i < s->rule_count &&
		(s->rules[i].kind != edit->kind ||
			!dname_equal(&s->rules[i].rule.name, &edit->rule.name)))
		i++;
	if (s->code)
		return err_set(why, s->code, "a public suffix is no rule");
	if (!edit->is_removal && config_rule_guard(edit->kind, &edit->rule))
		return err_set(why, CEN_EREFUSED, "it is never a rule");
	if (edit->has_version && edit->version != server_rules_version(s))
		return err_set(why, CEN_ESTALE, "they were changed meanwhile");
	if (edit->is_removal && i == s->rule_count)
		return err_set(why, CEN_ENOTFOUND, "there is no such rule");
	edit->is_changed = edit->is_removal || i == s->rule_count;
	if (edit->is_removal)
		s->rules[i] = s->rules[--s->rule_count];
	else if (edit->is_changed)
		s->rules[s->rule_count++] = (struct server_rule){
			.rule = edit->rule, .kind = edit->kind, .is_runtime = true};
	edit->version = server_rules_version(s);
	return 0;
}

int server_rule_add(
	struct server *s, enum list_kind kind, const struct config_rule *rule, struct err *why)
{
	return server_rule_edit(s, &(struct server_rule_edit){.kind = kind, .rule = *rule}, why);
}

size_t server_rules(struct server *s, struct server_rule *out, size_t max)
{
	for (size_t i = 0; i < s->rule_count && i < max; i++)
		out[i] = s->rules[i];
	return s->rule_count;
}
