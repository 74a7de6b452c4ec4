/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "resolver/base/addr_special.h"

static struct addr address(const char *text)
{
	struct addr a;
	if (addr_from_text(text, &a))
		fail_msg("not an address: %s", text);
	return a;
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
		if (!addr_special_is_private(&a))
			fail_msg("%s is private", private[i]);
		assert_true(addr_special_is_local(&a));
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
		if (addr_special_is_private(&a))
			fail_msg("%s is public", public[i]);
	}
}

static void other_local_addresses(void **state)
{
	(void)state;
	static const char *const local[] = {"224.0.0.1", "239.1.2.3", "240.0.0.1",
		"255.255.255.255", "192.0.0.8", "198.18.0.1", "198.19.255.255", "ff02::1", "100::1",
		"2001::1", "64:ff9b::224.0.0.1", "2002:e000:1::", "::ffff:240.0.0.1"};
	static const char *const others[] = {"1.1.1.1", "223.255.255.255", "192.0.1.1",
		"198.17.255.255", "198.20.0.0", "2606:4700::1111", "101::1", "2001:1::1",
		"64:ff9b::8.8.8.8", "2002:808:808::1"};
	for (size_t i = 0; i < sizeof local / sizeof local[0]; i++) {
		struct addr a = address(local[i]);
		if (!addr_special_is_local(&a))
			fail_msg("%s is local", local[i]);
		assert_false(addr_special_is_private(&a));
	}
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		struct addr a = address(others[i]);
		if (addr_special_is_local(&a))
			fail_msg("%s is not local", others[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(private_addresses),
		cmocka_unit_test(public_addresses),
		cmocka_unit_test(other_local_addresses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
