/* SPDX-License-Identifier: BSD-2-Clause
 * /api/v1/clients, /client: who asks most, and all about one of them.
 */
#include <stdlib.h>
#include <string.h>

#include "resolver/base/clock.h"
#include "resolver/journal/history.h"
#include "resolver/journal/journal.h"
#include "resolver/journal/querylog.h"
#include "resolver/stats.h"
#include "web/api.h"
#include "web/param.h"
#include "web/response.h"

enum {
	CLIENTS = 100,
	NAMES = 10, /* in a top list of one client */
	CASES = 20,
	POINTS_MAX = 1000,
	ROWS_MAX = 5000, /* of the log, for the names of one client */
	ROWS_AT_ONCE = 250,
	LOOK_MS = 250,
};

/* What the resolver knows of a client by its address; nothing of a pseudonym. */
static void add_standing(json_t *o, const struct web_doors *d, const char *client)
{
	struct addr address;
	char group[CONFIG_NAME_MAX + 1] = "default";
	uint64_t until_s = 0;
	bool has_address = !addr_from_text(client, &address);
	if (has_address)
		(void)server_client_group(d->server, &address, group);
	bool is_paused = has_address && server_client_pause(d->server, &address, &until_s);
	json_object_set_new(o, "group", has_address ? response_text(group) : json_null());
	json_object_set_new(o, "is_paused", json_boolean(is_paused));
	json_object_set_new(o, "paused_until", is_paused ? response_time(until_s) : json_null());
}

/* --- all -------------------------------------------------------------------------------------- */

static json_t *live_case(struct evidence *e, const char *client)
{
	struct addr address;
	uint64_t id = addr_from_text(client, &address) ? 0 : evidence_client_case(e, &address);
	return id ? response_number(id) : json_null();
}

static uint64_t count_of(const struct history_entry *e, size_t n, const char *client)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(e[i].text, client))
			return e[i].count;
	return 0;
}

static json_t *all_clients(const struct web_doors *d, const struct param_range *range,
	struct history_entry *all, struct history_entry *blocked, size_t limit)
{
	struct history *h = journal_history(d->journal);
	size_t n = history_top(h, HISTORY_CLIENTS, range->from_s, range->to_s, all, limit);
	size_t m = history_top(
		h, HISTORY_BLOCKED_CLIENTS, range->from_s, range->to_s, blocked, PARAM_ROWS_MAX);
	json_t *a = json_array();
	for (size_t i = 0; i < n; i++) {
		json_t *o = json_pack("{s:o, s:o, s:o, s:o}", "client", response_text(all[i].text),
			"queries", response_number(all[i].count), "blocked",
			response_number(count_of(blocked, m, all[i].text)), "case",
			live_case(d->evidence, all[i].text));
		add_standing(o, d, all[i].text);
		json_array_append_new(a, o);
	}
	return a;
}

void api_clients_get(const struct edge_request *q, struct edge_response *r)
{
	struct param_range range;
	uint64_t limit = CLIENTS;
	if (!param_range(q, &range, r) || !param_limit(q, &limit, r))
		return;
	struct history_entry *all = calloc((size_t)limit, sizeof *all);
	struct history_entry *blocked = calloc(PARAM_ROWS_MAX, sizeof *blocked);
	json_t *clients = all && blocked
		? all_clients(&q->web->doors, &range, all, blocked, (size_t)limit)
		: NULL;
	response_json(r, 200,
		json_pack("{s:o, s:o, s:o}", "from", response_moment(range.from_s), "to",
			response_moment(range.to_s), "clients", clients));
	free(all);
	free(blocked);
}

/* --- one: its names --------------------------------------------------------------------------- */

struct named {
	struct dname name;
	uint32_t count, blocked;
};

/* What the log says of a client. */
struct names {
	struct named *list;
	size_t count;
	bool is_cut; /* there is more than was looked at */
};

static int by_name(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	if (x->name.len != y->name.len)
		return x->name.len < y->name.len ? -1 : 1;
	return memcmp(x->name.bytes, y->name.bytes, x->name.len);
}

static int by_count(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return by_name(a, b);
}

static int by_blocked(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	if (x->blocked != y->blocked)
		return x->blocked > y->blocked ? -1 : 1;
	return by_name(a, b);
}

static void add_row(struct names *names, const struct querylog_row *row)
{
	if (!row->name.len)
		return;
	struct named *to = &names->list[names->count++];
	to->name = row->name;
	to->count = 1;
	to->blocked = stats_outcome_is_blocked((enum query_outcome)row->outcome);
}

/* Makes one of those with the same name. */
static void join(struct names *names)
{
	size_t n = 0;
	qsort(names->list, names->count, sizeof *names->list, by_name);
	for (size_t i = 0; i < names->count; i++) {
		const struct named *from = &names->list[i];
		if (!n || by_name(&names->list[n - 1], from) != 0) {
			names->list[n++] = *from;
			continue;
		}
		names->list[n - 1].count += from->count;
		names->list[n - 1].blocked += from->blocked;
	}
	names->count = n;
}

