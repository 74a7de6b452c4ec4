/* SPDX-License-Identifier: BSD-2-Clause
 * The part of fake_edge.h that pauses and unblocks. The group "children" has the clients whose last octet is 64 to 127.
 *
 * Threads: as fake_edge.h.
 */
#pragma once

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "resolver/server.h"

/* The first member of the server. */
struct fake_respites {
	struct server_pause pauses[8];
	size_t pause_count;
	struct server_unblock unblocks[8];
	size_t unblock_count;
	uint64_t asked_seconds; /* of the last pause or unblock */
	uint64_t now_s; /* their ends are counted from it */
	int code; /* what changes return */
};

static inline struct fake_respites *fake_respites(struct server *s)
{
	return (struct fake_respites *)s;
}

static inline bool fake_is_whom(enum server_scope scope, const char *group,
	const struct addr *client, enum server_scope scope2, const char *group2,
	const struct addr *client2)
{
	return scope == scope2 && (scope != SERVER_SCOPE_GROUP || !strcmp(group, group2)) &&
		(scope != SERVER_SCOPE_CLIENT || addr_equal(client, client2));
}

static inline struct server_pause *fake_pause(struct fake_respites *r, const struct server_pause *p)
{
	for (size_t i = 0; i < r->pause_count; i++) {
		struct server_pause *have = &r->pauses[i];
		if (fake_is_whom(p->scope, p->group, &p->client, have->scope, have->group,
			    &have->client))
			return have;
	}
	return NULL;
}

int server_pause(struct server *s, struct server_pause *p, uint64_t seconds, struct err *why)
{
	struct fake_respites *r = fake_respites(s);
	struct server_pause *have = fake_pause(r, p);
	r->asked_seconds = seconds;
	if (r->code)
		return err_set(why, r->code, "it was not kept");
	if (p->scope == SERVER_SCOPE_GROUP && strcmp(p->group, "children") != 0)
		return err_set(why, CEN_ENOTFOUND, "there is no group \"%s\"", p->group);
	if (seconds > SERVER_PAUSE_MAX_S || (!have && r->pause_count == 8))
		return err_set(why, CEN_ERANGE, "that is too long");
	have = have ? have : &r->pauses[r->pause_count++];
	p->until_s = seconds ? r->now_s + seconds : 0;
	*have = *p;
	return 0;
}

int server_resume(struct server *s, const struct server_pause *p, struct err *why)
{
	struct fake_respites *r = fake_respites(s);
	struct server_pause *have = fake_pause(r, p);
	if (have)
		*have = r->pauses[--r->pause_count];
	return have ? 0 : err_set(why, CEN_ENOTFOUND, "there is none that could be ended");
}

size_t server_pauses(struct server *s, struct server_pause *out, size_t max)
{
	struct fake_respites *r = fake_respites(s);
	for (size_t i = 0; i < r->pause_count && i < max; i++)
		out[i] = r->pauses[i];
	return r->pause_count;
}

static inline struct server_unblock *fake_unblock(
	struct fake_respites *r, const struct server_unblock *u)
{
	for (size_t i = 0; i < r->unblock_count; i++) {
		struct server_unblock *have = &r->unblocks[i];
		if (dname_equal(&u->rule.name, &have->rule.name) &&
			fake_is_whom(u->scope, u->group, &u->client, have->scope, have->group,
				&have->client))
			return have;
	}
	return NULL;
}

int server_unblock(struct server *s, struct server_unblock *u, uint64_t seconds, struct err *why)
{
	struct fake_respites *r = fake_respites(s);
	struct server_unblock *have = fake_unblock(r, u);
	r->asked_seconds = seconds;
	if (r->code)
		return err_set(why, r->code, "it was not kept");
	if (!seconds || seconds > SERVER_UNBLOCK_MAX_S || (!have && r->unblock_count == 8))
		return err_set(why, CEN_ERANGE, "that is too long");
	have = have ? have : &r->unblocks[r->unblock_count++];
	u->until_s = r->now_s + seconds;
	*have = *u;
	return 0;
}

int server_unblock_remove(struct server *s, const struct server_unblock *u, struct err *why)
{
	struct fake_respites *r = fake_respites(s);
	struct server_unblock *have = fake_unblock(r, u);
	if (have)
		*have = r->unblocks[--r->unblock_count];
	return have ? 0 : err_set(why, CEN_ENOTFOUND, "there is none that could be ended");
}

size_t server_unblocks(struct server *s, struct server_unblock *out, size_t max)
{
	struct fake_respites *r = fake_respites(s);
	for (size_t i = 0; i < r->unblock_count && i < max; i++)
		out[i] = r->unblocks[i];
	return r->unblock_count;
}

bool server_client_pause(struct server *s, const struct addr *client, uint64_t *until_s)
{
	struct fake_respites *r = fake_respites(s);
	*until_s = 0;
	for (size_t i = 0; i < r->pause_count; i++) {
		const struct server_pause *p = &r->pauses[i];
		if (p->scope != SERVER_SCOPE_ALL &&
			(p->scope != SERVER_SCOPE_CLIENT || !addr_equal(&p->client, client)))
			continue;
		*until_s = p->until_s;
		return true;
	}
	return false;
}

bool server_client_group(
	struct server *s, const struct addr *client, char out[static CONFIG_NAME_MAX + 1])
{
	bool is_child = client->bytes[15] >= 64 && client->bytes[15] < 128;
	snprintf(out, s ? CONFIG_NAME_MAX + 1 : 0, "%s", is_child ? "children" : "default");
	return is_child;
}
