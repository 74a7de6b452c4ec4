/* SPDX-License-Identifier: BSD-2-Clause
 * /healthz, /api/v1/health, /api/v1/status, /api/v1/reload.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "resolver/base/clock.h"
#include "resolver/journal/history.h"
#include "resolver/journal/journal.h"
#include "web/api.h"
#include "web/auth.h"
#include "web/response.h"

static void add_reason(json_t *reasons, const char *reason)
{
	json_array_append_new(reasons, response_text(reason));
}

/* What the daemon says of itself, at one moment. */
struct state {
	struct feeds_status feeds;
	struct server_info server;
	struct evidence_info evidence;
	struct journal_info journal;
	struct history_info history;
};

/* What is not as it should be, though queries are answered. */
static json_t *reasons_of(const struct state *s)
{
	const struct feeds_status *f = &s->feeds;
	const struct server_info *i = &s->server;
	json_t *list = json_array();
	char text[1024];
	if (f->list_count && !f->generation)
		add_reason(list,
			f->is_building ? "no policy generation yet: answers are unfiltered until "
					 "the first is built"
				       : "no policy generation: answers are unfiltered");
	if (f->last_error[0]) {
		snprintf(
			text, sizeof text, "the last build of the lists failed: %s", f->last_error);
		add_reason(list, text);
	}
	if (f->clock_reason[0])
		add_reason(list, f->clock_reason);
	if (f->pinned) {
		snprintf(text, sizeof text,
			"rolled back by hand: generation %" PRIu64 " serves and stays, %" PRIu64
			" is the newest (`cenote feeds release` or `feeds update` go on)",
			f->pinned, f->newest);
		add_reason(list, text);
	}
	if (i->last_reload_error[0]) {
		snprintf(text, sizeof text,
			"the last reload failed, the old configuration serves: %s",
			i->last_reload_error);
		add_reason(list, text);
	}
	if (i->dga_problem[0] && i->dga_mode != LIST_MODE_OFF)
		add_reason(list, i->dga_problem);
	if (s->evidence.problem[0])
		add_reason(list, s->evidence.problem);
	if (s->journal.problem[0])
		add_reason(list, s->journal.problem);
	if (s->history.problem[0])
		add_reason(list, s->history.problem);
	return list;
}

/* Returns the reasons, owned, and the word for them. */
static json_t *look(const struct edge_request *q, struct state *s, const char **status)
{
	const struct web_doors *d = &q->web->doors;
	feeds_status(d->feeds, &s->feeds);
	server_info(d->server, &s->server);
	evidence_info(d->evidence, &s->evidence);
	journal_info(d->journal, &s->journal);
	history_info(journal_history(d->journal), &s->history);
	json_t *reasons = reasons_of(s);
	char text[512];
	if (q->web->auth && auth_problem(q->web->auth, text, sizeof text))
		add_reason(reasons, text);
	*status = json_array_size(reasons) ? "degraded" : "ok";
	return reasons;
}

json_t *api_state_reasons(const struct edge_request *q)
{
	struct state s;
	const char *status;
	return look(q, &s, &status);
}

/* For those who only want to know whether it lives. */
void api_state_health(const struct edge_request *q, struct edge_response *r)
{
	struct state s;
	const char *status;
	json_t *reasons = look(q, &s, &status);
	if (q->scope < EDGE_STATS) {
		json_decref(reasons);
		response_json(r, 200, json_pack("{s:s}", "status", status));
		return;
	}
	response_json(r, 200,
		json_pack("{s:s, s:o, s:I}", "status", status, "reasons", reasons, "uptime_s",
			(json_int_t)s.server.uptime_s));
}

static json_t *endpoints(const struct addr_endpoint *e, size_t n)
{
	json_t *list = json_array();
	char text[ADDR_TEXT_MAX];
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_string(addr_endpoint_to_text(&e[i], text)));
	return list;
}

/* How many lists are in each state. */
static json_t *lists_by_state(struct feeds *feeds)
{
	struct feeds_list_status *l = calloc(CONFIG_LISTS_MAX, sizeof *l);
	size_t n = l ? feeds_list_status(feeds, l, CONFIG_LISTS_MAX) : 0;
	unsigned counts[FEEDS_STATES] = {0};
	json_t *o = l ? json_object() : NULL;
	for (size_t i = 0; i < n && i < CONFIG_LISTS_MAX; i++)
		counts[l[i].state]++;
	for (int i = 0; o && i < FEEDS_STATES; i++)
		json_object_set_new(o, feeds_state_name((enum feeds_state)i),
			json_integer((json_int_t)counts[i]));
	free(l);
	return o;
}

