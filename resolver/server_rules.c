/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/server_rules.h"

#include "resolver/base/hash.h"
#include "resolver/server_internal.h"

/* --- versions: under the lock --- */

static uint64_t add_to(uint64_t version, enum list_kind kind, const struct config_rule *rule)
{
	uint64_t about = (uint64_t)kind << 2 | (uint64_t)rule->is_self << 1 | rule->is_below;
	return hash_bytes(rule->name.bytes, rule->name.len, version ^ about);
}

static uint64_t version_of(const struct server *s)
{
	const struct config *c = s->config;
	uint64_t v = c->allow_count;
	for (size_t i = 0; i < c->allow_count; i++)
		v = add_to(v, LIST_ALLOW, &c->allow[i]);
	for (size_t i = 0; i < c->deny_count; i++)
		v = add_to(v, LIST_DENY, &c->deny[i]);
	/* The same rule says another thing at run time. */
	v = hash_bytes(&s->rules->count, sizeof s->rules->count, v);
	for (size_t i = 0; i < s->rules->count; i++)
		v = add_to(v, s->rules->entries[i].kind, &s->rules->entries[i].rule);
	return v;
}

uint64_t server_rules_version(struct server *s)
{
	pthread_mutex_lock(&s->lock);
	uint64_t v = version_of(s);
	pthread_mutex_unlock(&s->lock);
	return v;
}

/* --- changes --- */

static bool is_of_file(const struct server *s, const struct server_rule_edit *edit)
{
	const struct config *c = s->config;
	const struct config_rule *rules = edit->kind == LIST_ALLOW ? c->allow : c->deny;
	size_t n = edit->kind == LIST_ALLOW ? c->allow_count : c->deny_count;
	for (size_t i = 0; i < n; i++)
		if (rules[i].is_self == edit->rule.is_self &&
			rules[i].is_below == edit->rule.is_below &&
			dname_equal(&rules[i].name, &edit->rule.name))
			return true;
	return false;
}

static int remove_one(struct server *s, const struct server_rule_edit *edit, struct err *why)
{
	char text[DNAME_TEXT_MAX + 2];
	int e = rules_remove(s->rules, edit->kind, &edit->rule, why);
	if (e != CEN_ENOTFOUND || !is_of_file(s, edit))
		return e;
	return err_set(why, CEN_EREFUSED,
		"\"%.200s\" is of the configuration file, %.200s: change it there, or set the "
		"opposite",
		config_rule_to_text(&edit->rule, text), s->config->file ? s->config->file : "");
}

static int change(struct server *s, struct server_rule_edit *edit, struct err *why)
{
	if (edit->has_version && edit->version != version_of(s))
		return err_set(
			why, CEN_ESTALE, "the rules have been changed meanwhile: read them again");
	edit->is_changed = edit->is_removal || !rules_has(s->rules, edit->kind, &edit->rule);
	int e = !edit->is_changed  ? 0
		: edit->is_removal ? remove_one(s, edit, why)
				   : rules_add(s->rules, edit->kind, &edit->rule, why);
	if (!e && edit->is_changed)
		e = server_publish(s, why);
	edit->version = version_of(s);
	return e;
}

int server_rule_edit(struct server *s, struct server_rule_edit *edit, struct err *why)
{
	char text[DNAME_TEXT_MAX + 2];
	const char *danger = edit->is_removal ? NULL : config_rule_guard(edit->kind, &edit->rule);
	if (danger)
		return err_set(why, CEN_EREFUSED, "\"%.300s\" %s",
			config_rule_to_text(&edit->rule, text), danger);
	pthread_mutex_lock(&s->lock);
	int e = change(s, edit, why);
	pthread_mutex_unlock(&s->lock);
	return e;
}

int server_rule_add(
	struct server *s, enum list_kind kind, const struct config_rule *rule, struct err *why)
{
	struct server_rule_edit edit = {.rule = *rule, .kind = kind};
	return server_rule_edit(s, &edit, why);
}

/* --- what there is --- */

static void put_rule(struct server_rule *out, size_t max, size_t *n, const struct config_rule *rule,
	enum list_kind kind, bool is_runtime)
{
	if (*n < max)
		out[*n] =
			(struct server_rule){.rule = *rule, .kind = kind, .is_runtime = is_runtime};
	++*n;
}

size_t server_rules(struct server *s, struct server_rule *out, size_t max)
{
	size_t n = 0;
	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < s->config->allow_count; i++)
		put_rule(out, max, &n, &s->config->allow[i], LIST_ALLOW, false);
	for (size_t i = 0; i < s->config->deny_count; i++)
		put_rule(out, max, &n, &s->config->deny[i], LIST_DENY, false);
	for (size_t i = 0; i < s->rules->count; i++)
		put_rule(out, max, &n, &s->rules->entries[i].rule, s->rules->entries[i].kind, true);
	pthread_mutex_unlock(&s->lock);
	return n;
}
