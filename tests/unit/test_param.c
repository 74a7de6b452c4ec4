/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "resolver/base/clock.h"
#include "web/param.h"

static struct edge_request request;
static struct edge_response response;

static void about(const char *target)
{
	assert_true(target_parse(target, strlen(target), &request.target));
	free(response.body);
	response = (struct edge_response){0};
}

static void moments_are_read(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint64_t at;
	} good[] = {
		{"0", 0},
		{"1700000000", 1700000000},
		{"2023-11-14T22:13:20Z", 1700000000},
		{"2023-11-14T22:13:20.999Z", 1700000000},
		{"2023-11-15T00:13:20+02:00", 1700000000},
		{"2023-11-15T00:13:20 02:00", 1700000000},
		{"2023-11-14T16:43:20-05:30", 1700000000},
		{"2024-02-29T00:00:00Z", 1709164800},
		{"2038-01-19T03:14:07Z", INT32_MAX},
		{"9999-12-31T23:59:59Z", 253402300799},
	};
	static const char *const bad[] = {"", " ", "x", "-1", "1.5", "1e9", "253402300800",
		"99999999999999999999", "2023-11-14", "2023-11-14T22:13:20", "2023-02-29T00:00:00Z",
		"2023-13-01T00:00:00Z", "2023-11-14T25:13:20Z", "2023-11-14T22:13:20.Z",
		"2023-11-14T22:13:20Zx", "1969-12-31T23:59:59Z", "2023-11-14T22:13:20+9",
		"2023-11-14T22:13:20+00:00:00:00:00:00:00"};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		uint64_t at = 1;
		if (good[i].at > INT32_MAX && sizeof(time_t) == 4)
			continue; /* a date that the machine does not know */
		if (!param_time(good[i].text, &at) || at != good[i].at)
			fail_msg("%s: %llu", good[i].text, (unsigned long long)at);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		uint64_t at = 1;
		if (param_time(bad[i], &at))
			fail_msg("%s: %llu", bad[i], (unsigned long long)at);
	}
}

static void moments_have_milliseconds(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		unsigned ms;
	} good[] = {{"2023-11-14T22:13:20Z", 0}, {"2023-11-14T22:13:20.1Z", 100},
		{"2023-11-14T22:13:20.045+00:00", 45}, {"2023-11-14T22:13:20.123987654321Z", 123},
		{"1700000000", 0}};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		uint64_t at = 1;
		if (!param_time_ms(good[i].text, &at) || at != UINT64_C(1700000000000) + good[i].ms)
			fail_msg("%s: %llu", good[i].text, (unsigned long long)at);
	}
}

static void numbers_have_bounds(void **state)
{
	(void)state;
	uint64_t n = 7;
	about("/?n=5&m=0&x=1x&e=&h=18446744073709551616");
	assert_true(param_number(&request, "none", 1, 9, &n, &response));
	assert_int_equal(n, 7);
	assert_true(param_number(&request, "n", 5, 5, &n, &response));
	assert_int_equal(n, 5);
	assert_int_equal(response.status, 0);
	static const char *const bad[] = {"m", "x", "e", "h"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		free(response.body);
		response = (struct edge_response){0};
		assert_false(param_number(&request, bad[i], 1, INT64_MAX, &n, &response));
		assert_int_equal(response.status, 400);
		assert_int_equal(n, 5);
	}
	about("/?limit=1000");
	assert_true(param_limit(&request, &n, &response));
	assert_int_equal(n, 1000);
	about("/?limit=1001");
	assert_false(param_limit(&request, &n, &response));
}

static void words_are_among_those_allowed(void **state)
{
	(void)state;
	static const char *const words[] = {"minute", "hour", NULL};
	unsigned n = 9;
	about("/?a=hour&b=Hour");
	assert_true(param_word(&request, "none", words, &n, &response));
	assert_int_equal(n, 9);
	assert_true(param_word(&request, "a", words, &n, &response));
	assert_int_equal(n, 1);
	assert_false(param_word(&request, "b", words, &n, &response));
	assert_int_equal(response.status, 400);
	assert_non_null(strstr(response.body, "minute, hour"));
}

static void a_range_is_the_last_day(void **state)
{
	(void)state;
	struct param_range range;
	clock_freeze(0, 1700000000);
	about("/");
	assert_true(param_range(&request, &range, &response));
	assert_int_equal(range.from_s, 1700000001 - 86400);
	assert_int_equal(range.to_s, 1700000001);
	about("/?to=1000");
	assert_true(param_range(&request, &range, &response));
	assert_int_equal(range.from_s, 0);
	assert_int_equal(range.to_s, 1000);
	about("/?from=2023-11-14T22:13:00Z");
	assert_true(param_range(&request, &range, &response));
	assert_int_equal(range.to_s - range.from_s, 21);
	static const char *const bad[] = {"/?from=1700000001", "/?from=9&to=8", "/?to=0", "/?to=x",
		"/?from=", "/?from=yesterday"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		about(bad[i]);
		assert_false(param_range(&request, &range, &response));
		assert_int_equal(response.status, 400);
	}
	clock_thaw();
}

static int clean(void **state)
{
	(void)state;
	free(response.body);
	response = (struct edge_response){0};
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(moments_are_read, clean),
		cmocka_unit_test_teardown(moments_have_milliseconds, clean),
		cmocka_unit_test_teardown(numbers_have_bounds, clean),
		cmocka_unit_test_teardown(words_are_among_those_allowed, clean),
		cmocka_unit_test_teardown(a_range_is_the_last_day, clean),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
