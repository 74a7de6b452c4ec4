/* SPDX-License-Identifier: BSD-2-Clause
 * /api/stats/... and /api/history as Pi-hole v6 answers them: the last 24 hours.
 */
#include <stdlib.h>
#include <string.h>

#include "resolver/base/clock.h"
#include "web/dialect_pihole6.h"

enum {
	SLOT_S = 600, /* of the history */
	SLOTS = 145, /* a day and the slot that runs */
	TOP = 10,
};

struct span {
	uint64_t from_s, to_s;
};

static struct span last_day(void)
{
	uint64_t now = clock_wall_s();
	return (struct span){now - DIALECT_DAY_S, now};
}

/* --- the summary ------------------------------------------------------------------------------ */

/* What Pi-hole tells apart and cenote does not is in OTHER. */
static json_t *types(const struct history_point *p)
{
	static const char *const absent[] = {"ANY", "NAPTR", "RRSIG", "SVCB"};
	json_t *o = json_object();
	for (unsigned i = 0; i < STATS_TYPES - 1; i++)
		json_object_set_new(o, stats_type_name(i), response_number(p->types[i]));
	for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
		json_object_set_new(o, absent[i], response_number(0));
	json_object_set_new(o, "OTHER", response_number(p->types[STATS_TYPES - 1]));
	return o;
}

static const char *const status_names[] = {"UNKNOWN", "GRAVITY", "FORWARDED", "CACHE", "REGEX",
	"DENYLIST", "EXTERNAL_BLOCKED_IP", "EXTERNAL_BLOCKED_NULL", "EXTERNAL_BLOCKED_NXRA",
	"GRAVITY_CNAME", "REGEX_CNAME", "DENYLIST_CNAME", "RETRIED", "RETRIED_DNSSEC",
	"IN_PROGRESS", "DBBUSY", "SPECIAL_DOMAIN", "CACHE_STALE", "EXTERNAL_BLOCKED_EDE15"};

enum { STATUSES = sizeof status_names / sizeof *status_names };

/* Pi-hole's word for an outcome. Those it has none for are UNKNOWN, so that the sum is all queries. */
static const char *status_of(enum query_outcome outcome)
{
	switch (outcome) {
	case OUTCOME_CACHED:
	case OUTCOME_LOCAL:
		return "CACHE";
	case OUTCOME_STALE:
		return "CACHE_STALE";
	case OUTCOME_RECURSED:
	case OUTCOME_REBINDING:
	case OUTCOME_SERVFAIL:
	case OUTCOME_BOGUS:
		return "FORWARDED";
	case OUTCOME_BLOCKED_CHAIN:
		return "GRAVITY_CNAME";
	case OUTCOME_BLOCKED_ADDRESS:
		return "EXTERNAL_BLOCKED_IP";
	case OUTCOME_BLOCKED_GENERATED:
	case OUTCOME_BLOCKED_INFECTED:
		return "REGEX";
	default:
		return stats_outcome_is_blocked(outcome) ? "GRAVITY" : "UNKNOWN";
	}
}

static json_t *statuses(const struct history_point *p)
{
	uint64_t counts[STATUSES] = {0};
	json_t *o = json_object();
	for (int i = 0; i < OUTCOME_COUNT; i++) {
		const char *name = status_of((enum query_outcome)i);
		for (size_t k = 0; k < STATUSES; k++)
			if (!strcmp(status_names[k], name))
				counts[k] += p->outcomes[i];
	}
	for (size_t k = 0; k < STATUSES; k++)
		json_object_set_new(o, status_names[k], response_number(counts[k]));
	return o;
}

