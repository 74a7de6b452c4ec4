/* SPDX-License-Identifier: BSD-2-Clause
 * /api/v1/stats: every counter, as the dashboard and `cenote stats` show them.
 */
#include "resolver/journal/history.h"
#include "resolver/journal/journal.h"
#include "web/api.h"
#include "web/response.h"
#include "web/tally.h"

static json_t *lists(struct server *s, const struct stats_total *t)
{
	json_t *a = json_array();
	for (unsigned i = 0; i < STATS_LISTS; i++) {
		const char *name = server_list_counter_name(s, i);
		if (name)
			json_array_append_new(a,
				json_pack("{s:o, s:o, s:o}", "name", response_text(name), "hits",
					response_number(t->list_hits[i]), "monitored",
					response_number(t->list_monitored[i])));
	}
	return a;
}

/* The botnets whose names of the calendar were asked for. */
static json_t *families(const struct server *s, const struct stats_total *t)
{
	json_t *o = json_object();
	for (unsigned i = 0; i < BOTNETS_MAX; i++)
		if (t->families[i] && server_family_name(s, i))
			json_object_set_new(
				o, server_family_name(s, i), response_number(t->families[i]));
	return o;
}

static json_t *latency(const struct stats_total *t)
{
	json_t *o = tally_latency(t->latency, t->latency_sum_us), *buckets = json_array();
	for (unsigned i = 0; i < STATS_BUCKETS; i++)
		json_array_append_new(buckets, response_number(t->latency[i]));
	json_object_set_new(o, "buckets", buckets);
	return o;
}

static json_t *events(const struct stats_total *t)
{
	json_t *o = json_object();
#define X(symbol, name, help) json_object_set_new(o, name, response_number(t->symbol));
	STATS_EVENTS(X)
#undef X
	return o;
}

static json_t *policy(struct feeds *feeds)
{
	struct feeds_status f;
	feeds_status(feeds, &f);
	return json_pack("{s:o, s:o, s:o, s:I, s:b, s:o}", "generation",
		response_number(f.generation), "names", response_number(f.names), "created",
		response_time(f.created_s), "lists", (json_int_t)f.list_count, "is_building",
		f.is_building, "last_error", response_text(f.last_error));
}

static json_t *classifier(const struct stats_total *t, const struct server_info *i)
{
	json_t *suspects = json_object();
	for (int class = DGA_NONE + 1; class < DGA_CLASSES; class ++)
		json_object_set_new(suspects, dga_class_name((enum dga_class) class),
			response_number(t->dga_suspects[class]));
	return json_pack("{s:s, s:b, s:f, s:f, s:o, s:o, s:o, s:o, s:o}", "mode",
		config_mode_name(i->dga_mode), "has_classifier", i->has_classifier, "threshold",
		i->dga_threshold, "threshold_score", i->dga_threshold_score / 1000.0, "suspects",
		suspects, "scored", response_number(t->dga_scored), "popular",
		response_number(t->dga_popular), "exempt", response_number(t->dga_exempt),
		"blocked", response_number(t->outcomes[OUTCOME_BLOCKED_GENERATED]));
}

static json_t *sinkhole(const struct sinkhole_counters *s)
{
	json_t *knocks = json_object();
	for (int kind = 0; kind < KNOCK_KIND_COUNT; kind++)
		json_object_set_new(knocks, cases_knock_name((enum knock_kind)kind),
			response_number(s->knocks[kind]));
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "knocks", knocks, "accepted",
		response_number(s->accepted), "refused", response_number(s->refused), "timeouts",
		response_number(s->timeouts), "datagrams", response_number(s->datagrams), "open",
		response_number(s->open));
}

