/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <strings.h>

#include <cmocka.h>
#include <sodium.h>

#include "tests/unit/dialect_harness.h"

static char authorization[1024];
static const struct dialect_header with_key[] = {
	{"Authorization", authorization}, {"Content-Type", "application/json"}, {NULL, NULL}};

/* `user:password` is what is sent from then on. */
static void use(const char *credentials)
{
	strcpy(authorization, "Basic ");
	sodium_bin2base64(authorization + 6, sizeof authorization - 6,
		(const unsigned char *)credentials, strlen(credentials),
		sodium_base64_VARIANT_ORIGINAL);
}

static json_t *get8(const char *uri)
{
	char target[256];
	snprintf(target, sizeof target, "/control/%s", uri);
	return dialect_json(EDGE_GET, target, with_key, NULL, 200);
}

static void use_key(enum edge_scope scope)
{
	char credentials[128];
	snprintf(credentials, sizeof credentials, "admin:%s", dialect_keys[scope]);
	use(credentials);
}

/* A change, or an error: both are answered in plain text. */
static void plain(enum edge_method method, const char *uri, const char *body, unsigned status)
{
	char target[256];
	snprintf(target, sizeof target, "/control/%s", uri);
	struct edge_response r = dialect_ask(method, target, with_key, body);
	if (r.status != status || strncmp(r.type, "text/plain", 10) != 0)
		fail_msg("%s: %u, not %u: %s", target, r.status, status, r.body);
	assert_true(strlen(r.body) > 2 && r.body[strlen(r.body) - 1] == '\n');
	if (status == 200)
		assert_string_equal(r.body, "OK\n");
	free(r.body);
}

/* --- who asks --------------------------------------------------------------------------------- */

static void user(const char *name, const char *behind)
{
	char credentials[160];
	snprintf(credentials, sizeof credentials, "%s%s%s", name, dialect_keys[EDGE_STATS], behind);
	use(credentials);
}

static void any_user_name_and_a_key(void **state)
{
	(void)state;
	static const char *const good[] = {":", "admin:", "a b\xc3\xa4:"};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		user(good[i], "");
		json_decref(get8("stats_info"));
	}
	memcpy(authorization, "bASIC", 5);
	json_decref(get8("stats_info"));
	use_key(EDGE_NOBODY); /* an empty password */
	plain(EDGE_GET, "stats_info", NULL, 401);
	user("admin:", ":");
	plain(EDGE_GET, "stats_info", NULL, 401);
	user("", ""); /* no colon */
	plain(EDGE_GET, "stats_info", NULL, 401);
	static const char *const odd[] = {"", "Basic", "Basic ", "Basic !", "Basic YQ",
		"Bearer stats", "Basic YWRtaW46c3RhdHM= x", "Basic YWRtaW46\nc3RhdHM="};
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		strcpy(authorization, odd[i]);
		plain(EDGE_GET, "stats_info", NULL, 401);
	}
}

static void odd_credentials_are_not_tried(void **state)
{
	(void)state;
	dialect_exhaust();
	char long_one[700];
	memset(long_one, 'a', sizeof long_one - 1);
	long_one[1] = ':';
	long_one[sizeof long_one - 1] = 0;
	use(long_one);
	plain(EDGE_GET, "stats_info", NULL, 401);
	/* A zero hides nothing behind it. */
	unsigned char bytes[128];
	int n = snprintf((char *)bytes, sizeof bytes, "a:%s", dialect_keys[EDGE_STATS]);
	memcpy(bytes + n, "\0x", 2);
	strcpy(authorization, "Basic ");
	sodium_bin2base64(authorization + 6, sizeof authorization - 6, bytes, (size_t)n + 2,
		sodium_base64_VARIANT_ORIGINAL);
	plain(EDGE_GET, "stats_info", NULL, 401);
	use("a:wrong");
	plain(EDGE_GET, "stats_info", NULL, 429);
	use_key(EDGE_STATS); /* a right one is not held back */
	json_decref(get8("stats_info"));
}

static void scopes_decide(void **state)
{
	(void)state;
	use_key(EDGE_STATS);
	plain(EDGE_POST, "protection", "{\"enabled\": false}", 403);
	plain(EDGE_GET, "querylog", NULL, 403);
	plain(EDGE_GET, "clients", NULL, 403);
	use_key(EDGE_CONTROL);
	plain(EDGE_POST, "filtering/refresh?force=true", "{\"whitelist\": false}", 403);
	assert_int_equal(feeds.updates, 0);
	use_key(EDGE_ADMIN);
	json_t *v = dialect_json(
		EDGE_POST, "/control/filtering/refresh", with_key, "{\"whitelist\": false}", 200);
	assert_int_equal(json_path_int(v, "updated"), 0);
	json_decref(v);
	assert_int_equal(feeds.updates, 1);
	plain(EDGE_GET, "nothing", NULL, 404);
	plain(EDGE_GET, "protection", NULL, 405);
	plain(EDGE_PUT, "stats", NULL, 405);
}

