/* SPDX-License-Identifier: BSD-2-Clause
 * /api/v1/auth: who asks, logging in and out, the password.
 */
#include <errno.h>
#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/base/clock.h"
#include "resolver/base/log.h"
#include "web/api.h"
#include "web/asker.h"
#include "web/auth.h"
#include "web/response.h"

static const char *anonymous_name(struct web *w)
{
	static const char *const names[] = {[CONFIG_ANONYMOUS_NONE] = "none",
		[CONFIG_ANONYMOUS_METRICS] = "metrics",
		[CONFIG_ANONYMOUS_STATS] = "stats"};
	return names[atomic_load(&w->anonymous)];
}

void api_auth_get(const struct edge_request *q, struct edge_response *r)
{
	response_json(r, 200,
		json_pack("{s:s, s:b, s:b, s:s}", "scope", auth_store_scope_name(q->scope),
			"is_known", q->is_known, "needs_setup", auth_needs_setup(q->web->auth),
			"anonymous", anonymous_name(q->web)));
}

static void set_cookie(
	const struct edge_request *q, struct edge_response *r, const char *value, unsigned life_s)
{
	response_header(r, "Set-Cookie",
		EDGE_COOKIE "=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%u%s", value, life_s,
		q->is_secure ? "; Secure" : "");
}

/* A session for who has just shown the password. */
static void answer_session(const struct edge_request *q, struct edge_response *r)
{
	char session[AUTH_SESSION_ROOM];
	uint64_t expires_s;
	auth_session_make(q->web->auth, NULL, AUTH_SESSION_S, session, &expires_s);
	set_cookie(q, r, session, AUTH_SESSION_S);
	response_json(r, 200,
		json_pack("{s:s, s:o}", "scope", auth_store_scope_name(EDGE_ADMIN), "expires",
			response_time(expires_s)));
}

static void refuse(const struct edge_request *q, struct edge_response *r, enum auth_verdict v,
	uint32_t wait_s, const char *what)
{
	char text[512];
	if (v == AUTH_LATER) {
		response_problem(r, 429, "too many wrong guesses: wait %u s", wait_s);
		response_header(r, "Retry-After", "%u", wait_s);
	} else if (v == AUTH_UNUSABLE && auth_problem(q->web->auth, text, sizeof text)) {
		response_problem(r, 503, "%s", text);
	} else if (v == AUTH_UNUSABLE) {
		response_problem(r, 409,
			"no password is set yet: the link to set it is in the log, and `cenote "
			"login` "
			"prints a new one");
	} else {
		char peer[ADDR_TEXT_MAX];
		log_warn("auth", "event=refused what=%s peer=%s", what,
			addr_to_text(&q->peer, peer));
		response_problem(r, 401, "this %s is not right", what);
		response_header(r, "WWW-Authenticate", "Bearer realm=\"cenote\"");
	}
}

/* The body's members by `keys`, all of them text that is needed; NULL after having written the problem. */
static json_t *needed(
	const struct edge_request *q, const char *const *keys, struct edge_response *r)
{
	json_t *body = response_body(q, keys, r);
	for (; body && *keys; keys++) {
		if (!json_object_get(body, *keys)) {
			response_problem(r, 400, "`%s` is missing", *keys);
			json_decref(body);
			return NULL;
		}
	}
	return body;
}

static const char *member(const json_t *body, const char *key)
{
	return json_string_value(json_object_get(body, key));
}

static bool is_fit(const char *password, struct edge_response *r)
{
	const char *fault = auth_password_fault(password);
	if (fault)
		response_problem(r, 422, "%s", fault);
	return !fault;
}

