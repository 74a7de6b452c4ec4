/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/server_respite.h"

#include <stdio.h>
#include <string.h>

#include "resolver/base/clock.h"
#include "resolver/base/log.h"
#include "resolver/server_internal.h"

/* --- to and fro ------------------------------------------------------------------------------- */

static const enum respite_scope scopes[] = {[SERVER_SCOPE_ALL] = RESPITE_ALL,
	[SERVER_SCOPE_GROUP] = RESPITE_GROUP,
	[SERVER_SCOPE_CLIENT] = RESPITE_CLIENT};
static const enum server_scope scopes_back[] = {[RESPITE_ALL] = SERVER_SCOPE_ALL,
	[RESPITE_GROUP] = SERVER_SCOPE_GROUP,
	[RESPITE_CLIENT] = SERVER_SCOPE_CLIENT};

static struct respite of_pause(const struct server_pause *p)
{
	struct respite r = {.kind = RESPITE_PAUSE, .scope = scopes[p->scope], .client = p->client};
	memcpy(r.group, p->group, sizeof r.group);
	return r;
}

static struct respite of_unblock(const struct server_unblock *u)
{
	struct respite r = {.kind = RESPITE_UNBLOCK,
		.scope = scopes[u->scope],
		.client = u->client,
		.rule = u->rule};
	memcpy(r.group, u->group, sizeof r.group);
	return r;
}

/* --- changes ---------------------------------------------------------------------------------- */

static bool is_group(const struct view *v, const char *name)
{
	for (uint32_t i = 0; i < v->group_count; i++)
		if (!strcmp(v->groups[i].name, name))
			return true;
	return false;
}

static int put(struct server *s, const struct respite *r, uint64_t seconds, uint64_t *until_s,
	struct err *why)
{
	int e = 0;
	pthread_mutex_lock(&s->lock);
	if (r->scope == RESPITE_GROUP && !is_group(s->owned_view, r->group))
		e = err_set(why, CEN_ENOTFOUND, "there is no group \"%s\"", r->group);
	if (!e)
		e = respites_put(s->respites, r, seconds, why);
	if (!e) {
		*until_s = s->respites->entries[s->respites->count - 1].until_s;
		e = server_publish(s, why);
	}
	pthread_mutex_unlock(&s->lock);
	return e;
}

static int take_back(struct server *s, const struct respite *r, struct err *why)
{
	pthread_mutex_lock(&s->lock);
	int e = respites_remove(s->respites, r, why);
	if (!e)
		e = server_publish(s, why);
	pthread_mutex_unlock(&s->lock);
	return e;
}

int server_pause(struct server *s, struct server_pause *p, uint64_t seconds, struct err *why)
{
	const struct respite r = of_pause(p);
	return put(s, &r, seconds, &p->until_s, why);
}

int server_resume(struct server *s, const struct server_pause *p, struct err *why)
{
	const struct respite r = of_pause(p);
	return take_back(s, &r, why);
}

int server_unblock(struct server *s, struct server_unblock *u, uint64_t seconds, struct err *why)
{
	const struct respite r = of_unblock(u);
	char text[DNAME_TEXT_MAX + 2];
	const char *danger = config_rule_guard(LIST_ALLOW, &u->rule);
	if (danger)
		return err_set(why, CEN_EREFUSED, "\"%.300s\" %s",
			config_rule_to_text(&u->rule, text), danger);
	return put(s, &r, seconds, &u->until_s, why);
}

int server_unblock_remove(struct server *s, const struct server_unblock *u, struct err *why)
{
	const struct respite r = of_unblock(u);
	return take_back(s, &r, why);
}

void server_tidy(struct server *s)
{
	struct err why;
	pthread_mutex_lock(&s->lock);
	size_t gone = respites_tidy(s->respites);
	if (gone)
		log_info("server", "event=respites_over count=%zu", gone);
	if (gone && server_publish(s, &why))
		log_error("server", "event=not_tidied reason=\"%s\"", why.text);
	pthread_mutex_unlock(&s->lock);
}

/* --- what there is ---------------------------------------------------------------------------- */

