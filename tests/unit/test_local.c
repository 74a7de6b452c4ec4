/* SPDX-License-Identifier: BSD-2-Clause
 * Local records and special-use names: what the stage answers, and what it leaves to recursion.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "resolver/local.h"
#include "resolver/worker.h"

static struct config config;
static struct view view;
static struct worker worker = {.view = &view};
static struct query query;
static uint8_t out[WIRE_MAX];

static struct dname name_of(const char *text)
{
	struct dname n;
	assert_int_equal(dname_from_text(text, strlen(text), &n), 0);
	return n;
}

static int build(const char *const *records, size_t count, struct err *why)
{
	local_free((struct local *)(uintptr_t)view.local);
	view.local = NULL;
	config.records = (char **)(uintptr_t)records;
	config.record_count = count;
	struct local *l = NULL;
	int rc = local_new(&config, &l, why);
	view.local = l;
	return rc;
}

#define BUILD(...) \
	do { \
		const char *const records_[] = {__VA_ARGS__}; \
		struct err why_; \
		if (build(records_, sizeof records_ / sizeof records_[0], &why_)) \
			fail_msg("%s", why_.text); \
	} while (0)

static int clean(void **state)
{
	(void)state;
	memset(&config, 0, sizeof config);
	local_free((struct local *)(uintptr_t)view.local);
	view.local = NULL;
	return 0;
}

static enum step ask(const char *name, uint16_t type)
{
	memset(&query, 0, sizeof query);
	memset(out, 0xee, sizeof out);
	query.qname = name_of(name);
	query.qtype = type;
	query.qclass = CLASS_IN;
	query.out = out;
	query.out_max = sizeof out;
	query.ede = EDE_NONE;
	return local(&worker, &query);
}

/* One record of the answer, read back. */
struct seen {
	struct dname owner;
	uint16_t type, len;
	uint32_t ttl_s;
	const uint8_t *data;
};

static struct seen record(unsigned index)
{
	/* The question's name, which owners point to. */
	memcpy(out + WIRE_HEADER, query.qname.bytes, query.qname.len);
	size_t at = query_records_at(&query);
	struct seen s = {0};
	for (unsigned i = 0; i <= index; i++) {
		assert_true(dname_from_packet(out, query.out_len, &at, &s.owner));
		assert_true(at + 10 <= query.out_len);
		s.type = wire_u16(out + at);
		assert_int_equal(wire_u16(out + at + 2), CLASS_IN);
		s.ttl_s = wire_u32(out + at + 4);
		s.len = wire_u16(out + at + 8);
		s.data = out + at + 10;
		at += 10U + s.len;
		assert_true(at <= query.out_len);
	}
	if (index + 1 == (unsigned)(query.answer_count + query.authority_count))
		assert_int_equal(at, query.out_len);
	return s;
}

static void expect_counts(uint16_t rcode, unsigned answers, unsigned authorities)
{
	assert_int_equal(query.rcode, rcode);
	assert_int_equal(query.answer_count, answers);
	assert_int_equal(query.authority_count, authorities);
	assert_int_equal(query.additional_count, 0);
	assert_int_equal(query.source, ANSWER_LOCAL);
	assert_int_equal(query.outcome, OUTCOME_LOCAL);
	assert_false(query.is_secure);
}

static void expect_negative(const char *name, uint16_t type, uint16_t rcode, const char *soa_owner)
{
	assert_int_equal(ask(name, type), STEP_REPLY);
	expect_counts(rcode, 0, 1);
	struct seen s = record(0);
	struct dname owner = name_of(soa_owner);
	assert_int_equal(s.type, TYPE_SOA);
	assert_true(dname_equal(&s.owner, &owner));
	assert_true(s.ttl_s <= wire_u32(s.data + s.len - 4));
}

static void expect_data(
	unsigned index, const char *owner, uint16_t type, const void *data, uint16_t len)
{
	struct seen s = record(index);
	struct dname n = name_of(owner);
	assert_true(dname_equal(&s.owner, &n));
	assert_int_equal(s.type, type);
	assert_int_equal(s.len, len);
	assert_memory_equal(s.data, data, len);
}

