/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <strings.h>

#include <cmocka.h>

#include "tests/unit/dialect_harness.h"

static char sid[512];
static const struct dialect_header with_sid[] = {{"X-FTL-SID", sid}, {NULL, NULL}};

/* Logs in with a key; its session is the one that is sent from then on. */
static void log_in(enum edge_scope scope)
{
	char body[128];
	snprintf(body, sizeof body, "{\"password\": \"%s\"}", dialect_keys[scope]);
	json_t *v = dialect_json(EDGE_POST, "/api/auth", NULL, body, 200);
	assert_true(json_is_true(json_path_at(v, "session.valid")));
	assert_true(json_is_false(json_path_at(v, "session.totp")));
	assert_true(json_path_int(v, "session.validity") >= 60);
	assert_true(strlen(json_path_str(v, "session.message")) > 0);
	snprintf(sid, sizeof sid, "%s", json_path_str(v, "session.sid"));
	json_decref(v);
}

static json_t *get6(const char *target)
{
	return dialect_json(EDGE_GET, target, with_sid, NULL, 200);
}

static void error6(enum edge_method method, const char *target, const struct dialect_header *h,
	const char *body, unsigned status, const char *key)
{
	json_t *v = dialect_json(method, target, h, body, status);
	assert_string_equal(json_path_str(v, "error.key"), key);
	assert_true(strlen(json_path_str(v, "error.message")) > 3);
	assert_true(json_is_number(json_path_at(v, "took")));
	json_decref(v);
}

/* --- log-in ----------------------------------------------------------------------------------- */

static void a_key_is_the_password(void **state)
{
	(void)state;
	log_in(EDGE_STATS);
	json_decref(get6("/api/stats/summary"));
	const struct dialect_header other[] = {{"sid", sid}, {NULL, NULL}};
	json_decref(dialect_json(EDGE_GET, "/api/stats/summary", other, NULL, 200));
	char target[600];
	snprintf(target, sizeof target, "/api/stats/summary?sid=%s", sid);
	json_decref(dialect_json(EDGE_GET, target, NULL, NULL, 200));
	json_t *v = get6("/api/auth");
	assert_string_equal(json_path_str(v, "session.sid"), sid);
	json_decref(v);
	v = get6("/api/auth/sessions");
	assert_int_equal(json_array_size(json_path_at(v, "sessions")), 1);
	assert_true(json_is_true(json_path_at(v, "sessions.0.current_session")));
	json_decref(v);
	struct edge_response r = dialect_ask(EDGE_DELETE, "/api/auth", with_sid, NULL);
	assert_int_equal(r.status, 204);
	assert_int_equal(r.len, 0);
	free(r.body);
}

