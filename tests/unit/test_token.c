/* SPDX-License-Identifier: BSD-2-Clause
 * Tokens: a number becomes an address and comes back, nobody else's address does, and who has one is known for an hour.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "resolver/evidence/token.h"

enum { SEED = 7 };

static struct addr_prefix prefix_of(const char *text)
{
	struct addr_prefix p;
	assert_int_equal(addr_prefix_from_text(text, &p), 0);
	return p;
}

static void test_every_number_comes_back(void **state)
{
	(void)state;
	static const struct {
		const char *prefix;
		uint32_t room;
	} cases[] = {{"10.66.0.0/16", 65534}, {"10.0.0.0/8", TOKENS}, {"192.0.2.16/28", 14},
		{"2001:db8:66::/64", TOKENS}, {"2001:db8::/32", TOKENS}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct addr_prefix p = prefix_of(cases[i].prefix);
		assert_int_equal(token_room(&p), cases[i].room);
		for (uint32_t n = 0; n < cases[i].room; n++) {
			struct addr a;
			uint32_t back = UINT32_MAX;
			token_address(&p, SEED, n, &a);
			assert_true(addr_prefix_contains(&p, &a));
			assert_true(token_number(&p, SEED, &a, &back));
			assert_int_equal(back, n);
		}
	}
}

static bool is_token(const char *prefix, const char *address)
{
	struct addr_prefix p = prefix_of(prefix);
	struct addr a;
	uint32_t n;
	assert_int_equal(addr_from_text(address, &a), 0);
	return token_number(&p, SEED, &a, &n);
}

static void test_other_addresses_are_none(void **state)
{
	(void)state;
	/* Network and broadcast address, what lies outside, the other family. */
	assert_false(is_token("192.0.2.16/28", "192.0.2.16"));
	assert_true(is_token("192.0.2.16/28", "192.0.2.17"));
	assert_true(is_token("192.0.2.16/28", "192.0.2.30"));
	assert_false(is_token("192.0.2.16/28", "192.0.2.31"));
	assert_false(is_token("192.0.2.16/28", "192.0.2.32"));
	assert_false(is_token("192.0.2.16/28", "2001:db8::1"));
	assert_false(is_token("10.0.0.0/8", "10.200.0.1")); /* more than there are */
	/* Whoever counts through the IPv6 prefix finds none. */
	struct addr_prefix p = prefix_of("2001:db8:66::/64");
	struct addr a;
	uint32_t n;
	for (uint32_t i = 0; i < 100000; i++) {
		a = p.addr;
		a.bytes[13] = (uint8_t)(i >> 16);
		a.bytes[14] = (uint8_t)(i >> 8);
		a.bytes[15] = (uint8_t)i;
		assert_false(token_number(&p, SEED, &a, &n));
	}
	token_address(&p, SEED, 5, &a);
	assert_false(token_number(&p, SEED + 1, &a, &n));
}

static struct evidence_event event_of(const char *name, uint64_t at_ms)
{
	struct evidence_event e = {.at_ms = at_ms, .kind = EVIDENCE_TOKEN, .rule = "botnets"};
	assert_int_equal(addr_from_text("192.0.2.7", &e.client), 0);
	assert_int_equal(dname_from_text(name, strlen(name), &e.name), 0);
	return e;
}

static void test_who_has_it(void **state)
{
	(void)state;
	struct token_table *t = token_table_new();
	struct evidence_event first = event_of("c2.example", 1000),
			      second = event_of("other.example", 2000);
	struct addr client;
	struct dname name;
	const char *rule;
	assert_non_null(t);
	assert_false(token_find(t, 3, 1000, &client, &name, &rule));
	token_note(t, 3, &first);
	assert_true(token_find(t, 3, 1000 + TOKEN_LIFE_MS, &client, &name, &rule));
	assert_true(addr_equal(&client, &first.client));
	assert_true(dname_equal(&name, &first.name));
	assert_string_equal(rule, "botnets");
	assert_false(token_find(t, 3, 1001 + TOKEN_LIFE_MS, &client, &name, &rule));
	assert_false(
		token_find(t, 3, 999, &client, &name, &rule)); /* it was another's, or nobody's */
	assert_false(token_find(t, 4, 1000, &client, &name, &rule));
	/* Given out again: the last one has it. */
	token_note(t, 3, &second);
	assert_true(token_find(t, 3, 2000, &client, &name, &rule));
	assert_true(dname_equal(&name, &second.name));
	token_table_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_number_comes_back),
		cmocka_unit_test(test_other_addresses_are_none), cmocka_unit_test(test_who_has_it)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