static void answers_records(void **state)
{
	(void)state;
	BUILD("NAS.home.arpa. 300 IN A 192.168.1.9", "nas.home.arpa 200 IN A 192.168.1.10",
		"nas.home.arpa 300 A 192.168.1.9", "nas.home.arpa. IN TXT \"hello world\"",
		"  mail.example.com 60 MX 10 nas.home.arpa.");
	assert_int_equal(ask("nas.home.arpa", TYPE_A), STEP_REPLY);
	expect_counts(RCODE_NOERROR, 2, 0);
	expect_data(0, "nas.home.arpa", TYPE_A, "\xc0\xa8\x01\x09", 4);
	expect_data(1, "nas.home.arpa", TYPE_A, "\xc0\xa8\x01\x0a", 4);
	assert_int_equal(record(0).ttl_s, 200); /* one TTL for a set: the smallest */
	assert_int_equal(ask("nas.home.arpa", TYPE_TXT), STEP_REPLY);
	expect_data(0, "nas.home.arpa", TYPE_TXT, "\x0bhello world", 12);
	assert_int_equal(record(0).ttl_s, 3600);
	assert_int_equal(ask("mail.example.com", TYPE_MX), STEP_REPLY);
	expect_counts(RCODE_NOERROR, 1, 0);
	/* Other types of a name that is there: NODATA. Names beside it are not ours. */
	expect_negative("mail.example.com", TYPE_A, RCODE_NOERROR, "mail.example.com");
	expect_negative("nas.home.arpa", TYPE_AAAA, RCODE_NOERROR, "home.arpa");
	assert_int_equal(ask("example.com", TYPE_A), STEP_NEXT);
	assert_int_equal(ask("www.mail.example.com", TYPE_A), STEP_NEXT);
	assert_int_equal(ask("com", TYPE_NS), STEP_NEXT);
	assert_int_equal(ask(".", TYPE_NS), STEP_NEXT);
}

static void owner_points_to_question(void **state)
{
	(void)state;
	BUILD("a.example 300 IN A 192.0.2.1");
	assert_int_equal(ask("a.example", TYPE_A), STEP_REPLY);
	assert_memory_equal(out + query_records_at(&query),
		"\xc0\x0c\0\x01\0\x01\0\0\x01\x2c\0\x04\xc0\0\x02\x01", 16);
	assert_int_equal(query.out_len, query_records_at(&query) + 16);
}

static void uses_operators_soa(void **state)
{
	(void)state;
	BUILD("lan. 600 IN SOA ns.lan. me.lan. 7 1 2 3 100", "a.b.lan. IN A 10.0.0.1");
	expect_negative("a.b.lan", TYPE_AAAA, RCODE_NOERROR, "lan");
	assert_int_equal(record(0).ttl_s, 100);
	assert_int_equal(
		ask("b.lan", TYPE_A), STEP_NEXT); /* not a special zone: not ours to deny */
}

static void wildcards(void **state)
{
	(void)state;
	BUILD("*.apps.home.arpa. 60 IN A 10.0.0.1", "x.y.apps.home.arpa. IN TXT x",
		"*.cname.lan. CNAME x.y.apps.home.arpa.");
	assert_int_equal(ask("one.apps.home.arpa", TYPE_A), STEP_REPLY);
	expect_data(0, "one.apps.home.arpa", TYPE_A, "\x0a\0\0\x01", 4);
	assert_int_equal(ask("a.b.apps.home.arpa", TYPE_A), STEP_REPLY);
	expect_data(0, "a.b.apps.home.arpa", TYPE_A, "\x0a\0\0\x01", 4);
	expect_negative("one.apps.home.arpa", TYPE_AAAA, RCODE_NOERROR, "home.arpa");
	/* RFC 4592 2.2.2, 3.3.1: an empty non-terminal exists, and hides the wildcard from what is below it. */
	expect_negative("y.apps.home.arpa", TYPE_A, RCODE_NOERROR, "home.arpa");
	expect_negative("z.y.apps.home.arpa", TYPE_A, RCODE_NXDOMAIN, "home.arpa");
	expect_negative("apps.home.arpa", TYPE_A, RCODE_NOERROR, "home.arpa");
	/* A chain from a wildcard. */
	assert_int_equal(ask("q.cname.lan", TYPE_TXT), STEP_REPLY);
	expect_counts(RCODE_NOERROR, 2, 0);
	expect_data(1, "x.y.apps.home.arpa", TYPE_TXT, "\x01x", 2);
}

