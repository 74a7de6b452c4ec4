/* SPDX-License-Identifier: BSD-2-Clause
 * /admin/api.php as Pi-hole v5 answered it: one call, whose parameters say what is wanted, with the key as `auth`.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/base/clock.h"
#include "resolver/base/log.h"
#include "web/dialect_pihole6.h"

enum {
	SLOT_S = 600,
	SLOTS = 144,
	TOP = 10,
};

static bool is_asked(const struct edge_request *q, const char *name)
{
	return target_param(&q->target, name) != NULL;
}

/* What it gave to strangers. */
static void send_nothing(struct edge_response *r, unsigned status)
{
	response_json(r, status, json_array());
}

static void refuse(struct edge_response *r, uint32_t wait_s)
{
	send_nothing(r, wait_s ? 429 : 401);
	dialect_retry_after(r, wait_s);
}

/* --- parts ------------------------------------------------------------------------------------ */

static void add_status(struct web *w, json_t *o)
{
	uint64_t left_s;
	json_object_set_new(
		o, "status", json_string(dialect_is_blocking(w, &left_s) ? "enabled" : "disabled"));
}

static json_t *updated(uint64_t at_s, uint64_t now_s)
{
	uint64_t age = at_s && now_s > at_s ? now_s - at_s : 0;
	return json_pack("{s:b, s:o, s:{s:I, s:I, s:I}}", "file_exists", at_s != 0, "absolute",
		response_number(at_s), "relative", "days", (json_int_t)(age / 86400), "hours",
		(json_int_t)(age / 3600 % 24), "minutes", (json_int_t)(age / 60 % 60));
}

static void add_replies(json_t *o, const struct history_point *p, uint64_t queries)
{
	char name[32] = "reply_";
	const char *key;
	json_t *n, *replies = dialect_pihole6_replies(p);
	json_object_foreach(replies, key, n)
	{
		strncpy(name + 6, key, sizeof name - 7);
		json_object_set(o, name, n);
	}
	json_decref(replies);
	json_object_set_new(o, "dns_queries_all_replies", response_number(queries));
}

static void add_summary(struct web *w, json_t *o, uint64_t now)
{
	struct history_point p;
	struct dialect_numbers n = {0};
	struct feeds_status f;
	dialect_total(w, now - DIALECT_DAY_S, now, &p);
	uint64_t ever = dialect_clients_ever(w);
	dialect_add(&n, &p);
	feeds_status(w->doors.feeds, &f);
	json_t *part = json_pack("{s:o, s:o, s:o, s:f, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:o}",
		"domains_being_blocked", response_number(f.names), "dns_queries_today",
		response_number(n.queries), "ads_blocked_today", response_number(n.blocked),
		"ads_percentage_today", dialect_percent(n.blocked, n.queries), "unique_domains",
		response_number(p.domains), "queries_forwarded", response_number(n.forwarded),
		"queries_cached", response_number(n.cached), "clients_ever_seen",
		response_number(ever > p.clients ? ever : p.clients), "unique_clients",
		response_number(p.clients), "dns_queries_all_types", response_number(n.queries),
		"privacy_level", 0, "gravity_last_updated", updated(f.created_s, now));
	json_object_update(o, part);
	json_decref(part);
	add_replies(o, &p, n.queries);
	add_status(w, o);
}

/* {"name": count, ...}; takes the entries. */
static json_t *counts(struct history_entry *e, size_t n)
{
	json_t *o = e ? json_object() : NULL;
	for (size_t i = 0; e && i < n; i++) {
		json_t *name = response_text(e[i].text);
		json_object_set_new(o, json_string_value(name), response_number(e[i].count));
		json_decref(name);
	}
	free(e);
	return o;
}

static void add_top(const struct edge_request *q, json_t *o, uint64_t now)
{
	size_t n, max = (size_t)dialect_number(q, "topItems", DIALECT_TOP_MAX, TOP);
	uint64_t from = now - DIALECT_DAY_S;
	struct history_entry *e = dialect_top(q->web, HISTORY_DOMAINS, from, now, max, &n);
	json_object_set_new(o, "top_queries", counts(e, n));
	e = dialect_top(q->web, HISTORY_BLOCKED_DOMAINS, from, now, max, &n);
	json_object_set_new(o, "top_ads", counts(e, n));
}

