/* SPDX-License-Identifier: BSD-2-Clause
 * /api/auth as Pi-hole v6 answers it: a key of cenote's as the password, a signed session id in exchange. No table of sessions is
 * kept, so that they cannot run out.
 */
#include <string.h>

#include "resolver/base/clock.h"
#include "web/auth.h"
#include "web/dialect_pihole6.h"

enum { SESSION_S = 1800 }; /* as there when nothing else is configured */

/* Headers first, as they are what clients use; some builds send it in the address. An empty one is of a client that got none. */
static const char *sid_of(const struct edge_request *q)
{
	const char *sid = edge_header(q, "X-FTL-SID");
	if (!sid)
		sid = edge_header(q, "sid");
	if (!sid)
		sid = target_param(&q->target, "sid");
	return sid && *sid ? sid : NULL;
}

enum edge_scope dialect_pihole6_scope(const struct edge_request *q)
{
	uint64_t until_s;
	const char *sid = sid_of(q);
	return sid ? auth_session_check(q->web->auth, sid, &until_s) : dialect_scope_without(q);
}

/* `sid` NULL: there is none; `is_valid` then says whether it takes none. */
static void send_session(const struct dialect_ask *a, struct edge_response *r, unsigned status,
	bool is_valid, const char *sid, uint64_t validity_s, const char *message)
{
	dialect_pihole6_send(a, r, status,
		json_pack("{s:{s:b, s:b, s:o, s:I, s:s?}}", "session", "valid", is_valid, "totp", 0,
			"sid", sid ? response_text(sid) : json_null(), "validity",
			sid ? (json_int_t)validity_s : -1, "message", message));
}

/* What the session is that was sent, without a log-in. */
void dialect_pihole6_session(const struct dialect_ask *a, struct edge_response *r)
{
	uint64_t until_s = 0, now = clock_wall_s();
	const char *sid = sid_of(a->q);
	if (sid && auth_session_check(a->web->auth, sid, &until_s) > EDGE_NOBODY && until_s > now)
		send_session(a, r, 200, true, sid, until_s - now, "session valid");
	else if (!sid && a->scope > EDGE_NOBODY)
		send_session(a, r, 200, true, NULL, 0, "no password needed");
	else
		send_session(a, r, 401, false, NULL, 0, sid ? "session unknown" : NULL);
}

static void try_password(const struct dialect_ask *a, struct edge_response *r, const char *password)
{
	char sid[AUTH_SESSION_ROOM];
	uint32_t wait_s;
	uint64_t until_s;
	enum edge_scope scope = dialect_scope_of_key(a->q, password, &wait_s);
	/* Between the two a key may have been removed. */
	if (scope > EDGE_NOBODY &&
		auth_session_make(a->web->auth, password, SESSION_S, sid, &until_s)) {
		send_session(a, r, 200, true, sid, SESSION_S, "app-password correct");
	} else if (wait_s) {
		dialect_pihole6_error(
			a, r, 429, "rate_limiting", "Rate-limiting login attempts", NULL);
		dialect_retry_after(r, wait_s);
	} else {
		send_session(a, r, 401, false, NULL, 0, "password incorrect");
	}
}

void dialect_pihole6_login(const struct dialect_ask *a, struct edge_response *r)
{
	json_t *body = dialect_body(a->q);
	const json_t *password = json_object_get(body, "password");
	if (!body)
		dialect_pihole6_error(a, r, 400, "bad_request",
			"Invalid request body data (no valid JSON)", NULL);
	else if (!password)
		dialect_pihole6_error(
			a, r, 400, "bad_request", "No password found in JSON payload", NULL);
	else if (!json_is_string(password))
		dialect_pihole6_error(a, r, 400, "bad_request",
			"Field password has to be of type 'string'", NULL);
	else if (!json_string_length(password) && a->scope > EDGE_NOBODY)
		dialect_pihole6_session(a, r);
	else
		try_password(a, r, json_string_value(password));
	json_decref(body);
}

/* Nothing is kept that could be removed: the id ends by itself, and with its key. */
void dialect_pihole6_logout(const struct dialect_ask *a, struct edge_response *r)
{
	if (sid_of(a->q) && a->scope > EDGE_NOBODY)
		*r = (struct edge_response){.status = 204, .fixed = ""};
	else
		send_session(a, r, 401, false, NULL, 0, NULL);
}

/* The one that asks is the only one that is known. */
void dialect_pihole6_sessions(const struct dialect_ask *a, struct edge_response *r)
{
	char address[ADDR_TEXT_MAX];
	uint64_t until_s = 0, now = clock_wall_s();
	const char *sid = sid_of(a->q), *agent = edge_header(a->q, "User-Agent");
	json_t *list = json_array();
	if (sid && auth_session_check(a->web->auth, sid, &until_s) > EDGE_NOBODY)
		json_array_append_new(list,
			json_pack("{s:i, s:b, s:b, s:{s:b, s:b}, s:o, s:o, s:o, s:s, s:o, s:n,"
				  " s:b}",
				"id", 0, "current_session", 1, "valid", 1, "tls", "login",
				a->q->is_secure, "mixed", 0, "login_at",
				response_number(until_s - SESSION_S), "last_active",
				response_number(now), "valid_until", response_number(until_s),
				"remote_addr", addr_to_text(&a->q->peer, address), "user_agent",
				agent ? response_text(agent) : json_null(), "x_forwarded_for",
				"app", 1));
	dialect_pihole6_send(a, r, 200, json_pack("{s:o}", "sessions", list));
}