static void wildcard_of_the_root(void **state)
{
	(void)state;
	BUILD("*. 60 IN A 192.0.2.9", "example.com. TXT x");
	assert_int_equal(ask("anything.at.all", TYPE_A), STEP_REPLY);
	expect_data(0, "anything.at.all", TYPE_A, "\xc0\0\x02\x09", 4);
	/* But not where something is known (RFC 4592). */
	assert_int_equal(ask("www.example.com", TYPE_A), STEP_NEXT);
	assert_int_equal(ask("org", TYPE_A), STEP_REPLY);
	assert_int_equal(ask(".", TYPE_A), STEP_NEXT);
}

static void aliases(void **state)
{
	(void)state;
	BUILD("a.lan. 60 IN CNAME B.lan.", "b.lan. 60 IN CNAME c.lan.", "c.lan. IN A 10.0.0.3",
		"out.lan. CNAME www.example.com.", "dead.lan. CNAME nothing.home.arpa.",
		"me.lan. CNAME localhost.");
	assert_int_equal(ask("a.lan", TYPE_A), STEP_REPLY);
	expect_counts(RCODE_NOERROR, 3, 0);
	assert_int_equal(record(0).type, TYPE_CNAME);
	assert_int_equal(record(1).type, TYPE_CNAME);
	expect_data(2, "c.lan", TYPE_A, "\x0a\0\0\x03", 4);
	assert_int_equal(ask("a.lan", TYPE_CNAME), STEP_REPLY);
	expect_counts(RCODE_NOERROR, 1, 0);
	assert_int_equal(ask("a.lan", TYPE_AAAA), STEP_REPLY);
	expect_counts(RCODE_NOERROR, 2, 1);
	assert_int_equal(record(2).type, TYPE_SOA);
	assert_int_equal(ask("out.lan", TYPE_A), STEP_REPLY);
	expect_counts(RCODE_NOERROR, 1, 0);
	assert_int_equal(ask("dead.lan", TYPE_A), STEP_REPLY);
	expect_counts(RCODE_NXDOMAIN, 1, 1);
	assert_int_equal(ask("me.lan", TYPE_AAAA), STEP_REPLY);
	expect_counts(RCODE_NOERROR, 2, 0);
}

static void special_names(void **state)
{
	(void)state;
	assert_int_equal(build(NULL, 0, NULL), 0);
	static const char *const absent[] = {"invalid", "a.invalid", "x.test", "test",
		"printer.local", "local",
		"facebookwkhpilnemxj7asaniu7vnjjbiltxjqhye3mhbshg7kx5tfyd.onion", "alt",
		"x.gnu.alt", "use-application-dns.net", "a.use-application-dns.net"};
	for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++) {
		assert_int_equal(ask(absent[i], TYPE_A), STEP_REPLY);
		expect_counts(RCODE_NXDOMAIN, 0, 1);
	}
	static const char *const reverse[] = {"10.in-addr.arpa", "16.172.in-addr.arpa",
		"31.172.in-addr.arpa", "168.192.in-addr.arpa", "254.169.in-addr.arpa",
		"127.in-addr.arpa", "0.in-addr.arpa", "100.51.198.in-addr.arpa",
		"113.0.203.in-addr.arpa", "2.0.192.in-addr.arpa", "255.255.255.255.in-addr.arpa",
		"64.100.in-addr.arpa", "127.100.in-addr.arpa", "d.f.ip6.arpa", "8.e.f.ip6.arpa",
		"b.e.f.ip6.arpa", "8.b.d.0.1.0.0.2.ip6.arpa", "home.arpa"};
	for (size_t i = 0; i < sizeof reverse / sizeof reverse[0]; i++) {
		char below[128];
		snprintf(below, sizeof below, "9.8.%s", reverse[i]);
		expect_negative(below, TYPE_PTR, RCODE_NXDOMAIN, reverse[i]);
		expect_negative(reverse[i], TYPE_PTR, RCODE_NOERROR, reverse[i]);
		assert_int_equal(ask(reverse[i], TYPE_SOA), STEP_REPLY);
		expect_counts(RCODE_NOERROR, 1, 0);
		assert_int_equal(ask(reverse[i], TYPE_NS), STEP_REPLY);
		expect_counts(RCODE_NOERROR, 1, 0);
		/* RFC 8375 4 (b) */
		assert_int_equal(ask(reverse[i], TYPE_DS), STEP_NEXT);
	}
	static const char *const ordinary[] = {"15.172.in-addr.arpa", "32.172.in-addr.arpa",
		"63.100.in-addr.arpa", "128.100.in-addr.arpa", "1.192.in-addr.arpa", "example",
		"example.com", "c.f.ip6.arpa", "application-dns.net", "net", "arpa", "in-addr.arpa",
		"notlocal", "alternative", "11.in-addr.arpa", "2.0.0.0.ip6.arpa"};
	for (size_t i = 0; i < sizeof ordinary / sizeof ordinary[0]; i++)
		assert_int_equal(ask(ordinary[i], TYPE_A), STEP_NEXT);
}

