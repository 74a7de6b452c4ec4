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
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		uint64_t ms = 1;
		assert_string_equal(report_text_time(times[i].ms, text), times[i].text);
		assert_true(report_text_time_read(times[i].text, &ms));
		assert_true(ms == times[i].ms);
	}
	assert_string_equal(report_text_time(UINT64_MAX, text), "9999-12-31T23:59:59.999Z");
	static const char *const none[] = {"", "2026-11-24", "2026-11-24T12:00:00Z",
		"2026-11-24T12:00:00.123+00:00", "2026-02-29T12:00:00.123Z",
		"2026-13-01T12:00:00.123Z", "2026-00-01T12:00:00.123Z", "2026-11-31T12:00:00.123Z",
		"2026-11-24T24:00:00.123Z", "2026-11-24T12:60:00.123Z", "2026-11-24T12:00:60.123Z",
		"1969-12-31T23:59:59.999Z", "2026-11-24T12:00:00.123Zx"};
	for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
		uint64_t ms;
		assert_false(report_text_time_read(none[i], &ms));
	}
}

static void test_types(void **state)
{
	(void)state;
	char text[REPORT_TYPE_TEXT];
	assert_string_equal(report_text_type(28, text), "AAAA");
	assert_string_equal(report_text_type(65535, text), "TYPE65535");
	for (unsigned type = 1; type <= UINT16_MAX; type++)
		assert_int_equal(
			report_text_type_read(report_text_type((uint16_t)type, text)), type);
	static const char *const none[] = {"", "TYPE", "TYPE65536", "TYPE-1", "TYPE1x", "aaaa"};
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		assert_int_equal(report_text_type_read(none[i]), 0);
}