/* --- numbers ---------------------------------------------------------------------------------- */

static void stats_are_the_day(void **state)
{
	(void)state;
	use_key(EDGE_STATS);
	dialect_entry(HISTORY_DOMAINS, "a.example", 50);
	dialect_entry(HISTORY_DOMAINS, "ads.example", 30);
	dialect_entry(HISTORY_BLOCKED_DOMAINS, "ads.example", 30);
	dialect_entry(HISTORY_CLIENTS, "192.0.2.7", 90);
	json_t *v = get8("stats");
	assert_string_equal(json_path_str(v, "time_units"), "hours");
	assert_int_equal(json_path_int(v, "num_dns_queries"), 100);
	assert_int_equal(json_path_int(v, "num_blocked_filtering"), 30);
	assert_int_equal(json_path_int(v, "num_replaced_parental"), 0);
	const double seconds = 16e-6,
		     shown = json_real_value(json_path_at(v, "avg_processing_time"));
	assert_true(shown == seconds);
	assert_int_equal(json_array_size(json_path_at(v, "dns_queries")), 24);
	assert_int_equal(json_path_int(v, "dns_queries.22"), 100);
	assert_int_equal(json_path_int(v, "blocked_filtering.22"), 30);
	assert_int_equal(json_path_int(v, "replaced_safebrowsing.23"), 0);
	assert_int_equal(json_integer_value(json_object_get(
				 json_path_at(v, "top_blocked_domains.0"), "ads.example")),
		30);
	/* What was blocked is in that list alone, as there. */
	assert_int_equal(json_array_size(json_path_at(v, "top_queried_domains")), 1);
	assert_int_equal(json_integer_value(json_object_get(
				 json_path_at(v, "top_queried_domains.0"), "a.example")),
		50);
	assert_int_equal(
		json_integer_value(json_object_get(json_path_at(v, "top_clients.0"), "192.0.2.7")),
		90);
	assert_int_equal(json_path_int(v, "top_upstreams_responses.0.recursion"), 9);
	assert_int_equal(json_array_size(json_path_at(v, "top_upstreams_avg_time")), 0);
	json_decref(v);
}

static void the_status_names_the_interface(void **state)
{
	(void)state;
	struct addr_endpoint dns;
	assert_int_equal(addr_endpoint_from_text("192.0.2.1:53", 53, &dns), 0);
	web.dns_listen = &dns;
	web.dns_listen_count = 1;
	use_key(EDGE_STATS);
	json_t *v = get8("status");
	assert_string_equal(json_path_str(v, "dns_addresses.0"), "192.0.2.1");
	assert_int_equal(json_path_int(v, "dns_port"), 53);
	assert_true(json_is_true(json_path_at(v, "protection_enabled")));
	assert_int_equal(json_path_int(v, "start_time"), 1700000000000);
	assert_int_equal(strncmp(json_path_str(v, "version"), "v0.107.", 7), 0);
	assert_non_null(strstr(json_path_str(v, "version"), CENOTE_VERSION));
	json_decref(v);
	web.dns_listen_count = 0;
}

/* --- the switch ------------------------------------------------------------------------------- */

static void protection(bool is_on, json_int_t left_ms)
{
	json_t *v = get8("status");
	assert_int_equal(json_is_true(json_path_at(v, "protection_enabled")), is_on);
	assert_int_equal(json_path_int(v, "protection_disabled_duration"), left_ms);
	json_decref(v);
}

static void protection_is_switched(void **state)
{
	(void)state;
	use_key(EDGE_CONTROL);
	plain(EDGE_POST, "protection", "{\"enabled\": false}", 200);
	protection(false, 0);
	plain(EDGE_POST, "protection", "{\"enabled\": false, \"duration\": 59001}", 200);
	protection(false, 60000);
	plain(EDGE_POST, "protection", "{\"enabled\": true, \"duration\": 5}", 200);
	protection(true, 0);
	static const char *const bad[] = {"{}", "{\"enabled\": 1}",
		"{\"enabled\": false, \"duration\": -1}", "{\"enabled\": false, \"duration\": 1.5}",
		"{\"enabled\": false, \"duration\": 9223372036854775807}", "{", "[]", NULL};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		plain(EDGE_POST, "protection", bad[i], 400);
	const struct dialect_header form[] = {
		{"Authorization", authorization}, {"Content-Type", "text/plain"}, {NULL, NULL}};
	struct edge_response r =
		dialect_ask(EDGE_POST, "/control/protection", form, "{\"enabled\": false}");
	assert_int_equal(r.status, 415);
	free(r.body);
	protection(true, 0);
	server.respites.code = CEN_ELIMIT;
	plain(EDGE_POST, "protection", "{\"enabled\": false}", 500);
}

