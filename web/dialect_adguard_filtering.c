/* SPDX-License-Identifier: BSD-2-Clause
 * /control/filtering/... as AdGuard Home answers it.
 */
#include <stdlib.h>
#include <string.h>

#include "web/dialect_adguard.h"

enum { INTERVAL_HOURS = 24 }; /* lists have an interval each; this is the default */

struct collector {
	json_t *filters, *whitelist_filters;
	const struct feeds_list_status *states;
	size_t count;
	bool has_sources;
};

static const struct feeds_list_status *state_of(const struct collector *k, const char *name)
{
	for (size_t i = 0; i < k->count; i++)
		if (!strcmp(k->states[i].name, name))
			return &k->states[i];
	return NULL;
}

/* Where a list comes from may hold a password: it is for those who may read the configuration. */
static json_t *url_of(const struct collector *k, const struct config_list *l)
{
	if (k->has_sources && l->source)
		return response_text(l->source);
	return json_sprintf("cenote:%s", l->name);
}

static void collect(void *arg, const struct config *c)
{
	const struct collector *k = arg;
	for (size_t i = 0; i < c->list_count; i++) {
		const struct config_list *l = &c->lists[i];
		const struct feeds_list_status *s = state_of(k, l->name);
		json_t *one = json_pack("{s:I, s:b, s:o, s:o, s:o}", "id", (json_int_t)i + 1,
			"enabled", l->mode == LIST_MODE_BLOCK, "url", url_of(k, l), "name",
			response_text(l->name), "rules_count", response_number(s ? s->rules : 0));
		if (s && s->changed_s)
			json_object_set_new(one, "last_updated", response_time(s->changed_s));
		json_array_append_new(
			l->kind == LIST_ALLOW ? k->whitelist_filters : k->filters, one);
	}
}

/* Own rules in the words of an ad blocker. */
static json_t *user_rules(struct server *s)
{
	json_t *list = json_array();
	size_t room = server_rules(s, NULL, 0);
	struct server_rule *rules = calloc(room ? room : 1, sizeof *rules);
	size_t n = rules ? server_rules(s, rules, room) : 0;
	for (size_t i = 0; i < n && i < room; i++) {
		char name[DNAME_TEXT_MAX];
		const struct config_rule *rule = &rules[i].rule;
		dname_to_text(rule->name.bytes, name);
		json_array_append_new(list,
			json_sprintf("%s%s%s^", rules[i].kind == LIST_ALLOW ? "@@" : "",
				!rule->is_below		 ? "|"
					: !rule->is_self ? "||*."
							 : "||",
				name));
	}
	free(rules);
	return list;
}

void dialect_adguard_filtering(const struct dialect_ask *a, struct edge_response *r)
{
	struct web *w = a->web;
	struct feeds_list_status *states = calloc(CONFIG_LISTS_MAX, sizeof *states);
	struct collector k = {json_array(), json_array(), states, 0, a->scope >= EDGE_ADMIN};
	if (states)
		k.count = feeds_list_status(w->doors.feeds, states, CONFIG_LISTS_MAX);
	if (k.count > CONFIG_LISTS_MAX)
		k.count = CONFIG_LISTS_MAX;
	server_read_config(w->doors.server, collect, &k);
	free(states);
	response_json(r, 200,
		json_pack("{s:b, s:i, s:o, s:o, s:o}", "enabled", 1, "interval", INTERVAL_HOURS,
			"filters", k.filters, "whitelist_filters", k.whitelist_filters,
			"user_rules", user_rules(w->doors.server)));
}

/* What is so already is confirmed; anything else stands in the configuration file. */
void dialect_adguard_set_filtering(const struct dialect_ask *a, struct edge_response *r)
{
	json_t *body = dialect_adguard_body(a, r);
	if (!body)
		return;
	const json_t *enabled = json_object_get(body, "enabled");
	const json_t *interval = json_object_get(body, "interval");
	bool is_same = json_is_true(enabled) &&
		(!interval || json_integer_value(interval) == INTERVAL_HOURS);
	json_decref(body);
	if (is_same)
		dialect_adguard_ok(r);
	else
		dialect_adguard_refuse(r,
			"lists are switched in cenote's configuration file; protection can be "
			"paused");
}

/* Begins and does not wait: how many lists will have changed is not known yet. */
void dialect_adguard_refresh(const struct dialect_ask *a, struct edge_response *r)
{
	json_t *body = dialect_adguard_body(a, r);
	if (!body)
		return;
	json_decref(body);
	if (feeds_update(a->web->doors.feeds, NULL))
		dialect_text(r, 500, "the update could not be begun\n");
	else
		response_json(r, 200, json_pack("{s:i}", "updated", 0));
}