static void wrong_passwords_are_refused(void **state)
{
	(void)state;
	json_t *v = dialect_json(
		EDGE_POST, "/api/auth", NULL, "{\"password\": \"wrong_password\"}", 401);
	assert_true(json_is_false(json_path_at(v, "session.valid")));
	assert_true(json_is_null(json_path_at(v, "session.sid")));
	assert_int_equal(json_path_int(v, "session.validity"), -1);
	assert_string_equal(json_path_str(v, "session.message"), "password incorrect");
	json_decref(v);
	static const char *const bad[] = {NULL, "{", "[]", "{}", "{\"password\": 1}",
		"{\"password\": null}", "{\"password\": [\"x\"]}",
		"{\"password\": \"x\", \"password\": \"x\"}"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		error6(EDGE_POST, "/api/auth", NULL, bad[i], 400, "bad_request");
	v = dialect_json(EDGE_GET, "/api/auth", NULL, NULL, 401);
	assert_true(json_is_null(json_path_at(v, "session.message")));
	json_decref(v);
	json_decref(dialect_json(EDGE_DELETE, "/api/auth", NULL, NULL, 401));
	dialect_exhaust();
	struct edge_response r = dialect_ask(EDGE_POST, "/api/auth", NULL, "{\"password\": \"x\"}");
	assert_int_equal(r.status, 429);
	assert_string_equal(r.headers[0].name, "Retry-After");
	assert_true(atoi(r.headers[0].value) > 0);
	assert_non_null(strstr(r.body, "rate_limiting"));
	free(r.body);
	log_in(EDGE_STATS); /* a right one is not held back */
}

static void sessions_are_needed(void **state)
{
	(void)state;
	static const char *const reads[] = {"/api/auth/sessions", "/api/stats/summary",
		"/api/stats/top_domains", "/api/stats/top_clients", "/api/stats/upstreams",
		"/api/history", "/api/info/version", "/api/info/messages",
		"/api/info/messages/count", "/api/padd", "/api/dns/blocking", "/api/groups",
		"/api/groups/default", "/api/clients", "/api/network/devices", "/api/dhcp/leases"};
	for (size_t i = 0; i < sizeof reads / sizeof *reads; i++)
		error6(EDGE_GET, reads[i], NULL, NULL, 401, "unauthorized");
	snprintf(sid, sizeof sid, "forged");
	error6(EDGE_GET, "/api/stats/summary", with_sid, NULL, 401, "unauthorized");
	log_in(EDGE_STATS);
	clock_advance((uint64_t)7 * 86400 * 1000000);
	error6(EDGE_GET, "/api/stats/summary", with_sid, NULL, 401, "unauthorized");
}

static void scopes_decide(void **state)
{
	(void)state;
	static const struct {
		enum edge_method method;
		const char *target, *body;
	} changes[] = {
		{EDGE_POST, "/api/dns/blocking", "{\"blocking\": false}"},
		{EDGE_PUT, "/api/groups/children", "{\"enabled\": false}"},
		{EDGE_DELETE, "/api/info/messages/1", NULL},
		{EDGE_POST, "/api/action/gravity", NULL},
		{EDGE_POST, "/api/action/restartdns", NULL},
		{EDGE_POST, "/api/action/flush/logs", NULL},
		{EDGE_GET, "/api/clients", NULL},
		{EDGE_GET, "/api/network/devices", NULL},
	};
	log_in(EDGE_STATS);
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
		error6(changes[i].method, changes[i].target, with_sid, changes[i].body, 403,
			"forbidden");
	assert_int_equal(server.respites.pause_count, 0);
	log_in(EDGE_CONTROL);
	error6(EDGE_POST, "/api/action/gravity", with_sid, NULL, 403, "forbidden");
	error6(EDGE_POST, "/api/action/restartdns", with_sid, NULL, 403, "forbidden");
	error6(EDGE_POST, "/api/action/flush/network", with_sid, NULL, 403, "forbidden");
	error6(EDGE_DELETE, "/api/info/messages/1", with_sid, NULL, 403, "forbidden");
	assert_int_equal(feeds.updates, 0);
	log_in(EDGE_ADMIN);
	struct edge_response r = dialect_ask(EDGE_POST, "/api/action/gravity", with_sid, NULL);
	assert_int_equal(r.status, 200);
	assert_int_equal(feeds.updates, 1);
	free(r.body);
}

static void paths_and_methods(void **state)
{
	(void)state;
	log_in(EDGE_ADMIN);
	error6(EDGE_GET, "/api/nothing", with_sid, NULL, 404, "not_found");
	error6(EDGE_GET, "/api/", with_sid, NULL, 404, "not_found");
	error6(EDGE_GET, "/api/groups/a/b", with_sid, NULL, 404, "not_found");
	error6(EDGE_POST, "/api/stats/summary", with_sid, NULL, 405, "method_not_allowed");
	error6(EDGE_PUT, "/api/auth", with_sid, NULL, 405, "method_not_allowed");
	/* What is below our own API is not Pi-hole's. */
	struct edge_response r = dialect_ask(EDGE_GET, "/api/v1/nothing", with_sid, NULL);
	assert_int_equal(r.status, 404);
	assert_string_equal(r.type, "application/problem+json");
	free(r.body);
	r = dialect_ask(EDGE_PUT, "/api/v1/stats", with_sid, NULL);
	assert_int_equal(r.status, 405);
	assert_string_equal(r.type, "application/problem+json");
	free(r.body);
}

/* --- numbers ---------------------------------------------------------------------------------- */

static void the_summary_adds_up(void **state)
{
	(void)state;
	log_in(EDGE_STATS);
	json_t *v = get6("/api/stats/summary");
	assert_int_equal(json_path_int(v, "queries.total"), 100);
	assert_int_equal(json_path_int(v, "queries.blocked"), 30);
	assert_int_equal(json_path_int(v, "queries.cached"), 60);
	assert_int_equal(json_path_int(v, "queries.forwarded"), 9);
	assert_true(json_real_value(json_path_at(v, "queries.percent_blocked")) == 30.0);
	assert_int_equal(json_path_int(v, "queries.unique_domains"), 40);
	assert_int_equal(sum(json_path_at(v, "queries.types")), 100);
	assert_int_equal(json_path_int(v, "queries.types.OTHER"), 10);
	json_t *status = json_path_at(v, "queries.status");
	assert_int_equal(sum(status), 100);
	assert_int_equal(json_object_size(status), 19);
	static const struct {
		const char *name;
		json_int_t count;
	} counts[] = {{"GRAVITY", 20}, {"GRAVITY_CNAME", 5}, {"EXTERNAL_BLOCKED_IP", 3},
		{"REGEX", 2}, {"CACHE", 56}, {"CACHE_STALE", 4}, {"FORWARDED", 9}, {"UNKNOWN", 1}};
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
		assert_int_equal(json_path_int(status, counts[i].name), counts[i].count);
	/* One answer of which nothing is known. */
	assert_int_equal(sum(json_path_at(v, "queries.replies")), 100);
	assert_int_equal(json_object_size(json_path_at(v, "queries.replies")), 14);
	assert_int_equal(json_path_int(v, "queries.replies.NXDOMAIN"), 11);
	assert_int_equal(json_path_int(v, "queries.replies.UNKNOWN"), 1);
	assert_int_equal(json_path_int(v, "clients.active"), 3);
	assert_int_equal(json_path_int(v, "gravity.domains_being_blocked"), 1000000);
	assert_int_equal(json_path_int(v, "gravity.last_update"), 1700000000);
	json_decref(v);
}

static void nothing_is_no_division(void **state)
{
	(void)state;
	memset(&journal.history.points[0], 0, sizeof journal.history.points[0]);
	log_in(EDGE_STATS);
	json_t *v = get6("/api/stats/summary");
	assert_true(json_real_value(json_path_at(v, "queries.percent_blocked")) == 0.0);
	json_decref(v);
}

static void top_lists_are_views(void **state)
{
	(void)state;
	dialect_entry(HISTORY_DOMAINS, "a.example", 50);
	dialect_entry(HISTORY_DOMAINS, "ads.example", 30);
	dialect_entry(HISTORY_BLOCKED_DOMAINS, "ads.example", 30);
	dialect_entry(HISTORY_CLIENTS, "192.0.2.7", 90);
	dialect_entry(HISTORY_BLOCKED_CLIENTS, "192.0.2.8", 20);
	log_in(EDGE_STATS);
	json_t *v = get6("/api/stats/top_domains?blocked=true&count=10");
	assert_string_equal(json_path_str(v, "domains.0.domain"), "ads.example");
	assert_int_equal(json_path_int(v, "domains.0.count"), 30);
	assert_int_equal(json_path_int(v, "total_queries"), 100);
	assert_int_equal(json_path_int(v, "blocked_queries"), 30);
	json_decref(v);
	v = get6("/api/stats/top_domains");
	assert_int_equal(json_array_size(json_path_at(v, "domains")), 1);
	assert_string_equal(json_path_str(v, "domains.0.domain"), "a.example");
	json_decref(v);
	v = get6("/api/stats/top_clients?blocked=true");
	assert_string_equal(json_path_str(v, "clients.0.ip"), "192.0.2.8");
	json_decref(v);
	v = get6("/api/stats/top_clients?count=99999");
	assert_string_equal(json_path_str(v, "clients.0.ip"), "192.0.2.7");
	assert_string_equal(json_path_str(v, "clients.0.name"), "");
	json_decref(v);
	v = get6("/api/stats/upstreams");
	assert_int_equal(json_array_size(json_path_at(v, "upstreams")), 3);
	assert_int_equal(json_path_int(v, "upstreams.2.count"), 9);
	assert_int_equal(json_path_int(v, "forwarded_queries"), 9);
	json_decref(v);
}

static void the_history_has_145_slots(void **state)
{
	(void)state;
	log_in(EDGE_STATS);
	json_t *v = get6("/api/history");
	assert_int_equal(json_array_size(json_path_at(v, "history")), 145);
	/* An hour ago is six slots back. */
	assert_int_equal(json_path_int(v, "history.138.total"), 100);
	assert_int_equal(json_path_int(v, "history.138.blocked"), 30);
	assert_int_equal(json_path_int(v, "history.138.cached"), 60);
	assert_int_equal(json_path_int(v, "history.138.forwarded"), 9);
	assert_int_equal(json_path_int(v, "history.138.timestamp"), DIALECT_NOW - 3600 + 300);
	assert_int_equal(json_path_int(v, "history.144.timestamp"), DIALECT_NOW + 300);
	assert_int_equal(json_path_int(v, "history.144.total"), 0);
	json_decref(v);
}

/* --- the switch, and groups ------------------------------------------------------------------- */

static void blocking(const char *body, const char *wanted, json_int_t timer)
{
	json_t *v = body ? dialect_json(EDGE_POST, "/api/dns/blocking", with_sid, body, 200)
			 : get6("/api/dns/blocking");
	assert_string_equal(json_path_str(v, "blocking"), wanted);
	if (timer)
		assert_int_equal(json_path_int(v, "timer"), timer);
	else
		assert_true(json_is_null(json_path_at(v, "timer")));
	json_decref(v);
}

static void blocking_is_switched(void **state)
{
	(void)state;
	log_in(EDGE_CONTROL);
	blocking(NULL, "enabled", 0);
	blocking("{\"blocking\": false, \"timer\": null}", "disabled", 0);
	blocking("{\"blocking\": false, \"timer\": 0}", "disabled", 0);
	blocking("{\"blocking\": false, \"timer\": 60}", "disabled", 60);
	blocking("{\"blocking\": false, \"timer\": 59.2}", "disabled", 60);
	blocking(NULL, "disabled", 60);
	blocking("{\"blocking\": true, \"timer\": null}", "enabled", 0);
	blocking("{\"blocking\": true}", "enabled", 0);
	static const char *const bad[] = {"{}", "{\"blocking\": \"true\"}", "{\"blocking\": 0}",
		"{\"blocking\": false, \"timer\": -1}", "{\"blocking\": false, \"timer\": \"1\"}",
		"{\"blocking\": false, \"timer\": 1e40}", "{\"blocking\": true, \"timer\": 1}"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		error6(EDGE_POST, "/api/dns/blocking", with_sid, bad[i], 400, "body_error");
	error6(EDGE_POST, "/api/dns/blocking", with_sid, "{", 400, "bad_request");
	error6(EDGE_POST, "/api/dns/blocking", with_sid, NULL, 400, "bad_request");
	blocking(NULL, "enabled", 0);
	server.respites.code = CEN_ELIMIT;
	error6(EDGE_POST, "/api/dns/blocking", with_sid, "{\"blocking\": false}", 500,
		"internal_error");
}

static struct addr_prefix children[2];
static struct config_group groups[] = {
	{.name = (char *)(uintptr_t) "children", .clients = children, .client_count = 2},
	{.name = (char *)(uintptr_t) "default"}};

static void use_groups(void)
{
	assert_int_equal(addr_prefix_from_text("192.0.2.64/26", &children[0]), 0);
	assert_int_equal(addr_prefix_from_text("2001:db8::7", &children[1]), 0);
	dialect_config.groups = groups;
	dialect_config.group_count = 2;
}

static void groups_are_paused(void **state)
{
	(void)state;
	use_groups();
	log_in(EDGE_CONTROL);
	json_t *v = get6("/api/groups");
	assert_int_equal(json_array_size(json_path_at(v, "groups")), 2);
	assert_string_equal(json_path_str(v, "groups.0.name"), "default");
	assert_int_equal(json_path_int(v, "groups.1.id"), 1);
	assert_true(json_is_true(json_path_at(v, "groups.1.enabled")));
	json_decref(v);
	const char *target = "/api/groups/children";
	v = dialect_json(EDGE_PUT, target, with_sid,
		"{\"name\": \"children\", \"comment\": null, \"enabled\": false}", 200);
	assert_true(json_is_false(json_path_at(v, "groups.0.enabled")));
	assert_string_equal(json_path_str(v, "processed.success.0.item"), "children");
	json_decref(v);
	assert_int_equal(server.respites.pauses[0].scope, SERVER_SCOPE_GROUP);
	blocking(NULL, "enabled", 0); /* for the others */
	v = dialect_json(EDGE_PUT, target, with_sid, "{\"enabled\": true}", 200);
	assert_true(json_is_true(json_path_at(v, "groups.0.enabled")));
	json_decref(v);
	assert_int_equal(server.respites.pause_count, 0);
	error6(EDGE_PUT, target, with_sid, "{\"enabled\": 1}", 400, "bad_request");
	error6(EDGE_PUT, target, with_sid, "{\"enabled\": true, \"name\": \"x\"}", 400,
		"bad_request");
	error6(EDGE_PUT, target, with_sid, "{\"enabled\": true, \"comment\": \"x\"}", 400,
		"bad_request");
	error6(EDGE_PUT, "/api/groups/x", with_sid, "{\"enabled\": true}", 404, "not_found");
}

static void clients_and_devices(void **state)
{
	(void)state;
	use_groups();
	dialect_entry(HISTORY_CLIENTS, "192.0.2.7", 90);
	journal.history.client[0] = (struct history_client_point){
		.at_s = DIALECT_NOW - 600, .step_s = 300, .queries = 4};
	journal.history.client[1] =
		(struct history_client_point){.at_s = DIALECT_NOW - 300, .step_s = 300};
	journal.history.client_count = 2;
	log_in(EDGE_CONTROL);
	json_t *v = get6("/api/clients");
	assert_int_equal(json_array_size(json_path_at(v, "clients")), 2);
	assert_string_equal(json_path_str(v, "clients.0.client"), "192.0.2.64/26");
	assert_int_equal(json_path_int(v, "clients.1.groups.0"), 1);
	json_decref(v);
	v = get6("/api/network/devices?max_devices=999");
	assert_string_equal(json_path_str(v, "devices.0.hwaddr"), "ip-192.0.2.7");
	assert_int_equal(json_path_int(v, "devices.0.numQueries"), 90);
	assert_int_equal(json_path_int(v, "devices.0.firstSeen"), DIALECT_NOW - 600);
	assert_int_equal(json_path_int(v, "devices.0.lastQuery"), DIALECT_NOW - 300);
	json_decref(v);
	v = get6("/api/dhcp/leases");
	assert_int_equal(json_array_size(json_path_at(v, "leases")), 0);
	json_decref(v);
}

static void messages_are_what_health_says(void **state)
{
	(void)state;
	log_in(EDGE_STATS);
	json_t *v = get6("/api/info/messages/count");
	assert_int_equal(json_path_int(v, "count"), 0);
	json_decref(v);
	feeds.status.generation = 0;
	v = get6("/api/info/messages");
	assert_non_null(strstr(json_path_str(v, "messages.0.plain"), "unfiltered"));
	assert_int_equal(json_path_int(v, "messages.0.id"), 1);
	json_decref(v);
}

static void padd_is_for_one_screen(void **state)
{
	(void)state;
	log_in(EDGE_STATS);
	dialect_entry(HISTORY_BLOCKED_DOMAINS, "ads.example", 30);
	struct querylog_row *row = &journal.log.rows[journal.log.count++];
	row->id = 1;
	assert_int_equal(dname_from_text("last.example", 12, &row->name), 0);
	json_t *v = get6("/api/padd?full=true");
	assert_string_equal(json_path_str(v, "top_blocked"), "ads.example");
	/* Rows of the log are not for everybody. */
	assert_true(json_is_null(json_path_at(v, "recent_blocked")));
	assert_true(json_is_null(json_path_at(v, "version.docker.local")));
	assert_true(json_is_number(json_path_at(v, "%cpu")));
	assert_int_equal(json_path_int(v, "gravity_size"), 1000000);
	json_decref(v);
	log_in(EDGE_CONTROL);
	v = get6("/api/padd?full=false");
	assert_string_equal(json_path_str(v, "recent_blocked"), "last.example");
	assert_int_equal(journal.log.asked.verdict, QUERYLOG_BLOCKED);
	assert_null(json_object_get(v, "version"));
	json_decref(v);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, dialect_begin, dialect_end)
	const struct CMUnitTest tests[] = {
		T(a_key_is_the_password),
		T(wrong_passwords_are_refused),
		T(sessions_are_needed),
		T(scopes_decide),
		T(paths_and_methods),
		T(the_summary_adds_up),
		T(nothing_is_no_division),
		T(top_lists_are_views),
		T(the_history_has_145_slots),
		T(blocking_is_switched),
		T(groups_are_paused),
		T(clients_and_devices),
		T(messages_are_what_health_says),
		T(padd_is_for_one_screen),
	};
#undef T
	return cmocka_run_group_tests(tests, NULL, NULL);
}
