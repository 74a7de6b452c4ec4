/* SPDX-License-Identifier: BSD-2-Clause
 * What must agree between keys: names of lists and groups, zones, addresses.
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

static void transfers_are_checked(void **state)
{
	(void)state;
	static const char *const bad[] = {"xfr://", "xfr:///z", "xfr://192.0.2.1",
		"xfr://192.0.2.1/", "xfr://192.0.2.1/.", "xfr://a.example/z", "xfr://192.0.2.1:0/z",
		"xfr://192.0.2.1:70000/z", "\"xfr://[::1/z\"", "xfr://192.0.2.1/a..b"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		char text[100];
		snprintf(text, sizeof text, "lists: [{name: a, source: %s}]", bad[i]);
		assert_words(text, "is not of the form xfr://ADDRESS[:PORT]/ZONE");
	}
	struct config_xfr x;
	assert_int_equal(config_xfr_from_text("xfr://[2001:db8::1]:5300/RPZ.example.", &x), 0);
	assert_int_equal(x.primary.port, 5300);
	assert_int_equal(x.zone.labels, 2);
	config_free(parse("lists: [{name: a, source: \"xfr://192.0.2.1/z\"}]"));
	assert_words("lists: [{name: a, source: \"xfr://192.0.2.1/z\", format: hosts}]",
		"a zone by transfer is an RPZ zone (allowed: rpz)");
	assert_words("lists: [{name: a, source: \"xfr://192.0.2.1/z\", tsig: k}]",
		"\"k\" is not the name of a key");
	assert_words("lists: [{name: a, source: /x, tsig: k}]", "only a list with a source xfr://");
	assert_words("tsig_keys: [{name: k}]", "one of `secret` and `secret_file`");
	assert_words("tsig_keys: [{name: k, secret: YQ==, secret_file: /k}]", "one of `secret`");
	assert_words("tsig_keys: [{name: k, secret: YQ==, algorithm: hmac-md5}]",
		"(allowed: hmac-sha256, hmac-sha1,");
	assert_words("tsig_keys: [{name: k, secret: YQ==}, {name: k, secret: YQ==}]",
		"is the name of a key already");
	/* A secret is not repeated, not even a wrong one. */
	assert_words("tsig_keys: [{name: k, secret: \"c2VjcmV0!\"}]", "the secret is not base64");
	struct config *c = parse("tsig_keys: [{name: k, secret: YQ==}]\n"
				 "lists: [{name: a, source: \"xfr://192.0.2.1/z\", tsig: k}]");
	assert_int_equal(c->tsig_keys[0].algorithm, TSIG_SHA256);
	assert_string_equal(c->lists[0].tsig, "k");
	config_free(c);
}