void api_state_health_full(const struct edge_request *q, struct edge_response *r)
{
	struct state s;
	const char *status;
	const struct web *w = q->web;
	json_t *reasons = look(q, &s, &status);
	response_json(r, 200,
		json_pack("{s:s, s:o, s:s, s:o, s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
			  "s:o}",
			"status", status, "reasons", reasons, "version", CENOTE_VERSION, "now",
			response_time(clock_wall_s()), "started", response_time(s.server.started_s),
			"uptime_s", (json_int_t)s.server.uptime_s, "dns_listen",
			endpoints(w->dns_listen, w->dns_listen_count), "http_listen",
			endpoints(w->http_listen, w->http_listen_count), "generation",
			response_number(s.feeds.generation), "names",
			response_number(s.feeds.names), "lists", lists_by_state(w->doors.feeds),
			"live_cases", response_number(s.evidence.live_cases), "lost_events",
			response_number(s.evidence.lost_events), "lost_rows",
			response_number(s.journal.dropped), "failed_saves",
			response_number(s.evidence.failed_saves + s.journal.failed_writes +
				s.history.failed_saves)));
}

void api_state_get(const struct edge_request *q, struct edge_response *r)
{
	struct state s;
	const char *status;
	const struct web *w = q->web;
	json_t *reasons = look(q, &s, &status);
	json_t *clock = json_pack("{s:o, s:o, s:b}", "now", response_time(clock_wall_s()), "reason",
		response_text(s.feeds.clock_reason), "is_synchronised", clock_is_synchronised());
	response_json(r, 200,
		json_pack("{s:o, s:s, s:s, s:o, s:I, s:o, s:I, s:I, s:o, s:o, s:o?, s:o,"
			  " s:{s:o, s:o, s:o, s:o, s:b, s:I, s:o, s:o, s:I, s:I}, s:{s:s, s:b, "
			  "s:f, s:f},"
			  " s:{s:o, s:o, s:o}, s:o}",
			"clock", clock, "version", CENOTE_VERSION, "status", status, "reasons",
			reasons, "pid", (json_int_t)getpid(), "started",
			response_time(s.server.started_s), "uptime_s",
			(json_int_t)s.server.uptime_s, "workers", (json_int_t)s.server.workers,
			"listen", endpoints(w->dns_listen, w->dns_listen_count), "http_listen",
			endpoints(w->http_listen, w->http_listen_count), "config_file",
			w->config_file ? response_text(w->config_file) : NULL, "socket",
			response_text(w->socket), "policy", "generation",
			response_number(s.feeds.generation), "pinned",
			response_number(s.feeds.pinned), "names", response_number(s.feeds.names),
			"created", response_time(s.feeds.created_s), "is_building",
			s.feeds.is_building, "lists", (json_int_t)s.feeds.list_count, "builds",
			response_number(s.feeds.builds), "build_failures",
			response_number(s.feeds.build_failures), "pauses",
			(json_int_t)s.server.pauses, "unblocks", (json_int_t)s.server.unblocks,
			"dga", "mode", config_mode_name(s.server.dga_mode), "has_classifier",
			s.server.has_classifier, "threshold", s.server.dga_threshold,
			"threshold_score", s.server.dga_threshold_score / 1000.0, "config",
			"reloads", response_number(s.server.config_reloads), "failures",
			response_number(s.server.config_failures), "last_error",
			response_text(s.server.last_reload_error), "view_serial",
			response_number(s.server.view_serial)));
}

void api_state_reload(const struct edge_request *q, struct edge_response *r)
{
	static const char *const none[] = {NULL};
	char keys[1024] = "";
	struct err why = {0};
	const struct web_doors *d = &q->web->doors;
	json_t *body = response_body(q, none, r);
	if (!body)
		return;
	json_decref(body);
	int code = d->reload(d->reload_arg, keys, sizeof keys, &why);
	if (code) {
		response_problem(r, 422, "%s", why.text);
		return;
	}
	response_json(r, 200,
		json_pack("{s:s, s:o}", "status", "reloaded", "restart_needed_for",
			response_text(keys)));
}