static void add_over_time(struct web *w, json_t *o, uint64_t now)
{
	struct dialect_numbers slots[SLOTS];
	char key[24];
	uint64_t from = now / SLOT_S * SLOT_S - (SLOTS - 1) * SLOT_S;
	if (!dialect_series(w, from, SLOT_S, SLOTS, slots))
		return;
	json_t *all = json_object(), *blocked = json_object();
	for (unsigned i = 0; i < SLOTS; i++) {
		snprintf(key, sizeof key, "%" PRIu64, from + i * SLOT_S + SLOT_S / 2);
		json_object_set_new(all, key, response_number(slots[i].queries));
		json_object_set_new(blocked, key, response_number(slots[i].blocked));
	}
	json_object_set_new(o, "domains_over_time", all);
	json_object_set_new(o, "ads_over_time", blocked);
}

/* --- calls ------------------------------------------------------------------------------------ */

static void add_versions(json_t *o)
{
	static const char *const parts[] = {"core", "web", "FTL"};
	char key[32];
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		snprintf(key, sizeof key, "%s_update", parts[i]);
		json_object_set_new(o, key, json_false());
		snprintf(key, sizeof key, "%s_current", parts[i]);
		json_object_set_new(o, key, json_string(DIALECT_PIHOLE5_VERSION));
		/* Not known: nobody looks for it. */
		snprintf(key, sizeof key, "%s_latest", parts[i]);
		json_object_set_new(o, key, json_string(""));
		snprintf(key, sizeof key, "%s_branch", parts[i]);
		json_object_set_new(o, key, json_string(""));
	}
}

/* Seconds; 0 for ever, also as `True`. False for anything else: a slip of the hand must not turn it off for ever. */
static bool read_disable(const char *text, uint64_t *seconds)
{
	size_t digits = strspn(text, "0123456789");
	*seconds = 0;
	if (!*text || !strcmp(text, "True") || !strcmp(text, "true"))
		return true;
	if (!digits || digits > 9 || text[digits])
		return false;
	*seconds = strtoull(text, NULL, 10);
	return *seconds <= SERVER_PAUSE_MAX_S;
}

/* Never by a cookie: only the key in the request itself may do it, since a GET is what a foreign page can make a browser send. */
static void set_blocking(
	const struct edge_request *q, struct edge_response *r, enum edge_scope of_key)
{
	const char *off = target_param(&q->target, "disable");
	bool is_on = is_asked(q, "enable");
	uint64_t seconds = 0;
	struct err why = {0};
	if (of_key < EDGE_CONTROL) {
		send_nothing(r, 403);
	} else if ((is_on && off) || (off && !read_disable(off, &seconds))) {
		send_nothing(r, 400);
	} else if (dialect_set_blocking(q->web, is_on, seconds, &why)) {
		send_nothing(r, 500);
	} else {
		log_info("dialect", "event=blocking_%s seconds=%llu", is_on ? "on" : "off",
			(unsigned long long)seconds);
		response_json(r, 200, json_pack("{s:s}", "status", is_on ? "enabled" : "disabled"));
	}
}

static void answer(const struct edge_request *q, struct edge_response *r)
{
	uint64_t now = clock_wall_s();
	json_t *o = json_object();
	if (is_asked(q, "summaryRaw"))
		add_summary(q->web, o, now);
	if (is_asked(q, "topItems"))
		add_top(q, o, now);
	if (is_asked(q, "overTimeData10mins"))
		add_over_time(q->web, o, now);
	if (is_asked(q, "status"))
		add_status(q->web, o);
	if (json_object_size(o)) {
		response_json(r, 200, o);
		return;
	}
	json_decref(o);
	send_nothing(r, 200);
}

void dialect_pihole5(const struct edge_request *q, struct edge_response *r)
{
	const char *key = target_param(&q->target, "auth");
	if (key && !*key)
		key = NULL;
	/* Open to all, as there. */
	if (is_asked(q, "versions") || is_asked(q, "version") || is_asked(q, "type")) {
		json_t *o = json_object();
		if (is_asked(q, "versions"))
			add_versions(o);
		if (is_asked(q, "version"))
			json_object_set_new(o, "version", json_integer(3));
		if (is_asked(q, "type"))
			json_object_set_new(o, "type", json_string("FTL"));
		response_json(r, 200, o);
		return;
	}
	uint32_t wait_s = 0;
	enum edge_scope of_key = key ? dialect_scope_of_key(q, key, &wait_s) : EDGE_NOBODY;
	bool is_change = is_asked(q, "enable") || is_asked(q, "disable");
	if (of_key == EDGE_NOBODY && (key || is_change || dialect_scope_without(q) == EDGE_NOBODY))
		refuse(r, wait_s);
	else if (is_change)
		set_blocking(q, r, of_key);
	else
		answer(q, r);
}