static void what_a_list_must_be(void **state)
{
	(void)state;
	static const char digest[] =
		"0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef";
	static const char key[] = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
	char text[400];
	snprintf(text, sizeof text,
		"lists: [{name: a, source: /x, sha256: %s, key: %s, signature: \"https://a/s\", "
		"at: 04:30, allow_private: true}, {name: b, source: /y, key: %s, at: \"0:00\"}]",
		digest, key, digest);
	struct config *c = parse(text);
	const struct config_list *l = &c->lists[0];
	assert_string_equal(
		l->sha256, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
	assert_string_equal(l->key, key);
	assert_string_equal(l->signature, "https://a/s");
	assert_int_equal(l->at, 4 * 60 + 30 + 1);
	assert_true(l->has_private);
	l = &c->lists[1];
	assert_null(l->sha256);
	assert_null(l->signature);
	assert_string_equal(
		l->key, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
	assert_int_equal(l->at, 1);
	assert_false(l->has_private);
	config_free(c);
	static const char *const times[] = {"24:00", "1:60", "1:2", "1", "-1:00", "1:-2", "1:000",
		"001:00", "\"\"", "noon", "1:23:45", "1h"};
	for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
		snprintf(text, sizeof text, "lists: [{name: a, source: /x, at: %s}]", times[i]);
		assert_words(text, "is not a time of day (allowed: as \"04:30\")");
	}
	assert_words("lists: [{name: a, source: /x, sha256: 12}]", "is not a SHA-256 digest");
	assert_words("lists: [{name: a, source: /x, key: RWQf}]", "is not a public key");
	snprintf(text, sizeof text, "lists: [{name: a, source: /x, key: X%s}]", key + 1);
	assert_words(text, "is not a public key");
	snprintf(text, sizeof text, "lists: [{name: a, source: /x, sha256: %s0}]", digest);
	assert_words(text, "is not a SHA-256 digest");
	assert_words("lists: [{name: a, source: /x, signature: /y}]",
		"`signature` is given, but not the `key` to check it with");
}

static void lists_are_checked(void **state)
{
	(void)state;
	assert_sentence("lists:\n  - {source: /x}\n", "t.yaml:2: lists.name: is missing");
	assert_sentence("lists:\n  - {name: a}\n", "t.yaml:2: lists.source: is missing");
	assert_sentence("lists:\n  - {name: a, source: /x}\n  - name: a\n    source: /y\n",
		"t.yaml:3: lists.name: \"a\" is the name of a list already (allowed: each name "
		"once)");
	assert_sentence("lists: [{name: A, source: /x}]",
		"t.yaml:1: lists.name: \"A\" is not a name (allowed: 1-63 of a-z 0-9 . _ -, not "
		"beginning "
		"with a dot)");
	assert_words("lists: [{name: \"\", source: /x}]", "\"\" is not a name");
	assert_words("lists: [{name: .., source: /x}]", "\"..\" is not a name");
	assert_words("lists: [{name: a/b, source: /x}]", "\"a/b\" is not a name");
	assert_words("lists: [{name: all, source: /x}]",
		"lists: the name \"all\" stands for every list");
	assert_words(
		"lists: [{name: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, "
		"source: /x}]",
		"is not a name");
	config_free(parse(
		"lists: [{name: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, "
		"source: /x}]"));
	static const char *const bad[] = {"x", "./x", "ftp://a/", "file:///x", "https://",
		"https:///x", "http://a b/", "https://user@", "https://user@/x", "https://:80/",
		"\"https://a/\\u0001\"", "\"https://a/\\\"\""};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		char text[100];
		snprintf(text, sizeof text, "lists: [{name: a, source: %s}]", bad[i]);
		assert_words(text, "is neither an absolute file name nor an http or https URL");
	}
	config_free(parse("lists: [{name: a, source: \"HTTPS://u:p@a.example:8443/x?y=@%20\"}]"));
	assert_words("lists: [{name: a, source: /x, kind: block}]", "(allowed: deny, allow)");
	assert_words("lists: [{name: a, source: /x, mode: on}]", "(allowed: off, monitor, block)");
	assert_words("lists: [{name: a, source: /x, match: some}]", "(allowed: exact, subtree)");
	assert_words(
		"lists: [{name: a, source: /x, refresh: 59s}]", "is too small (allowed: 1m-365d");
	assert_words(
		"lists: [{name: a, source: /x, category: \"a b\"}]", "lists.category: \"a b\"");
	assert_words("lists: [{name: a, source: /x, name: b}]", "is given twice");
	assert_sentence("lists:\n  - name: a\n    source: /x\n    action: address\n",
		"t.yaml:4: lists.action: \"address\" needs sinkhole.addresses, which are not "
		"given");
	assert_words("sinkhole: {tokens: [10.0.0.0/29]}", "IPv4 /8 to /28, IPv6 /64 or shorter");
	assert_words("sinkhole: {tokens: [\"2001:db8::/96\"]}", "is too small or too large");
	assert_words("sinkhole: {tokens: [10.0.0.0/16, 10.1.0.0/16]}", "two of one family");
	assert_sentence("sinkhole:\n  action: address\n",
		"t.yaml:2: sinkhole.action: \"address\" needs sinkhole.addresses, which are not "
		"given");
}

