/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "resolver/rebinding.h"

static struct addr address(const char *text)
{
	struct addr a;
	if (addr_from_text(text, &a))
		fail_msg("not an address: %s", text);
	return a;
}

static struct dname name_of(const char *text)
{
	struct dname n;
	assert_int_equal(dname_from_text(text, strlen(text), &n), 0);
	return n;
}

static void private_addresses(void **state)
{
	(void)state;
	static const char *const private[] = {"10.0.0.0", "10.255.255.255", "172.16.0.1",
		"172.31.255.255", "192.168.0.1", "127.0.0.1", "127.255.0.1", "169.254.1.1",
		"100.64.0.0", "100.127.255.255", "0.0.0.0", "0.1.2.3", "::", "::1", "fc00::1",
		"fdff::1", "fe80::1", "febf::1", "fec0::1", "::ffff:10.0.0.1", "::127.0.0.1",
		"64:ff9b::10.0.0.1", "64:ff9b::192.168.1.1", "64:ff9b:1::10.1.2.3",
		"64:ff9b:1:a01:2:300::", "2002:c0a8:101::1", "2002:7f00:1::"};
	for (size_t i = 0; i < sizeof private / sizeof private[0]; i++) {
		struct addr a = address(private[i]);
		if (!rebinding_is_private(&a))
			fail_msg("%s is private", private[i]);
	}
}

static void public_addresses(void **state)
{
	(void)state;
	static const char *const public[] = {"1.1.1.1", "9.255.255.255", "11.0.0.0",
		"172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0", "100.63.255.255",
		"100.128.0.0", "126.255.255.255", "128.0.0.0", "169.253.0.1", "169.255.0.1",
		"2001:db8::1", "2606:4700::1111", "64:ff9b::8.8.8.8", "64:ff9b:1::8.8.8.8",
		"64:ff9b:1:808:8:800::", "2002:808:808::1", "fb00::1", "fe00::1", "ff02::1",
		"::ffff:8.8.8.8", "2000::10.0.0.1", "64:ff9b:2::10.0.0.1"};
	for (size_t i = 0; i < sizeof public / sizeof public[0]; i++) {
		struct addr a = address(public[i]);
		if (rebinding_is_private(&a))
			fail_msg("%s is public", public[i]);
	}
}

static void exempt_names(void **state)
{
	(void)state;
	struct config_rule except[] = {
		{.name = name_of("plex.direct"), .is_self = true, .is_below = true},
		{.name = name_of("self.example"), .is_self = true},
		{.name = name_of("below.example"), .is_below = true}};
	struct config_zone forward[] = {{.zone = name_of(".")}, {.zone = name_of("lan")}};
	struct config_zone stub[] = {{.zone = name_of("corp.example")}};
	struct config config = {.rebinding_except = except,
		.rebinding_except_count = 3,
		.forward = forward,
		.forward_count = 2,
		.stub = stub,
		.stub_count = 1};
	static const struct {
		const char *name;
		bool is_exempt;
	} cases[] = {{"plex.direct", true}, {"a.b.plex.direct", true}, {"xplex.direct", false},
		{"direct", false}, {"self.example", true}, {"a.self.example", false},
		{"below.example", false}, {"a.below.example", true}, {"lan", true},
		{"nas.lan", true}, {"corp.example", true}, {"x.corp.example", true},
		{"example", false}, {"example.com", false}, {".", false}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct dname n = name_of(cases[i].name);
		if (rebinding_is_exempt(&config, &n) != cases[i].is_exempt)
			fail_msg("%s", cases[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(private_addresses),
		cmocka_unit_test(public_addresses),
		cmocka_unit_test(exempt_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
