/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "web/host.h"

static void takes_addresses_and_localhost(void **state)
{
	(void)state;
	static const char *const good[] = {"localhost", "LocalHost:5380", "127.0.0.1",
		"127.0.0.1:5380", "192.168.1.2:80", "[::1]", "[::1]:5380", "[fe80::1]:1"};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		if (!host_is_ours(good[i], NULL, 0))
			fail_msg("refused: %s", good[i]);
}

static void refuses_names(void **state)
{
	(void)state;
	static const char *const bad[] = {"", ":", ":80", "evil.example", "evil.example:5380",
		"localhost.evil.example", "127.0.0.1.evil.example", "127.0.0.1.",
		"localhost:", "localhost:x", "localhost:123456", "[::1", "[::1]x",
		"[::1]:", "[::1]:8x", "::1", "[127.0.0.1]", "[localhost]", "127.1", "0x7f000001",
		"2130706433", "127.0.0.1 evil.example", "[]",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (host_is_ours(bad[i], NULL, 0))
			fail_msg("taken: %s", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_addresses_and_localhost),
		cmocka_unit_test(refuses_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
