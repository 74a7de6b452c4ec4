/* SPDX-License-Identifier: BSD-2-Clause
 * /api/dashboard/stats/get as Technitium DNS Server answers it.
 */
#include <stdlib.h>
#include <string.h>

#include "resolver/base/clock.h"
#include "web/dialect.h"
#include "web/response.h"

enum { SLOTS_MAX = 60, TOP = 10 };

struct span {
	const char *name;
	uint32_t width_s;
	unsigned slots;
};

static const struct span spans[] = {
	{"LastHour", 60, 60},
	{"LastDay", 3600, 24},
	{"LastWeek", 86400, 7},
	{"LastMonth", 86400, 31},
	{"LastYear", 7 * 86400, 53},
};

static const struct span *span_of(const char *name)
{
	for (size_t i = 0; i < sizeof spans / sizeof *spans; i++)
		if (!strcmp(spans[i].name, name))
			return &spans[i];
	return NULL;
}

static void refuse(struct edge_response *r, unsigned status, const char *word, const char *why)
{
	response_json(r, status, json_pack("{s:s, s:s}", "status", word, "errorMessage", why));
}

/* By the answer: no error, server failure, no such domain, refused. By the way to it: the rest. */
static json_t *stats(struct web *w, const struct history_point *p)
{
	struct dialect_numbers n = {0};
	struct feeds_status f;
	struct server_info i;
	const uint64_t *o = p->outcomes;
	dialect_add(&n, p);
	feeds_status(w->doors.feeds, &f);
	server_info(w->doors.server, &i);
	uint64_t failures = o[OUTCOME_SERVFAIL] + o[OUTCOME_BOGUS];
	uint64_t missing = dialect_missing(p);
	uint64_t dropped =
		o[OUTCOME_DROPPED_MALFORMED] + o[OUTCOME_DROPPED_LIMIT] + o[OUTCOME_DROPPED_POLICY];
	uint64_t others = failures + missing + o[OUTCOME_REFUSED] + dropped + o[OUTCOME_NOTIMP] +
		o[OUTCOME_FORMERR] + o[OUTCOME_BADVERS];
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:o, s:i,"
			 " s:i, s:i, s:o}",
		"totalQueries", response_number(n.queries), "totalNoError",
		response_number(n.queries > others ? n.queries - others : 0), "totalServerFailure",
		response_number(failures), "totalNxDomain", response_number(missing),
		"totalRefused", response_number(o[OUTCOME_REFUSED]), "totalAuthoritative",
		response_number(o[OUTCOME_LOCAL]), "totalRecursive", response_number(n.forwarded),
		"totalCached", response_number(n.cached - o[OUTCOME_LOCAL]), "totalBlocked",
		response_number(n.blocked), "totalDropped", response_number(dropped),
		"totalClients", response_number(p->clients), "zones", 0, "cachedEntries",
		response_number(i.cache_entries), "allowedZones", 0, "blockedZones", 0,
		"allowListZones", 0, "blockListZones", response_number(f.names));
}

static json_t *chart(const struct span *s, uint64_t from, const struct dialect_numbers *slots)
{
	json_t *labels = json_array(), *total = json_array(), *blocked = json_array(),
	       *cached = json_array(), *recursive = json_array();
	for (unsigned i = 0; i < s->slots; i++) {
		json_array_append_new(labels, response_time(from + i * (uint64_t)s->width_s));
		json_array_append_new(total, response_number(slots[i].queries));
		json_array_append_new(blocked, response_number(slots[i].blocked));
		json_array_append_new(cached, response_number(slots[i].cached));
		json_array_append_new(recursive, response_number(slots[i].forwarded));
	}
	return json_pack("{s:s, s:o, s:[{s:s, s:o}, {s:s, s:o}, {s:s, s:o}, {s:s, s:o}]}",
		"labelFormat", s->width_s < 86400 ? "HH:mm" : "MM/DD", "labels", labels, "datasets",
		"label", "Total", "data", total, "label", "Recursive", "data", recursive, "label",
		"Cached", "data", cached, "label", "Blocked", "data", blocked);
}

static json_t *top(struct web *w, enum history_top_kind kind, uint64_t from, uint64_t to)
{
	size_t n;
	struct history_entry *e = dialect_top(w, kind, from, to, TOP, &n);
	json_t *list = e ? json_array() : NULL;
	for (size_t i = 0; e && i < n; i++)
		json_array_append_new(list,
			json_pack("{s:o, s:o}", "name", response_text(e[i].text), "hits",
				response_number(e[i].count)));
	free(e);
	return list;
}

static void answer(const struct edge_request *q, struct edge_response *r, const struct span *s)
{
	struct dialect_numbers slots[SLOTS_MAX];
	struct history_point p;
	struct web *w = q->web;
	uint64_t now = clock_wall_s();
	uint64_t from = now / s->width_s * s->width_s - (s->slots - 1) * (uint64_t)s->width_s;
	dialect_total(w, from, now, &p);
	if (!dialect_series(w, from, s->width_s, s->slots, slots)) {
		refuse(r, 500, "error", "memory is short");
		return;
	}
	response_json(r, 200,
		json_pack("{s:{s:o, s:o, s:o, s:o, s:o}, s:s}", "response", "stats", stats(w, &p),
			"mainChartData", chart(s, from, slots), "topClients",
			top(w, HISTORY_CLIENTS, from, now), "topDomains",
			top(w, HISTORY_DOMAINS, from, now), "topBlockedDomains",
			top(w, HISTORY_BLOCKED_DOMAINS, from, now), "status", "ok"));
}

void dialect_technitium(const struct edge_request *q, struct edge_response *r)
{
	const char *key = target_param(&q->target, "token");
	const char *type = target_param(&q->target, "type");
	const struct span *s = span_of(type ? type : "LastHour");
	uint32_t wait_s = 0;
	enum edge_scope scope =
		key ? dialect_scope_of_key(q, key, &wait_s) : dialect_scope_without(q);
	if (scope < EDGE_STATS) {
		refuse(r, wait_s ? 429 : 401, "invalid-token", "Invalid token or session expired.");
		dialect_retry_after(r, wait_s);
	} else if (!s) {
		refuse(r, 400, "error",
			"`type` is LastHour, LastDay, LastWeek, LastMonth or LastYear");
	} else {
		answer(q, r, s);
	}
}
