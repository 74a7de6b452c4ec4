/* SPDX-License-Identifier: BSD-2-Clause
 * Against the fields of XARF v4: xarf-core and connection/infected_host.
 */
#include <stdint.h>

#include "tests/unit/report_harness.h"

/* The required ones first. Extra ones are allowed by the schema; malware_family is in the published sample. */
static const char *const report_keys[] = {
	/* xarf-core */
	"xarf_version", "report_id", "timestamp", "reporter", "sender", "source_identifier",
	"category", "type",
	/* connection/infected_host */
	"protocol", "bot_type", "first_seen",
	/* recommended and optional */
	"source_port", "evidence_source", "evidence", "tags", "confidence", "description",
	"destination_ip", "destination_port", "bot_name", "user_agent", "last_seen",
	"malware_family"};
enum { REPORT_KEYS = sizeof report_keys / sizeof *report_keys, REPORT_REQUIRED = 11 };
static const char *const contact_keys[] = {"org", "contact", "domain"};
static const char *const evidence_keys[] = {
	"content_type", "payload", "description", "hash", "size"};

static void check_contact(const json_t *o)
{
	harness_keys(o, contact_keys, 3, 3);
	assert_string_equal(harness_text(o, "org"), "M\xC3\xBCller \"Net\" AG");
	assert_string_equal(harness_text(o, "contact"), "abuse@cert.example.net");
	assert_string_equal(harness_text(o, "domain"), "cert.example.net");
}

static void check_evidence(const json_t *items)
{
	size_t i;
	json_t *e;
	assert_true(json_array_size(items) >= 1 && json_array_size(items) <= 50);
	json_array_foreach((json_t *)items, i, e)
	{
		harness_keys(e, evidence_keys, 5, 2);
		assert_true(strlen(harness_text(e, "description")) <= 500);
		harness_matches(harness_text(e, "hash"), "^sha256:[0-9a-f]{64}$");
		harness_matches(harness_text(e, "payload"),
			"^([A-Za-z0-9+/]{4})*"
			"([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$");
		size_t len = strlen(harness_text(e, "payload")),
		       size = (size_t)harness_number(e, "size");
		assert_int_equal((size + 2) / 3 * 4, len);
	}
}

static void check_report(const json_t *o)
{
	harness_keys(o, report_keys, REPORT_KEYS, REPORT_REQUIRED);
	harness_matches(harness_text(o, "xarf_version"), "^4\\.[0-9]+\\.[0-9]+$");
	harness_matches(harness_text(o, "report_id"), "^" HARNESS_UUID("4"));
	harness_matches(harness_text(o, "timestamp"), HARNESS_TIME);
	harness_matches(harness_text(o, "first_seen"), HARNESS_TIME);
	harness_matches(harness_text(o, "last_seen"), HARNESS_TIME);
	check_contact(json_object_get(o, "reporter"));
	check_contact(json_object_get(o, "sender"));
	assert_string_equal(harness_text(o, "category"), "connection");
	assert_string_equal(harness_text(o, "type"), "infected_host");
	harness_matches(harness_text(o, "protocol"), "^(tcp|udp)$");
	assert_string_equal(harness_text(o, "bot_type"), "malicious");
	assert_true(strlen(harness_text(o, "description")) <= 1000);
	double confidence = json_real_value(json_object_get(o, "confidence"));
	assert_true(confidence > 0 && confidence <= 1);
	size_t i;
	json_t *tag;
	assert_true(json_array_size(json_object_get(o, "tags")) <= 20);
	json_array_foreach(json_object_get(o, "tags"), i, tag)
	{
		harness_matches(
			json_string_value(tag), "^[a-z0-9][a-z0-9_+-]*:[a-z0-9][a-z0-9_+-.]*$");
		harness_matches(json_string_value(tag), "^[a-z0-9_]+:[a-z0-9_]+$"); /* before 4.1 */
	}
	check_evidence(json_object_get(o, "evidence"));
}

