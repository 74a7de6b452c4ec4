/* SPDX-License-Identifier: BSD-2-Clause
 * Own rules: what may be one, and their text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/config_text.h"

static void rules_are_checked(void **state)
{
	(void)state;
	assert_sentence("deny:\n  - bad.example\n  - com\n",
		"t.yaml:3: deny: \"com\" is a top-level domain and never a rule that denies "
		"(allowed: as "
		"bad.example, =bad.example or *.bad.example)");
	assert_words("deny: [\"*.com\"]", "is a top-level domain");
	assert_words("deny: [=no-such-tld]", "is a top-level domain");
	assert_words("deny: [co.uk]", "\"co.uk\" is a public suffix and never a rule that denies");
	assert_words("deny: [.]", "\".\" is the root and never a rule");
	assert_words("deny: [\"*\"]", "\"*\" is not a rule");
	assert_words("deny: [\"*.\"]", "is not a rule");
	assert_words("deny: [\"*..\"]", "\"*..\" is the root and never a rule");
	assert_words("deny: [=]", "is not a rule");
	assert_words("deny: [\"a*.example\"]", "\"a*.example\" is not a rule");
	assert_words("deny: [\"*.*.example\"]", "is not a rule");
	assert_words("deny: [a..example]", "is not a rule");
	assert_words("deny: [192.0.2.1]",
		"is an address and never a rule; addresses to block go to deny_addresses");
	assert_words("deny: [\"2001:db8::/32\"]", "is an address and never a rule");
	assert_words("deny: [=192.0.2.1]", "is not a rule");
	assert_words("allow: [192.0.2.1.]", "is not a rule");
	assert_words("deny: ['192.0.\\052.1']", "is not a rule");
	assert_words("deny: [\"\xef\xbc\x91.2.3.4\"]", "is not a rule");
	assert_words("allow: [.]", "allow: \".\" is the root and never a rule");
	assert_words("rebinding: {except: [.]}", "rebinding.except: \".\" is the root");
	/* A private suffix may be denied, a whole country allowed. */
	struct config *c = parse("{deny: [duckdns.org, B\xc3\x9c"
				 "cher.example], allow: [de, co.uk]}");
	char text[DNAME_TEXT_MAX + 2];
	assert_string_equal(config_rule_to_text(&c->deny[1], text), "xn--bcher-kva.example");
	config_free(c);
}

static void rules_go_both_ways(void **state)
{
	(void)state;
	static const char *const same[] = {
		"good.example", "=good.example", "*.good.example", "com"};
	struct config_rule rule;
	char text[DNAME_TEXT_MAX + 2];
	for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
		assert_int_equal(config_rule_from_text(same[i], strlen(same[i]), &rule), 0);
		assert_string_equal(config_rule_to_text(&rule, text), same[i]);
	}
	assert_int_equal(config_rule_from_text("*.a.examplexx", 11, &rule), 0);
	assert_string_equal(config_rule_to_text(&rule, text), "*.a.example");
	assert_int_equal(config_rule_from_text("", 0, &rule), CEN_EFORMAT);
	assert_int_equal(config_rule_from_text("=", 1, &rule), CEN_EFORMAT);
	assert_int_equal(config_rule_from_text("1.2.3.4", 7, &rule), CEN_EFORMAT);
	assert_int_equal(config_rule_from_text(".", 1, &rule), 0);
	assert_string_equal(config_rule_guard(LIST_ALLOW, &rule), "is the root and never a rule");
	assert_int_equal(config_rule_from_text("com", 3, &rule), 0);
	assert_null(config_rule_guard(LIST_ALLOW, &rule));
	assert_non_null(config_rule_guard(LIST_DENY, &rule));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_are_checked),
		cmocka_unit_test(rules_go_both_ways),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