#define ZEROS "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."

static void loopback_and_fixed_records(void **state)
{
	(void)state;
	assert_int_equal(build(NULL, 0, NULL), 0);
	static const uint8_t loopback6[16] = {[15] = 1};
	static const char *const names[] = {"localhost", "a.localhost", "a.b.localhost"};
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(ask(names[i], TYPE_A), STEP_REPLY);
		expect_data(0, names[i], TYPE_A, "\x7f\0\0\x01", 4);
		assert_int_equal(ask(names[i], TYPE_AAAA), STEP_REPLY);
		expect_data(0, names[i], TYPE_AAAA, loopback6, 16);
		expect_negative(names[i], TYPE_TXT, RCODE_NOERROR, "localhost");
	}
	assert_int_equal(ask("localhost", TYPE_DS), STEP_REPLY);
	assert_int_equal(ask("1.0.0.127.in-addr.arpa", TYPE_PTR), STEP_REPLY);
	expect_data(0, "1.0.0.127.in-addr.arpa", TYPE_PTR, "\x09localhost", 11);
	assert_int_equal(ask("1." ZEROS "ip6.arpa", TYPE_PTR), STEP_REPLY);
	expect_data(0, "1." ZEROS "ip6.arpa", TYPE_PTR, "\x09localhost", 11);
	expect_negative("0." ZEROS "ip6.arpa", TYPE_PTR, RCODE_NOERROR, "0." ZEROS "ip6.arpa");
	assert_int_equal(ask("ipv4only.arpa", TYPE_A), STEP_REPLY);
	expect_counts(RCODE_NOERROR, 2, 0);
	expect_data(0, "ipv4only.arpa", TYPE_A, "\xc0\0\0\xaa", 4);
	expect_data(1, "ipv4only.arpa", TYPE_A, "\xc0\0\0\xab", 4);
	expect_negative("ipv4only.arpa", TYPE_AAAA, RCODE_NOERROR, "ipv4only.arpa");
	assert_int_equal(ask("171.0.0.192.in-addr.arpa", TYPE_PTR), STEP_REPLY);
	expect_counts(RCODE_NOERROR, 1, 0);
	/* RFC 9462: nothing designated */
	expect_negative("_dns.resolver.arpa", TYPE_SVCB, RCODE_NOERROR, "resolver.arpa");
}