static json_t *notices(const struct notices_info *n)
{
	json_t *o = json_object();
	for (int r = 0; r < NOTICES_RECEIVERS; r++) {
		const struct courier_counters *c = &n[r].counters;
		json_object_set_new(o, notices_receiver_name((enum notices_receiver)r),
			!n[r].is_set ? json_null()
				     : json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "delivered",
					       response_number(c->delivered), "failed_tries",
					       response_number(c->failed_tries), "given_up",
					       response_number(c->given_up), "dropped",
					       response_number(c->dropped), "waiting",
					       response_number(c->waiting), "problem",
					       response_text(c->problem)));
	}
	return o;
}

static json_t *evidence(struct evidence *e)
{
	struct evidence_info i;
	evidence_info(e, &i);
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:f, s:o}", "sinkhole",
		sinkhole(&i.sinkhole), "notices", notices(i.notices), "clients",
		response_number(i.clients), "cases", response_number(i.cases), "live_cases",
		response_number(i.live_cases), "events", response_number(i.engine.events),
		"lost_events", response_number(i.lost_events), "evicted_clients",
		response_number(i.engine.evicted_clients), "saves", response_number(i.saves),
		"bound", i.bound / 1000.0, "problem", response_text(i.problem));
}

static json_t *querylog(struct journal *j)
{
	struct journal_info i;
	journal_info(j, &i);
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "events",
		response_number(i.events), "written", response_number(i.written), "pending",
		response_number(i.pending), "dropped", response_number(i.dropped), "suppressed",
		response_number(i.suppressed), "failed_writes", response_number(i.failed_writes),
		"bytes", response_number(i.log_bytes), "rows", response_number(i.log_rows),
		"oldest", response_time(i.oldest_ms / 1000), "problem", response_text(i.problem));
}

static json_t *history(struct history *h)
{
	struct history_info i;
	history_info(h, &i);
	return json_pack("{s:{s:o, s:o, s:o}, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "rows",
		"minutes", response_number(i.rows[HISTORY_MINUTES]), "hours",
		response_number(i.rows[HISTORY_HOURS]), "days",
		response_number(i.rows[HISTORY_DAYS]), "waiting_rows",
		response_number(i.waiting_rows), "bytes", response_number(i.bytes), "written_bytes",
		response_number(i.written_total), "saves", response_number(i.saves), "failed_saves",
		response_number(i.failed_saves), "dropped_rows", response_number(i.dropped_rows),
		"problem", response_text(i.problem));
}

void api_stats_get(const struct edge_request *q, struct edge_response *r)
{
	struct stats_total t;
	struct server_info i;
	struct server *s = q->web->doors.server;
	server_stats(s, &t);
	server_info(s, &i);
	uint64_t blocked = tally_blocked(t.outcomes);
	response_json(r, 200,
		json_pack("{s:o, s:o, s:I, s:o, s:o, s:f, s:o, s:o, s:{s:o, s:o}, s:o, s:o,"
			  " s:{s:o, s:o, s:o, s:o}, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o}",
			"families", families(s, &t), "started", response_time(i.started_s),
			"uptime_s", (json_int_t)i.uptime_s, "queries", response_number(t.queries),
			"blocked", response_number(blocked), "blocked_percent",
			tally_percent(blocked, t.queries), "outcomes",
			tally_outcomes(t.outcomes, false), "types", tally_types(t.types, false),
			"transports", "udp", response_number(t.transports[0]), "tcp",
			response_number(t.transports[1]), "latency", latency(&t), "lists",
			lists(s, &t), "cache", "size_bytes", response_number(i.cache_bytes),
			"used_bytes", response_number(i.cache_used_bytes), "entries",
			response_number(i.cache_entries), "evictions",
			response_number(i.cache_evictions), "in_flight", (json_int_t)i.in_flight,
			"tcp_connections", (json_int_t)i.tcp_connections, "events", events(&t),
			"dga", classifier(&t, &i), "policy", policy(q->web->doors.feeds),
			"evidence", evidence(q->web->doors.evidence), "querylog",
			querylog(q->web->doors.journal), "history",
			history(journal_history(q->web->doors.journal))));
}