static void lists_are_counted(void **state)
{
	(void)state;
	for (unsigned n = CONFIG_LISTS_GIVEN_MAX; n <= CONFIG_LISTS_GIVEN_MAX + 1; n++) {
		char text[10000] = "lists: [";
		size_t len = strlen(text);
		for (unsigned i = 0; i < n; i++)
			len += (size_t)snprintf(
				text + len, sizeof text - len, "{name: a%u, source: /x},", i);
		memcpy(text + len, "]", 2);
		if (n > CONFIG_LISTS_GIVEN_MAX)
			assert_words(text, "lists: has 251 items (allowed: 0-250)");
		else
			config_free(parse(text));
	}
}

static void groups_are_checked(void **state)
{
	(void)state;
	assert_sentence(
		"lists: [{name: a, source: /x}]\ngroups:\n  - name: g\n    clients: [\"::1\"]\n"
		"    lists:\n      - a\n      - b\n",
		"t.yaml:7: groups.lists: \"b\" is not the name of a list (allowed: `all`, names "
		"given in "
		"lists, dga-calendar)");
	assert_words("groups: [{name: g, clients: [\"::1\"], lists: [all, b]}]",
		"groups: the word `all` stands beside names");
	assert_sentence("groups:\n  - {name: g}\n",
		"t.yaml:2: groups: clients are missing (allowed: without clients is only the group "
		"\"default\")");
	assert_words("groups: [{clients: [\"::1\"]}]", "groups.name: is missing");
	assert_sentence(
		"groups:\n - {name: g, clients: [\"::1\"]}\n - {name: g, clients: [\"::2\"]}\n",
		"t.yaml:3: groups.name: \"g\" is the name of a group already (allowed: each name "
		"once)");
	assert_sentence("groups:\n - {name: g, clients: [10.0.0.0/8]}\n - name: h\n   clients:\n"
			"    - 10.0.0.0/9\n    - 10.0.0.0/8\n",
		"t.yaml:6: groups.clients: \"10.0.0.0/8\" is in the group \"g\" already (allowed: "
		"each "
		"prefix in one group)");
	assert_sentence("groups: [{name: g, clients: [10.0.0.1/8]}]",
		"t.yaml:1: groups.clients: \"10.0.0.1/8\" is not an address or prefix, or has bits "
		"set "
		"below its mask (allowed: as 192.0.2.0/24, 2001:db8::/32 or 192.0.2.1)");
	/* The same prefix twice in one group says nothing wrong. */
	config_free(parse("groups: [{name: g, clients: [\"::1\", \"::1\"]}]"));
}

static void networks_are_checked(void **state)
{
	(void)state;
	assert_sentence("listen: [\"127.0.0.1:99999\"]",
		"t.yaml:1: listen: \"127.0.0.1:99999\" is not an address with a port (allowed: as "
		"127.0.0.1:53 or [::1]:53)");
	assert_sentence("listen:\n  - 127.0.0.1\n  - 127.0.0.1:53\n",
		"t.yaml:3: listen: 127.0.0.1:53 is given twice (allowed: once)");
	assert_words(
		"access: [10.0.0.0/33]", "access: \"10.0.0.0/33\" is not an address or prefix");
	assert_words(
		"sinkhole: {addresses: [192.0.2.0/24]}", "\"192.0.2.0/24\" is not an address (");
	assert_words("forward: [{zone: a..b, to: \"::1\"}]",
		"forward.zone: \"a..b\" is not a domain name");
	assert_words("forward: [{to: \"::1\"}]", "forward.zone: is missing");
	assert_words("forward: [{zone: a}]", "forward.to: is missing");
	assert_words(
		"forward: [{zone: a, to: dns.example}]", "forward.to: \"dns.example\" is not an ");
	assert_sentence("forward: [{zone: a, to: \"::1\"}]\nstub:\n  - {zone: b, to: \"::1\"}\n"
			"  - {zone: A., to: \"::1\"}\n",
		"t.yaml:4: stub.zone: \"a\" is given twice (allowed: each zone once in forward and "
		"stub)");
	assert_words("dnssec: {negative: [\"a b\"]}", "\"a b\" is not a domain name");
	assert_words("dnssec: {trust_anchors: [\". IN A 192.0.2.1\"]}",
		"is neither a DS or DNSKEY record nor an absolute file name");
	assert_words("dnssec: {trust_anchors: [\". IN DS\"]}", "is neither a DS or DNSKEY record");
	assert_words("records: [\"a A\"]", "\"a A\" is not a line of a zone file");
	assert_words("records: [\"a A 1\\nb\"]", "is not a line of a zone file");
	assert_sentence("cache:\n  max_ttl: 5s\n  min_ttl: 6s\n",
		"t.yaml:3: cache.min_ttl: 6s is more than cache.max_ttl, 5s");
}

