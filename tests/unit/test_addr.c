/* SPDX-License-Identifier: BSD-2-Clause
 * Addresses as text, prefixes at their edges, and the table against a plain search.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "resolver/base/addr.h"
#include "resolver/base/err.h"

static struct addr addr_of(const char *text)
{
	struct addr a;
	assert_int_equal(addr_from_text(text, &a), 0);
	return a;
}

static struct addr_prefix prefix_of(const char *text)
{
	struct addr_prefix p;
	if (addr_prefix_from_text(text, &p))
		fail_msg("not a prefix: %s", text);
	return p;
}

static void addresses_go_both_ways(void **state)
{
	(void)state;
	static const char *const same[] = {"192.0.2.1", "0.0.0.0", "255.255.255.255", "2001:db8::1",
		"::", "::1", "fe80::1", "1:2:3:4:5:6:7:8"};
	char text[ADDR_TEXT_MAX];
	for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
		struct addr a = addr_of(same[i]);
		assert_string_equal(addr_to_text(&a, text), same[i]);
	}
	for (unsigned i = 0; i < 256; i++) {
		struct addr a;
		char want[ADDR_TEXT_MAX];
		addr_from_v4((uint8_t[]){(uint8_t)i, 0, (uint8_t)~i, (uint8_t)i}, &a);
		snprintf(want, sizeof want, "%u.0.%u.%u", i, 255 - i, i);
		assert_string_equal(addr_to_text(&a, text), want);
	}
	struct addr mapped = addr_of("::ffff:192.0.2.1"), v4 = addr_of("192.0.2.1");
	assert_true(addr_equal(&mapped, &v4));
	assert_true(addr_is_v4(&v4));
	struct addr v6 = addr_of("2001:DB8:0:0::1");
	assert_false(addr_is_v4(&v6));
	assert_string_equal(addr_to_text(&v6, text), "2001:db8::1");
	static const char *const bad[] = {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4",
		"1.2.3.4 ", ":::", "1::2::3", "g::", "localhost", "1.2.3.4/32", "[::1]",
		"fe80::1%lo"};
	struct addr a;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (addr_from_text(bad[i], &a) != CEN_EFORMAT)
			fail_msg("taken as an address: %s", bad[i]);
}

static void prefixes_are_checked(void **state)
{
	(void)state;
	struct addr_prefix p = prefix_of("192.0.2.0/24");
	assert_int_equal(p.bits, 120);
	assert_int_equal(prefix_of("192.0.2.1").bits, 128);
	assert_int_equal(prefix_of("2001:db8::/32").bits, 32);
	assert_int_equal(prefix_of("2001:db8::1").bits, 128);
	assert_int_equal(prefix_of("0.0.0.0/0").bits, 96);
	assert_int_equal(prefix_of("::/0").bits, 0);
	assert_int_equal(prefix_of("128.0.0.0/1").bits, 97);
	assert_int_equal(prefix_of("::ffff:192.0.2.0/120").bits, 120);
	static const char *const bad[] = {"192.0.2.1/24", "192.0.2.0/33", "192.0.2.0/-1",
		"192.0.2.0/", "192.0.2.0/24x", "192.0.2.0/024", "192.0.2.0/+24", "2001:db8::1/127",
		"::/129", "/24", "64.0.0.0/1", "2001:db8:8000::/32", "", "1.2.3.4/99999999999",
		"00000000000000000000000000000000000000000000000000000000000000000000::/8"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (addr_prefix_from_text(bad[i], &p) != CEN_EFORMAT)
			fail_msg("taken as a prefix: %s", bad[i]);
}

static void prefixes_contain(void **state)
{
	(void)state;
	struct addr_prefix p = prefix_of("172.16.0.0/12");
	struct addr in = addr_of("172.31.255.255"), out = addr_of("172.32.0.0");
	assert_true(addr_prefix_contains(&p, &in));
	assert_false(addr_prefix_contains(&p, &out));
	struct addr_prefix all4 = prefix_of("0.0.0.0/0");
	struct addr v6 = addr_of("::1");
	assert_true(addr_prefix_contains(&all4, &out));
	assert_false(addr_prefix_contains(&all4, &v6));
	struct addr_prefix ula = prefix_of("fc00::/7");
	struct addr fd = addr_of("fdff::1"), fe = addr_of("fe00::");
	assert_true(addr_prefix_contains(&ula, &fd));
	assert_false(addr_prefix_contains(&ula, &fe));
}

static void assert_endpoint(const char *in, const char *out)
{
	struct addr_endpoint e;
	if (addr_endpoint_from_text(in, 53, &e))
		fail_msg("not an endpoint: %s", in);
	char text[ADDR_TEXT_MAX];
	assert_string_equal(addr_endpoint_to_text(&e, text), out);
}

static void endpoints_are_read(void **state)
{
	(void)state;
	assert_endpoint("127.0.0.1:5300", "127.0.0.1:5300");
	assert_endpoint("127.0.0.1@5300", "127.0.0.1:5300");
	assert_endpoint("127.0.0.1", "127.0.0.1:53");
	assert_endpoint("::1", "[::1]:53");
	assert_endpoint("[::1]", "[::1]:53");
	assert_endpoint("[::1]:65535", "[::1]:65535");
	assert_endpoint("[::1]@1", "[::1]:1");
	assert_endpoint("::1@5300", "[::1]:5300");
	assert_endpoint("fe80::1%lo", "[fe80::1%1]:53");
	assert_endpoint("[fe80::1%7]:99", "[fe80::1%7]:99");
	assert_endpoint("[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%65535]:65535",
		"[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%65535]:65535");
	static const char *const bad[] = {"", ":53", "[::1", "[::1]x",
		"[::1]:", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:5x",
		"[127.0.0.1]:53", "::1@", "fe80::1%", "fe80::1%no-such-if", "127.0.0.1%lo",
		"host:53", "[]:53", "[:]:53", "127.0.0.1:-1", "127.0.0.1:053"};
	struct addr_endpoint e = {.port = 7};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (addr_endpoint_from_text(bad[i], 53, &e) != CEN_EFORMAT)
			fail_msg("taken as an endpoint: %s", bad[i]);
	assert_int_equal(e.port, 7);
}

static void sockaddrs_go_both_ways(void **state)
{
	(void)state;
	struct addr_endpoint e;
	struct sockaddr_storage s;
	struct addr back;
	assert_int_equal(addr_endpoint_from_text("192.0.2.7:5300", 0, &e), 0);
	assert_int_equal(addr_to_sockaddr(&e, &s), sizeof(struct sockaddr_in));
	assert_int_equal(s.ss_family, AF_INET);
	assert_int_equal(((struct sockaddr_in *)&s)->sin_port, htons(5300));
	assert_true(addr_from_sockaddr((struct sockaddr *)&s, &back));
	assert_true(addr_equal(&back, &e.addr));

	assert_int_equal(addr_endpoint_from_text("[fe80::1%3]:53", 0, &e), 0);
	assert_int_equal(addr_to_sockaddr(&e, &s), sizeof(struct sockaddr_in6));
	assert_int_equal(((struct sockaddr_in6 *)&s)->sin6_scope_id, 3);
	assert_true(addr_from_sockaddr((struct sockaddr *)&s, &back));
	assert_true(addr_equal(&back, &e.addr));
	s.ss_family = AF_UNIX;
	assert_false(addr_from_sockaddr((struct sockaddr *)&s, &back));
}

static void loopback_is_known(void **state)
{
	(void)state;
	struct addr a = addr_of("127.255.0.1"), b = addr_of("::1"), c = addr_of("128.0.0.1"),
		    d = addr_of("::2");
	assert_true(addr_is_loopback(&a));
	assert_true(addr_is_loopback(&b));
	assert_false(addr_is_loopback(&c));
	assert_false(addr_is_loopback(&d));
}

static void the_longest_prefix_wins(void **state)
{
	(void)state;
	const struct addr_prefix prefixes[] = {prefix_of("10.0.0.0/8"), prefix_of("10.1.0.0/16"),
		prefix_of("10.1.2.3"), prefix_of("2001:db8::/32"), prefix_of("10.0.0.0/8"),
		prefix_of("0.0.0.0/0"), prefix_of("2001:db8::/33")};
	const uint32_t values[] = {1, 2, 3, 4, 99, 6, 7};
	struct addr_table *t = addr_table_new(prefixes, values, 7);
	assert_non_null(t);
	const struct {
		const char *text;
		uint32_t want;
	} cases[] = {{"10.2.0.0", 1}, {"10.1.2.2", 2}, {"10.1.2.3", 3}, {"11.0.0.0", 6},
		{"2001:db8:8000::", 4}, {"2001:db8::5", 7}, {"2001:db9::", 42}, {"::", 42}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct addr a = addr_of(cases[i].text);
		assert_int_equal(addr_table_find(t, &a, 42), cases[i].want);
	}
	addr_table_free(t);
}

static void an_empty_table_finds_nothing(void **state)
{
	(void)state;
	struct addr_table *t = addr_table_new(NULL, NULL, 0);
	assert_non_null(t);
	struct addr a = addr_of("::");
	assert_int_equal(addr_table_find(t, &a, 5), 5);
	addr_table_free(t);
	addr_table_free(NULL);
	const struct addr_prefix all = prefix_of("::/0");
	const uint32_t value = 9;
	t = addr_table_new(&all, &value, 1);
	assert_int_equal(addr_table_find(t, &a, 5), 9);
	addr_table_free(t);
}

/* A small generator, so that a failure can be had again. */
static uint32_t next_random(uint32_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 17;
	*x ^= *x << 5;
	return *x;
}

