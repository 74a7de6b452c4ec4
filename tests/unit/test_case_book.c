/* SPDX-License-Identifier: BSD-2-Clause
 * Cases by number and by client, and which one makes room.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "resolver/evidence/case_book.h"

enum { MAX = 8 };

static struct case_book *b;

static int start(void **state)
{
	(void)state;
	return case_book_new(MAX, &b, NULL);
}

static int stop(void **state)
{
	(void)state;
	case_book_free(b);
	return 0;
}

static struct addr client(unsigned i)
{
	struct addr a = {{0}};
	a.bytes[14] = (uint8_t)(i >> 8);
	a.bytes[15] = (uint8_t)i;
	return a;
}

static struct evidence_case *open_case(unsigned i, uint64_t expected_gone)
{
	struct addr a = client(i);
	uint64_t gone = 99;
	struct evidence_case *c = case_book_open(b, &a, 128, &gone);
	assert_non_null(c);
	assert_int_equal(gone, expected_gone);
	return c;
}

static struct evidence_case *of_client(unsigned i)
{
	struct addr a = client(i);
	return case_book_of_client(b, &a);
}

static void test_found_by_number_and_client(void **state)
{
	(void)state;
	struct evidence_case *c[MAX];
	for (unsigned i = 0; i < MAX; i++)
		c[i] = open_case(i, 0);
	for (unsigned i = 0; i < MAX; i++) {
		assert_ptr_equal(case_book_find(b, i + 1), c[i]);
		assert_ptr_equal(case_book_at(b, i), c[i]);
		assert_ptr_equal(of_client(i), c[i]);
	}
	assert_null(case_book_find(b, 0));
	assert_null(case_book_find(b, MAX + 1));
	assert_null(of_client(MAX));
	c[3]->state = CASE_CLOSED;
	assert_null(of_client(3));
	c[4]->state = CASE_ACKNOWLEDGED;
	assert_ptr_equal(of_client(4), c[4]);
}

static void test_who_makes_room(void **state)
{
	(void)state;
	for (unsigned i = 0; i < MAX; i++)
		open_case(i, 0);
	case_book_find(b, 5)->state = CASE_CLOSED;
	case_book_find(b, 7)->state = CASE_FALSE_POSITIVE;
	open_case(100, 5);
	open_case(101, 7);
	open_case(102, 1);
	assert_int_equal(case_book_count(b), MAX);
	assert_null(of_client(0));
	assert_null(case_book_find(b, 1));
	assert_int_equal(of_client(102)->id, MAX + 3);
	for (size_t i = 1; i < MAX; i++)
		assert_true(case_book_at(b, i - 1)->id < case_book_at(b, i)->id);
	/* Through and through. */
	for (unsigned i = 0; i < 1000; i++) {
		struct addr a = client(i);
		uint64_t gone;
		assert_non_null(case_book_open(b, &a, 128, &gone));
		assert_int_equal(of_client(i)->id, MAX + 4 + i);
	}
}

static void test_pardoned(void **state)
{
	(void)state;
	struct addr a = client(7);
	for (unsigned i = 0; i < 4; i++)
		open_case(7, 0)->state = i % 2 ? CASE_FALSE_POSITIVE : CASE_CLOSED;
	open_case(8, 0)->state = CASE_FALSE_POSITIVE;
	const struct evidence_case *c = case_book_pardoned(b, &a, NULL);
	assert_int_equal(c->id, 4);
	c = case_book_pardoned(b, &a, c);
	assert_int_equal(c->id, 2);
	assert_null(case_book_pardoned(b, &a, c));
	a = client(9);
	assert_null(case_book_pardoned(b, &a, NULL));
}

static void test_done_long_ago(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++)
		open_case(i, 0)->changed_ms = 1000 * (i + 1);
	assert_int_equal(case_book_expire(b, 10000), 0); /* live ones stay */
	case_book_find(b, 2)->state = CASE_CLOSED;
	case_book_find(b, 3)->state = CASE_FALSE_POSITIVE;
	assert_int_equal(case_book_expire(b, 2000), 0);
	assert_int_equal(case_book_expire(b, 3000), 2);
	assert_int_equal(case_book_expire(b, 3000), 0);
	assert_int_equal(case_book_expire(b, 3001), 3);
	assert_int_equal(case_book_count(b), 2);
	assert_null(case_book_find(b, 2));
}

static void test_restored(void **state)
{
	(void)state;
	static struct evidence_case kept;
	static const uint64_t ids[] = {40, 10, 30, 20};
	for (unsigned i = 0; i < 4; i++) {
		kept.id = ids[i];
		kept.client = client(i);
		kept.client_bits = 128;
		assert_true(case_book_restore(b, &kept));
	}
	assert_false(case_book_restore(b, &kept)); /* the number is taken */
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(case_book_at(b, i)->id, 10 * (i + 1));
	assert_int_equal(of_client(2)->id, 30);
	assert_int_equal(open_case(50, 0)->id, 41);
	for (uint64_t id = 100; id < 103; id++) {
		kept.id = id;
		assert_true(case_book_restore(b, &kept));
	}
	/* Full: what is done goes first, and does not come in place of what is not. */
	kept.id = 200;
	kept.state = CASE_CLOSED;
	assert_false(case_book_restore(b, &kept));
	case_book_find(b, 20)->state = CASE_CLOSED;
	assert_true(case_book_restore(b, &kept));
	assert_null(case_book_find(b, 20));
	kept.id = 201;
	kept.state = CASE_OPEN;
	assert_true(case_book_restore(b, &kept));
	assert_null(case_book_find(b, 200));
	kept.id = 202;
	assert_true(case_book_restore(b, &kept));
	assert_null(case_book_find(b, 10));
	assert_non_null(case_book_find(b, 30));
	assert_int_equal(case_book_next_id(b), 203);
	case_book_skip_to(b, 50);
	assert_int_equal(case_book_next_id(b), 203);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {T(test_found_by_number_and_client),
		T(test_who_makes_room), T(test_pardoned), T(test_done_long_ago), T(test_restored)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
