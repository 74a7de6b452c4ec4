/* SPDX-License-Identifier: BSD-2-Clause
 * Items through a ring: whole, in order, and counted when there is no room.
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

#include "resolver/base/dname.h"
#include "resolver/base/ring.h"

enum { BYTES = 4096, MANY = 200000 };

struct item {
	uint64_t number;
	uint32_t again;
	struct dname name;
};

static struct item item_of(unsigned i)
{
	struct item e = {.number = i, .again = i};
	char text[300];
	int n = snprintf(text, sizeof text, "%0*u.example", (int)(1 + i % 60), i);
	assert_int_equal(dname_from_text(text, (size_t)n, &e.name), 0);
	return e;
}

static void expect(const struct item *got, unsigned i)
{
	struct item want = item_of(i);
	assert_int_equal(got->number, i);
	assert_int_equal(got->again, i);
	assert_true(dname_equal(&got->name, &want.name));
}

static void put(struct ring *r, const struct item *e)
{
	ring_put(r, e, offsetof(struct item, name.bytes) + e->name.len);
}

static bool take(struct ring *r, struct item *out)
{
	size_t len = ring_take(r, out, sizeof *out);
	assert_true(!len || len == offsetof(struct item, name.bytes) + out->name.len);
	return len;
}

/* Some are always left, so that the ring goes around. */
static void test_in_order_over_the_end(void **state)
{
	(void)state;
	enum { LEFT = 5 };
	struct ring *r = ring_new(BYTES);
	struct item got;
	assert_non_null(r);
	uint64_t none;
	assert_false(take(r, &got));
	assert_false(ring_peek(r, &none));
	for (unsigned i = 0; i < 5000 + LEFT; i++) {
		uint64_t number = 0;
		struct item e = item_of(i);
		if (i < 5000)
			put(r, &e);
		if (i < LEFT)
			continue;
		assert_true(ring_peek(r, &number));
		assert_int_equal(number, i - LEFT);
		assert_true(take(r, &got));
		expect(&got, i - LEFT);
	}
	assert_false(take(r, &got));
	assert_int_equal(ring_dropped(r), 0);
	ring_free(r);
}

/* One that is empty is filled from its beginning again: what comes and goes needs little of the memory. */
static void test_an_empty_one_begins_anew(void **state)
{
	(void)state;
	struct ring *r = ring_new(BYTES);
	const void *first = ring_begin(r, sizeof(struct item)), *item;
	size_t len = 0;
	for (unsigned i = 0; i < 1000; i++) {
		struct item e = item_of(i);
		put(r, &e);
		put(r, &e);
		item = ring_next(r, &len);
		assert_ptr_equal(item, first);
		expect(item, i);
		expect(ring_next(r, &len), i);
		assert_null(ring_next(r, &len));
		/* Read, but not given back: it still lies there. */
		e = item_of(i + 1);
		put(r, &e);
		expect(item, i);
		expect(ring_next(r, &len), i + 1);
		ring_release(r);
	}
	assert_int_equal(ring_dropped(r), 0);
	ring_free(r);
}

static void test_the_reader_is_wanted(void **state)
{
	(void)state;
	struct ring *r = ring_new(BYTES);
	size_t used = 0, len = 100;
	for (int round = 0; round < 3; round++) {
		for (used = 0; used <= BYTES / 16; used += 8 + 104) {
			assert_non_null(ring_begin(r, 200));
			assert_int_equal(ring_commit(r, 100), used + 8 + 104 > BYTES / 16);
		}
		while (ring_next(r, &len))
			assert_int_equal(len, 100);
		ring_release(r);
	}
	ring_free(r);
}

static void test_full_drops_the_new_and_counts(void **state)
{
	(void)state;
	struct ring *r = ring_new(BYTES);
	struct item got;
	unsigned kept = 0;
	for (unsigned i = 0; i < 1000; i++) {
		struct item e = item_of(i);
		put(r, &e);
	}
	/* A short one may still fit where a long one did not. */
	for (uint64_t last = 0; take(r, &got); kept++) {
		expect(&got, (unsigned)got.number);
		assert_true(!kept || got.number > last);
		last = got.number;
	}
	assert_true(kept > 20 && kept < 100);
	assert_int_equal(ring_dropped(r), 1000 - kept);
	struct item e = item_of(7);
	put(r, &e);
	assert_true(take(r, &got));
	expect(&got, 7);
	ring_free(r);
}

/* What was read where it lies stays there, and takes room, until it is given back. */
static void test_many_are_read_in_place(void **state)
{
	(void)state;
	struct ring *r = ring_new(BYTES);
	const struct item *got[8];
	struct item e = item_of(0);
	size_t len = 0;
	unsigned n = 0;
	for (unsigned i = 0; i < 8; i++) {
		e = item_of(i);
		put(r, &e);
	}
	for (; n < 8 && (got[n] = ring_next(r, &len)); n++)
		assert_int_equal(len, offsetof(struct item, name.bytes) + got[n]->name.len);
	assert_int_equal(n, 8);
	assert_null(ring_next(r, &len));
	while (!ring_dropped(r)) {
		e = item_of(n);
		put(r, &e);
		n++;
	}
	for (unsigned i = 0; i < 8; i++)
		expect(got[i], i);
	ring_release(r);
	put(r, &e);
	assert_int_equal(ring_dropped(r), 1);
	for (unsigned i = 8; i < n - 1; i++)
		expect(ring_next(r, &len), i);
	expect(ring_next(r, &len), n - 1);
	assert_null(ring_next(r, &len));
	ring_free(r);
}

static void *write_many(void *arg)
{
	for (unsigned i = 0; i < MANY; i++) {
		struct item e = item_of(i);
		put(arg, &e);
	}
	return NULL;
}

static void test_two_threads(void **state)
{
	(void)state;
	struct ring *r = ring_new(BYTES);
	struct item got;
	pthread_t writer;
	uint64_t taken = 0, last = 0;
	assert_int_equal(pthread_create(&writer, NULL, write_many, r), 0);
	while (taken + ring_dropped(r) < MANY) {
		if (!take(r, &got))
			continue;
		assert_true(!taken || got.number > last);
		expect(&got, (unsigned)got.number);
		last = got.number;
		taken++;
	}
	pthread_join(writer, NULL);
	assert_true(taken > 0);
	assert_false(take(r, &got));
	ring_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_order_over_the_end),
		cmocka_unit_test(test_an_empty_one_begins_anew),
		cmocka_unit_test(test_the_reader_is_wanted),
		cmocka_unit_test(test_full_drops_the_new_and_counts),
		cmocka_unit_test(test_many_are_read_in_place),
		cmocka_unit_test(test_two_threads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
