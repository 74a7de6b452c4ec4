/* SPDX-License-Identifier: BSD-2-Clause
 * Against STIX 2.1: the properties of each type, the required ones first; identifiers; references.
 */
#include <stdint.h>

#include "resolver/evidence/report/report_id.h"
#include "tests/unit/report_harness.h"

enum { KEYS_MAX = 20 };

/* What cenote writes and what the specification requires (sections 3.2, 4, 5, 6). */
static const struct stix_type {
	const char *name;
	size_t required;
	const char *keys[KEYS_MAX];
} types[] = {
	{"identity", 6,
		{"type", "spec_version", "id", "created", "modified", "name", "identity_class",
			"contact_information"}},
	{"malware", 6,
		{"type", "spec_version", "id", "created", "modified", "is_family", "name",
			"malware_types", "created_by_ref", "object_marking_refs"}},
	{"observed-data", 9,
		{"type", "spec_version", "id", "created", "modified", "first_observed",
			"last_observed", "number_observed", "object_refs", "created_by_ref",
			"object_marking_refs"}},
	{"indicator", 8,
		{"type", "spec_version", "id", "created", "modified", "pattern", "pattern_type",
			"valid_from", "name", "indicator_types", "created_by_ref",
			"object_marking_refs"}},
	{"relationship", 8,
		{"type", "spec_version", "id", "created", "modified", "relationship_type",
			"source_ref", "target_ref", "created_by_ref", "object_marking_refs"}},
	{"sighting", 6,
		{"type", "spec_version", "id", "created", "modified", "sighting_of_ref",
			"first_seen", "last_seen", "count", "description", "confidence",
			"observed_data_refs", "where_sighted_refs", "created_by_ref",
			"object_marking_refs"}},
	{"ipv4-addr", 3, {"type", "id", "value", "spec_version"}},
	{"ipv6-addr", 3, {"type", "id", "value", "spec_version"}},
	{"domain-name", 3, {"type", "id", "value", "spec_version"}},
	{"network-traffic", 4,
		{"type", "id", "protocols", "src_ref", "dst_ref", "src_port", "dst_port", "start",
			"spec_version"}},
};

static const struct stix_type *type_of(const json_t *o)
{
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (!strcmp(types[i].name, harness_text(o, "type")))
			return &types[i];
	fail_msg("unknown type %s", harness_text(o, "type"));
	return NULL;
}

static const json_t *find(const json_t *objects, const char *id)
{
	size_t i;
	json_t *o;
	json_array_foreach(
		(json_t *)objects, i, o) if (!strcmp(harness_text(o, "id"), id)) return o;
	return NULL;
}

static size_t count(const json_t *objects, const char *type)
{
	size_t i, n = 0;
	json_t *o;
	json_array_foreach((json_t *)objects, i, o) n += !strcmp(harness_text(o, "type"), type);
	return n;
}

static const json_t *first(const json_t *objects, const char *type)
{
	size_t i;
	json_t *o;
	json_array_foreach(
		(json_t *)objects, i, o) if (!strcmp(harness_text(o, "type"), type)) return o;
	fail_msg("no %s", type);
	return NULL;
}

/* Is it in the bundle, or the marking that the specification itself defines (7.2.1.4)? */
static void check_reference(const json_t *objects, const json_t *ref)
{
	const char *id = json_string_value(ref);
	assert_non_null(id);
	if (strcmp(id, "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82") != 0 &&
		!find(objects, id))
		fail_msg("%s is not in the bundle", id);
}

static void check_references(const json_t *objects, const json_t *o)
{
	for (void *it = json_object_iter((json_t *)o); it;
		it = json_object_iter_next((json_t *)o, it)) {
		const char *key = json_object_iter_key(it);
		const json_t *v = json_object_iter_value(it);
		size_t len = strlen(key);
		if (len > 4 && !strcmp(key + len - 4, "_ref"))
			check_reference(objects, v);
		if (len > 5 && !strcmp(key + len - 5, "_refs")) {
			assert_true(json_array_size(v) >= 1);
			for (size_t i = 0; i < json_array_size(v); i++)
				check_reference(objects, json_array_get(v, i));
		}
	}
}

static void check_times(const json_t *o)
{
	static const char *const times[] = {"created", "modified", "first_observed",
		"last_observed", "first_seen", "last_seen", "valid_from", "start"};
	static const char *const pairs[][2] = {{"created", "modified"},
		{"first_observed", "last_observed"}, {"first_seen", "last_seen"}};
	for (size_t i = 0; i < sizeof times / sizeof *times; i++)
		if (json_object_get(o, times[i]))
			harness_matches(harness_text(o, times[i]), HARNESS_TIME);
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		if (json_object_get(o, pairs[i][0]))
			assert_true(strcmp(harness_text(o, pairs[i][0]),
					    harness_text(o, pairs[i][1])) <= 0);
}