static void the_calendar_is_a_list(void **state)
{
	(void)state;
	assert_sentence("lists:\n  - name: dga-calendar\n    source: /x\n",
		"t.yaml:2: lists.name: \"dga-calendar\" is the name of the calendar's list "
		"(allowed: "
		"another name; what that list does is said by dga.calendar.mode)");
	struct config *c = parse("lists:\n  - {name: a, source: /x}\n");
	assert_int_equal(c->list_count, 2);
	assert_string_equal(c->lists[0].name, "a");
	const struct config_list *l = &c->lists[1];
	assert_string_equal(l->name, "dga-calendar");
	assert_string_equal(l->source, "calendar:2");
	assert_string_equal(l->category, "botnet");
	assert_true(l->kind == LIST_DENY && l->mode == LIST_MODE_BLOCK && l->refresh_s == 86400);
	config_free(c);
	c = parse("dga: {calendar: {mode: monitor, days: 0, seeds: /s}, popular: /p}\n");
	assert_int_equal(c->list_count, 1);
	assert_string_equal(c->lists[0].source, "calendar:0 /s but /p");
	assert_true(c->lists[0].mode == LIST_MODE_MONITOR && c->lists[0].refresh_s == 3600);
	config_free(c);
	/* Off, it is no list, but still a good name for one in a group. */
	c = parse("dga: {calendar: {mode: \"off\"}}\ngroups:\n"
		  "  - {name: g, clients: [10.0.0.1], lists: [dga-calendar]}\n");
	assert_int_equal(c->list_count, 0);
	config_free(c);
}

static void who_is_told_is_checked(void **state)
{
	(void)state;
	static const char *const urls[] = {"ftp://a.example/", "https://", "/etc/passwd",
		"\"http://a b/\"", "\"http://a/{x}\"", "hooks.example"};
	static const char *const addresses[] = {"\"a b@c.example\"", "-oQ", "\"@c.example\"",
		"\"a@\"", "\"a@-c\"", "\"a@b@c\"", "\"a,b@c\"", "\"<a@c>\""};
	char text[200];
	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
		snprintf(text, sizeof text, "evidence: {webhook: {url: %s, secret_file: /s}}",
			urls[i]);
		assert_words(text, "is not an http or https URL");
	}
	assert_words("evidence: {webhook: {url: \"https://a.example/\"}}",
		"needs evidence.webhook.secret_file");
	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
		snprintf(text, sizeof text, "evidence: {mail: {to: %s}}", addresses[i]);
		assert_words(text, "is not a mail address");
		snprintf(text, sizeof text, "evidence: {mail: {from: %s}}", addresses[i]);
		assert_words(text, "is not a mail address");
	}
	struct config *c =
		parse("evidence: {mail: {to: root, from: cenote+dns@example.net}, webhook: {url: "
		      "\"http://[::1]:80/x?y\", secret_file: /s}}");
	assert_string_equal(c->notices.mail_program, "/usr/sbin/sendmail");
	assert_int_equal(c->notices.timeout_ms, 10000);
	config_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_list_must_be),
		cmocka_unit_test(lists_are_checked),
		cmocka_unit_test(transfers_are_checked),
		cmocka_unit_test(lists_are_counted),
		cmocka_unit_test(groups_are_checked),
		cmocka_unit_test(networks_are_checked),
		cmocka_unit_test(the_calendar_is_a_list),
		cmocka_unit_test(who_is_told_is_checked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
