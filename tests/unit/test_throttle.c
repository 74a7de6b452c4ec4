/* SPDX-License-Identifier: BSD-2-Clause
 * Guesses are held back: by address, by prefix, and all strangers' together.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "web/throttle.h"

static struct throttle t;
static uint64_t now;

static int reset(void **state)
{
	(void)state;
	now = 1000000;
	throttle_init(&t, now);
	return 0;
}

static struct addr address(const char *text)
{
	struct addr a;
	assert_int_equal(addr_from_text(text, &a), 0);
	return a;
}

static bool tries(const struct addr *a)
{
	if (throttle_wait_s(&t, a, now))
		return false;
	throttle_failed(&t, a, now);
	return true;
}

static void an_address_waits_longer_each_time(void **state)
{
	(void)state;
	struct addr a = address("192.0.2.1");
	for (int i = 0; i <= THROTTLE_FREE; i++)
		assert_true(tries(&a));
	uint32_t before = 1;
	for (int i = 0; i < 20; i++) {
		uint32_t wait = throttle_wait_s(&t, &a, now);
		assert_true(wait == 2 * before || wait == THROTTLE_WAIT_MAX_S);
		now += (uint64_t)wait * 1000 - 1;
		assert_false(tries(&a));
		now++;
		assert_true(tries(&a));
		before = wait;
	}
	now += (uint64_t)THROTTLE_FORGET_S * 1000;
	for (int i = 0; i <= THROTTLE_FREE; i++)
		assert_true(tries(&a));
}

static void a_prefix_is_one_address(void **state)
{
	(void)state;
	char text[64];
	int n = 0;
	for (int i = 0; i < 100; i++) {
		snprintf(text, sizeof text, "2001:db8:0:1::%x", i);
		struct addr a = address(text);
		n += tries(&a);
	}
	assert_int_equal(n, THROTTLE_FREE + 1);
	struct addr other = address("2001:db8:0:2::1");
	assert_true(tries(&other));
}

static void strangers_share_a_budget(void **state)
{
	(void)state;
	char text[64];
	int n = 0;
	struct addr friend = address("192.0.2.1");
	throttle_passed(&t, &friend, now);
	for (int i = 0; i < 5000; i++) {
		snprintf(text, sizeof text, "10.1.%d.%d", i / 250, i % 250);
		struct addr a = address(text);
		n += tries(&a);
	}
	assert_int_equal(n, THROTTLE_BURST);
	/* Who has got in before is not locked out by them, but is by guesses of its own. */
	struct addr stranger = address("198.51.100.1");
	assert_int_equal(throttle_wait_s(&t, &stranger, now), THROTTLE_REFILL_MS / 1000);
	for (int i = 0; i <= THROTTLE_FREE; i++)
		assert_true(tries(&friend));
	assert_false(tries(&friend));
}

/* Ten thousand guesses in ten minutes, from one address and from as many as there are. */
static void few_guesses_are_tried(void **state)
{
	(void)state;
	struct addr one = address("192.0.2.1");
	int n = 0;
	for (int i = 0; i < 10000; i++, now += 60)
		n += tries(&one);
	print_message("10,000 guesses in 10 minutes, one address: %d tried\n", n);
	assert_true(n < 20);
	reset(NULL);
	n = 0;
	for (int i = 0; i < 10000; i++, now += 60) {
		char text[64];
		snprintf(text, sizeof text, "2001:db8:%x::1", i);
		struct addr a = address(text);
		n += tries(&a);
	}
	print_message("10,000 guesses in 10 minutes, 10,000 networks: %d tried\n", n);
	assert_true(n <= THROTTLE_BURST + 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(an_address_waits_longer_each_time, reset),
		cmocka_unit_test_setup(a_prefix_is_one_address, reset),
		cmocka_unit_test_setup(strangers_share_a_budget, reset),
		cmocka_unit_test_setup(few_guesses_are_tried, reset),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
