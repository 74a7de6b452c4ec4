/* SPDX-License-Identifier: BSD-2-Clause
 * /api/groups, /api/clients, /api/network/devices and /api/dhcp/leases as Pi-hole v6 answers them. A group that is not enabled is
 * one whose lists are paused.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/base/clock.h"
#include "resolver/base/log.h"
#include "resolver/journal/journal.h"
#include "web/dialect_pihole6.h"

/* --- groups ----------------------------------------------------------------------------------- */

struct pauses {
	size_t n;
	struct server_pause list[SERVER_RESPITES_MAX];
};

static struct pauses *read_pauses(struct web *w)
{
	struct pauses *p = malloc(sizeof *p);
	if (!p)
		return NULL;
	p->n = server_pauses(w->doors.server, p->list, SERVER_RESPITES_MAX);
	if (p->n > SERVER_RESPITES_MAX)
		p->n = SERVER_RESPITES_MAX;
	return p;
}

static bool is_enabled(const struct pauses *p, const char *group)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->list[i].scope == SERVER_SCOPE_GROUP && !strcmp(p->list[i].group, group))
			return false;
	return true;
}

/* What is collected while the configuration is held still. */
struct collector {
	json_t *out;
	const struct pauses *pauses;
	const char *only; /* NULL: all */
	uint64_t since_s;
};

/* `id` is the place in the configuration, which has 0 for `default` as Pi-hole has. */
static void add_group(const struct collector *k, const char *name, size_t id)
{
	if (k->only && strcmp(k->only, name) != 0)
		return;
	json_array_append_new(k->out,
		json_pack("{s:o, s:n, s:b, s:I, s:o, s:o}", "name", response_text(name), "comment",
			"enabled", is_enabled(k->pauses, name), "id", (json_int_t)id, "date_added",
			response_number(k->since_s), "date_modified", response_number(k->since_s)));
}

static bool is_default(const struct config_group *g)
{
	return !strcmp(g->name, "default");
}

static void collect_groups(void *arg, const struct config *c)
{
	const struct collector *k = arg;
	size_t id = 1;
	add_group(k, "default", 0);
	for (size_t i = 0; i < c->group_count; i++)
		if (!is_default(&c->groups[i]))
			add_group(k, c->groups[i].name, id++);
}

/* All groups, or one. NULL when memory is short. */
static json_t *groups(struct web *w, const char *only)
{
	struct server_info info;
	struct pauses *p = read_pauses(w);
	if (!p)
		return NULL;
	server_info(w->doors.server, &info);
	struct collector k = {json_array(), p, only, info.started_s};
	server_read_config(w->doors.server, collect_groups, &k);
	free(p);
	return k.out;
}

void dialect_pihole6_groups(const struct dialect_ask *a, struct edge_response *r)
{
	dialect_pihole6_send(a, r, 200, json_pack("{s:o}", "groups", groups(a->web, NULL)));
}

void dialect_pihole6_group(const struct dialect_ask *a, struct edge_response *r)
{
	dialect_pihole6_send(a, r, 200, json_pack("{s:o}", "groups", groups(a->web, a->item)));
}

/* What cenote cannot make of it, or NULL. */
static const char *read_group(const json_t *body, const char *name, bool *is_on)
{
	const json_t *enabled = json_object_get(body, "enabled");
	const json_t *comment = json_object_get(body, "comment");
	const json_t *new_name = json_object_get(body, "name");
	if (!body)
		return "Invalid request body data (no valid JSON)";
	if (!json_is_boolean(enabled))
		return "No \"enabled\" boolean in body data";
	if (new_name &&
		(!json_is_string(new_name) || strcmp(json_string_value(new_name), name) != 0))
		return "Groups get their names from the configuration file";
	if (comment && !json_is_null(comment) && json_string_length(comment))
		return "Groups have no comments here";
	*is_on = json_is_true(enabled);
	return NULL;
}

static int switch_group(struct web *w, const char *name, bool is_on, struct err *why)
{
	struct server_pause p = {.scope = SERVER_SCOPE_GROUP};
	snprintf(p.group, sizeof p.group, "%s", name);
	if (!is_on)
		return server_pause(w->doors.server, &p, 0, why);
	int code = server_resume(w->doors.server, &p, why);
	return code == CEN_ENOTFOUND ? 0 : code;
}