static void check_object(const json_t *objects, const json_t *o)
{
	const struct stix_type *t = type_of(o);
	size_t n = 0;
	while (n < KEYS_MAX && t->keys[n])
		n++;
	harness_keys(o, t->keys, n, t->required);
	assert_string_equal(harness_text(o, "spec_version"), "2.1");
	const char *id = harness_text(o, "id");
	assert_memory_equal(id, t->name, strlen(t->name));
	harness_matches(id + strlen(t->name), "^--" HARNESS_UUID("5"));
	assert_ptr_equal(find(objects, id), o); /* no other one has its id */
	check_times(o);
	check_references(objects, o);
}

static json_t *check_bundle(const struct evidence_case *cases, size_t n)
{
	static const char *const keys[] = {"type", "id", "objects"};
	json_t *bundle = harness_json(REPORT_STIX, cases, n), *o;
	harness_keys(bundle, keys, 3, 3);
	assert_string_equal(harness_text(bundle, "type"), "bundle");
	harness_matches(harness_text(bundle, "id"), "^bundle--" HARNESS_UUID("5"));
	json_t *objects = json_object_get(bundle, "objects");
	size_t i;
	json_array_foreach(objects, i, o) check_object(objects, o);
	return bundle;
}

/* Identifiers of the specification's own examples (STIX 2.1 with errata 01). */
static void test_ids_of_observables(void **state)
{
	(void)state;
	static const struct {
		const char *type, *value, *id;
	} known[] = {
		{"ipv4-addr", "198.51.100.3", "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4"},
		{"ipv6-addr", "2001:db8::1", "ipv6-addr--6469e3a9-b053-5e34-a025-9396ae051d26"},
		{"domain-name", "example.com", "domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7"},
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		char id[REPORT_ID_TEXT];
		json_t *o = json_pack("{s:s}", "value", known[i].value);
		assert_non_null(report_id_observable(known[i].type, o, id));
		assert_string_equal(id, known[i].id);
		json_decref(o);
	}
}

/* UUIDs of a reporter's things are those that anybody gets from its domain: uuid5(uuid5(NAMESPACE_DNS, domain), name). */
static void test_ids_of_the_reporter(void **state)
{
	(void)state;
	char id[REPORT_ID_TEXT];
	assert_string_equal(report_id_own(&harness_context, "identity", "identity", id),
		"identity--7fbddc5d-b777-5fe1-a195-d467fced4f4f");
	struct evidence_case c = sample_plain();
	assert_string_equal(report_id_case_v4(&harness_context, &c, "report", id),
		"6c665e8d-48d1-4a72-af18-f57244e0aeb7");
	c.id++;
	assert_string_not_equal(report_id_case_v4(&harness_context, &c, "report", id),
		"6c665e8d-48d1-4a72-af18-f57244e0aeb7");
}

static void test_case_without_contact(void **state)
{
	(void)state;
	struct evidence_case c = sample_plain();
	json_t *bundle = check_bundle(&c, 1), *objects = json_object_get(bundle, "objects");
	assert_int_equal(json_array_size(objects), 1 + 1 + 2 + 1 + 1 + 2 + 1);
	const json_t *o = first(objects, "identity");
	assert_string_equal(harness_text(o, "name"), "M\xC3\xBCller \"Net\" AG");
	assert_string_equal(harness_text(o, "identity_class"), "organization");
	assert_string_equal(harness_text(first(objects, "ipv4-addr"), "value"), "192.0.2.17");
	assert_int_equal(count(objects, "domain-name"), 2);
	o = first(objects, "malware");
	assert_string_equal(harness_text(o, "name"), "conficker-b");
	assert_true(json_is_true(json_object_get(o, "is_family")));
	o = first(objects, "observed-data");
	assert_int_equal(harness_number(o, "number_observed"), 2);
	assert_string_equal(harness_text(o, "first_observed"), "2026-11-24T12:00:00.123Z");
	assert_int_equal(json_array_size(json_object_get(o, "object_refs")), 3);
	/* The calendar's name only: one that merely does not exist is no indicator. */
	assert_int_equal(count(objects, "indicator"), 1);
	o = first(objects, "indicator");
	assert_string_equal(harness_text(o, "pattern"), "[domain-name:value = 'zzkfhqpwmv.info']");
	assert_string_equal(harness_text(o, "pattern_type"), "stix");
	assert_string_equal(harness_text(o, "valid_from"), "2026-11-24T12:00:01.123Z");
	assert_string_equal(
		harness_text(first(objects, "relationship"), "relationship_type"), "indicates");
	o = first(objects, "sighting");
	assert_string_equal(
		harness_text(o, "sighting_of_ref"), harness_text(first(objects, "malware"), "id"));
	json_int_t confidence = harness_number(o, "confidence");
	assert_true(confidence >= 0 && confidence <= 100);
	json_decref(bundle);
}

