/* SPDX-License-Identifier: BSD-2-Clause
 * The table of zones with tenants is in the order in which it is searched.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dga/zones.h"

static void every_entry_is_found(void **state)
{
	(void)state;
	size_t open = 0, machine = 0;
	for (size_t len = 0; len <= 64; len++) {
		const char *all = zones_of(len), *before = NULL;
		size_t width = len + 2;
		assert_int_equal(strlen(all) % width, 0);
		if (*all)
			assert_in_range(len, ZONES_TEXT_MIN, ZONES_TEXT_MAX);
		for (const char *z = all; *z; z += width) {
			assert_true(z[0] == ZONES_OPEN || z[0] == ZONES_MACHINE);
			assert_non_null(memchr(z + 1, '.', len));
			assert_int_equal(z[len + 1], ' ');
			assert_null(memchr(z + 1, ' ', len));
			assert_null(memchr(z + 1, '+', len));
			if (before && memcmp(before + 1, z + 1, len) >= 0)
				fail_msg("%.*s: not in order", (int)len, z + 1);
			assert_int_equal(zones_find((const uint8_t *)z + 1, len), z[0]);
			open += z[0] == ZONES_OPEN;
			machine += z[0] == ZONES_MACHINE;
			before = z;
		}
	}
	assert_in_range(open, 500, 1000);
	assert_in_range(machine, 150, 1000);
}

static void others_are_not(void **state)
{
	(void)state;
	static const char *const texts[] = {"", "a", "a.b", "ddns.nes", "ddns.neu", "aaaa.aaa",
		"zzzz.zzz", "example.com", "a-very-long-zone-of-somebody.example.com"};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_int_equal(
			zones_find((const uint8_t *)texts[i], strlen(texts[i])), ZONES_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_entry_is_found),
		cmocka_unit_test(others_are_not),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