static void what_cannot_be_is_refused(void **state)
{
	(void)state;
	use_key(EDGE_CONTROL);
	dialect_config.querylog_is_enabled = true;
	dialect_config.querylog_days = 30;
	static const char *const refused[] = {"stats_reset", "update", "rewrite/add",
		"rewrite/delete", "filtering/add_url", "filtering/set_url", "filtering/remove_url",
		"safebrowsing/enable", "parental/enable", "safesearch/enable"};
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		plain(EDGE_POST, refused[i], "{}", 501);
	plain(EDGE_POST, "safebrowsing/disable", NULL, 200);
	plain(EDGE_POST, "filtering/config", "{\"enabled\": true, \"interval\": 24}", 200);
	plain(EDGE_POST, "filtering/config", "{\"enabled\": false}", 501);
	plain(EDGE_POST, "querylog_config", "{\"enabled\": true, \"interval\": 30}", 200);
	plain(EDGE_POST, "querylog_config", "{\"enabled\": true, \"interval\": 90}", 501);
	plain(EDGE_POST, "querylog_config", "{\"enabled\": false}", 501);
}

/* --- lists, log, clients ---------------------------------------------------------------------- */

static struct config_list lists[2];

static void lists_are_filters(void **state)
{
	(void)state;
	lists[0] = (struct config_list){.name = (char *)(uintptr_t) "botnets",
		.source = (char *)(uintptr_t) "https://u:secret@example.org/x",
		.mode = LIST_MODE_BLOCK,
		.kind = LIST_DENY};
	lists[1] = (struct config_list){.name = (char *)(uintptr_t) "mine",
		.source = (char *)(uintptr_t) "/etc/mine.txt",
		.mode = LIST_MODE_MONITOR,
		.kind = LIST_ALLOW};
	dialect_config.lists = lists;
	dialect_config.list_count = 2;
	server.rules[0].kind = LIST_DENY;
	assert_int_equal(config_rule_from_text("=a.example", 10, &server.rules[0].rule), 0);
	server.rule_count = 1;
	use_key(EDGE_STATS);
	json_t *v = get8("filtering/status");
	assert_string_equal(json_path_str(v, "filters.0.name"), "botnets");
	assert_string_equal(json_path_str(v, "filters.0.url"), "cenote:botnets");
	assert_int_equal(json_path_int(v, "filters.0.rules_count"), 1000000);
	assert_string_equal(json_path_str(v, "filters.0.last_updated"), "2023-11-14T22:13:20Z");
	assert_true(json_is_true(json_path_at(v, "filters.0.enabled")));
	assert_true(json_is_false(json_path_at(v, "whitelist_filters.0.enabled")));
	assert_string_equal(json_path_str(v, "user_rules.0"), "|a.example^");
	json_decref(v);
	use_key(EDGE_ADMIN);
	v = get8("filtering/status");
	assert_non_null(strstr(json_path_str(v, "filters.0.url"), "secret"));
	json_decref(v);
}

static void rows_of_the_log(void **state)
{
	(void)state;
	struct querylog_row *row = &journal.log.rows[journal.log.count++];
	*row = (struct querylog_row){.id = 1,
		.at_ms = 1700000000123,
		.client = "192.0.2.7",
		.qtype = 65280,
		.rcode = 3,
		.outcome = OUTCOME_BLOCKED,
		.took_us = 1500,
		.list = "botnets"};
	assert_int_equal(dname_from_text("ads.example", 11, &row->name), 0);
	row = &journal.log.rows[journal.log.count++];
	*row = (struct querylog_row){
		.id = 2, .outcome = OUTCOME_RECURSED, .qtype = 1}; /* withheld */
	use_key(EDGE_CONTROL);
	json_t *v = get8("querylog?limit=1000&response_status=filtered&search=ads");
	assert_int_equal(journal.log.asked.verdict, QUERYLOG_BLOCKED);
	assert_string_equal(journal.log.texts[1], "ads");
	assert_int_equal(json_array_size(json_path_at(v, "data")), 2);
	assert_string_equal(json_path_str(v, "data.0.upstream"), "recursion");
	assert_string_equal(json_path_str(v, "data.0.question.name"), "");
	assert_string_equal(json_path_str(v, "data.0.question.type"), "A");
	json_t *one = json_path_at(v, "data.1");
	assert_string_equal(json_path_str(one, "question.name"), "ads.example");
	assert_string_equal(json_path_str(one, "question.type"), "TYPE65280");
	assert_string_equal(json_path_str(one, "reason"), "FilteredBlackList");
	assert_string_equal(json_path_str(one, "status"), "NXDOMAIN");
	assert_string_equal(json_path_str(one, "elapsedMs"), "1.500");
	assert_string_equal(json_path_str(one, "time"), "2023-11-14T22:13:20.123Z");
	assert_string_equal(json_path_str(one, "rules.0.text"), "botnets");
	assert_string_equal(json_path_str(v, "oldest"), "2023-11-14T22:13:20.123Z");
	json_decref(v);
	v = get8("querylog?older_than=2023-11-14T22:13:20Z&limit=1");
	assert_int_equal(journal.log.asked.to_ms, 1700000000000);
	assert_int_equal(json_array_size(json_path_at(v, "data")), 1);
	json_decref(v);
	/* As `oldest` was: the rows of the same second are not passed over. */
	json_decref(get8("querylog?older_than=2023-11-14T22:13:20.123Z"));
	assert_int_equal(journal.log.asked.to_ms, 1700000000123);
	plain(EDGE_GET, "querylog?older_than=then", NULL, 400);
}