static void operator_overrides_special(void **state)
{
	(void)state;
	BUILD("localhost. 60 IN A 127.0.0.2", "printer.local. A 10.0.0.5",
		"1.0.0.127.in-addr.arpa. CNAME x.lan.", "x.lan. PTR y.lan.",
		"5.0.0.10.in-addr.arpa. PTR printer.local.");
	assert_int_equal(ask("localhost", TYPE_A), STEP_REPLY);
	expect_counts(RCODE_NOERROR, 1, 0);
	expect_data(0, "localhost", TYPE_A, "\x7f\0\0\x02", 4);
	assert_int_equal(ask("localhost", TYPE_AAAA), STEP_REPLY);
	expect_counts(RCODE_NOERROR, 1, 0);
	assert_int_equal(ask("printer.local", TYPE_A), STEP_REPLY);
	expect_counts(RCODE_NOERROR, 1, 0);
	expect_negative("other.local", TYPE_A, RCODE_NXDOMAIN, "local");
	/* Something is below it: it exists (RFC 8020). */
	expect_negative("local", TYPE_A, RCODE_NOERROR, "local");
	assert_int_equal(ask("1.0.0.127.in-addr.arpa", TYPE_PTR), STEP_REPLY);
	expect_counts(RCODE_NOERROR, 2, 0);
	assert_int_equal(ask("5.0.0.10.in-addr.arpa", TYPE_PTR), STEP_REPLY);
	expect_counts(RCODE_NOERROR, 1, 0);
}

static void forward_zones_take_names_out(void **state)
{
	(void)state;
	struct config_zone forward[] = {{.zone = name_of(".")}, {.zone = name_of("home.arpa")},
		{.zone = name_of("1.168.192.in-addr.arpa")}, {.zone = name_of("onion")},
		{.zone = name_of("net")}};
	struct config_zone stub[] = {{.zone = name_of("127.in-addr.arpa")}};
	config.forward = forward;
	config.forward_count = sizeof forward / sizeof forward[0];
	config.stub = stub;
	config.stub_count = 1;
	BUILD("nas.home.arpa. A 10.0.0.9");
	static const char *const outside[] = {"home.arpa", "x.home.arpa", "x.onion", "onion",
		"7.1.168.192.in-addr.arpa", "1.168.192.in-addr.arpa", "1.0.0.127.in-addr.arpa",
		"example.net"};
	for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++)
		assert_int_equal(ask(outside[i], TYPE_PTR), STEP_NEXT);
	assert_int_equal(ask("nas.home.arpa", TYPE_A), STEP_REPLY);
	expect_data(0, "nas.home.arpa", TYPE_A, "\x0a\0\0\x09", 4);
	expect_negative("nas.home.arpa", TYPE_AAAA, RCODE_NOERROR, "nas.home.arpa");
	expect_negative("2.168.192.in-addr.arpa", TYPE_PTR, RCODE_NXDOMAIN, "168.192.in-addr.arpa");
	expect_negative("x.test", TYPE_A, RCODE_NXDOMAIN, "test");
	/* The canary stays although all of net is forwarded. */
	expect_negative(
		"use-application-dns.net", TYPE_A, RCODE_NXDOMAIN, "use-application-dns.net");
}

static void any_gets_hinfo(void **state)
{
	(void)state;
	BUILD("nas.home.arpa. A 10.0.0.9");
	static const char *const names[] = {"example.com", "nas.home.arpa", "x.onion", "."};
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(ask(names[i], TYPE_ANY), STEP_REPLY);
		expect_counts(RCODE_NOERROR, 1, 0);
		expect_data(0, names[i], TYPE_HINFO, "\x07RFC8482", 9);
		assert_int_equal(record(0).ttl_s, 3600);
	}
}

static void bad_records_are_named(void **state)
{
	(void)state;
	static const struct {
		const char *text, *says;
	} bad[] = {{"nas.home.arpa. A 192.168.1.999", "rdata"}, {"nas A", "value expected"},
		{"", "parse"}, {"; comment", "parse"}, {"$ORIGIN lan.", "directives"},
		{"nas.lan. CH TXT \"x\"", "class IN"}, {"a.lan.\nb.lan. A 1.2.3.4", "one line"},
		{"a.lan. RRSIG A 8 2 60 20300101000000 20200101000000 1 lan. AAAA", "not signed"},
		{"a.lan. DNAME b.lan.", "DNAME"}, {"a.lan. TYPE255 \\# 0", "zone"},
		{"a.lan. TYPE1 \\# 3 010203", ""}, {". A 1.2.3.4", "root"},
		{"a..lan. A 1.2.3.4", ""}, {"a.lan. A 1.2.3.4 5.6.7.8", "superfluous"}};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		const char *const records[] = {"good.lan. A 10.0.0.1", bad[i].text};
		struct err why = {0};
		assert_true(build(records, 2, &why) < 0);
		assert_non_null(strstr(why.text, "entry 2, `"));
		assert_non_null(strstr(why.text, bad[i].says));
		assert_null(strchr(why.text, '\n'));
		assert_null(view.local);
	}
}

