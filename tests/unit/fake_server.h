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

int server_rule_add(
	struct server *s, enum list_kind kind, const struct config_rule *rule, struct err *why)
{
	if (s->code)
		return err_set(why, s->code, "a public suffix is no rule");
	if (s->rule_count == sizeof s->rules / sizeof *s->rules)
		return err_set(why, CEN_ELIMIT, "full");
	s->rules[s->rule_count++] =
		(struct server_rule){.rule = *rule, .kind = kind, .is_runtime = true};
	return 0;
}

int server_rule_remove(
	struct server *s, enum list_kind kind, const struct config_rule *rule, struct err *why)
{
	for (size_t i = 0; i < s->rule_count; i++) {
		if (s->rules[i].kind == kind && dname_equal(&s->rules[i].rule.name, &rule->name)) {
			s->rules[i] = s->rules[--s->rule_count];
			return 0;
		}
	}
	return err_set(why, CEN_ENOTFOUND, "there is no such rule");
}

size_t server_rules(struct server *s, struct server_rule *out, size_t max)
{
	for (size_t i = 0; i < s->rule_count && i < max; i++)
		out[i] = s->rules[i];
	return s->rule_count;
}
