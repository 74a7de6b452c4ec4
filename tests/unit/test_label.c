/* SPDX-License-Identifier: BSD-2-Clause
 * Which label is judged.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dga/label.h"

static void read_name(const char *text, struct dname *out)
{
	if (dname_from_text(text, strlen(text), out))
		fail_msg("not a name: %s", text);
}

static void assert_label(const char *text, const char *want, const char *top)
{
	struct dname name;
	struct label l;
	read_name(text, &name);
	if (!label_find(&name, &l))
		fail_msg("no label in %s", text);
	assert_int_equal(l.len, strlen(want));
	assert_memory_equal(l.bytes, want, l.len);
	assert_int_equal(l.top[0], strlen(top));
	assert_memory_equal(l.top + 1, top, l.top[0]);
}

static void the_registered_label_is_found(void **state)
{
	(void)state;
	assert_label("example.com", "example", "com");
	assert_label("WWW.Example.COM", "example", "com");
	assert_label("a.b.c.d.e.example.info", "example", "info");
	assert_label("www.example.co.uk", "example", "uk");
	assert_label("www.example.de", "example", "de");
	assert_label("a.example.no-such-tld", "example", "no-such-tld");
	assert_label("x.example.foo.ck", "example", "ck");
	assert_label("x.example.air-traffic-control.aero", "example", "aero");
}

static void hosts_of_one_operator_are_not_judged(void **state)
{
	(void)state;
	assert_label("d1a2b3c4d5e6f7.cloudfront.net", "cloudfront", "net");
	assert_label("x7f3q9z1k2.s3.eu-west-1.amazonaws.com", "amazonaws", "com");
	assert_label("h4shl1k3.github.io", "github", "io");
}

static void under_a_dynamic_zone_the_label_before_it_is_judged(void **state)
{
	(void)state;
	assert_label("qzxkvjwp.ddns.net", "qzxkvjwp", "net");
	assert_label("a.b.qzxkvjwp.dyndns.org", "qzxkvjwp", "org");
	assert_label("qzxkvjwp.yi.org", "qzxkvjwp", "org");
	assert_label("chickenkiller.com", "chickenkiller", "com");
	assert_label("qzxkvjwp.myddns.net.example.net", "example", "net");
	assert_label("duckdns.org", "duckdns", "org");
}

static void some_names_have_none(void **state)
{
	(void)state;
	static const char *const none[] = {".", "com", "xjqzvk", "short.com", "www.short.com",
		"a.short.co.uk", "xn--bcher-kva.example", "www.xn--bcher-kva.example", "a.yi.org",
		"1.2.0.192.in-addr.arpa", "a.b.c.ip6.arpa", "co.uk"};
	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
		struct dname name;
		struct label l;
		read_name(none[i], &name);
		if (label_find(&name, &l))
			fail_msg("a label in %s: %.*s", none[i], l.len, (const char *)l.bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_registered_label_is_found),
		cmocka_unit_test(hosts_of_one_operator_are_not_judged),
		cmocka_unit_test(under_a_dynamic_zone_the_label_before_it_is_judged),
		cmocka_unit_test(some_names_have_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
