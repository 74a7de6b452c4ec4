/* SPDX-License-Identifier: BSD-2-Clause
 * /healthz, /api/v1/status, /api/v1/reload.
 */
#include <inttypes.h>
#include <unistd.h>

#include "resolver/base/clock.h"
#include "web/api.h"
#include "web/response.h"

static void add_reason(json_t *reasons, const char *reason)
{
	json_array_append_new(reasons, response_text(reason));
}

/* What is not as it should be, though queries are answered. */
static json_t *reasons(const struct feeds_status *f, const struct server_info *i)
{
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
	return list;
}

void api_state_health(const struct edge_request *q, struct edge_response *r)
{
	struct feeds_status f;
	struct server_info i;
	feeds_status(q->web->doors.feeds, &f);
	server_info(q->web->doors.server, &i);
	json_t *why = reasons(&f, &i);
	const char *status = json_array_size(why) ? "degraded" : "ok";
	response_json(r, 200,
		json_pack("{s:s, s:o, s:I}", "status", status, "reasons", why, "uptime_s",
			(json_int_t)i.uptime_s));
}

static json_t *endpoints(const struct addr_endpoint *e, size_t n)
{
	json_t *list = json_array();
	char text[ADDR_TEXT_MAX];
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_string(addr_endpoint_to_text(&e[i], text)));
	return list;
}

void api_state_get(const struct edge_request *q, struct edge_response *r)
{
	struct feeds_status f;
	struct server_info i;
	struct web *w = q->web;
	feeds_status(w->doors.feeds, &f);
	server_info(w->doors.server, &i);
	json_t *why = reasons(&f, &i);
	const char *status = json_array_size(why) ? "degraded" : "ok";
	json_t *clock = json_pack("{s:o, s:o, s:b}", "now", response_time(clock_wall_s()), "reason",
		response_text(f.clock_reason), "is_synchronised", clock_is_synchronised());
	response_json(r, 200,
		json_pack("{s:o, s:s, s:s, s:o, s:I, s:o, s:I, s:I, s:o, s:o, s:o?, s:o,"
			  " s:{s:o, s:o, s:o, s:o, s:b, s:I, s:o, s:o}, s:{s:s, s:b, s:f, s:f},"
			  " s:{s:o, s:o, s:o}, s:o}",
			"clock", clock, "version", CENOTE_VERSION, "status", status, "reasons", why,
			"pid", (json_int_t)getpid(), "started", response_time(i.started_s),
			"uptime_s", (json_int_t)i.uptime_s, "workers", (json_int_t)i.workers,
			"listen", endpoints(w->dns_listen, w->dns_listen_count), "http_listen",
			endpoints(w->http_listen, w->http_listen_count), "config_file",
			w->config_file ? response_text(w->config_file) : NULL, "socket",
			response_text(w->socket), "policy", "generation",
			response_number(f.generation), "pinned", response_number(f.pinned), "names",
			response_number(f.names), "created", response_time(f.created_s),
			"is_building", f.is_building, "lists", (json_int_t)f.list_count, "builds",
			response_number(f.builds), "build_failures",
			response_number(f.build_failures), "dga", "mode",
			config_mode_name(i.dga_mode), "has_classifier", i.has_classifier,
			"threshold", i.dga_threshold, "threshold_score",
			i.dga_threshold_score / 1000.0, "config", "reloads",
			response_number(i.config_reloads), "failures",
			response_number(i.config_failures), "last_error",
			response_text(i.last_reload_error), "view_serial",
			response_number(i.view_serial)));
}

void api_state_reload(const struct edge_request *q, struct edge_response *r)
{
	char keys[1024] = "";
	struct err why = {0};
	const struct web_doors *d = &q->web->doors;
	int code = d->reload(d->reload_arg, keys, sizeof keys, &why);
	if (code) {
		response_problem(r, 422, "%s", why.text);
		return;
	}
	response_json(r, 200,
		json_pack("{s:s, s:o}", "status", "reloaded", "restart_needed_for",
			response_text(keys)));
}
