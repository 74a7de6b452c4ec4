/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "web/dialect_host.h"

static void this_machine_has_memory(void **state)
{
	(void)state;
	struct dialect_host h;
	dialect_host_read(60 * 1000000, &h);
	assert_true(h.cpus >= 1);
	assert_true(h.total_kb > 1024 && h.free_kb <= h.total_kb && h.available_kb <= h.total_kb);
	assert_true(h.swap_free_kb <= h.swap_total_kb);
	assert_true(h.uptime_s > 0 && h.processes > 0);
	assert_true(h.memory_percent > 0 && h.memory_percent < 100);
	assert_true(h.cpu_percent >= 0 && h.cpu_percent < 1000);
	assert_true(h.name[0]);
	dialect_host_read(0, &h);
	assert_true(h.cpu_percent == 0.0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(this_machine_has_memory)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
