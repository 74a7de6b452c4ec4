/* SPDX-License-Identifier: BSD-2-Clause
 * /control/... as AdGuard Home answers it: the table of its calls, who asks (HTTP Basic: any user name, the key as its password), and
 * what is the same for all of them.
 */
#include "web/dialect_adguard.h"

#include <sodium.h>
#include <string.h>
#include <strings.h>

#include "resolver/base/clock.h"
#include "resolver/base/log.h"

static const struct dialect_call calls[] = {
	{EDGE_GET, "/control/status", EDGE_STATS, dialect_adguard_status},
	{EDGE_POST, "/control/protection", EDGE_CONTROL, dialect_adguard_protection},
	{EDGE_GET, "/control/stats", EDGE_STATS, dialect_adguard_stats},
	{EDGE_GET, "/control/stats_info", EDGE_STATS, dialect_adguard_stats_info},
	{EDGE_GET, "/control/stats/config", EDGE_STATS, dialect_adguard_stats_config},
	{EDGE_POST, "/control/stats_reset", EDGE_CONTROL, dialect_adguard_refused},
	{EDGE_GET, "/control/filtering/status", EDGE_STATS, dialect_adguard_filtering},
	{EDGE_POST, "/control/filtering/config", EDGE_CONTROL, dialect_adguard_set_filtering},
	{EDGE_POST, "/control/filtering/refresh", EDGE_ADMIN, dialect_adguard_refresh},
	{EDGE_POST, "/control/filtering/add_url", EDGE_CONTROL, dialect_adguard_refused},
	{EDGE_POST, "/control/filtering/remove_url", EDGE_CONTROL, dialect_adguard_refused},
	{EDGE_POST, "/control/filtering/set_url", EDGE_CONTROL, dialect_adguard_refused},
	{EDGE_GET, "/control/querylog", EDGE_CONTROL, dialect_adguard_querylog},
	{EDGE_GET, "/control/querylog_info", EDGE_STATS, dialect_adguard_querylog_info},
	{EDGE_GET, "/control/querylog/config", EDGE_STATS, dialect_adguard_querylog_config},
	{EDGE_POST, "/control/querylog_config", EDGE_CONTROL, dialect_adguard_set_querylog},
	{EDGE_GET, "/control/safebrowsing/status", EDGE_STATS, dialect_adguard_off},
	{EDGE_POST, "/control/safebrowsing/enable", EDGE_CONTROL, dialect_adguard_refused},
	{EDGE_POST, "/control/safebrowsing/disable", EDGE_CONTROL, dialect_adguard_disable},
	{EDGE_GET, "/control/parental/status", EDGE_STATS, dialect_adguard_off},
	{EDGE_POST, "/control/parental/enable", EDGE_CONTROL, dialect_adguard_refused},
	{EDGE_POST, "/control/parental/disable", EDGE_CONTROL, dialect_adguard_disable},
	{EDGE_GET, "/control/safesearch/status", EDGE_STATS, dialect_adguard_off},
	{EDGE_POST, "/control/safesearch/enable", EDGE_CONTROL, dialect_adguard_refused},
	{EDGE_POST, "/control/safesearch/disable", EDGE_CONTROL, dialect_adguard_disable},
	{EDGE_GET, "/control/rewrite/list", EDGE_STATS, dialect_adguard_rewrites},
	{EDGE_POST, "/control/rewrite/add", EDGE_CONTROL, dialect_adguard_refused},
	{EDGE_POST, "/control/rewrite/delete", EDGE_CONTROL, dialect_adguard_refused},
	{EDGE_GET, "/control/clients", EDGE_CONTROL, dialect_adguard_clients},
	{EDGE_POST, "/control/clients/search", EDGE_CONTROL, dialect_adguard_find_clients},
	{EDGE_GET, "/control/dhcp/status", EDGE_STATS, dialect_adguard_dhcp},
	{EDGE_POST, "/control/version.json", EDGE_STATS, dialect_adguard_version_json},
	{EDGE_POST, "/control/update", EDGE_CONTROL, dialect_adguard_refused},
	{.path = NULL},
};

/* --- who asks --------------------------------------------------------------------------------- */

enum { CREDENTIALS_MAX = 512 };

