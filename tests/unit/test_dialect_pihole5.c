/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <strings.h>

#include <cmocka.h>

#include "tests/unit/dialect_harness.h"

static json_t *php(enum edge_scope scope, const char *words, unsigned status)
{
	char target[256];
	snprintf(target, sizeof target, "/admin/api.php?%s%s%s", words, scope ? "&auth=" : "",
		scope ? dialect_keys[scope] : "");
	return dialect_json(EDGE_GET, target, NULL, NULL, status);
}

/* What it says to strangers, and when it does not know what is wanted. */
static void nothing(enum edge_scope scope, const char *words, unsigned status)
{
	json_t *v = php(scope, words, status);
	assert_true(json_is_array(v));
	assert_int_equal(json_array_size(v), 0);
	json_decref(v);
}

static void the_summary_is_the_day(void **state)
{
	(void)state;
	json_t *v = php(EDGE_STATS, "summaryRaw", 200);
	assert_int_equal(json_path_int(v, "dns_queries_today"), 100);
	assert_int_equal(json_path_int(v, "ads_blocked_today"), 30);
	assert_true(json_real_value(json_path_at(v, "ads_percentage_today")) == 30.0);
	assert_int_equal(json_path_int(v, "unique_domains"), 40);
	assert_int_equal(json_path_int(v, "unique_clients"), 3);
	assert_int_equal(json_path_int(v, "queries_cached"), 60);
	assert_int_equal(json_path_int(v, "queries_forwarded"), 9);
	assert_int_equal(json_path_int(v, "reply_NXDOMAIN"), 11);
	assert_int_equal(json_path_int(v, "dns_queries_all_replies"), 100);
	assert_string_equal(json_path_str(v, "status"), "enabled");
	assert_int_equal(json_path_int(v, "gravity_last_updated.absolute"), 1700000000);
	/* 6400 seconds. */
	assert_int_equal(json_path_int(v, "gravity_last_updated.relative.hours"), 1);
	assert_int_equal(json_path_int(v, "gravity_last_updated.relative.minutes"), 46);
	json_decref(v);
	feeds.status.created_s = 0;
	v = php(EDGE_STATS, "summaryRaw", 200);
	assert_true(json_is_false(json_path_at(v, "gravity_last_updated.file_exists")));
	json_decref(v);
}

static void parts_come_together(void **state)
{
	(void)state;
	dialect_entry(HISTORY_DOMAINS, "a.example", 50);
	dialect_entry(HISTORY_BLOCKED_DOMAINS, "quo\"te.example", 30);
	json_t *v = php(EDGE_STATS, "summaryRaw&topItems&overTimeData10mins", 200);
	assert_int_equal(json_path_int(v, "dns_queries_today"), 100);
	assert_int_equal(
		json_integer_value(json_object_get(json_path_at(v, "top_ads"), "quo\"te.example")),
		30);
	assert_int_equal(
		json_integer_value(json_object_get(json_path_at(v, "top_queries"), "a.example")),
		50);
	assert_int_equal(json_object_size(json_path_at(v, "domains_over_time")), 144);
	assert_int_equal(sum(json_path_at(v, "domains_over_time")), 100);
	assert_int_equal(sum(json_path_at(v, "ads_over_time")), 30);
	assert_int_equal(json_path_int(v, "ads_over_time.1700003100"), 30);
	json_decref(v);
	v = php(EDGE_STATS, "status", 200);
	assert_int_equal(json_object_size(v), 1);
	json_decref(v);
	nothing(EDGE_STATS, "", 200);
	nothing(EDGE_STATS, "surprise", 200);
}

static void strangers_get_nothing(void **state)
{
	(void)state;
	nothing(EDGE_NOBODY, "summaryRaw", 401);
	nothing(EDGE_NOBODY, "summaryRaw&auth=", 401);
	nothing(EDGE_NOBODY, "summaryRaw&auth=wrong", 401);
	nothing(EDGE_NOBODY, "disable&auth=wrong", 401);
	nothing(EDGE_NOBODY, "enable", 401);
	nothing(EDGE_STATS, "disable", 403);
	dialect_exhaust();
	nothing(EDGE_NOBODY, "summaryRaw&auth=wrong", 429);
	assert_int_equal(server.respites.pause_count, 0);
	/* Versions are open, as there. */
	json_t *v = php(EDGE_NOBODY, "versions", 200);
	assert_true(strlen(json_path_str(v, "FTL_current")) > 3);
	assert_string_equal(json_path_str(v, "core_latest"), "");
	assert_true(json_is_false(json_path_at(v, "web_update")));
	json_decref(v);
	v = php(EDGE_NOBODY, "version&type", 200);
	assert_int_equal(json_path_int(v, "version"), 3);
	assert_string_equal(json_path_str(v, "type"), "FTL");
	json_decref(v);
}

static void switched(enum edge_scope scope, const char *words, const char *wanted)
{
	json_t *v = php(scope, words, 200);
	assert_string_equal(json_path_str(v, "status"), wanted);
	assert_int_equal(json_object_size(v), 1);
	json_decref(v);
}

static void blocking_is_switched(void **state)
{
	(void)state;
	switched(EDGE_CONTROL, "disable=True", "disabled");
	assert_int_equal(server.respites.asked_seconds, 0);
	switched(EDGE_STATS, "status", "disabled");
	switched(EDGE_CONTROL, "enable=True", "enabled");
	switched(EDGE_ADMIN, "disable=30", "disabled");
	assert_int_equal(server.respites.asked_seconds, 30);
	switched(EDGE_CONTROL, "disable", "disabled");
	switched(EDGE_CONTROL, "enable", "enabled");
	static const char *const bad[] = {"disable=x", "disable=-1", "disable=5m", "disable=1e3",
		"disable=9999999999", "disable=99999999", "disable&enable"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		nothing(EDGE_CONTROL, bad[i], 400);
	assert_int_equal(server.respites.pause_count, 0);
	server.respites.code = CEN_ELIMIT;
	nothing(EDGE_CONTROL, "disable", 500);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, dialect_begin, dialect_end)
	const struct CMUnitTest tests[] = {
		T(the_summary_is_the_day),
		T(parts_come_together),
		T(strangers_get_nothing),
		T(blocking_is_switched),
	};
#undef T
	return cmocka_run_group_tests(tests, NULL, NULL);
}
