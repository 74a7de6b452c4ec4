/* SPDX-License-Identifier: BSD-2-Clause
 * A resolver that is not there: what the web edge asks it is answered from the fields below. Included once by a test; the linker
 * then leaves the real one out.
 *
 * Threads: the fields are set before the edge starts.
 */
#pragma once

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/server.h"
#include "tests/unit/fake_evidence.h"
#include "tests/unit/fake_feeds.h"
#include "web/edge.h"

struct server {
	struct stats_total stats;
	struct server_info info;
	struct server_explanation explanation;
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

static inline int fake_reload(void *arg, char *restart_keys, size_t size, struct err *why)
{
	struct server *s = arg;
	snprintf(restart_keys, size, "listen, workers");
	return s->code ? err_set(why, s->code, "cenote.yaml:3: no such key") : 0;
}

/* Numbers that add up: 100 queries, 30 of them blocked. */
static inline void fake_fill(struct server *s, struct feeds *f)
{
	s->stats.queries = 100;
	s->stats.outcomes[OUTCOME_CACHED] = 50;
	s->stats.outcomes[OUTCOME_RECURSED] = 20;
	s->stats.outcomes[OUTCOME_BLOCKED] = 25;
	s->stats.outcomes[OUTCOME_BLOCKED_CHAIN] = 5;
	s->stats.transports[0] = 90;
	s->stats.transports[1] = 10;
	s->stats.types[0] = 60;
	s->stats.types[1] = 40;
	s->stats.list_hits[0] = 28;
	s->stats.list_monitored[2] = 3;
	s->list_names[0] = "botnets";
	s->list_names[2] = "quo\"te\\back";
	s->stats.latency[6] = 70;
	s->stats.latency[15] = 29;
	s->stats.latency[STATS_BUCKETS - 1] = 1;
	s->stats.latency_sum_us = 1234567;
	s->info.started_s = 1700000000;
	s->info.uptime_s = 3600;
	s->info.workers = 2;
	s->info.cache_bytes = 1 << 26;
	s->stats.dga_suspects[DGA_RANDOM] = 4;
	s->stats.dga_suspects[DGA_WORDS] = 1;
	s->stats.dga_scored = 40;
	s->stats.dga_popular = 2;
	s->info.dga_mode = LIST_MODE_BLOCK;
	s->info.has_classifier = true;
	s->info.dga_threshold = 1e-4;
	s->info.dga_threshold_score = 6125;
	f->status.generation = 7;
	f->status.names = 1000000;
	f->status.created_s = 1700000000;
	f->status.list_count = 2;
	f->list_count = 2;
	snprintf(f->lists[0].name, sizeof f->lists[0].name, "botnets");
	f->lists[0].state = FEEDS_OK;
	f->lists[0].rules = 1000000;
	f->lists[0].changed_s = 1700000000;
	snprintf(f->lists[1].name, sizeof f->lists[1].name, "ads");
	f->lists[1].state = FEEDS_REFUSED;
	snprintf(f->lists[1].reason, sizeof f->lists[1].reason, "line 3 is <html>\x80");
}
