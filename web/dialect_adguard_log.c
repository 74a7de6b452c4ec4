/* SPDX-License-Identifier: BSD-2-Clause
 * /control/querylog... and /control/clients... as AdGuard Home answers them.
 */
#include <stdlib.h>
#include <string.h>

#include "resolver/base/clock.h"
#include "resolver/evidence/report/report_text.h"
#include "resolver/journal/journal.h"
#include "resolver/journal/querylog.h"
#include "web/dialect_adguard.h"
#include "web/param.h"

enum { ROWS = 500, ROWS_MAX = 1000 };

/* --- rows ------------------------------------------------------------------------------------- */

static json_t *time_of(uint64_t at_ms)
{
	char text[REPORT_TIME_TEXT];
	return json_string(report_text_time(at_ms, text));
}

static const char *reason_of(const struct querylog_row *row)
{
	if (stats_outcome_is_blocked((enum query_outcome)row->outcome))
		return row->outcome == OUTCOME_REWRITTEN ? "RewriteRule" : "FilteredBlackList";
	if (row->outcome == OUTCOME_LOCAL)
		return "Rewrite";
	return row->is_allowed ? "NotFilteredWhiteList" : "NotFilteredNotFound";
}

static const char *rcode_name(unsigned rcode)
{
	static const char *const names[] = {
		"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"};
	return rcode < sizeof names / sizeof *names ? names[rcode] : "";
}

static bool is_forwarded(unsigned outcome)
{
	return outcome == OUTCOME_RECURSED || outcome == OUTCOME_REBINDING ||
		outcome == OUTCOME_SERVFAIL || outcome == OUTCOME_BOGUS;
}

/* The records of an answer are not kept, so there are none to show. */
static json_t *one_row(const struct querylog_row *row)
{
	char name[DNAME_TEXT_MAX] = "", type[REPORT_TYPE_TEXT];
	if (row->name.len)
		dname_to_text(row->name.bytes, name);
	json_t *rules = json_array();
	if (row->list[0])
		json_array_append_new(rules,
			json_pack("{s:i, s:o}", "filter_list_id", 0, "text",
				response_text(row->list)));
	return json_pack("{s:[], s:b, s:b, s:o, s:{s:{}, s:s, s:b, s:s}, s:s, s:o,"
			 " s:{s:s, s:o, s:s}, s:s, s:o, s:s, s:o, s:s}",
		"answer", "answer_dnssec", row->is_secure, "cached",
		row->outcome == OUTCOME_CACHED || row->outcome == OUTCOME_STALE, "client",
		response_text(row->client), "client_info", "whois", "name", "", "disallowed", 0,
		"disallowed_rule", "", "client_proto", "", "elapsedMs",
		json_sprintf("%.3f", row->took_us / 1000.0), "question", "class", "IN", "name",
		response_text(name), "type", report_text_type(row->qtype, type), "reason",
		reason_of(row), "rules", rules, "status", rcode_name(row->rcode), "time",
		time_of(row->at_ms), "upstream", is_forwarded(row->outcome) ? "recursion" : "");
}

static enum querylog_verdict verdict_of(const char *status)
{
	if (!status)
		return QUERYLOG_ANY;
	if (!strcmp(status, "filtered") || !strcmp(status, "blocked"))
		return QUERYLOG_BLOCKED;
	return strcmp(status, "processed") ? QUERYLOG_ANY : QUERYLOG_ALLOWED;
}

void dialect_adguard_querylog(const struct dialect_ask *a, struct edge_response *r)
{
	const struct target *t = &a->q->target;
	const char *older = target_param(t, "older_than");
	uint64_t next;
	size_t max = (size_t)dialect_number(a->q, "limit", ROWS_MAX, ROWS);
	struct querylog_filter f = {.name = target_param(t, "search"),
		.verdict = verdict_of(target_param(t, "response_status")),
		.outcome = -1,
		.qtype = -1};
	if (older && *older && !param_time_ms(older, &f.to_ms)) {
		dialect_text(r, 400, "`older_than` is a time as RFC 3339 has it\n");
		return;
	}
	struct querylog_row *rows = calloc(max, sizeof *rows);
	json_t *list = rows ? json_array() : NULL;
	size_t n = rows
		? querylog_read(journal_querylog(a->web->doors.journal), &f, rows, max, &next)
		: 0;
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, one_row(&rows[i]));
	json_t *oldest = n ? time_of(rows[n - 1].at_ms) : json_string("");
	free(rows);
	response_json(r, 200, json_pack("{s:o, s:o}", "data", list, "oldest", oldest));
}

/* --- its configuration ------------------------------------------------------------------------ */

struct settings {
	bool is_enabled, is_anonymous;
	uint32_t days;
};