static void to_pause(const struct respite *r, struct server_pause *out)
{
	*out = (struct server_pause){
		.scope = scopes_back[r->scope], .client = r->client, .until_s = r->until_s};
	memcpy(out->group, r->group, sizeof out->group);
}

static void to_unblock(const struct respite *r, struct server_unblock *out)
{
	*out = (struct server_unblock){.rule = r->rule,
		.scope = scopes_back[r->scope],
		.client = r->client,
		.until_s = r->until_s};
	memcpy(out->group, r->group, sizeof out->group);
}

size_t server_pauses(struct server *s, struct server_pause *out, size_t max)
{
	size_t n = 0;
	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < s->respites->count; i++) {
		const struct respite *r = &s->respites->entries[i];
		if (r->kind != RESPITE_PAUSE || respite_is_over(r, clock_us()))
			continue;
		if (n < max)
			to_pause(r, &out[n]);
		n++;
	}
	pthread_mutex_unlock(&s->lock);
	return n;
}

size_t server_unblocks(struct server *s, struct server_unblock *out, size_t max)
{
	size_t n = 0;
	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < s->respites->count; i++) {
		const struct respite *r = &s->respites->entries[i];
		if (r->kind != RESPITE_UNBLOCK || respite_is_over(r, clock_us()))
			continue;
		if (n < max)
			to_unblock(r, &out[n]);
		n++;
	}
	pthread_mutex_unlock(&s->lock);
	return n;
}

/* --- of one client ---------------------------------------------------------------------------- */

static const char *group_of(const struct server *s, const struct addr *client)
{
	const struct view *v = s->owned_view;
	return v->groups[addr_table_find(v->group_of_client, client, 0)].name;
}

static bool reaches(const struct config_rule *rule, const struct dname *name)
{
	return dname_equal(name, &rule->name)
		? rule->is_self
		: rule->is_below && dname_is_at_or_below(name, &rule->name);
}

/* Of those that are for the client (and the name, if there is one) the one that ends last; NULL: none is in force. */
static const struct respite *last_of(const struct server *s, enum respite_kind kind,
	const struct addr *client, const struct dname *name)
{
	const struct respite *last = NULL;
	const char *group = group_of(s, client);
	for (size_t i = 0; i < s->respites->count; i++) {
		const struct respite *r = &s->respites->entries[i];
		bool is_for_it = r->scope == RESPITE_ALL ||
			(r->scope == RESPITE_GROUP && !strcmp(r->group, group)) ||
			(r->scope == RESPITE_CLIENT && addr_equal(&r->client, client));
		if (r->kind == kind && is_for_it && (!name || reaches(&r->rule, name)) &&
			(!last || r->until_us > last->until_us))
			last = r;
	}
	return last && !respite_is_over(last, clock_us()) ? last : NULL;
}

void server_respite_explain(const struct server *s, const struct addr *client,
	const struct dname *name, struct server_explanation *x)
{
	const struct respite *pause = last_of(s, RESPITE_PAUSE, client, NULL);
	const struct respite *unblock = last_of(s, RESPITE_UNBLOCK, client, name);
	x->is_paused = pause;
	x->is_unblocked = unblock;
	if (pause)
		to_pause(pause, &x->pause);
	if (unblock)
		to_unblock(unblock, &x->unblock);
}

bool server_client_pause(struct server *s, const struct addr *client, uint64_t *until_s)
{
	pthread_mutex_lock(&s->lock);
	const struct respite *last = last_of(s, RESPITE_PAUSE, client, NULL);
	*until_s = last ? last->until_s : 0;
	pthread_mutex_unlock(&s->lock);
	return last;
}

bool server_client_group(
	struct server *s, const struct addr *client, char out[static CONFIG_NAME_MAX + 1])
{
	pthread_mutex_lock(&s->lock);
	snprintf(out, CONFIG_NAME_MAX + 1, "%s", group_of(s, client));
	bool is_named = addr_table_find(s->owned_view->group_of_client, client, 0) != 0;
	pthread_mutex_unlock(&s->lock);
	return is_named;
}