void api_auth_setup(const struct edge_request *q, struct edge_response *r)
{
	static const char *const keys[] = {"token", "password", NULL};
	json_t *body = needed(q, keys, r);
	struct err why = {0};
	uint32_t wait_s = 0;
	int code = 0;
	if (!body)
		return;
	if (is_fit(member(body, "password"), r)) {
		enum auth_verdict v = auth_set_up(q->web->auth, member(body, "token"),
			member(body, "password"), &q->peer, &wait_s, &code, &why);
		if (v != AUTH_YES)
			refuse(q, r, v, wait_s, "link");
		else if (code)
			response_failure(r, code, &why);
		else
			answer_session(q, r);
	}
	json_decref(body);
}

void api_auth_login(const struct edge_request *q, struct edge_response *r)
{
	static const char *const keys[] = {"password", NULL};
	json_t *body = needed(q, keys, r);
	uint32_t wait_s = 0;
	if (!body)
		return;
	enum auth_verdict v =
		auth_check_password(q->web->auth, member(body, "password"), &q->peer, &wait_s);
	if (v == AUTH_YES)
		answer_session(q, r);
	else
		refuse(q, r, v, wait_s, "password");
	json_decref(body);
}

void api_auth_password(const struct edge_request *q, struct edge_response *r)
{
	static const char *const keys[] = {"old", "new", NULL};
	json_t *body = needed(q, keys, r);
	struct err why = {0};
	uint32_t wait_s = 0;
	if (!body)
		return;
	if (is_fit(member(body, "new"), r)) {
		enum auth_verdict v =
			auth_check_password(q->web->auth, member(body, "old"), &q->peer, &wait_s);
		int code = v == AUTH_YES
			? auth_set_password(q->web->auth, member(body, "new"), &why)
			: 0;
		if (v != AUTH_YES)
			refuse(q, r, v, wait_s, "password");
		else if (code)
			response_failure(r, code, &why);
		else
			answer_session(q, r);
	}
	json_decref(body);
}

/* The session that asks, or all of them. */
static int end_sessions(const struct edge_request *q, bool is_all, struct err *why)
{
	char session[AUTH_SESSION_ROOM];
	const char *cookies = edge_header(q, "Cookie");
	if (is_all)
		return auth_end_all(q->web->auth, why);
	if (cookies && asker_cookie(cookies, EDGE_COOKIE, session, sizeof session))
		return auth_session_end(q->web->auth, session, why);
	return 0;
}

void api_auth_logout(const struct edge_request *q, struct edge_response *r)
{
	static const char *const keys[] = {"sessions", NULL};
	json_t *body = response_body(q, keys, r);
	if (!body)
		return;
	const char *which = member(body, "sessions");
	bool is_all = which && !strcmp(which, "all");
	bool is_word = !which || is_all || !strcmp(which, "this");
	struct err why = {0};
	json_decref(body);
	if (!is_word) {
		response_problem(r, 400, "`sessions` is this or all");
	} else if (is_all && q->scope < EDGE_ADMIN) {
		response_problem(r, 403, "only an administrator ends all sessions");
	} else if (end_sessions(q, is_all, &why)) {
		response_problem(r, 503, "%s", why.text);
	} else {
		set_cookie(q, r, "", 0);
		response_json(
			r, 200, json_pack("{s:s}", "scope", auth_store_scope_name(EDGE_NOBODY)));
	}
}

void api_auth_link(const struct edge_request *q, struct edge_response *r)
{
	static const char *const keys[] = {NULL};
	char token[AUTH_TOKEN_ROOM], link[WEB_LINK_MAX];
	json_t *body = response_body(q, keys, r);
	if (!body)
		return;
	json_decref(body);
	if (!q->is_local) {
		response_problem(r, 403, "links are made over the control socket only");
		return;
	}
	auth_make_token(q->web->auth, AUTH_LOGIN_S, token);
	log_info("auth", "event=link_made");
	json_t *links = json_array();
	for (size_t i = 0; web_link(q->web, i, link, sizeof link); i++)
		json_array_append_new(links, json_string(link));
	response_json(r, 201,
		json_pack("{s:o, s:o}", "links", links, "expires",
			response_time(clock_wall_s() + AUTH_LOGIN_S)));
}
