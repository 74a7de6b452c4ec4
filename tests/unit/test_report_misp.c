/* SPDX-License-Identifier: BSD-2-Clause
 * Against the MISP core format: the keys of Event, Orgc and Attribute, and the types that its list has for the category.
 */
#include <stdint.h>

#include "tests/unit/report_harness.h"

/* The required ones first. `id` is the receiving instance's to give. */
static const char *const event_keys[] = {"uuid", "published", "info", "threat_level_id", "analysis",
	"date", "timestamp", "publish_timestamp", "org_id", "orgc_id", "distribution",
	"sharing_group_id", "attribute_count", "Orgc", "Attribute", "Tag"};
static const char *const attribute_keys[] = {"uuid", "type", "category", "value", "to_ids",
	"distribution", "timestamp", "comment", "sharing_group_id", "deleted", "first_seen",
	"last_seen"};
static const char *const org_keys[] = {"uuid", "name", "id"};
static const char *const tag_keys[] = {"name"};

/* Of the list for `Network activity`, and the form of their values. */
static const struct {
	const char *type, *form;
} network_types[] = {
	{"ip-src", "^[0-9a-f.:]+(/[0-9]+)?$"},
	{"ip-src|port", "^[0-9a-f.:]+\\|[0-9]{1,5}$"},
	{"hostname", "^[A-Za-z0-9._-]+\\.[A-Za-z0-9-]{2,}$"},
	{"domain", "^[A-Za-z0-9._-]+\\.[A-Za-z0-9-]{2,}$"},
	{"user-agent", "^[ -~]+$"},
	{"ja3-fingerprint-md5", "^[0-9a-f]{32}$"},
	{"text", "^[ -~]+$"},
};

static void check_attribute(const json_t *all, const json_t *a, size_t at)
{
	harness_keys(a, attribute_keys, sizeof attribute_keys / sizeof *attribute_keys,
		sizeof attribute_keys / sizeof *attribute_keys);
	assert_string_equal(harness_text(a, "category"), "Network activity");
	size_t t = 0, n = sizeof network_types / sizeof *network_types;
	while (t < n && strcmp(network_types[t].type, harness_text(a, "type")) != 0)
		t++;
	if (t == n)
		fail_msg("%s is not a type of the category", harness_text(a, "type"));
	harness_matches(harness_text(a, "value"), network_types[t].form);
	harness_matches(harness_text(a, "uuid"), "^" HARNESS_UUID("5"));
	harness_matches(harness_text(a, "first_seen"), HARNESS_TIME);
	harness_matches(harness_text(a, "last_seen"), HARNESS_TIME);
	harness_matches(harness_text(a, "timestamp"), "^[0-9]+$");
	assert_true(json_is_boolean(json_object_get(a, "to_ids")));
	assert_string_equal(harness_text(a, "distribution"), "5");
	for (size_t i = 0; i < at; i++) { /* MISP refuses the same twice */
		const json_t *other = json_array_get(all, i);
		assert_string_not_equal(harness_text(other, "uuid"), harness_text(a, "uuid"));
		assert_true(strcmp(harness_text(other, "type"), harness_text(a, "type")) != 0 ||
			strcmp(harness_text(other, "value"), harness_text(a, "value")) != 0);
	}
}

static void check_event(const json_t *e)
{
	harness_keys(e, event_keys, sizeof event_keys / sizeof *event_keys,
		sizeof event_keys / sizeof *event_keys);
	harness_matches(harness_text(e, "uuid"), "^" HARNESS_UUID("5"));
	harness_matches(harness_text(e, "date"), "^[0-9]{4}-[0-9]{2}-[0-9]{2}$");
	harness_matches(harness_text(e, "threat_level_id"), "^[1-4]$");
	harness_matches(harness_text(e, "analysis"), "^[0-2]$");
	harness_matches(harness_text(e, "distribution"), "^[0-4]$");
	harness_matches(harness_text(e, "timestamp"), "^[0-9]+$");
	harness_matches(harness_text(e, "info"), "^[ -~]{1,255}$");
	assert_true(json_is_false(json_object_get(e, "published")));
	assert_string_equal(harness_text(e, "publish_timestamp"), "0");
	harness_keys(json_object_get(e, "Orgc"), org_keys, 3, 3);
	assert_string_equal(
		harness_text(json_object_get(e, "Orgc"), "name"), "M\xC3\xBCller \"Net\" AG");
	size_t i;
	json_t *v;
	const json_t *all = json_object_get(e, "Attribute");
	json_array_foreach((json_t *)all, i, v) check_attribute(all, v, i);
	char number[24];
	snprintf(number, sizeof number, "%zu", json_array_size(all));
	assert_string_equal(harness_text(e, "attribute_count"), number);
	json_array_foreach(json_object_get(e, "Tag"), i, v)
	{
		harness_keys(v, tag_keys, 1, 1);
		/* namespace:predicate="value" */
		harness_matches(harness_text(v, "name"), "^[a-z]+:[a-z-]+(=\"[^\"]+\")?$");
	}
}

static const json_t *attribute(const json_t *event, const char *type, const char *value)
{
	size_t i;
	json_t *a;
	json_array_foreach(json_object_get(event, "Attribute"), i,
		a) if (!strcmp(harness_text(a, "type"), type) &&
		!strcmp(harness_text(a, "value"), value)) return a;
	fail_msg("no %s %s", type, value);
	return NULL;
}

