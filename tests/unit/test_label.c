/* SPDX-License-Identifier: BSD-2-Clause
 * Which label is judged.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
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
	assert_label("x.example.foo.ck", "example", "ck");
	assert_label("x.example.air-traffic-control.aero", "example", "aero");
	assert_label("www.example.xn--p1ai", "example", "xn--p1ai");
	/* DNS block lists, service labels and the like are below somebody's domain. */
	assert_label("2.0.0.127.zen.spamhaus.org", "spamhaus", "org");
	assert_label("_sip._tcp.example.com", "example", "com");
	assert_label("xjqwzvkhtrpbdmfl.example.com", "example", "com");
}

static void where_anybody_registers_the_label_before_it_is_judged(void **state)
{
	(void)state;
	assert_label("qzxkvjwp.ddns.net", "qzxkvjwp", "net");
	assert_label("a.b.qzxkvjwp.dyndns.org", "qzxkvjwp", "org");
	assert_label("qzxkvjwp.yi.org", "qzxkvjwp", "org");
	assert_label("qzxkvjwp.no-ip.co.uk", "qzxkvjwp", "uk");
	assert_label("www.qzxkvjwp.uk.com", "qzxkvjwp", "com");
	assert_label("qzxkvjwp.github.io", "qzxkvjwp", "io");
	assert_label("qzxkvjwp.mysecuritycamera.com", "qzxkvjwp", "com");
	/* The zone itself, and what only looks like it. */
	assert_label("chickenkiller.com", "chickenkiller", "com");
	assert_label("qzxkvjwp.myddns.net.example.net", "example", "net");
	assert_label("duckdns.org", "duckdns", "org");
}

static void of_a_long_label_the_beginning_is_judged(void **state)
{
	(void)state;
	const char *forty = "abcdefghijabcdefghijabcdefghijabcdefghij";
	char text[128];
	for (int more = 0; more <= 23; more++) {
		snprintf(text, sizeof text, "www.%s%.*s.com", forty, more,
			"xxxxxxxxxxxxxxxxxxxxxxx");
		assert_label(text, forty, "com");
	}
	assert_int_equal(strlen(forty), LABEL_JUDGED_MAX);
	snprintf(text, sizeof text, "%s.com", forty + 1);
	assert_label(text, forty + 1, "com");
}

static const char *why_not(const char *text)
{
	struct dname name;
	struct label l;
	read_name(text, &name);
	const char *why = label_why_not(&name);
	if (label_find(&name, &l) != !why)
		fail_msg("%s: %s", text, why ? why : "judged");
	return why;
}

static void assert_none(const char *text, const char *words)
{
	const char *why = why_not(text);
	if (!why)
		fail_msg("a label in %s", text);
	if (!strstr(why, words))
		fail_msg("%s: %s, wanted %s", text, why, words);
}

static void hosts_that_machines_name_are_not_judged(void **state)
{
	(void)state;
	assert_none("d1a2b3c4d5e6f7.cloudfront.net", "content network");
	assert_none("x7f3q9z1k2.s3.eu-west-1.amazonaws.com", "content network");
	assert_none("h4shl1k3zz.azurewebsites.net", "content network");
	assert_none("r3---sn-4g5e6nsz.googlevideo.com", "content network");
	assert_none("arcane-plains-12345.herokuapp.com", "content network");
	assert_label("cloudfront.net", "cloudfront", "net");
}

static void some_names_have_none(void **state)
{
	(void)state;
	assert_none(".", "no registered domain");
	assert_none("com", "no registered domain");
	assert_none("xjqwzvkhtrpbdmfl", "no registered domain");
	assert_none("co.uk", "no registered domain");
	assert_none("air-traffic-control.aero", "no registered domain");
	assert_none("short.com", "too short");
	assert_none("www.short.com", "too short");
	assert_none("a.short.co.uk", "too short");
	assert_none("a.yi.org", "too short");
	assert_none("xn--bcher-kva.com", "international");
	assert_none("www.xn--bcher-kva.de", "international");
	assert_none("b\xc3\xbc"
		    "cherei.com",
		"international");
	assert_none("1.2.0.192.in-addr.arpa", ".arpa");
	assert_none("a.b.c.ip6.arpa", ".arpa");
	assert_none("xjqwzvkhtrpbdmfl.home.arpa", ".arpa");
	assert_none("13800138000.com", "digits");
	assert_none("0512-88888888.cn", "digits");
	assert_none("www.123456.net", "digits");
	assert_none("xjqwzv\\000htrpb.com", "no registry");
	assert_none("xjqwzvkh.github\\046io.com", "no registry"); /* a dot within a label */
	assert_none("xjqwzv\\255htrpb.com", "no registry");
	assert_none("p53lf57qovyuvwsc6xnrppyply3vtqm7l6pcobkmyqsiofyeznfu5uqd.onion", "onion");
}