/* UNKNOWN are those of whose answer a damaged row lost the trace: the sum is all queries. */
json_t *dialect_pihole6_replies(const struct history_point *p)
{
	uint64_t known = 0;
	json_t *o = json_object();
	for (int i = 0; i < JOURNAL_REPLY_COUNT; i++)
		known += p->replies[i];
	json_object_set_new(
		o, "UNKNOWN", response_number(p->queries > known ? p->queries - known : 0));
#define X(symbol, name) \
	json_object_set_new(o, #symbol, response_number(p->replies[JOURNAL_REPLY_##symbol]));
	JOURNAL_REPLIES(X)
#undef X
	return o;
}

/* Queries a second in the last whole minute. */
static double frequency(struct web *w)
{
	struct dialect_numbers minute;
	uint64_t from = clock_wall_s() / 60 * 60 - 60;
	return dialect_series(w, from, 60, 1, &minute) ? (double)minute.queries / 60 : 0;
}

void dialect_pihole6_summary(const struct dialect_ask *a, struct edge_response *r)
{
	struct span day = last_day();
	struct history_point p;
	struct dialect_numbers n = {0};
	struct feeds_status f;
	dialect_total(a->web, day.from_s, day.to_s, &p);
	uint64_t ever = dialect_clients_ever(a->web);
	dialect_add(&n, &p);
	feeds_status(a->web->doors.feeds, &f);
	dialect_pihole6_send(a, r, 200,
		json_pack("{s:{s:o, s:o, s:f, s:o, s:o, s:o, s:f, s:o, s:o, s:o}, s:{s:I, s:I},"
			  " s:{s:o, s:o}}",
			"queries", "total", response_number(n.queries), "blocked",
			response_number(n.blocked), "percent_blocked",
			dialect_percent(n.blocked, n.queries), "unique_domains",
			response_number(p.domains), "forwarded", response_number(n.forwarded),
			"cached", response_number(n.cached), "frequency", frequency(a->web),
			"types", types(&p), "status", statuses(&p), "replies",
			dialect_pihole6_replies(&p), "clients", "active", (json_int_t)p.clients,
			"total", (json_int_t)(ever > p.clients ? ever : p.clients), "gravity",
			"domains_being_blocked", response_number(f.names), "last_update",
			response_number(f.created_s)));
}

/* --- top lists -------------------------------------------------------------------------------- */

static bool is_true(const struct edge_request *q, const char *name)
{
	const char *text = target_param(&q->target, name);
	return text && !strcmp(text, "true");
}

static void send_top(const struct dialect_ask *a, struct edge_response *r, const char *key,
	json_t *entries, struct span day)
{
	struct history_point p;
	struct dialect_numbers n = {0};
	dialect_total(a->web, day.from_s, day.to_s, &p);
	dialect_add(&n, &p);
	dialect_pihole6_send(a, r, 200,
		json_pack("{s:o, s:o, s:o}", key, entries, "total_queries",
			response_number(n.queries), "blocked_queries", response_number(n.blocked)));
}

void dialect_pihole6_top_domains(const struct dialect_ask *a, struct edge_response *r)
{
	size_t n, max = (size_t)dialect_number(a->q, "count", DIALECT_TOP_MAX, TOP);
	struct span day = last_day();
	enum history_top_kind kind =
		is_true(a->q, "blocked") ? HISTORY_BLOCKED_DOMAINS : HISTORY_DOMAINS;
	struct history_entry *e = dialect_top(a->web, kind, day.from_s, day.to_s, max, &n);
	json_t *list = e ? json_array() : NULL;
	for (size_t i = 0; e && i < n; i++)
		json_array_append_new(list,
			json_pack("{s:o, s:o}", "domain", response_text(e[i].text), "count",
				response_number(e[i].count)));
	free(e);
	send_top(a, r, "domains", list, day);
}

void dialect_pihole6_top_clients(const struct dialect_ask *a, struct edge_response *r)
{
	size_t n, max = (size_t)dialect_number(a->q, "count", DIALECT_TOP_MAX, TOP);
	struct span day = last_day();
	enum history_top_kind kind =
		is_true(a->q, "blocked") ? HISTORY_BLOCKED_CLIENTS : HISTORY_CLIENTS;
	struct history_entry *e = dialect_top(a->web, kind, day.from_s, day.to_s, max, &n);
	json_t *list = e ? json_array() : NULL;
	for (size_t i = 0; e && i < n; i++)
		json_array_append_new(list,
			json_pack("{s:s, s:o, s:o}", "name", "", "ip", response_text(e[i].text),
				"count", response_number(e[i].count)));
	free(e);
	send_top(a, r, "clients", list, day);
}

/* --- where answers come from ------------------------------------------------------------------ */

static json_t *upstream(const char *name, uint64_t count)
{
	return json_pack("{s:s, s:s, s:i, s:o, s:{s:f, s:f}}", "ip", name, "name", name, "port", -1,
		"count", response_number(count), "statistics", "response", 0.0, "variance", 0.0);
}

/* cenote asks the servers of each name's zone itself, or some by `forward`: they are one destination here. */
void dialect_pihole6_upstreams(const struct dialect_ask *a, struct edge_response *r)
{
	struct span day = last_day();
	struct history_point p;
	struct dialect_numbers n = {0};
	dialect_total(a->web, day.from_s, day.to_s, &p);
	dialect_add(&n, &p);
	dialect_pihole6_send(a, r, 200,
		json_pack("{s:[o, o, o], s:o, s:o}", "upstreams", upstream("blocklist", n.blocked),
			upstream("cache", n.cached), upstream("recursion", n.forwarded),
			"forwarded_queries", response_number(n.forwarded), "total_queries",
			response_number(n.queries)));
}

void dialect_pihole6_history(const struct dialect_ask *a, struct edge_response *r)
{
	struct dialect_numbers slots[SLOTS];
	uint64_t from = clock_wall_s() / SLOT_S * SLOT_S - (SLOTS - 1) * SLOT_S;
	json_t *list = dialect_series(a->web, from, SLOT_S, SLOTS, slots) ? json_array() : NULL;
	for (unsigned i = 0; list && i < SLOTS; i++)
		json_array_append_new(list,
			json_pack("{s:o, s:o, s:o, s:o, s:o}", "timestamp",
				/* The middle of the slot, as Pi-hole has it. */
				response_number(from + i * SLOT_S + SLOT_S / 2), "total",
				response_number(slots[i].queries), "cached",
				response_number(slots[i].cached), "blocked",
				response_number(slots[i].blocked), "forwarded",
				response_number(slots[i].forwarded)));
	dialect_pihole6_send(a, r, 200, json_pack("{s:o}", "history", list));
}