void dialect_pihole6_group_put(const struct dialect_ask *a, struct edge_response *r)
{
	bool is_on = true;
	struct err why = {0};
	json_t *known = groups(a->web, a->item);
	bool is_known = json_array_size(known) > 0;
	json_decref(known);
	if (!is_known) {
		dialect_pihole6_error(a, r, 404, "not_found", "There is no such group",
			"groups are made in the configuration file");
		return;
	}
	json_t *body = dialect_body(a->q);
	const char *fault = read_group(body, a->item, &is_on);
	json_decref(body);
	if (fault) {
		dialect_pihole6_error(a, r, 400, "bad_request", fault, NULL);
		return;
	}
	if (switch_group(a->web, a->item, is_on, &why)) {
		dialect_pihole6_error(
			a, r, 500, "internal_error", "It could not be switched", why.text);
		return;
	}
	log_info("dialect", "event=group_%s group=%s", is_on ? "on" : "off", a->item);
	dialect_pihole6_send(a, r, 200,
		json_pack("{s:o, s:{s:[{s:o}], s:[]}}", "groups", groups(a->web, a->item),
			"processed", "success", "item", response_text(a->item), "errors"));
}

/* --- clients ---------------------------------------------------------------------------------- */

static void collect_clients(void *arg, const struct config *c)
{
	const struct collector *k = arg;
	size_t id = 1;
	char text[DIALECT_PREFIX_TEXT];
	for (size_t i = 0; i < c->group_count; i++) {
		const struct config_group *g = &c->groups[i];
		size_t group = is_default(g) ? 0 : id++;
		for (size_t n = 0; n < g->client_count; n++)
			json_array_append_new(k->out,
				json_pack("{s:s, s:n, s:n, s:[I], s:I, s:o, s:o}", "client",
					dialect_prefix_text(&g->clients[n], text), "name",
					"comment", "groups", (json_int_t)group, "id",
					(json_int_t)json_array_size(k->out) + 1, "date_added",
					response_number(k->since_s), "date_modified",
					response_number(k->since_s)));
	}
}

void dialect_pihole6_clients(const struct dialect_ask *a, struct edge_response *r)
{
	struct server_info info;
	server_info(a->web->doors.server, &info);
	struct collector k = {.out = json_array(), .since_s = info.started_s};
	server_read_config(a->web->doors.server, collect_clients, &k);
	dialect_pihole6_send(a, r, 200, json_pack("{s:o}", "clients", k.out));
}

/* As Pi-hole answers when its DHCP server is off. */
void dialect_pihole6_leases(const struct dialect_ask *a, struct edge_response *r)
{
	dialect_pihole6_send(a, r, 200, json_pack("{s:[]}", "leases"));
}

/* --- devices ---------------------------------------------------------------------------------- */

enum { DEVICES = 10, DEVICES_MAX = 100, STEPS_MAX = HISTORY_AUTO_POINTS };

/* When a client of the last day was first and last heard of, as far as the history tells: to its step. */
static void find_times(
	struct web *w, const char *client, uint64_t now, uint64_t *first_s, uint64_t *last_s)
{
	struct history_client_point points[STEPS_MAX];
	size_t n = history_client(journal_history(w->doors.journal), client, now - DIALECT_DAY_S,
		now, points, STEPS_MAX);
	*first_s = *last_s = 0;
	for (size_t i = 0; i < n && i < STEPS_MAX; i++) {
		if (!points[i].queries)
			continue;
		uint64_t end = points[i].at_s + points[i].step_s;
		*last_s = end < now ? end : now;
		if (!*first_s)
			*first_s = points[i].at_s;
	}
}

/* Pi-hole names a device whose hardware address it does not know by its address. */
static json_t *device(struct web *w, const struct history_entry *e, size_t id, uint64_t now)
{
	char hwaddr[HISTORY_TEXT + 4];
	uint64_t first_s, last_s;
	find_times(w, e->text, now, &first_s, &last_s);
	snprintf(hwaddr, sizeof hwaddr, "ip-%s", e->text);
	return json_pack("{s:I, s:o, s:s, s:o, s:o, s:o, s:n, s:[{s:o, s:n, s:o, s:i}]}", "id",
		(json_int_t)id, "hwaddr", response_text(hwaddr), "interface", "", "firstSeen",
		response_number(first_s), "lastQuery", response_number(last_s), "numQueries",
		response_number(e->count), "macVendor", "ips", "ip", response_text(e->text), "name",
		"lastSeen", response_number(last_s), "nameUpdated", 0);
}

void dialect_pihole6_devices(const struct dialect_ask *a, struct edge_response *r)
{
	uint64_t now = clock_wall_s();
	size_t n, max = (size_t)dialect_number(a->q, "max_devices", INT32_MAX, DEVICES);
	struct history_entry *e = dialect_top(a->web, HISTORY_CLIENTS, now - DIALECT_DAY_S, now,
		max < DEVICES_MAX ? max : DEVICES_MAX, &n);
	json_t *list = e ? json_array() : NULL;
	for (size_t i = 0; e && i < n; i++)
		json_array_append_new(list, device(a->web, &e[i], i + 1, now));
	free(e);
	dialect_pihole6_send(a, r, 200, json_pack("{s:o}", "devices", list));
}
