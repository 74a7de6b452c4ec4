/* SPDX-License-Identifier: BSD-2-Clause
 * What lines of lists become: lists of names, line by line.
 */
#include "resolver/base/suffix.h"
#include "tests/unit/format_harness.h"

static void domains(void **state)
{
	(void)state;
	check("domains", "example.com", "example.com");
	check("domains", "  Example.COM.\t\r", "example.com");
	check("domains", "example.com # why", "example.com");
	check("domains", "example.com#why", "example.com");
	check("domains", "# example.com", "(comment or empty)");
	check("domains", "example.com##.ad", "(malformed)");
	check("domains", "example.com#@#.ad", "(malformed)");
	check("domains", "example.com ## why", "example.com");
	check("domains", "! Title", "(comment or empty)");
	check("domains", "", "(comment or empty)");
	check("domains", " \t ", "(comment or empty)");
	check("domains", "_sip._tcp.a-b.example", "_sip._tcp.a-b.example");
	check("domains", "a.example b.example", "(malformed)");
	check("domains", "*.example.com", "(malformed)");
	check("domains", "0.0.0.0 example.com", "(malformed)");
	check("domains", "||example.com^", "(malformed)");
	check("domains", "://", "(malformed)");
	check("domains", "http://example.com/", "(malformed)");
	check("domains", "example..com", "(malformed)");
	check("domains", ".example.com", "(malformed)");
	check("domains", "example.com..", "(malformed)");
	check("domains", "exa\\109ple.com", "(malformed)");
	check("domains", "exa\x01mple.com", "(malformed)");
	check("domains", "\xff\xfe.com", "(malformed)");
}

static void names_that_never_become_rules(void **state)
{
	(void)state;
	static const char *const public[] = {
		"com", "com.", "co.uk", "CO.UK", "foo.ck", "xn--fiqs8s", "nosuchtld", "example"};
	for (size_t i = 0; i < sizeof public / sizeof *public; i++)
		check("domains", public[i], "(a public suffix)");
	static const char *const addresses[] = {"192.0.2.1", "0.0.0.0", "2001:db8::1",
		"::", "192.0.2.0/24", "2001:db8::/32", "fe80::1%eth0"};
	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
		check("domains", addresses[i], "(an IP address, not a name)");
	static const char *const malformed[] = {
		".", "*", "..", "-.", "1.2.3", "300.1.1.1", "a.b.7", "%", "*.", "*.*"};
	for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++)
		check("domains", malformed[i], i == 3 ? "(a public suffix)" : "(malformed)");
	check("wildcard", "*.com", "(a public suffix)");
	check("wildcard", "*.co.uk", "(a public suffix)");
	check("wildcard", "*", "(malformed)");
	check("wildcard", "*.", "(malformed)");
	check("hosts", "0.0.0.0 com", "(a public suffix)");
	check("domains", "www.ck", "www.ck"); /* an exception of the suffix list */
	check("domains", "x.foo.ck", "x.foo.ck");
	check("domains", "example.co.uk", "example.co.uk");
	check("domains", "x.github.io", "x.github.io");
}

static void wide_names(void **state)
{
	(void)state;
	check("domains",
		"b\xc3\xbc"
		"cher.example",
		"xn--bcher-kva.example");
	check("domains",
		"B\xc3\x9c"
		"CHER.example",
		"xn--bcher-kva.example");
	check("domains", "\xe4\xb8\xad\xe5\x9b\xbd", "(a public suffix)"); /* a top-level domain */
	check("domains", "a\xc3.example", "(malformed)");
	check("domains", "b\xc3\xbc/x.example", "(malformed)");
	/* A full-width slash must not come in as a slash. */
	check("domains", "b\xef\xbc\x8fx.example", "(malformed)");
}

