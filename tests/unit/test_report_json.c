/* SPDX-License-Identifier: BSD-2-Clause */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "resolver/evidence/report/report_json.h"
#include "resolver/evidence/report/report_text.h"
#include "tests/unit/case_samples.h"

static const char *text_at(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));
	assert_non_null(text);
	return text;
}

static json_t *item(const json_t *o, const char *key, size_t i)
{
	json_t *v = json_array_get(json_object_get(o, key), i);
	assert_non_null(v);
	return v;
}

static void test_times(void **state)
{
	(void)state;
	static const struct {
		uint64_t ms;
		const char *text;
	} times[] = {
		{0, "1970-01-01T00:00:00.000Z"},
		{951782400000, "2000-02-29T00:00:00.000Z"},
		{951868799999, "2000-02-29T23:59:59.999Z"},
		{951868800000, "2000-03-01T00:00:00.000Z"},
		{1798761599999, "2026-12-31T23:59:59.999Z"},
		{2147483648123, "2038-01-19T03:14:08.123Z"}, /* past 32 bits of seconds */
		{4107542400000, "2100-03-01T00:00:00.000Z"}, /* no leap year */
		{253402300799999, "9999-12-31T23:59:59.999Z"},
	};
	char text[REPORT_TIME_TEXT];
	for (size_t i = 0; i < sizeof times / sizeof *times; i++)
		assert_string_equal(report_text_time(times[i].ms, text), times[i].text);
	assert_string_equal(report_text_time(UINT64_MAX, text), "9999-12-31T23:59:59.999Z");
}

static void test_types(void **state)
{
	(void)state;
	char text[REPORT_TYPE_TEXT];
	assert_string_equal(report_text_type(28, text), "AAAA");
	assert_string_equal(report_text_type(65535, text), "TYPE65535");
}

static void test_shows_all_of_a_case(void **state)
{
	(void)state;
	struct evidence_case c = sample_contacts();
	json_t *o = report_case_json(&c);
	assert_non_null(o);
	static const char *const keys[] = {"id", "client", "state", "first_seen", "last_seen",
		"opened", "changed", "unsealed", "families", "confidence", "sum", "evidence_count",
		"sinkholed_count", "contact_count", "note", "what_to_do", "evidence", "contacts"};
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		assert_non_null(json_object_get(o, keys[i]));
	assert_int_equal(json_object_size(o), sizeof keys / sizeof *keys);
	assert_string_equal(text_at(o, "client"), "2001:db8:1:2::/64");
	assert_string_equal(text_at(o, "state"), "acknowledged");
	assert_string_equal(text_at(o, "first_seen"), "2026-11-24T12:00:00.123Z");
	assert_string_equal(text_at(o, "note"), "Call them: M\xC3\xBCller");
	assert_string_equal(text_at(o, "what_to_do"), cases_advice(&c));
	assert_string_equal(json_string_value(item(o, "families", 0)), "conficker-b");

	json_t *line = item(o, "evidence", 1);
	assert_string_equal(text_at(line, "time"), "2026-11-24T12:00:01.123Z");
	assert_string_equal(text_at(line, "name"), "zzkfhqpwmv.info");
	assert_string_equal(text_at(line, "type"), "AAAA");
	assert_string_equal(text_at(line, "kind"), "calendar");
	assert_string_equal(text_at(line, "class"), "random");
	assert_int_equal(json_integer_value(json_object_get(line, "score")), 7100);
	assert_int_equal(json_integer_value(json_object_get(line, "llr")), 2300);
	line = item(o, "evidence", 2);
	assert_true(json_is_null(json_object_get(line, "name")));
	assert_true(json_is_null(json_object_get(line, "type")));

	json_t *knock = item(o, "contacts", 0);
	assert_string_equal(text_at(knock, "time"), "2026-11-24T12:01:00.123Z");
	assert_string_equal(text_at(knock, "source"), "2001:db8:1:2::99");
	assert_int_equal(json_integer_value(json_object_get(knock, "source_port")), 51234);
	assert_string_equal(text_at(knock, "destination"), "2001:db8:ff::7");
	assert_int_equal(json_integer_value(json_object_get(knock, "destination_port")), 80);
	assert_string_equal(text_at(knock, "protocol"), "tcp");
	assert_string_equal(text_at(knock, "kind"), "http");
	assert_string_equal(text_at(knock, "first_bytes"), "474554202f");
	assert_string_equal(text_at(item(o, "contacts", 3), "protocol"), "udp");
	json_decref(o);
}

static void test_texts_that_are_no_utf8(void **state)
{
	(void)state;
	struct evidence_case c = sample_hostile();
	json_t *o = report_case_json(&c);
	assert_non_null(o);
	assert_string_equal(text_at(o, "note"), "cut in a letter: ?");
	json_decref(o);
	memset(c.note, 'x', sizeof c.note); /* not terminated */
	memset(c.families[0], 0xff, sizeof c.families[0]);
	o = report_case_json(&c);
	assert_int_equal(strlen(text_at(o, "note")), CASE_NOTE_MAX - 1);
	assert_int_equal(strlen(json_string_value(item(o, "families", 0))), CASE_FAMILY_TEXT - 1);
	assert_string_equal(json_string_value(item(o, "families", 1)), "a\",\"b?c</script>");
	json_decref(o);
}

/* Replaces (or removes, for NULL) one value of a good case, and gives the sentence that comes of it. */
int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_shows_all_of_a_case),
		cmocka_unit_test(test_texts_that_are_no_utf8),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