/* The password of an Authorization header; NULL when it is no Basic one. */
static const char *password_of(const char *header, char room[static CREDENTIALS_MAX + 1])
{
	size_t n;
	if (!header || strncasecmp(header, "Basic ", 6) != 0)
		return NULL;
	const char *text = header + 6 + strspn(header + 6, " ");
	if (sodium_base642bin((unsigned char *)room, CREDENTIALS_MAX, text, strlen(text), NULL, &n,
		    NULL, sodium_base64_VARIANT_ORIGINAL))
		return NULL;
	room[n] = 0;
	char *colon = strchr(room, ':');
	return colon && strlen(room) == n ? colon + 1 : NULL;
}

static enum edge_scope who_asks(const struct edge_request *q, uint32_t *wait_s)
{
	char room[CREDENTIALS_MAX + 1];
	const char *header = edge_header(q, "Authorization");
	*wait_s = 0;
	if (!header)
		return dialect_scope_without(q);
	const char *password = password_of(header, room);
	enum edge_scope scope = EDGE_NOBODY;
	if (password && !*password)
		scope = dialect_scope_without(q); /* of a client that was given none */
	else if (password)
		scope = dialect_scope_of_key(q, password, wait_s);
	sodium_memzero(room, sizeof room);
	return scope;
}

void dialect_adguard(const struct edge_request *q, struct edge_response *r)
{
	bool has_path;
	uint32_t wait_s;
	struct dialect_ask a = {.q = q, .web = q->web, .item = "", .began_us = clock_us()};
	const struct dialect_call *call = dialect_find(calls, q, &a.item, &has_path);
	if (!call) {
		dialect_text(
			r, has_path ? 405 : 404, has_path ? "method not allowed\n" : "not found\n");
		return;
	}
	a.scope = who_asks(q, &wait_s);
	if (a.scope >= call->scope) {
		call->handler(&a, r);
	} else if (a.scope > EDGE_NOBODY) {
		dialect_text(r, 403, "a key with the scope %s is needed\n",
			call->scope == EDGE_ADMIN ? "admin" : "control");
	} else {
		dialect_text(r, wait_s ? 429 : 401,
			wait_s ? "auth: blocked for a while, too many wrong passwords\n"
			       : "auth: the password is one of cenote's API keys\n");
		dialect_retry_after(r, wait_s);
	}
}

/* --- shared ----------------------------------------------------------------------------------- */

void dialect_adguard_ok(struct edge_response *r)
{
	dialect_text(r, 200, "OK\n");
}

void dialect_adguard_refuse(struct edge_response *r, const char *what)
{
	dialect_text(r, 501, "%s\n", what);
}

json_t *dialect_adguard_body(const struct dialect_ask *a, struct edge_response *r)
{
	const char *type = a->q->content_type;
	/* As there: what a foreign page could send without being asked about is refused. */
	if (!type || strncmp(type, "application/json", 16) != 0) {
		dialect_text(r, 415, "only content-type application/json is allowed\n");
		return NULL;
	}
	json_t *body = dialect_body(a->q);
	if (!body)
		dialect_text(r, 400, "the body is not a JSON object\n");
	return body;
}

/* --- the state, and the switch ---------------------------------------------------------------- */

static json_t *addresses(const struct web *w)
{
	json_t *list = json_array();
	char text[ADDR_TEXT_MAX];
	for (size_t i = 0; i < w->dns_listen_count; i++)
		json_array_append_new(
			list, json_string(addr_to_text(&w->dns_listen[i].addr, text)));
	return list;
}

void dialect_adguard_status(const struct dialect_ask *a, struct edge_response *r)
{
	const struct web *w = a->web;
	struct server_info i;
	uint64_t left_s;
	server_info(w->doors.server, &i);
	bool is_on = dialect_is_blocking(a->web, &left_s);
	response_json(r, 200,
		json_pack("{s:o, s:i, s:i, s:b, s:o, s:b, s:b, s:s, s:s, s:o}", "dns_addresses",
			addresses(w), "dns_port", w->dns_listen_count ? w->dns_listen[0].port : 0,
			"http_port", w->http_listen_count ? w->http_listen[0].port : 0,
			"protection_enabled", is_on, "protection_disabled_duration",
			response_number(left_s * 1000), "dhcp_available", 0, "running", 1,
			"version", DIALECT_ADGUARD_VERSION, "language", "en", "start_time",
			response_number(i.started_s * 1000)));
}