static bool is_for_ids(const json_t *attribute)
{
	return json_is_true(json_object_get(attribute, "to_ids"));
}

static void test_case_without_contact(void **state)
{
	(void)state;
	struct evidence_case c = sample_plain();
	json_t *o = harness_json(REPORT_MISP, &c, 1);
	const json_t *e = json_object_get(o, "Event");
	check_event(e);
	assert_int_equal(json_array_size(json_object_get(e, "Attribute")), 3);
	assert_string_equal(harness_text(e, "date"), "2026-11-24");
	assert_string_equal(harness_text(e, "timestamp"), "1795521601");
	assert_string_equal(harness_text(e, "info"), "Infected device 192.0.2.17: conficker-b");
	assert_string_equal(harness_text(e, "analysis"), "0");
	assert_string_equal(harness_text(e, "threat_level_id"), "2");
	assert_false(is_for_ids(attribute(e, "ip-src", "192.0.2.17")));
	/* Others may block what the calendar gives, but no typing error. */
	assert_false(is_for_ids(attribute(e, "domain", "qkxjvwpzt.com")));
	const json_t *a = attribute(e, "domain", "zzkfhqpwmv.info");
	assert_true(is_for_ids(a));
	assert_string_equal(harness_text(a, "first_seen"), "2026-11-24T12:00:01.123Z");
	json_decref(o);
}

static void test_contacts(void **state)
{
	(void)state;
	struct evidence_case c = sample_contacts();
	json_t *o = harness_json(REPORT_MISP, &c, 1);
	const json_t *e = json_object_get(o, "Event");
	check_event(e);
	assert_string_equal(harness_text(e, "threat_level_id"), "1");
	assert_string_equal(harness_text(e, "analysis"), "1");
	attribute(e, "ip-src", "2001:db8:1:2::/64");
	const json_t *a = attribute(e, "ip-src|port", "2001:db8:1:2::99|51234");
	assert_string_equal(harness_text(a, "first_seen"), "2026-11-24T12:01:00.123Z");
	assert_non_null(strstr(harness_text(a, "comment"), "[2001:db8:ff::7]:80"));
	attribute(e, "hostname", "qkxjvwpzt.com");
	attribute(e, "user-agent", "Mozilla/4.0 (bot)");
	attribute(e, "hostname", "zzkfhqpwmv.info");
	attribute(e, "ja3-fingerprint-md5", "e7d705a3286e19ea42f587b344ee6865");
	attribute(e, "text", "t13d1516h2_8daaf6152771_b186095e22b6");
	attribute(e, "text", "GET /gate.php?id=1 HTTP/1.1");
	json_decref(o);
}

static void test_hostile_texts(void **state)
{
	(void)state;
	struct evidence_case c = sample_hostile();
	json_t *o = harness_json(REPORT_MISP, &c, 1);
	const json_t *e = json_object_get(o, "Event");
	check_event(e);
	assert_string_equal(harness_text(e, "analysis"), "2");
	const json_t *a = attribute(e, "text", "\\000\\034\\044\\0611\\0431.x\\010y.com");
	assert_false(is_for_ids(a));
	attribute(e, "text", "@SUM(1+1)*cmd|");
	attribute(e, "domain", "-evil.example.org");
	json_decref(o);
}

static void test_fingerprint_of_another_form(void **state)
{
	(void)state;
	struct evidence_case c = sample_contacts();
	snprintf(c.knocks[1].ja3, sizeof c.knocks[1].ja3, "e7d705");
	json_t *o = harness_json(REPORT_MISP, &c, 1);
	check_event(json_object_get(o, "Event"));
	attribute(json_object_get(o, "Event"), "text", "e7d705");
	json_decref(o);
}

static void test_the_same_name_twice(void **state)
{
	(void)state;
	struct evidence_case c = sample_plain();
	sample_line(&c, EVIDENCE_NXDOMAIN, "qkxjvwpzt.com", 28);
	sample_line(&c, EVIDENCE_NXDOMAIN, "localhost", 1); /* no domain for MISP */
	json_t *o = harness_json(REPORT_MISP, &c, 1);
	check_event(json_object_get(o, "Event"));
	assert_int_equal(
		json_array_size(json_object_get(json_object_get(o, "Event"), "Attribute")), 4);
	attribute(json_object_get(o, "Event"), "text", "localhost");
	json_decref(o);
}

static void test_several_cases(void **state)
{
	(void)state;
	struct evidence_case c[] = {
		sample_plain(), sample_contacts(), sample_hostile(), sample_plain()};
	c[3].state = CASE_FALSE_POSITIVE;
	json_t *o = harness_json(REPORT_MISP, c, 4), *v;
	size_t i;
	json_t *events = json_object_get(o, "response");
	assert_int_equal(json_array_size(events), 3);
	json_array_foreach(events, i, v)
	{
		check_event(json_object_get(v, "Event"));
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(harness_text(json_object_get(v, "Event"), "uuid"),
				harness_text(json_object_get(json_array_get(events, j), "Event"),
					"uuid"));
	}
	json_decref(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_case_without_contact),
		cmocka_unit_test(test_contacts),
		cmocka_unit_test(test_hostile_texts),
		cmocka_unit_test(test_fingerprint_of_another_form),
		cmocka_unit_test(test_the_same_name_twice),
		cmocka_unit_test(test_several_cases),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