static void bad_sets_are_named(void **state)
{
	(void)state;
	struct err why = {0};
	const char *const beside[] = {"a.lan. CNAME b.lan.", "a.lan. A 10.0.0.1"};
	assert_int_equal(build(beside, 2, &why), CEN_EFORMAT);
	assert_non_null(strstr(why.text, "`a.lan`: a CNAME must be the only record"));
	const char *const two[] = {"a.lan. CNAME b.lan.", "a.lan. CNAME c.lan."};
	assert_int_equal(build(two, 2, &why), CEN_EFORMAT);
	const char *const circle[] = {"a.lan. CNAME b.lan.", "b.lan. CNAME A.lan."};
	assert_int_equal(build(circle, 2, &why), CEN_EFORMAT);
	assert_non_null(strstr(why.text, "circle"));
	const char *const soas[] = {"a.lan. SOA a. b. 1 1 1 1 1", "a.lan. SOA a. b. 2 1 1 1 1"};
	assert_int_equal(build(soas, 2, &why), CEN_EFORMAT);
	char text[64], *big[3000];
	for (size_t i = 0; i < 3000; i++) {
		snprintf(text, sizeof text, "big.lan. A 10.1.%zu.%zu", i / 250, i % 250);
		big[i] = strdup(text);
	}
	assert_int_equal(build((const char *const *)big, 3000, &why), CEN_EFORMAT);
	assert_non_null(strstr(why.text, "32 KiB"));
	assert_int_equal(build((const char *const *)big, 2000, &why), 0);
	assert_int_equal(ask("big.lan", TYPE_A), STEP_REPLY);
	expect_counts(RCODE_NOERROR, 2000, 0);
	for (size_t i = 0; i < 3000; i++)
		free(big[i]);
}

static void many_records(void **state)
{
	(void)state;
	enum { MANY = 100000 };
	char text[64], **many = calloc(MANY + 1, sizeof *many);
	for (size_t i = 0; i <= MANY; i++) {
		snprintf(text, sizeof text, "h%zu.d%zu.lan. A 10.0.0.1", i, i % 1000);
		many[i] = strdup(text);
	}
	struct err why = {0};
	assert_int_equal(build((const char *const *)many, MANY, &why), 0);
	assert_int_equal(ask("h99999.d999.lan", TYPE_A), STEP_REPLY);
	expect_counts(RCODE_NOERROR, 1, 0);
	assert_int_equal(ask("h99999.d998.lan", TYPE_A), STEP_NEXT);
	assert_int_equal(build((const char *const *)many, MANY + 1, &why), CEN_ELIMIT);
	for (size_t i = 0; i <= MANY; i++)
		free(many[i]);
	free(many);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(answers_records, clean),
		cmocka_unit_test_teardown(owner_points_to_question, clean),
		cmocka_unit_test_teardown(uses_operators_soa, clean),
		cmocka_unit_test_teardown(wildcards, clean),
		cmocka_unit_test_teardown(wildcard_of_the_root, clean),
		cmocka_unit_test_teardown(aliases, clean),
		cmocka_unit_test_teardown(special_names, clean),
		cmocka_unit_test_teardown(loopback_and_fixed_records, clean),
		cmocka_unit_test_teardown(operator_overrides_special, clean),
		cmocka_unit_test_teardown(forward_zones_take_names_out, clean),
		cmocka_unit_test_teardown(any_gets_hinfo, clean),
		cmocka_unit_test_teardown(bad_records_are_named, clean),
		cmocka_unit_test_teardown(bad_sets_are_named, clean),
		cmocka_unit_test_teardown(many_records, clean),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