static void test_without_a_contact(void **state)
{
	(void)state;
	struct evidence_case c = sample_plain();
	json_t *o = harness_json(REPORT_XARF, &c, 1);
	check_report(o);
	assert_string_equal(harness_text(o, "source_identifier"), "192.0.2.17");
	assert_string_equal(harness_text(o, "timestamp"), "2026-11-24T12:00:01.123Z");
	assert_string_equal(harness_text(o, "evidence_source"), "traffic_analysis");
	assert_string_equal(harness_text(o, "protocol"), "udp");
	assert_string_equal(harness_text(o, "bot_name"), "conficker-b");
	assert_null(json_object_get(o, "source_port"));
	assert_null(json_object_get(o, "destination_ip"));
	assert_string_equal(json_string_value(json_array_get(json_object_get(o, "tags"), 1)),
		"malware:conficker_b");
	json_t *queries = json_array_get(json_object_get(o, "evidence"), 0);
	assert_string_equal(harness_text(queries, "content_type"), "text/csv");
	/* time,client,name,type,kind,class */
	assert_memory_equal(harness_text(queries, "payload"),
		"dGltZSxjbGllbnQsbmFtZSx0eXBlLGtpbmQsY2xhc3MK", 44);
	json_decref(o);
}

static void test_with_a_contact(void **state)
{
	(void)state;
	struct evidence_case c = sample_contacts();
	c.knock_total = c.knock_count = 1; /* the HTTP one is the last */
	json_t *o = harness_json(REPORT_XARF, &c, 1);
	check_report(o);
	/* address, port and time belong together (RFC 6302) */
	assert_string_equal(harness_text(o, "source_identifier"), "2001:db8:1:2::99");
	assert_int_equal(harness_number(o, "source_port"), 51234);
	assert_string_equal(harness_text(o, "timestamp"), "2026-11-24T12:01:00.123Z");
	assert_string_equal(harness_text(o, "destination_ip"), "2001:db8:ff::7");
	assert_int_equal(harness_number(o, "destination_port"), 80);
	assert_string_equal(harness_text(o, "protocol"), "tcp");
	assert_string_equal(harness_text(o, "evidence_source"), "honeypot");
	assert_string_equal(harness_text(o, "user_agent"), "Mozilla/4.0 (bot)");
	json_t *first = json_array_get(json_object_get(o, "evidence"), 1);
	assert_string_equal(harness_text(first, "payload"), "R0VUIC8="); /* GET / */
	assert_string_equal(harness_text(first, "hash"),
		"sha256:c767025d0edc7a064cf0003cc4d5a2f5f9e013c608f7a6909554afcdb1126fb2");
	json_decref(o);
}

static void test_one_line_a_report(void **state)
{
	(void)state;
	struct evidence_case c[] = {
		sample_plain(), sample_contacts(), sample_hostile(), sample_plain()};
	c[3].family_count = 0;
	c[3].line_count = 0;
	c[3].id = 10;
	char *text = harness_write(REPORT_XARF, c, 4);
	char ids[4][40], *line = text;
	for (size_t i = 0; i < 4; i++) {
		char *end = strchr(line, '\n');
		assert_non_null(end);
		*end = 0;
		json_t *o = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
		assert_non_null(o);
		check_report(o);
		snprintf(ids[i], sizeof ids[i], "%s", harness_text(o, "report_id"));
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(ids[i], ids[j]);
		json_decref(o);
		line = end + 1;
	}
	assert_int_equal(*line, 0);
	free(text);
}

/* No port 0, which the schema does not allow; a client that is a prefix. */
static void test_what_is_not_known(void **state)
{
	(void)state;
	struct evidence_case c = sample_contacts();
	c.knocks[3].from.port = c.knocks[3].to.port = 0;
	json_t *o = harness_json(REPORT_XARF, &c, 1);
	check_report(o);
	assert_null(json_object_get(o, "source_port"));
	assert_null(json_object_get(o, "destination_port"));
	assert_string_equal(harness_text(o, "protocol"), "udp");
	json_decref(o);
	c.knock_count = 0;
	o = harness_json(REPORT_XARF, &c, 1);
	check_report(o);
	assert_string_equal(harness_text(o, "source_identifier"), "2001:db8:1:2::/64");
	json_decref(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_a_contact),
		cmocka_unit_test(test_with_a_contact),
		cmocka_unit_test(test_one_line_a_report),
		cmocka_unit_test(test_what_is_not_known),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
