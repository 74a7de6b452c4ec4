/* SPDX-License-Identifier: BSD-2-Clause
 * Against the fields that Shadowserver publishes for its Sinkhole Events reports.
 */
#include <stdint.h>

#include "tests/unit/report_harness.h"

static const char *const published[] = {"timestamp", "protocol", "src_ip", "src_port", "src_asn",
	"src_geo", "src_region", "src_city", "src_hostname", "src_naics", "src_sector",
	"device_vendor", "device_type", "device_model", "severity", "dst_ip", "dst_port", "dst_asn",
	"dst_geo", "dst_region", "dst_city", "dst_hostname", "dst_naics", "dst_sector",
	"public_source", "infection", "family", "tag", "application", "version", "event_id"};
enum { FIELDS = sizeof published / sizeof *published, FIELD_TEXT = 600, ROWS = 16 };

struct table {
	size_t rows;
	char fields[ROWS][FIELDS][FIELD_TEXT];
	bool is_quoted[ROWS][FIELDS];
};

/* One field of RFC 4180; gives where it ends. */
static const char *read_field(const char *at, char *out, bool *is_quoted)
{
	size_t n = 0;
	*is_quoted = *at == '"';
	if (*is_quoted)
		at++;
	while (*at && (*is_quoted || (*at != ',' && *at != '\n'))) {
		if (*is_quoted && *at == '"' && *++at != '"')
			break;
		assert_true(n < FIELD_TEXT - 1);
		assert_true(*at >= ' ' && *at <= '~');
		out[n++] = *at++;
	}
	out[n] = 0;
	return at;
}

static struct table *read_table(const struct evidence_case *cases, size_t n)
{
	struct table *t = calloc(1, sizeof *t);
	assert_non_null(t);
	char *text = harness_write(REPORT_SHADOWSERVER, cases, n);
	for (const char *at = text; *at; at++) {
		assert_true(t->rows < ROWS);
		for (size_t f = 0; f < FIELDS; f++) {
			at = read_field(at, t->fields[t->rows][f], &t->is_quoted[t->rows][f]);
			assert_int_equal(*at, f == FIELDS - 1 ? '\n' : ',');
			if (f < FIELDS - 1)
				at++;
		}
		t->rows++;
	}
	free(text);
	return t;
}

static const char *field(const struct table *t, size_t row, const char *name)
{
	for (size_t f = 0; f < FIELDS; f++)
		if (!strcmp(published[f], name))
			return t->fields[row][f];
	fail_msg("no field %s", name);
	return "";
}

static void test_published_fields_in_their_order(void **state)
{
	(void)state;
	struct table *t = read_table(NULL, 0);
	assert_int_equal(t->rows, 1);
	for (size_t f = 0; f < FIELDS; f++) {
		assert_string_equal(t->fields[0][f], published[f]);
		assert_true(t->is_quoted[0][f]);
	}
	free(t);
}

static void test_a_row_for_each_contact(void **state)
{
	(void)state;
	struct evidence_case c[] = {sample_plain(), sample_contacts()};
	struct table *t = read_table(c, 2);
	assert_int_equal(t->rows, 1 + 4); /* a case without a contact has no row */
	assert_string_equal(field(t, 1, "timestamp"), "2026-11-24 12:01:00.123");
	assert_string_equal(field(t, 1, "protocol"), "tcp");
	assert_string_equal(field(t, 1, "src_ip"), "2001:db8:1:2::99");
	assert_string_equal(field(t, 1, "src_port"), "51234");
	assert_string_equal(field(t, 1, "dst_ip"), "2001:db8:ff::7");
	assert_string_equal(field(t, 1, "dst_port"), "80");
	assert_string_equal(field(t, 1, "severity"), "critical");
	assert_string_equal(field(t, 1, "infection"), "conficker-b");
	assert_string_equal(field(t, 1, "family"), "conficker-b");
	assert_string_equal(field(t, 1, "application"), "http");
	assert_string_equal(field(t, 1, "tag"), "sinkhole;http");
	assert_string_equal(field(t, 2, "application"), "tls");
	assert_string_equal(field(t, 3, "application"), "");
	assert_string_equal(field(t, 4, "protocol"), "udp");
	assert_string_equal(field(t, 4, "dst_port"), "6667");
	static const char *const empty[] = {"src_asn", "src_geo", "src_region", "src_city",
		"src_hostname", "src_naics", "src_sector", "device_vendor", "device_type",
		"device_model", "dst_asn", "dst_geo", "dst_region", "dst_city", "dst_hostname",
		"dst_naics", "dst_sector", "version"};
	for (size_t row = 1; row < t->rows; row++) {
		for (size_t i = 0; i < sizeof empty / sizeof *empty; i++)
			assert_string_equal(field(t, row, empty[i]), "");
		harness_matches(field(t, row, "event_id"), "^" HARNESS_UUID("5"));
		for (size_t other = 1; other < row; other++)
			assert_string_not_equal(
				field(t, row, "event_id"), field(t, other, "event_id"));
	}
	free(t);
}

/* A spreadsheet runs a field that begins with = + - @ as a formula. */
static void test_no_formula_and_no_way_out(void **state)
{
	(void)state;
	static const char *const families[] = {"=1+1", "+1", "-1", "@SUM(A1)", "a,b", "a\"b", "\"",
		"a\nb", "\t=1", "\xff\xfe", "'=1"};
	static const char *const shown[] = {
		"'=1+1", "'+1", "'-1", "'@SUM(A1)", "a,b", "a\"b", "\"", "a?b", "?=1", "??", "'=1"};
	for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
		struct evidence_case c = sample_hostile();
		snprintf(c.families[0], sizeof c.families[0], "%s", families[i]);
		struct table *t = read_table(&c, 1);
		assert_int_equal(t->rows, 2);
		assert_string_equal(field(t, 1, "infection"), shown[i]);
		assert_string_equal(field(t, 1, "family"), shown[i]);
		free(t);
	}
	struct evidence_case c = sample_hostile();
	memset(c.families[0], 'x', sizeof c.families[0]); /* not terminated */
	struct table *t = read_table(&c, 1);
	assert_int_equal(strlen(field(t, 1, "infection")), CASE_FAMILY_TEXT - 1);
	free(t);
	c.family_count = 0;
	t = read_table(&c, 1);
	assert_string_equal(field(t, 1, "infection"), "unknown");
	assert_string_equal(field(t, 1, "family"), "");
	free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_published_fields_in_their_order),
		cmocka_unit_test(test_a_row_for_each_contact),
		cmocka_unit_test(test_no_formula_and_no_way_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
