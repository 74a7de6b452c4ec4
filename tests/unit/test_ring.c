/* SPDX-License-Identifier: BSD-2-Clause
 * Events through a ring: whole, in order, and counted when there is no room.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "resolver/evidence/ring.h"

enum { BYTES = 4096, MANY = 200000 };

static struct evidence_event event_of(unsigned i)
{
	struct evidence_event e = {
		.at_ms = i, .kind = EVIDENCE_NXDOMAIN, .qtype = 1, .score = (int32_t)i};
	char text[300];
	int n = snprintf(text, sizeof text, "%0*u.example", (int)(1 + i % 60), i);
	assert_int_equal(dname_from_text(text, (size_t)n, &e.name), 0);
	return e;
}

static void expect(const struct evidence_event *got, unsigned i)
{
	struct evidence_event want = event_of(i);
	assert_int_equal(got->at_ms, i);
	assert_int_equal(got->score, i);
	assert_true(dname_equal(&got->name, &want.name));
}

static void test_in_order_over_the_end(void **state)
{
	(void)state;
	struct ring *r = ring_new(BYTES);
	struct evidence_event got;
	assert_non_null(r);
	uint64_t none;
	assert_false(ring_take(r, &got));
	assert_false(ring_peek(r, &none));
	for (unsigned i = 0; i < 5000; i += 7) {
		for (unsigned k = i; k < i + 7; k++) {
			struct evidence_event e = event_of(k);
			ring_put(r, &e);
		}
		for (unsigned k = i; k < i + 7; k++) {
			uint64_t at_ms = 0;
			assert_true(ring_peek(r, &at_ms));
			assert_int_equal(at_ms, k);
			assert_true(ring_take(r, &got));
			expect(&got, k);
		}
		assert_false(ring_take(r, &got));
	}
	assert_int_equal(ring_dropped(r), 0);
	ring_free(r);
}

static void test_full_drops_the_new_and_counts(void **state)
{
	(void)state;
	struct ring *r = ring_new(BYTES);
	struct evidence_event got;
	unsigned kept = 0;
	for (unsigned i = 0; i < 1000; i++) {
		struct evidence_event e = event_of(i);
		ring_put(r, &e);
	}
	/* A short one may still fit where a long one did not. */
	for (uint64_t last = 0; ring_take(r, &got); kept++) {
		expect(&got, (unsigned)got.at_ms);
		assert_true(!kept || got.at_ms > last);
		last = got.at_ms;
	}
	assert_true(kept > 20 && kept < 100);
	assert_int_equal(ring_dropped(r), 1000 - kept);
	struct evidence_event e = event_of(7);
	ring_put(r, &e);
	assert_true(ring_take(r, &got));
	expect(&got, 7);
	ring_free(r);
}

static void *write_many(void *arg)
{
	for (unsigned i = 0; i < MANY; i++) {
		struct evidence_event e = event_of(i);
		ring_put(arg, &e);
	}
	return NULL;
}

static void test_two_threads(void **state)
{
	(void)state;
	struct ring *r = ring_new(BYTES);
	struct evidence_event got;
	pthread_t writer;
	uint64_t taken = 0, last = 0;
	assert_int_equal(pthread_create(&writer, NULL, write_many, r), 0);
	while (taken + ring_dropped(r) < MANY) {
		if (!ring_take(r, &got))
			continue;
		assert_true(!taken || got.at_ms > last);
		expect(&got, (unsigned)got.at_ms);
		last = got.at_ms;
		taken++;
	}
	pthread_join(writer, NULL);
	assert_true(taken > 0);
	assert_false(ring_take(r, &got));
	ring_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_order_over_the_end),
		cmocka_unit_test(test_full_drops_the_new_and_counts),
		cmocka_unit_test(test_two_threads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