/* Few distinct bytes, so that prefixes nest and fork at many depths. */
static struct addr random_addr(uint32_t *x)
{
	static const uint8_t bytes[] = {0, 0, 0x80, 0xff, 0xfe, 1};
	struct addr a;
	for (int i = 0; i < 16; i++)
		a.bytes[i] = bytes[next_random(x) % sizeof bytes];
	if (next_random(x) % 2)
		addr_from_v4(a.bytes, &a);
	return a;
}

static uint32_t plain_find(
	const struct addr_prefix *p, size_t n, const struct addr *a, uint32_t otherwise)
{
	int best = -1;
	for (size_t i = 0; i < n; i++)
		if (addr_prefix_contains(&p[i], a) && (best < 0 || p[i].bits > p[best].bits))
			best = (int)i;
	return best < 0 ? otherwise : (uint32_t)best;
}

static void the_table_agrees_with_a_plain_search(void **state)
{
	(void)state;
	enum { N = 300 };
	uint32_t x = 12345;
	struct addr_prefix prefixes[N];
	uint32_t values[N];
	for (int round = 0; round < 20; round++) {
		for (uint32_t i = 0; i < N; i++) {
			prefixes[i].addr = random_addr(&x);
			prefixes[i].bits = (uint8_t)(next_random(&x) % 129);
			for (unsigned bit = prefixes[i].bits; bit < 128; bit++)
				prefixes[i].addr.bytes[bit / 8] &= (uint8_t) ~(0x80u >> bit % 8);
			values[i] = i;
		}
		struct addr_table *t = addr_table_new(prefixes, values, N);
		assert_non_null(t);
		for (int i = 0; i < 2000; i++) {
			struct addr a = random_addr(&x);
			if (i < N)
				a = prefixes[i].addr;
			assert_int_equal(
				addr_table_find(t, &a, 7777), plain_find(prefixes, N, &a, 7777));
		}
		addr_table_free(t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_go_both_ways),
		cmocka_unit_test(prefixes_are_checked),
		cmocka_unit_test(prefixes_contain),
		cmocka_unit_test(endpoints_are_read),
		cmocka_unit_test(sockaddrs_go_both_ways),
		cmocka_unit_test(loopback_is_known),
		cmocka_unit_test(the_longest_prefix_wins),
		cmocka_unit_test(an_empty_table_finds_nothing),
		cmocka_unit_test(the_table_agrees_with_a_plain_search),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