static void lengths(void **state)
{
	(void)state;
	char line[600], want[600];
	memset(line, 'a', 63);
	strcpy(line + 63, ".example");
	check("domains", line, line);
	memset(line, 'a', 64);
	strcpy(line + 64, ".example");
	check("domains", line, "(malformed)");
	/* 253 characters are the most (RFC 1035 2.3.4). */
	size_t n = 0;
	for (int i = 0; i < 126; i++) {
		line[n++] = 'a';
		line[n++] = '.';
	}
	line[n++] = 'b';
	line[n] = 0;
	assert_int_equal(n, 253);
	check("domains", line, line);
	strcpy(want, line);
	strcat(line, ".");
	check("domains", line, want);
	line[n] = 'b';
	line[n + 1] = 0;
	check("domains", line, "(malformed)");
	memset(line, '.', 599);
	line[599] = 0;
	check("domains", line, "(malformed)");
}

static void wildcards(void **state)
{
	(void)state;
	check("wildcard", "*.example.com", "example.com");
	check("wildcard", "example.com", "=example.com");
	check("wildcard", "*.Example.com. # x", "example.com");
	check("wildcard", "a*.example.com", "(malformed)");
	check("wildcard", "*.*.example.com", "(malformed)");
	check("wildcard", "*example.com", "(malformed)");
	check("wildcard", "# x", "(comment or empty)");
}

static void hosts(void **state)
{
	(void)state;
	check("hosts", "0.0.0.0 example.com", "=example.com");
	check("hosts", "127.0.0.1\texample.com www.example.com # two",
		"=example.com =www.example.com");
	check("hosts", "192.0.2.7 example.com", "=example.com");
	check("hosts", "::1 example.com", "=example.com");
	check("hosts", ":: example.com", "=example.com");
	check("hosts", "# 0.0.0.0 example.com", "(comment or empty)");
	check("hosts", "127.0.0.1 localhost", "(local name)");
	check("hosts", "127.0.0.1 localhost.localdomain", "(local name)");
	check("hosts", "::1 ip6-localhost ip6-loopback", "(local name) (local name)");
	check("hosts", "fe80::1%lo0 localhost", "(local name)");
	check("hosts", "255.255.255.255 broadcasthost", "(local name)");
	check("hosts", "0.0.0.0 0.0.0.0", "(an IP address, not a name)");
	check("hosts", "0.0.0.0 good.example com", "=good.example (a public suffix)");
	check("hosts", "0.0.0.0", "(malformed)");
	check("hosts", "example.com", "(malformed)");
	check("hosts", "example.com 0.0.0.0", "(malformed)");
	check("hosts", "999.0.0.1 example.com", "(malformed)");
}

static void publics_agree_with_the_library(void **state)
{
	(void)state;
	struct publics *blind = publics_new("/no/such/file");
	assert_non_null(blind);
	static const char *const names[] = {"com", "co.uk", "x.co.uk", "foo.ck", "www.ck", "ck",
		"example.com", "a.b.c.example.com", "pvt.k12.ma.us", "x.pvt.k12.ma.us",
		"city.kawasaki.jp", "kawasaki.jp", "sch.uk", "nom.br", "x.kawasaki.jp",
		"a.x.kawasaki.jp", "github.io", "in-addr.arpa", "xn--fiqs8s", "xn--55qx5d.cn",
		"s3.amazonaws.com"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct dname d;
		uint8_t key[DNAME_MAX];
		assert_int_equal(dname_from_text(names[i], strlen(names[i]), &d), 0);
		size_t len = dname_key(&d, key);
		size_t parent = len - d.bytes[0] - 1;
		bool want = suffix_is_public(&d);
		if (publics_has(publics, key, len, d.labels, parent) != want ||
			publics_has(blind, key, len, d.labels, parent) != want)
			fail_msg("%s", names[i]);
	}
	publics_free(blind);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(domains),
		cmocka_unit_test(names_that_never_become_rules),
		cmocka_unit_test(wide_names),
		cmocka_unit_test(lengths),
		cmocka_unit_test(wildcards),
		cmocka_unit_test(hosts),
		cmocka_unit_test(publics_agree_with_the_library),
	};
	return cmocka_run_group_tests(tests, harness_set_up, harness_tear_down);
}