static void the_log_is_described(void **state)
{
	(void)state;
	use_key(EDGE_STATS);
	dialect_config.querylog_is_enabled = true;
	dialect_config.querylog_days = 7;
	json_t *v = get8("querylog_info");
	assert_true(json_is_true(json_path_at(v, "enabled")));
	assert_int_equal(json_path_int(v, "interval"), 7);
	assert_true(json_is_false(json_path_at(v, "anonymize_client_ip")));
	json_decref(v);
	dialect_config.querylog_has_pseudonyms = true;
	v = get8("querylog/config");
	assert_int_equal(json_path_int(v, "interval"), 604800000);
	assert_true(json_is_true(json_path_at(v, "anonymize_client_ip")));
	json_decref(v);
}

static void clients_are_groups_and_who_asked(void **state)
{
	(void)state;
	static struct addr_prefix prefix;
	static struct config_group groups[] = {
		{.name = (char *)(uintptr_t) "children", .clients = &prefix, .client_count = 1},
		{.name = (char *)(uintptr_t) "default"}};
	assert_int_equal(addr_prefix_from_text("192.0.2.64/26", &prefix), 0);
	dialect_config.groups = groups;
	dialect_config.group_count = 2;
	dialect_entry(HISTORY_CLIENTS, "192.0.2.7", 90);
	use_key(EDGE_CONTROL);
	json_t *v = get8("clients");
	assert_int_equal(json_array_size(json_path_at(v, "clients")), 1);
	assert_string_equal(json_path_str(v, "clients.0.ids.0"), "192.0.2.64/26");
	assert_string_equal(json_path_str(v, "auto_clients.0.ip"), "192.0.2.7");
	json_decref(v);
	v = dialect_json(EDGE_POST, "/control/clients/search", with_key,
		"{\"clients\": [{\"id\": \"x\"}, 5, {\"id\": null}, {\"id\": \"<b>\"}]}", 200);
	assert_int_equal(json_array_size(v), 2);
	json_decref(v);
	v = dialect_json(EDGE_POST, "/control/clients/search", with_key, "{\"clients\": 1}", 200);
	assert_int_equal(json_array_size(v), 0);
	json_decref(v);
}

static void what_is_off_says_so(void **state)
{
	(void)state;
	use_key(EDGE_STATS);
	static const char *const off[] = {
		"safebrowsing/status", "parental/status", "safesearch/status", "dhcp/status"};
	for (size_t i = 0; i < sizeof off / sizeof *off; i++) {
		json_t *v = get8(off[i]);
		assert_true(json_is_false(json_path_at(v, "enabled")));
		json_decref(v);
	}
	json_t *v = get8("rewrite/list");
	assert_true(json_is_array(v) && !json_array_size(v));
	json_decref(v);
	v = dialect_json(EDGE_POST, "/control/version.json", with_key, NULL, 200);
	assert_true(json_is_true(json_path_at(v, "disabled")));
	json_decref(v);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, dialect_begin, dialect_end)
	const struct CMUnitTest tests[] = {
		T(any_user_name_and_a_key),
		T(odd_credentials_are_not_tried),
		T(scopes_decide),
		T(stats_are_the_day),
		T(the_status_names_the_interface),
		T(protection_is_switched),
		T(what_cannot_be_is_refused),
		T(lists_are_filters),
		T(rows_of_the_log),
		T(the_log_is_described),
		T(clients_are_groups_and_who_asked),
		T(what_is_off_says_so),
	};
#undef T
	return cmocka_run_group_tests(tests, NULL, NULL);
}