/* Looks at the client's newest rows, and at the clock. */
static void look(struct querylog *log, const char *client, const struct param_range *range,
	struct querylog_row *rows, struct names *names)
{
	struct querylog_filter f = {.client = client,
		.from_ms = range->from_s * 1000,
		.to_ms = range->to_s * 1000,
		.outcome = -1,
		.qtype = -1};
	uint64_t end = clock_ms() + LOOK_MS;
	size_t seen = 0;
	do {
		size_t n = querylog_read(log, &f, rows, ROWS_AT_ONCE, &f.before);
		for (size_t i = 0; i < n; i++)
			add_row(names, &rows[i]);
		seen += n;
	} while (f.before && seen + ROWS_AT_ONCE <= ROWS_MAX && clock_ms() < end);
	names->is_cut = f.before != 0;
	join(names);
}

static json_t *top(const struct names *names, bool is_blocked)
{
	char text[DNAME_TEXT_MAX];
	json_t *a = json_array();
	qsort(names->list, names->count, sizeof *names->list, is_blocked ? by_blocked : by_count);
	for (size_t i = 0; i < names->count && i < NAMES; i++) {
		uint32_t n = is_blocked ? names->list[i].blocked : names->list[i].count;
		if (n)
			json_array_append_new(a,
				json_pack("{s:s, s:o}", "name",
					dname_to_text(names->list[i].name.bytes, text), "count",
					response_number(n)));
	}
	return a;
}

/* --- one: the rest ---------------------------------------------------------------------------- */

static json_t *cases(struct evidence *e, const char *client)
{
	struct evidence_brief b[CASES];
	struct addr address;
	size_t n =
		addr_from_text(client, &address) ? 0 : evidence_client_cases(e, &address, b, CASES);
	json_t *a = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(a,
			json_pack("{s:o, s:s, s:o}", "id", response_number(b[i].id), "state",
				cases_state_name(b[i].state), "family",
				b[i].family[0] ? response_text(b[i].family) : json_null()));
	return a;
}

static json_t *points(
	const struct history_client_point *p, size_t n, uint64_t *queries, uint64_t *blocked)
{
	json_t *a = json_array();
	for (size_t i = 0; i < n; i++) {
		*queries += p[i].queries;
		*blocked += p[i].blocked;
		json_array_append_new(a,
			json_pack("{s:o, s:o, s:o}", "at", response_moment(p[i].at_s), "queries",
				response_number(p[i].queries), "blocked",
				response_number(p[i].blocked)));
	}
	return a;
}

/* Room for what one client's answer is made of. */
struct room {
	struct history_client_point points[POINTS_MAX];
	struct querylog_row rows[ROWS_AT_ONCE];
	struct named named[ROWS_MAX];
};

static json_t *one_client(const struct web_doors *d, const char *client,
	const struct param_range *range, struct room *room)
{
	struct names names = {.list = room->named};
	uint64_t queries = 0, blocked = 0;
	size_t n = history_client(journal_history(d->journal), client, range->from_s, range->to_s,
		room->points, POINTS_MAX);
	look(journal_querylog(d->journal), client, range, room->rows, &names);
	json_t *of_time = points(room->points, n, &queries, &blocked);
	json_t *o = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o}", "client",
		response_text(client), "from", response_moment(range->from_s), "to",
		response_moment(range->to_s), "queries", response_number(queries), "blocked",
		response_number(blocked), "points", of_time, "domains", top(&names, false),
		"blocked_domains", top(&names, true), "is_cut", names.is_cut, "cases",
		cases(d->evidence, client));
	add_standing(o, d, client);
	return o;
}

/* An address is looked for as it is written in the log; a pseudonym as it is. */
static bool read_client(
	const struct edge_request *q, char out[static ADDR_TEXT_MAX], struct edge_response *r)
{
	static const char pseudonym[] = "client-";
	const char *text = target_param(&q->target, "address");
	struct addr address;
	if (text && !addr_from_text(text, &address)) {
		addr_to_text(&address, out);
		return true;
	}
	if (text && !strncmp(text, pseudonym, sizeof pseudonym - 1) &&
		strlen(text) < ADDR_TEXT_MAX) {
		memcpy(out, text, strlen(text) + 1);
		return true;
	}
	response_problem(r, 400,
		"`address` is needed: an IP address, or what /api/v1/clients has as `client`");
	return false;
}

void api_clients_one(const struct edge_request *q, struct edge_response *r)
{
	char client[ADDR_TEXT_MAX];
	struct param_range range;
	if (!read_client(q, client, r) || !param_range(q, &range, r))
		return;
	struct room *room = malloc(sizeof *room);
	response_json(r, 200, room ? one_client(&q->web->doors, client, &range, room) : NULL);
	free(room);
}
