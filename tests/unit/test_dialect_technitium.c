/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <strings.h>

#include <cmocka.h>

#include "tests/unit/dialect_harness.h"

static const char path[] = "/api/dashboard/stats/get";

static json_t *stats(enum edge_scope scope, const char *words, unsigned status)
{
	char target[256];
	snprintf(target, sizeof target, "%s?%s%s%s", path, scope ? "token=" : "",
		scope ? dialect_keys[scope] : "", words);
	return dialect_json(EDGE_GET, target, NULL, NULL, status);
}

static void both_sums_are_all_queries(void **state)
{
	(void)state;
	dialect_entry(HISTORY_DOMAINS, "a.example", 50);
	dialect_entry(HISTORY_BLOCKED_DOMAINS, "ads.example", 30);
	dialect_entry(HISTORY_CLIENTS, "192.0.2.7", 90);
	json_t *v = stats(EDGE_STATS, "&utc=true&type=LastDay", 200);
	assert_string_equal(json_path_str(v, "status"), "ok");
	json_t *s = json_path_at(v, "response.stats");
	assert_int_equal(json_path_int(s, "totalQueries"), 100);
	assert_int_equal(json_path_int(s, "totalNxDomain"), 11);
	assert_int_equal(json_path_int(s, "totalServerFailure"), 1);
	assert_int_equal(json_path_int(s, "totalRefused"), 1);
	assert_int_equal(json_path_int(s, "totalNoError"), 87);
	assert_int_equal(json_path_int(s, "totalAuthoritative"), 6);
	assert_int_equal(json_path_int(s, "totalRecursive"), 9);
	assert_int_equal(json_path_int(s, "totalCached"), 54);
	assert_int_equal(json_path_int(s, "totalBlocked"), 30);
	assert_int_equal(json_path_int(s, "totalDropped"), 0);
	assert_int_equal(json_path_int(s, "totalClients"), 3);
	assert_int_equal(json_path_int(s, "blockListZones"), 1000000);
	/* An hour ago is the last slot but one. */
	assert_string_equal(json_path_str(v, "response.mainChartData.datasets.0.label"), "Total");
	assert_int_equal(json_path_int(v, "response.mainChartData.datasets.0.data.22"), 100);
	assert_int_equal(json_path_int(v, "response.mainChartData.datasets.3.data.22"), 30);
	assert_string_equal(
		json_path_str(v, "response.mainChartData.labels.23"), "2023-11-15T00:00:00Z");
	assert_string_equal(json_path_str(v, "response.topClients.0.name"), "192.0.2.7");
	assert_int_equal(json_path_int(v, "response.topBlockedDomains.0.hits"), 30);
	json_decref(v);
}

static void spans_have_their_slots(void **state)
{
	(void)state;
	static const struct {
		const char *type;
		size_t slots;
	} spans[] = {{"LastHour", 60}, {"LastDay", 24}, {"LastWeek", 7}, {"LastMonth", 31},
		{"LastYear", 53}};
	for (size_t i = 0; i < sizeof spans / sizeof *spans; i++) {
		char words[64];
		snprintf(words, sizeof words, "&type=%s", spans[i].type);
		json_t *v = stats(EDGE_STATS, words, 200);
		assert_int_equal(
			json_array_size(json_path_at(v, "response.mainChartData.datasets.0.data")),
			spans[i].slots);
		json_decref(v);
	}
	/* The hour is what it shows unasked. */
	json_t *v = stats(EDGE_STATS, "", 200);
	assert_int_equal(json_array_size(json_path_at(v, "response.mainChartData.labels")), 60);
	json_decref(v);
}

static void strangers_are_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"utc=true", "token=", "token=wrong", "token=wrong&type=x"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		json_t *v = stats(EDGE_NOBODY, bad[i], 401);
		assert_string_equal(json_path_str(v, "status"), "invalid-token");
		assert_true(strlen(json_path_str(v, "errorMessage")) > 3);
		json_decref(v);
	}
	dialect_exhaust();
	json_decref(stats(EDGE_NOBODY, "token=wrong", 429));
	json_t *v = stats(EDGE_STATS, "&type=Custom", 400);
	assert_string_equal(json_path_str(v, "status"), "error");
	json_decref(v);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, dialect_begin, dialect_end)
	const struct CMUnitTest tests[] = {
		T(both_sums_are_all_queries),
		T(spans_have_their_slots),
		T(strangers_are_refused),
	};
#undef T
	return cmocka_run_group_tests(tests, NULL, NULL);
}
