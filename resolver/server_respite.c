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

static int put(struct server *s, const struct respite *r, uint64_t seconds, struct err *why)
{
	int e = 0;
	pthread_mutex_lock(&s->lock);
	if (r->scope == RESPITE_GROUP && !is_group(s->owned_view, r->group))
		e = err_set(why, CEN_ENOTFOUND, "there is no group \"%s\"", r->group);
	if (!e)
		e = respites_put(s->respites, r, seconds, why);
	if (!e)
		e = server_publish(s, why);
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

int server_pause(struct server *s, const struct server_pause *p, uint64_t seconds, struct err *why)
{
	const struct respite r = of_pause(p);
	return put(s, &r, seconds, why);
}

int server_resume(struct server *s, const struct server_pause *p, struct err *why)
{
	const struct respite r = of_pause(p);
	return take_back(s, &r, why);
}

int server_unblock(
	struct server *s, const struct server_unblock *u, uint64_t seconds, struct err *why)
{
	const struct respite r = of_unblock(u);
	char text[DNAME_TEXT_MAX + 2];
	const char *danger = config_rule_guard(LIST_ALLOW, &u->rule);
	if (danger)
		return err_set(why, CEN_EREFUSED, "\"%.300s\" %s",
			config_rule_to_text(&u->rule, text), danger);
	return put(s, &r, seconds, why);
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

size_t server_pauses(struct server *s, struct server_pause *out, size_t max)
{
	size_t n = 0;
	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < s->respites->count; i++) {
		const struct respite *r = &s->respites->entries[i];
		if (r->kind != RESPITE_PAUSE || respite_is_over(r, clock_us()))
			continue;
		if (n < max) {
			out[n] = (struct server_pause){.scope = scopes_back[r->scope],
				.client = r->client,
				.until_s = r->until_s};
			memcpy(out[n].group, r->group, sizeof out[n].group);
		}
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
		if (n < max) {
			out[n] = (struct server_unblock){.rule = r->rule,
				.scope = scopes_back[r->scope],
				.client = r->client,
				.until_s = r->until_s};
			memcpy(out[n].group, r->group, sizeof out[n].group);
		}
		n++;
	}
	pthread_mutex_unlock(&s->lock);
	return n;
}

static const char *group_of(const struct server *s, const struct addr *client)
{
	const struct view *v = s->owned_view;
	return v->groups[addr_table_find(v->group_of_client, client, 0)].name;
}

bool server_client_pause(struct server *s, const struct addr *client, uint64_t *until_s)
{
	uint64_t last_us = 0;
	*until_s = 0;
	pthread_mutex_lock(&s->lock);
	const char *group = group_of(s, client);
	for (size_t i = 0; i < s->respites->count; i++) {
		const struct respite *r = &s->respites->entries[i];
		bool is_for_it = r->scope == RESPITE_ALL ||
			(r->scope == RESPITE_GROUP && !strcmp(r->group, group)) ||
			(r->scope == RESPITE_CLIENT && addr_equal(&r->client, client));
		if (r->kind != RESPITE_PAUSE || !is_for_it || r->until_us <= last_us)
			continue;
		last_us = r->until_us;
		*until_s = r->until_s;
	}
	pthread_mutex_unlock(&s->lock);
	return last_us > clock_us();
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
