/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdint.h>

#include "resolver/evidence/report/report_text.h"
#include "tests/unit/report_harness.h"

static void test_names_of_formats(void **state)
{
	(void)state;
	for (unsigned i = 0; i < REPORT_FORMAT_COUNT; i++)
		assert_non_null(strchr(report_format_type((enum report_format)i), '/'));
	assert_int_equal(report_format_from_name("json"), REPORT_JSON);
	assert_int_equal(report_format_from_name("xarf"), REPORT_XARF);
	assert_int_equal(report_format_from_name("shadowserver"), REPORT_SHADOWSERVER);
	assert_int_equal(report_format_from_name("stix"), REPORT_STIX);
	assert_int_equal(report_format_from_name("misp"), REPORT_MISP);
	assert_int_equal(report_format_from_name("pdf"), REPORT_FORMAT_COUNT);
	assert_int_equal(report_format_from_name(""), REPORT_FORMAT_COUNT);
}

static void test_own_format(void **state)
{
	(void)state;
	struct evidence_case c[] = {sample_plain(), sample_contacts()};
	c[0].state = CASE_FALSE_POSITIVE;
	json_t *o = harness_json(REPORT_JSON, c, 2);
	assert_string_equal(harness_text(o, "created"), "2026-11-24T13:00:00.456Z");
	harness_matches(harness_text(o, "generator"), "^cenote [0-9]");
	const json_t *reporter = json_object_get(o, "reporter");
	assert_string_equal(harness_text(reporter, "org"), "M\xC3\xBCller \"Net\" AG");
	assert_string_equal(harness_text(reporter, "contact"), "abuse@cert.example.net");
	assert_string_equal(harness_text(reporter, "domain"), "cert.example.net");
	json_t *cases = json_object_get(o, "cases");
	assert_int_equal(json_array_size(cases), 2);
	assert_string_equal(harness_text(json_array_get(cases, 0), "state"), "false_positive");
	assert_string_equal(
		harness_text(json_array_get(cases, 1), "note"), "Call them: M\xC3\xBCller");
	json_decref(o);
}

static void check_needs_reporter(const struct report_context *context, const char *word)
{
	static const enum report_format named[] = {REPORT_XARF, REPORT_STIX, REPORT_MISP};
	static const char *const names[] = {"xarf", "stix", "misp"};
	static const enum report_format any[] = {REPORT_JSON, REPORT_SHADOWSERVER};
	struct evidence_case c = sample_contacts();
	for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
		char *text = NULL;
		size_t len = 0;
		struct err why = {""};
		assert_int_equal(
			report_write(named[i], context, &c, 1, &text, &len, &why), -EINVAL);
		assert_null(text);
		assert_non_null(strstr(why.text, word));
		assert_non_null(strstr(why.text, names[i]));
	}
	for (size_t i = 0; i < sizeof any / sizeof *any; i++) {
		char *text = NULL;
		size_t len = 0;
		assert_int_equal(report_write(any[i], context, &c, 1, &text, &len, NULL), 0);
		assert_true(len > 100);
		free(text);
	}
}

static void test_a_report_names_its_reporter(void **state)
{
	(void)state;
	char long_org[202];
	memset(long_org, 'o', 201);
	long_org[201] = 0;
	struct report_context nobody = {.now_ms = 1};
	check_needs_reporter(&nobody, "organisation");
	struct report_context c = harness_context;
	c.org = "";
	check_needs_reporter(&c, "organisation");
	c.org = long_org;
	check_needs_reporter(&c, "organisation");
	c = harness_context;
	static const char *const contacts[] = {NULL, "", "abuse", "@example.net", "abuse@"};
	for (size_t i = 0; i < sizeof contacts / sizeof *contacts; i++) {
		c.contact = contacts[i];
		check_needs_reporter(&c, "contact");
	}
	c = harness_context;
	static const char *const domains[] = {NULL, "", "net", "a b.net", ".net", "192.0.2.1"};
	for (size_t i = 0; i < sizeof domains / sizeof *domains; i++) {
		c.domain = domains[i];
		check_needs_reporter(&c, "domain");
	}
}

static void test_domains(void **state)
{
	(void)state;
	static const char *const good[] = {
		"a.bc", "_dmarc.example.net", "xn--bcher-kva.de", "a.b.c1", "-a.xn--p1ai", "A.COM"};
	static const char *const bad[] = {"", ".", "a", "a.", "a..com", ".com", "a.b", "a.com.",
		"192.0.2.1", "a\\044.com", "a b.com", "a.c/m", "a.com:80", "a'.com"};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		if (!report_text_is_domain(good[i]))
			fail_msg("%s is a domain", good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (report_text_is_domain(bad[i]))
			fail_msg("%s is no domain", bad[i]);
}

/* Of no cases, and of only false positives, which no one else should hear of. */
static void test_nothing_to_report(void **state)
{
	(void)state;
	struct evidence_case c = sample_contacts();
	c.state = CASE_FALSE_POSITIVE;
	for (size_t n = 0; n < 2; n++) {
		char *text = harness_write(REPORT_XARF, &c, n);
		assert_string_equal(text, "");
		free(text);
		text = harness_write(REPORT_SHADOWSERVER, &c, n);
		assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
		free(text);
		json_t *o = harness_json(REPORT_STIX, &c, n);
		assert_int_equal(json_array_size(json_object_get(o, "objects")), 1);
		json_decref(o);
		o = harness_json(REPORT_MISP, &c, n);
		assert_int_equal(json_array_size(json_object_get(o, "response")), 0);
		assert_true(json_is_array(json_object_get(o, "response")));
		json_decref(o);
	}
	json_t *o = harness_json(REPORT_JSON, &c, 0);
	assert_int_equal(json_array_size(json_object_get(o, "cases")), 0);
	json_decref(o);
}

/* What operators write about a case is for them. */
static void test_notes_stay_here(void **state)
{
	(void)state;
	struct evidence_case c = sample_contacts();
	for (unsigned f = REPORT_XARF; f < REPORT_FORMAT_COUNT; f++) {
		char *text = harness_write((enum report_format)f, &c, 1);
		assert_null(strstr(text, "Call them"));
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_of_formats),
		cmocka_unit_test(test_own_format),
		cmocka_unit_test(test_a_report_names_its_reporter),
		cmocka_unit_test(test_domains),
		cmocka_unit_test(test_nothing_to_report),
		cmocka_unit_test(test_notes_stay_here),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