static void test_shows_all_of_a_case(void **state)
{
	(void)state;
	struct evidence_case c = sample_contacts();
	json_t *o = report_case_json(&c);
	assert_non_null(o);
	static const char *const keys[] = {"id", "client", "state", "first_seen", "last_seen",
		"opened", "changed", "families", "confidence", "sum", "evidence_count",
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

static void check_round_trip(const struct evidence_case *c)
{
	json_t *o = report_case_json(c);
	char *text = json_dumps(o, JSON_SORT_KEYS);
	assert_non_null(text);
	json_t *read = json_loads(text, 0, NULL);
	struct evidence_case *again = malloc(sizeof *again);
	struct err why = {""};
	assert_non_null(again);
	assert_int_equal(report_case_from_json(read, again, &why), 0);
	json_t *second = report_case_json(again);
	assert_true(json_equal(o, second));
	assert_int_equal(again->client_bits, c->client_bits);
	assert_true(addr_equal(&again->client, &c->client));
	for (size_t i = 0; i < c->line_count; i++)
		assert_true(dname_equal(&again->lines[i].name, &c->lines[i].name));
	for (size_t i = 0; i < c->knock_count; i++) {
		assert_int_equal(again->knocks[i].head_len, c->knocks[i].head_len);
		assert_memory_equal(
			again->knocks[i].head, c->knocks[i].head, c->knocks[i].head_len);
	}
	json_decref(second);
	json_decref(read);
	json_decref(o);
	free(again);
	free(text);
}

static void test_round_trip(void **state)
{
	(void)state;
	struct evidence_case c = sample_plain();
	check_round_trip(&c);
	c.state = CASE_FALSE_POSITIVE;
	c.client = sample_addr("192.0.2.0");
	c.client_bits = 96 + 24;
	c.sum = INT32_MIN;
	c.lines[0].score = INT32_MAX;
	c.evidence_count = UINT32_MAX;
	c.id = INT64_MAX;
	check_round_trip(&c);
	c = sample_contacts();
	check_round_trip(&c);
	c = sample_hostile();
	check_round_trip(&c);
	while (c.line_count < CASE_LINES_MAX)
		sample_line(&c, EVIDENCE_NXDOMAIN, "\\200\\255.\\.\\..net", 1);
	while (c.knock_count < CASE_KNOCKS_MAX)
		sample_knock(&c, KNOCK_SILENT, 1);
	check_round_trip(&c);
	struct evidence_case empty = {.id = 1, .client_bits = 128};
	check_round_trip(&empty);
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
static void check_refused(const char *part, const char *key, const char *value, int code)
{
	struct evidence_case c = sample_contacts(), out = {.id = 4711};
	json_t *o = report_case_json(&c);
	json_t *target = *part ? item(o, part, 0) : o;
	if (value)
		json_object_set_new(
			target, key, json_loads(value, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL));
	else
		json_object_del(target, key);
	struct err why = {""};
	int rc = report_case_from_json(o, &out, &why);
	if (rc != code || !strstr(why.text, key))
		fail_msg("%s %s=%s: %d, %s", part, key, value ? value : "-", rc, why.text);
	assert_int_equal(out.id, 4711);
	json_decref(o);
}

static void test_refuses_what_is_no_case(void **state)
{
	(void)state;
	static const struct {
		const char *part, *key, *value;
		int code;
	} bad[] = {
		{"", "id", "0", CEN_ERANGE},
		{"", "id", "-1", CEN_ERANGE},
		{"", "id", "1.5", CEN_EFORMAT},
		{"", "id", NULL, CEN_EFORMAT},
		{"", "client", "\"192.0.2.1/24\"", CEN_EFORMAT}, /* bits below the mask */
		{"", "client", "\"here\"", CEN_EFORMAT},
		{"", "client", "\"192.0.2.1\\u0000\"", CEN_EFORMAT},
		{"", "client", "5", CEN_EFORMAT},
		{"", "state", "\"gone\"", CEN_EFORMAT},
		{"", "first_seen", "\"yesterday\"", CEN_EFORMAT},
		{"", "changed", "1795521600", CEN_EFORMAT},
		{"", "sum", "2147483648", CEN_ERANGE},
		{"", "note", "null", CEN_EFORMAT},
		{"", "families", "{}", CEN_EFORMAT},
		{"", "families", "[\"a\",\"b\",\"c\",\"d\",\"e\"]", CEN_EFORMAT},
		{"", "families", "[\"\"]", CEN_EFORMAT},
		{"", "families", "[\"a family whose name is far too long\"]", CEN_EFORMAT},
		{"", "families", "[7]", CEN_EFORMAT},
		{"", "evidence_count", "1", CEN_ERANGE}, /* less than its lines */
		{"", "evidence_count", "4294967296", CEN_ERANGE},
		{"", "contact_count", "0", CEN_ERANGE},
		{"", "sinkholed_count", "-1", CEN_ERANGE},
		{"", "evidence", "null", CEN_EFORMAT},
		{"evidence", "time", "\"2026-11-24T12:00:00Z\"", CEN_EFORMAT},
		{"evidence", "name", "\"a..b\"", CEN_EFORMAT},
		{"evidence", "name", "\"b\\u00fccher.de\"", CEN_EFORMAT},
		{"evidence", "name", "7", CEN_EFORMAT},
		{"evidence", "type", "\"NOTYPE\"", CEN_EFORMAT},
		{"evidence", "type", "1", CEN_EFORMAT},
		{"evidence", "kind", "\"guess\"", CEN_EFORMAT},
		{"evidence", "class", "null", CEN_EFORMAT},
		{"evidence", "score", "\"7\"", CEN_EFORMAT},
		{"evidence", "llr", "-2147483649", CEN_ERANGE},
		{"contacts", "time", "0", CEN_EFORMAT},
		{"contacts", "protocol", "\"sctp\"", CEN_EFORMAT},
		{"contacts", "kind", "\"ssh\"", CEN_EFORMAT},
		{"contacts", "source", "\"2001:db8::/64\"", CEN_EFORMAT},
		{"contacts", "source_port", "65536", CEN_ERANGE},
		{"contacts", "destination", NULL, CEN_EFORMAT},
		{"contacts", "destination_port", "-1", CEN_ERANGE},
		{"contacts", "sni", "\"a\\nb\"", CEN_EFORMAT},
		{"contacts", "ja3", "\"0123456789abcdef0123456789abcdef0\"", CEN_ERANGE},
		{"contacts", "first_bytes", "\"0\"", CEN_EFORMAT},
		{"contacts", "first_bytes", "\"0G\"", CEN_EFORMAT},
		{"contacts", "first_bytes", NULL, CEN_EFORMAT},
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		check_refused(bad[i].part, bad[i].key, bad[i].value, bad[i].code);
	struct evidence_case out;
	assert_int_equal(report_case_from_json(NULL, &out, NULL), CEN_EFORMAT);
}

static void test_refuses_more_than_a_case_holds(void **state)
{
	(void)state;
	static const char *const keys[] = {"evidence", "contacts"};
	for (size_t k = 0; k < 2; k++) {
		struct evidence_case c = sample_contacts(), out;
		json_t *o = report_case_json(&c);
		json_t *a = json_object_get(o, keys[k]);
		while (json_array_size(a) <= (k ? CASE_KNOCKS_MAX : CASE_LINES_MAX))
			json_array_append(a, item(o, keys[k], 0));
		struct err why = {""};
		assert_int_equal(report_case_from_json(o, &out, &why), CEN_EFORMAT);
		assert_non_null(strstr(why.text, keys[k]));
		json_decref(o);
	}
}

static void test_passes_over_what_a_newer_one_adds(void **state)
{
	(void)state;
	struct evidence_case c = sample_plain(), out;
	json_t *o = report_case_json(&c);
	json_object_set_new(o, "colour", json_string("red"));
	json_object_set_new(o, "confidence", json_string("none of its business"));
	json_object_set_new(item(o, "evidence", 0), "colour", json_null());
	assert_int_equal(report_case_from_json(o, &out, NULL), 0);
	assert_int_equal(out.id, 7);
	json_decref(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_shows_all_of_a_case),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_texts_that_are_no_utf8),
		cmocka_unit_test(test_refuses_what_is_no_case),
		cmocka_unit_test(test_refuses_more_than_a_case_holds),
		cmocka_unit_test(test_passes_over_what_a_newer_one_adds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
