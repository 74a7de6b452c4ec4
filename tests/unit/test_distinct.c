/* SPDX-License-Identifier: BSD-2-Clause
 * Distinct counts are exact while few, within the stated error when many, and add up as sets do.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "resolver/base/hash.h"
#include "resolver/journal/distinct.h"

/* The keys `from` to before `to`, each twice. */
static void add(struct distinct *d, uint64_t from, uint64_t to, uint64_t seed)
{
	for (int times = 0; times < 2; times++)
		for (uint64_t i = from; i < to; i++)
			distinct_add(d, hash_bytes(&i, sizeof i, seed));
}

static void test_few_are_exact(void **state)
{
	(void)state;
	struct distinct d;
	distinct_clear(&d);
	assert_int_equal(distinct_estimate(&d), 0);
	for (uint64_t n = 1; n <= 100; n++) {
		add(&d, n - 1, n, 7);
		assert_int_equal(distinct_estimate(&d), n);
	}
	assert_false(d.is_dense);
}

/* Of 100 sets of each size: the mean is off by less than its own error allows, so is the spread. */
static void test_the_error_is_as_stated(void **state)
{
	(void)state;
	static const uint64_t sizes[] = {255, 256, 500, 2000, 5000, 10000, 50000};
	for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
		double sum = 0, squares = 0;
		for (uint64_t seed = 1; seed <= 100; seed++) {
			struct distinct d;
			distinct_clear(&d);
			add(&d, 0, sizes[k], seed);
			double error = distinct_estimate(&d) / (double)sizes[k] - 1;
			sum += error;
			squares += error * error;
			assert_true(fabs(error) < .023 * 4.5);
		}
		assert_true(fabs(sum / 100) < .007); /* three standard errors of a mean of 100 */
		assert_true(sqrt(squares / 100) < .023 * 1.25);
	}
}

static void test_sets_add_up(void **state)
{
	(void)state;
	static const struct {
		uint64_t a, b, all;
	} ends[] = {{50, 20, 90}, {200, 100, 400}, {50, 10, 5000}, {9000, 1, 9002},
		{9000, 8000, 20000}};
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		struct distinct one, other, all;
		distinct_clear(&one);
		distinct_clear(&other);
		distinct_clear(&all);
		add(&one, 0, ends[i].a, 3);
		add(&other, ends[i].b, ends[i].all, 3);
		add(&all, 0, ends[i].all, 3);
		distinct_merge(&one, &other);
		assert_int_equal(distinct_estimate(&one), distinct_estimate(&all));
		distinct_merge(&one, &other);
		assert_int_equal(distinct_estimate(&one), distinct_estimate(&all));
	}
}

static void test_octets_come_back(void **state)
{
	(void)state;
	static const uint64_t sizes[] = {0, 1, 255, 300, 5000, 3000000};
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		struct distinct d, back;
		uint8_t bytes[DISTINCT_BYTES_MAX + 1];
		distinct_clear(&d);
		add(&d, 0, sizes[i], 5);
		size_t len = distinct_write(&d, bytes);
		assert_true(len <= DISTINCT_BYTES_MAX);
		assert_int_equal(distinct_read(&back, bytes, len + 1), len);
		double is = distinct_estimate(&back), was = distinct_estimate(&d);
		assert_true(fabs(is - was) <= was * .0001);
		for (size_t cut = 0; cut < len; cut++)
			assert_int_equal(distinct_read(&back, bytes, cut), 0);
		assert_int_equal(distinct_estimate(&back), 0);
	}
}

static void test_other_octets_are_refused(void **state)
{
	(void)state;
	struct distinct d;
	uint8_t bytes[DISTINCT_BYTES_MAX] = {2};
	assert_int_equal(distinct_read(&d, bytes, sizeof bytes), 0); /* no such kind */
	memcpy(bytes, "\0\1\0\0\0", 5);
	assert_int_equal(distinct_read(&d, bytes, 5), 0); /* rank 0 */
	memcpy(bytes, "\0\2\0\0\2\0\0\1", 8);
	assert_int_equal(distinct_read(&d, bytes, 8), 0); /* falling */
	memset(bytes, 0, sizeof bytes);
	bytes[0] = 1;
	bytes[1] = 54;
	assert_int_equal(distinct_read(&d, bytes, sizeof bytes), sizeof bytes);
	bytes[9] = 1;
	assert_int_equal(distinct_read(&d, bytes, sizeof bytes), 0); /* rank 55 */
	memset(bytes + 2, 0x11, sizeof bytes - 2);
	bytes[1] = 3;
	assert_int_equal(distinct_read(&d, bytes, sizeof bytes), 0); /* not the smallest as base */
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_few_are_exact),
		cmocka_unit_test(test_the_error_is_as_stated), cmocka_unit_test(test_sets_add_up),
		cmocka_unit_test(test_octets_come_back),
		cmocka_unit_test(test_other_octets_are_refused)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
