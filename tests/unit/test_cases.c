/* SPDX-License-Identifier: BSD-2-Clause
 * What is withheld of a case is nowhere in what is written of it.
 */
#include "tests/unit/report_harness.h"

#include <errno.h>

static const struct pseudonym_key key = {{1, 2, 3}};

/* The case as JSON, for a search; owned. */
static char *shown(const struct evidence_case *c)
{
	return harness_write(REPORT_JSON, c, 1);
}

static void expect_none_of(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strstr(text, *words))
			fail_msg("\"%s\" in %s", *words, text);
}

static const char *const client_words[] = {
	"2001:db8:1:2", "51234", "\"asker\": \"", "\"source\": \"", NULL};
static const char *const name_words[] = {
	"qkxjvwpzt", "zzkfhqpwmv", "gate.php", "Mozilla", "474554202f", NULL};

static void test_no_client(void **state)
{
	(void)state;
	struct evidence_case c = sample_contacts();
	c.knocks[0].has_token = true;
	c.knocks[0].asker = c.client;
	cases_withhold(&c, &(struct cases_privacy){.has_client = false, .has_name = true});
	char *text = shown(&c);
	expect_none_of(text, client_words);
	assert_non_null(strstr(text, "\"client\": null"));
	assert_non_null(strstr(text, "qkxjvwpzt.com"));
	free(text);
}

static void test_no_name(void **state)
{
	(void)state;
	struct evidence_case c = sample_contacts();
	cases_withhold(&c, &(struct cases_privacy){.has_client = true, .has_name = false});
	char *text = shown(&c);
	expect_none_of(text, name_words);
	assert_non_null(strstr(text, "2001:db8:1:2::/64"));
	assert_non_null(strstr(text, "\"ja3\": \"e7d705a3286e19ea42f587b344ee6865\""));
	free(text);
	/* The formats of others can do without. */
	for (int format = REPORT_XARF; format < REPORT_FORMAT_COUNT; format++) {
		text = harness_write((enum report_format)format, &c, 1);
		expect_none_of(text, name_words);
		free(text);
	}
}

static void test_an_alias(void **state)
{
	(void)state;
	struct evidence_case c = sample_contacts();
	char alias[PSEUDONYM_TEXT];
	pseudonym_of(&key, &c.client, alias);
	cases_withhold(&c, &(struct cases_privacy){true, true, &key});
	char *text = shown(&c);
	expect_none_of(text, client_words);
	assert_non_null(strstr(text, alias));
	free(text);
	/* Neither is withheld from nobody: no alias for a client that is not known. */
	c.alias[0] = 0;
	cases_withhold(&c, &(struct cases_privacy){true, true, &key});
	assert_string_equal(c.alias, "");
}

static void test_a_report_names_its_client(void **state)
{
	(void)state;
	struct evidence_case c = sample_contacts();
	cases_withhold(&c, &(struct cases_privacy){true, true, &key});
	for (int format = REPORT_XARF; format < REPORT_FORMAT_COUNT; format++) {
		char *text;
		size_t len;
		struct err why = {""};
		assert_int_equal(report_write((enum report_format)format, &harness_context, &c, 1,
					 &text, &len, &why),
			-EINVAL);
		assert_non_null(strstr(why.text, "that of case 8 is withheld"));
	}
}

static void test_all(void **state)
{
	(void)state;
	struct evidence_case c = sample_contacts(), before = c;
	cases_withhold(&c, &(struct cases_privacy){true, true, NULL});
	assert_memory_equal(&c, &before, sizeof c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_no_client),
		cmocka_unit_test(test_no_name), cmocka_unit_test(test_an_alias),
		cmocka_unit_test(test_a_report_names_its_client), cmocka_unit_test(test_all)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
