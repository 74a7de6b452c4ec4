/* SPDX-License-Identifier: BSD-2-Clause
 * /api/dns/blocking and /api/action/... as Pi-hole v6 answers them.
 */
#include <math.h>
#include <string.h>

#include "resolver/base/log.h"
#include "web/dialect_pihole6.h"

static void send_blocking(const struct dialect_ask *a, struct edge_response *r)
{
	uint64_t left_s;
	bool is_on = dialect_is_blocking(a->web, &left_s);
	dialect_pihole6_send(a, r, 200,
		json_pack("{s:s, s:o}", "blocking", is_on ? "enabled" : "disabled", "timer",
			left_s ? response_number(left_s) : json_null()));
}

void dialect_pihole6_blocking(const struct dialect_ask *a, struct edge_response *r)
{
	send_blocking(a, r);
}

/* `timer`: seconds, or null or 0 for none. False for what is none of these. */
static bool read_timer(const json_t *timer, uint64_t *seconds)
{
	*seconds = 0;
	if (!timer || json_is_null(timer))
		return true;
	double s = json_number_value(timer);
	if (!json_is_number(timer) || !(s >= 0) || s > SERVER_PAUSE_MAX_S)
		return false;
	*seconds = (uint64_t)ceil(s);
	return true;
}

/* What is wrong with the body, or NULL. */
static const char *read_blocking(const json_t *body, bool *is_on, uint64_t *seconds)
{
	const json_t *blocking = json_object_get(body, "blocking");
	if (!body)
		return "Invalid request body data (no valid JSON)";
	if (!json_is_boolean(blocking))
		return "No \"blocking\" boolean in body data";
	if (!read_timer(json_object_get(body, "timer"), seconds))
		return "\"timer\" is seconds, or null";
	*is_on = json_is_true(blocking);
	if (*is_on && *seconds)
		return "A timer goes with \"blocking\": false; blocking that is on stays on";
	return NULL;
}

void dialect_pihole6_set_blocking(const struct dialect_ask *a, struct edge_response *r)
{
	bool is_on = true;
	uint64_t seconds = 0;
	struct err why = {0};
	json_t *body = dialect_body(a->q);
	const char *fault = read_blocking(body, &is_on, &seconds);
	const char *key = body ? "body_error" : "bad_request";
	json_decref(body);
	if (fault) {
		dialect_pihole6_error(a, r, 400, key, fault, NULL);
		return;
	}
	if (dialect_set_blocking(a->web, is_on, seconds, &why)) {
		dialect_pihole6_error(
			a, r, 500, "internal_error", "It could not be switched", why.text);
		return;
	}
	log_info("dialect", "event=blocking_%s seconds=%llu", is_on ? "on" : "off",
		(unsigned long long)seconds);
	send_blocking(a, r);
}

/* Pi-hole sends what its script prints; this begins and does not wait. */
void dialect_pihole6_gravity(const struct dialect_ask *a, struct edge_response *r)
{
	if (feeds_update(a->web->doors.feeds, NULL))
		dialect_pihole6_error(
			a, r, 500, "internal_error", "The update could not be begun", NULL);
	else
		dialect_text(r, 200, "  [i] The lists are being fetched\n");
}

/* As Pi-hole answers when `webserver.api.allow_destructive` is off. */
void dialect_pihole6_refused(const struct dialect_ask *a, struct edge_response *r)
{
	const char *path = a->q->target.path;
	const char *message = "Flushing the network tables is not allowed";
	if (!strcmp(path, "/api/action/restartdns"))
		message = "Restarting DNS is not allowed";
	else if (!strcmp(path, "/api/action/flush/logs"))
		message = "Flushing the logs is not allowed";
	dialect_pihole6_error(
		a, r, 403, "forbidden", message, "cenote offers this to nobody over the network");
}
