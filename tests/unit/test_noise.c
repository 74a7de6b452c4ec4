/* SPDX-License-Identifier: BSD-2-Clause
 * What healthy devices ask for is told from what counts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "resolver/evidence/noise.h"

static const struct {
	const char *name;
	enum noise kind;
} cases[] = {
	{"fkjwqpxz", NOISE_PROBE},
	{"wpad", NOISE_PROBE},
	{"printer.local", NOISE_PRIVATE},
	{"nas.lan", NOISE_PRIVATE},
	{"host.home.arpa.fritz", NOISE_PRIVATE},
	{"_ldap._tcp.dc._msdcs.firm.com", NOISE_SERVICE},
	{"lb._dns-sd._udp.example.com", NOISE_SERVICE},
	{"www.example.com.corp.example.net", NOISE_SEARCH},
	{"updates.vendor.org.ad.firm.de", NOISE_SEARCH},
	{"printer.local.firm.de", NOISE_SEARCH},
	{"2.0.0.127.zen.spamhaus.org", NOISE_LOOKUP},
	{"b.a.9.8.7.6.5.4.3.2.1.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.0.0.0.0.ip6.example.org",
		NOISE_LOOKUP},
	{"d41d8cd98f00b204e9800998ecf8427e.hash.vendor.com", NOISE_LOOKUP},
	{"qxkvjwzhtplmbd.biz", NOISE_NONE},
	{"www.qxkvjwzhtplmbd.co.uk", NOISE_NONE},
	{"1.2.3.example.org", NOISE_NONE},
	{"d41d8cd98f00b204e9800998ecf8427e.com", NOISE_NONE}, /* the registered label itself */
	{"exmaple.com", NOISE_NONE},
};

static void test_kinds(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct dname d;
		assert_int_equal(dname_from_text(cases[i].name, strlen(cases[i].name), &d), 0);
		if (noise_of(&d) != cases[i].kind)
			fail_msg("%s is %s", cases[i].name, noise_name(noise_of(&d)));
	}
}

/* Names of any content have a kind: labels with a zero, of 63 octets, 127 of them. */
static void test_any_name(void **state)
{
	(void)state;
	static const uint8_t zeros[] = {3, 0, 0, 0, 1, 0, 0};
	uint8_t longest[255] = {0}, many[255] = {0};
	struct dname d;
	for (unsigned i = 0; i < 192; i += 64)
		longest[i] = 63;
	for (unsigned i = 0; i < 254; i += 2) {
		many[i] = 1;
		many[i + 1] = '1';
	}
	assert_int_equal(dname_from_wire(zeros, sizeof zeros, &d), sizeof zeros);
	assert_true(noise_of(&d) < NOISE_COUNT);
	assert_true(dname_from_wire(longest, sizeof longest, &d) > 0);
	assert_true(noise_of(&d) < NOISE_COUNT);
	assert_int_equal(dname_from_wire(many, sizeof many, &d), sizeof many);
	assert_int_equal(noise_of(&d), NOISE_PRIVATE);
	assert_int_equal(dname_from_text(".", 1, &d), 0);
	assert_int_equal(noise_of(&d), NOISE_PROBE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds), cmocka_unit_test(test_any_name)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