static void test_contacts(void **state)
{
	(void)state;
	struct evidence_case c = sample_contacts();
	json_t *bundle = check_bundle(&c, 1), *objects = json_object_get(bundle, "objects");
	assert_string_equal(
		harness_text(first(objects, "ipv6-addr"), "value"), "2001:db8:1:2::/64");
	assert_int_equal(count(objects, "network-traffic"), 4);
	assert_int_equal(count(objects, "observed-data"), 5);
	const json_t *o = first(objects, "network-traffic");
	assert_int_equal(harness_number(o, "src_port"), 51234);
	assert_int_equal(harness_number(o, "dst_port"), 80);
	assert_string_equal(harness_text(o, "start"), "2026-11-24T12:01:00.123Z");
	const json_t *from = find(objects, harness_text(o, "src_ref"));
	assert_string_equal(harness_text(from, "value"), "2001:db8:1:2::99");
	const json_t *protocols = json_object_get(o, "protocols");
	assert_int_equal(json_array_size(protocols), 3);
	assert_string_equal(json_string_value(json_array_get(protocols, 0)), "ipv6");
	assert_string_equal(json_string_value(json_array_get(protocols, 1)), "tcp");
	assert_string_equal(json_string_value(json_array_get(protocols, 2)), "http");
	assert_int_equal(
		json_array_size(json_object_get(first(objects, "sighting"), "observed_data_refs")),
		5);
	json_decref(bundle);
}

/* No name leaves its pattern; what is no domain name is not said to be one. */
static void test_hostile_names(void **state)
{
	(void)state;
	struct evidence_case c = sample_hostile();
	json_t *bundle = check_bundle(&c, 1), *objects = json_object_get(bundle, "objects"), *o;
	assert_int_equal(count(objects, "domain-name"), 3);
	assert_int_equal(count(objects, "indicator"), 2);
	size_t i;
	json_array_foreach(objects, i, o)
	{
		if (!strcmp(harness_text(o, "type"), "domain-name"))
			harness_matches(harness_text(o, "value"), "^[a-z0-9_-]+(\\.[a-z0-9_-]+)+$");
		if (!strcmp(harness_text(o, "type"), "indicator"))
			harness_matches(harness_text(o, "pattern"),
				"^\\[domain-name:value = '[a-z0-9_.-]+'\\]$");
	}
	json_decref(bundle);
}

/* Two cases share what they have in common; times the wrong way round are set right; no family is no family. */
static void test_several_cases(void **state)
{
	(void)state;
	struct evidence_case c[] = {
		sample_plain(), sample_contacts(), sample_hostile(), sample_plain()};
	c[3].id = 10;
	c[3].family_count = 0;
	c[3].evidence_count = 0;
	c[3].last_ms = c[3].first_ms - 5;
	c[3].changed_ms = c[3].opened_ms - 5;
	json_t *bundle = check_bundle(c, 4), *objects = json_object_get(bundle, "objects");
	assert_int_equal(count(objects, "identity"), 1);
	assert_int_equal(count(objects, "ipv4-addr"), 1 + 1); /* the client, and the sinkhole */
	assert_int_equal(count(objects, "malware"), 3);
	assert_int_equal(count(objects, "sighting"), 4);
	json_t *alone = check_bundle(c, 1);
	assert_string_not_equal(harness_text(alone, "id"), harness_text(bundle, "id"));
	/* A case keeps its ids, whatever is reported with it. */
	const char *id = harness_text(first(json_object_get(alone, "objects"), "sighting"), "id");
	assert_non_null(find(objects, id));
	json_decref(alone);
	alone = check_bundle(&c[3], 1);
	const json_t *malware = first(json_object_get(alone, "objects"), "malware");
	assert_true(json_is_false(json_object_get(malware, "is_family")));
	json_decref(alone);
	json_decref(bundle);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ids_of_observables),
		cmocka_unit_test(test_ids_of_the_reporter),
		cmocka_unit_test(test_case_without_contact),
		cmocka_unit_test(test_contacts),
		cmocka_unit_test(test_hostile_names),
		cmocka_unit_test(test_several_cases),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