/* Milliseconds, rounded up to seconds. False for anything else. */
static bool read_duration(const json_t *duration, uint64_t *seconds)
{
	*seconds = 0;
	if (!duration || json_is_null(duration))
		return true;
	json_int_t ms = json_integer_value(duration);
	if (!json_is_integer(duration) || ms < 0 || ms / 1000 > SERVER_PAUSE_MAX_S)
		return false;
	*seconds = ((uint64_t)ms + 999) / 1000;
	return true;
}

void dialect_adguard_protection(const struct dialect_ask *a, struct edge_response *r)
{
	uint64_t seconds;
	struct err why = {0};
	json_t *body = dialect_adguard_body(a, r);
	if (!body)
		return;
	const json_t *enabled = json_object_get(body, "enabled");
	bool is_good = json_is_boolean(enabled) &&
		read_duration(json_object_get(body, "duration"), &seconds);
	bool is_on = json_is_true(enabled);
	json_decref(body);
	if (!is_good) {
		dialect_text(r, 400, "`enabled` is true or false, `duration` whole milliseconds\n");
		return;
	}
	if (dialect_set_blocking(a->web, is_on, is_on ? 0 : seconds, &why)) {
		dialect_text(r, 500, "%s\n", why.text);
		return;
	}
	log_info("dialect", "event=blocking_%s seconds=%llu", is_on ? "on" : "off",
		(unsigned long long)(is_on ? 0 : seconds));
	dialect_adguard_ok(r);
}

/* --- what is not there ------------------------------------------------------------------------ */

/* As there with updates turned off. */
void dialect_adguard_version_json(const struct dialect_ask *a, struct edge_response *r)
{
	(void)a;
	response_json(r, 200, json_pack("{s:b}", "disabled", 1));
}

/* Safe browsing, parental control and safe search are services of AdGuard's: here they are off. */
void dialect_adguard_off(const struct dialect_ask *a, struct edge_response *r)
{
	static const char *const engines[] = {
		"bing", "duckduckgo", "ecosia", "google", "pixabay", "yandex", "youtube"};
	json_t *o = json_pack("{s:b}", "enabled", 0);
	if (!strcmp(a->q->target.path, "/control/safesearch/status"))
		for (size_t i = 0; i < sizeof engines / sizeof *engines; i++)
			json_object_set_new(o, engines[i], json_false());
	else if (!strcmp(a->q->target.path, "/control/parental/status"))
		json_object_set_new(o, "sensitivity", json_integer(0));
	response_json(r, 200, o);
}

void dialect_adguard_disable(const struct dialect_ask *a, struct edge_response *r)
{
	(void)a;
	dialect_adguard_ok(r);
}

void dialect_adguard_rewrites(const struct dialect_ask *a, struct edge_response *r)
{
	(void)a;
	response_json(r, 200, json_array());
}

void dialect_adguard_dhcp(const struct dialect_ask *a, struct edge_response *r)
{
	(void)a;
	response_json(r, 200,
		json_pack("{s:b, s:s, s:{}, s:{}, s:[], s:[]}", "enabled", 0, "interface_name", "",
			"v4", "v6", "leases", "static_leases"));
}

void dialect_adguard_refused(const struct dialect_ask *a, struct edge_response *r)
{
	static const struct {
		const char *path, *why;
	} reasons[] = {
		{"/control/stats_reset", "cenote's counters are not reset: they are exact"},
		{"/control/filtering/",
			"lists are added, changed and removed in cenote's configuration file"},
		{"/control/rewrite/",
			"records of one's own stand in cenote's configuration file (`records`)"},
		{"/control/update", "cenote does not update itself"},
		{"/control/", "cenote does not offer this service"},
	};
	size_t i = 0;
	while (strncmp(a->q->target.path, reasons[i].path, strlen(reasons[i].path)) != 0)
		i++;
	dialect_adguard_refuse(r, reasons[i].why);
}