static void read_settings(void *arg, const struct config *c)
{
	struct settings *s = arg;
	s->is_enabled = c->querylog_is_enabled;
	s->is_anonymous = c->querylog_privacy != QUERYLOG_ALL || c->querylog_has_pseudonyms;
	s->days = c->querylog_days;
}

static struct settings settings(const struct dialect_ask *a)
{
	struct settings s = {0};
	server_read_config(a->web->doors.server, read_settings, &s);
	return s;
}

/* In days. */
void dialect_adguard_querylog_info(const struct dialect_ask *a, struct edge_response *r)
{
	struct settings s = settings(a);
	response_json(r, 200,
		json_pack("{s:b, s:I, s:b}", "enabled", s.is_enabled, "interval",
			(json_int_t)s.days, "anonymize_client_ip", s.is_anonymous));
}

/* In milliseconds. */
void dialect_adguard_querylog_config(const struct dialect_ask *a, struct edge_response *r)
{
	struct settings s = settings(a);
	response_json(r, 200,
		json_pack("{s:b, s:I, s:b, s:[], s:b}", "enabled", s.is_enabled, "interval",
			(json_int_t)s.days * DIALECT_DAY_S * 1000, "anonymize_client_ip",
			s.is_anonymous, "ignored", "ignored_enabled", 0));
}

void dialect_adguard_set_querylog(const struct dialect_ask *a, struct edge_response *r)
{
	struct settings s = settings(a);
	json_t *body = dialect_adguard_body(a, r);
	if (!body)
		return;
	const json_t *enabled = json_object_get(body, "enabled");
	const json_t *interval = json_object_get(body, "interval");
	bool is_same = (!enabled || json_is_true(enabled) == s.is_enabled) &&
		(!interval || json_number_value(interval) == (double)s.days);
	json_decref(body);
	if (is_same)
		dialect_adguard_ok(r);
	else
		dialect_adguard_refuse(
			r, "the query log is set up in cenote's configuration file (`querylog`)");
}

/* --- clients ---------------------------------------------------------------------------------- */

enum { AUTO_CLIENTS = 100 };

static void collect_groups(void *arg, const struct config *c)
{
	for (size_t i = 0; i < c->group_count; i++) {
		const struct config_group *g = &c->groups[i];
		json_t *ids = json_array();
		char text[DIALECT_PREFIX_TEXT];
		for (size_t n = 0; n < g->client_count; n++)
			json_array_append_new(
				ids, json_string(dialect_prefix_text(&g->clients[n], text)));
		if (!g->client_count) {
			json_decref(ids);
			continue;
		}
		json_array_append_new(arg,
			json_pack("{s:o, s:o, s:b, s:b, s:b, s:b, s:b, s:b, s:[], s:[], s:[]}",
				"name", response_text(g->name), "ids", ids, "use_global_settings",
				0, "filtering_enabled", 1, "parental_enabled", 0,
				"safebrowsing_enabled", 0, "safesearch_enabled", 0,
				"use_global_blocked_services", 1, "blocked_services", "upstreams",
				"tags"));
	}
}

/* Groups are the clients that are configured; who asked in the last day are those found by themselves. */
void dialect_adguard_clients(const struct dialect_ask *a, struct edge_response *r)
{
	size_t n;
	uint64_t now = clock_wall_s();
	json_t *clients = json_array(), *found = json_array();
	server_read_config(a->web->doors.server, collect_groups, clients);
	struct history_entry *e =
		dialect_top(a->web, HISTORY_CLIENTS, now - DIALECT_DAY_S, now, AUTO_CLIENTS, &n);
	for (size_t i = 0; e && i < n; i++)
		json_array_append_new(found,
			json_pack("{s:o, s:s, s:s, s:{}}", "ip", response_text(e[i].text), "name",
				"", "source", "", "whois_info"));
	free(e);
	response_json(r, 200,
		json_pack("{s:o, s:o, s:[]}", "clients", clients, "auto_clients", found,
			"supported_tags"));
}

/* {"clients": [{"id": "192.0.2.7"}, ...]}: nothing is known of them but what they are called. */
void dialect_adguard_find_clients(const struct dialect_ask *a, struct edge_response *r)
{
	size_t i;
	json_t *one, *body = dialect_adguard_body(a, r);
	if (!body)
		return;
	json_t *list = json_array();
	json_array_foreach(json_object_get(body, "clients"), i, one)
	{
		const char *id = json_string_value(json_object_get(one, "id"));
		if (!id)
			continue;
		json_t *found = json_object();
		json_object_set_new(found, id,
			json_pack("{s:s, s:[s], s:{}, s:b, s:s}", "name", "", "ids", id,
				"whois_info", "disallowed", 0, "disallowed_rule", ""));
		json_array_append_new(list, found);
	}
	json_decref(body);
	response_json(r, 200, list);
}