static void private_names_are_not_judged(void **state)
{
	(void)state;
	static const char *const tops[] = {"local", "lan", "home", "internal", "intranet", "corp",
		"localhost", "localdomain", "test", "invalid", "example", "fritzbox", "alt",
		"no-such-tld"};
	char text[64];
	for (size_t i = 0; i < sizeof tops / sizeof *tops; i++) {
		snprintf(text, sizeof text, "desktop-4f7h2k9.%s", tops[i]);
		assert_none(text, "top-level domain");
	}
	/* Other roots that generators use. */
	assert_label("xjqwzvkhtrpb.bit", "xjqwzvkhtrpb", "bit");
	assert_label("xjqwzvkhtrpb.bazar", "xjqwzvkhtrpb", "bazar");
}

static void assert_domain(const char *text, const char *want)
{
	struct dname name;
	char shown[DNAME_TEXT_MAX];
	read_name(text, &name);
	assert_string_equal(dname_to_text(name.bytes + label_domain(&name), shown), want);
}

static void the_registered_domain_is_found(void **state)
{
	(void)state;
	assert_domain("www.example.com", "example.com");
	assert_domain("a.b.example.co.uk", "example.co.uk");
	assert_domain("a.qzxkvjwp.ddns.net", "qzxkvjwp.ddns.net");
	assert_domain("ddns.net", "ddns.net");
	assert_domain("d1a2b3.cloudfront.net", "cloudfront.net");
	assert_domain("a.b.no-such-tld", "b.no-such-tld");
	assert_domain("co.uk", "co.uk");
	assert_domain("com", "com");
	assert_domain(".", ".");
}

/* Whatever the octets, the label lies within the name, and the answers agree. */
static void any_name_has_an_answer(void **state)
{
	(void)state;
	uint32_t random = 1;
	unsigned judged = 0;
	for (int round = 0; round < 200000; round++) {
		uint8_t wire[DNAME_MAX];
		size_t n = 0;
		struct dname name;
		struct label l;
		static const char *const ends[] = {
			"\3com", "\2co\2uk", "\4ddns\3net", "\6github\2io", "\2no", "\5bazar", ""};
		const char *end = ends[random % (sizeof ends / sizeof *ends)];
		while (n < 200 && (random >> 13) % 5) {
			random = random * 1664525 + 1013904223;
			unsigned len = 1 + (random >> 20) % 40;
			wire[n++] = (uint8_t)len;
			for (unsigned i = 0; i < len; i++) {
				random = random * 1664525 + 1013904223;
				wire[n++] = (uint8_t)(random >> 24 < 8 ? random >> 16
								       : 'a' + (random >> 16) % 26);
			}
		}
		random = random * 1664525 + 1013904223;
		memcpy(wire + n, end, strlen(end) + 1);
		assert_true(dname_from_wire(wire, sizeof wire, &name));
		assert_in_range(label_domain(&name), 0, name.len - 1u);
		bool is_judged = label_find(&name, &l);
		assert_int_equal(is_judged, !label_why_not(&name));
		if (!is_judged)
			continue;
		judged++;
		assert_true(l.bytes > name.bytes && l.bytes + l.len < name.bytes + name.len);
		assert_int_equal(l.bytes[-1], l.len);
		assert_ptr_equal(l.bytes - 1, name.bytes + label_domain(&name));
	}
	assert_in_range(judged, 1000, 200000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_registered_label_is_found),
		cmocka_unit_test(where_anybody_registers_the_label_before_it_is_judged),
		cmocka_unit_test(of_a_long_label_the_beginning_is_judged),
		cmocka_unit_test(hosts_that_machines_name_are_not_judged),
		cmocka_unit_test(some_names_have_none),
		cmocka_unit_test(private_names_are_not_judged),
		cmocka_unit_test(the_registered_domain_is_found),
		cmocka_unit_test(any_name_has_an_answer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
