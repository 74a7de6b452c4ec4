/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/flight.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { THREADS = 4, ROUNDS = 20000, BUSY = 100 };

static int set_up(void **state)
{
	return flight_new((struct flight **)state, NULL);
}

static int tear_down(void **state)
{
	flight_free(*state);
	return 0;
}

static struct addr client(const char *text)
{
	struct addr a;
	assert_int_equal(addr_from_text(text, &a), 0);
	return a;
}

static struct dname domain(const char *text)
{
	struct dname d;
	assert_int_equal(dname_from_text(text, strlen(text), &d), 0);
	return d;
}

static void test_cap_of_a_client(void **state)
{
	const struct flight_caps caps = {.per_client = 2};
	struct addr one = client("192.0.2.1"), two = client("192.0.2.2");
	struct dname d = domain("example.com");
	struct flight_ticket t[3], other;
	assert_int_equal(flight_take(*state, &caps, &one, &d, &t[0]), FLIGHT_OK);
	assert_int_equal(flight_take(*state, &caps, &one, &d, &t[1]), FLIGHT_OK);
	assert_int_equal(flight_take(*state, &caps, &one, &d, &t[2]), FLIGHT_CLIENT);
	assert_int_equal(flight_take(*state, &caps, &two, &d, &other), FLIGHT_OK);
	flight_give_back(*state, &t[0]);
	assert_int_equal(flight_take(*state, &caps, &one, &d, &t[2]), FLIGHT_OK);
	assert_int_equal(flight_take(*state, &caps, &one, &d, &t[0]), FLIGHT_CLIENT);
}

static void test_cap_of_a_domain_holds_for_all_clients(void **state)
{
	const struct flight_caps caps = {.per_client = 9, .per_domain = 2};
	struct dname d = domain("example.com"), other = domain("example.net");
	struct flight_ticket t[4];
	struct addr a = client("192.0.2.1"), b = client("2001:db8::1");
	assert_int_equal(flight_take(*state, &caps, &a, &d, &t[0]), FLIGHT_OK);
	assert_int_equal(flight_take(*state, &caps, NULL, &d, &t[1]), FLIGHT_OK);
	assert_int_equal(flight_take(*state, &caps, &b, &d, &t[2]), FLIGHT_DOMAIN);
	assert_int_equal(flight_take(*state, &caps, &b, &other, &t[3]), FLIGHT_OK);
}

/* What was refused by the last cap has not been counted by the ones before. */
static void test_a_refused_question_counts_nowhere(void **state)
{
	const struct flight_caps tight = {.per_client = 1, .per_domain = 1};
	struct dname full = domain("full.example"), d = domain("example.com");
	struct addr a = client("2001:db8::1");
	struct flight_ticket t[3];
	assert_int_equal(flight_take(*state, &tight, NULL, &full, &t[0]), FLIGHT_OK);
	for (int i = 0; i < 10; i++)
		assert_int_equal(flight_take(*state, &tight, &a, &full, &t[1]), FLIGHT_DOMAIN);
	assert_int_equal(flight_take(*state, &tight, &a, &d, &t[1]), FLIGHT_OK);
	/* Giving back twice is giving back once. */
	flight_give_back(*state, &t[1]);
	flight_give_back(*state, &t[1]);
	assert_int_equal(flight_take(*state, &tight, &a, &d, &t[1]), FLIGHT_OK);
	assert_int_equal(flight_take(*state, &tight, &a, &d, &t[2]), FLIGHT_CLIENT);
}

/* A host that takes a new address for each question is still one network. */
static void test_addresses_of_one_network(void **state)
{
	const struct flight_caps caps = {.per_client = 3};
	struct dname d = domain("example.com");
	struct flight_ticket t;
	unsigned taken = 0;
	for (unsigned i = 0; i < 50; i++) {
		char text[ADDR_TEXT_MAX];
		snprintf(text, sizeof text, "2001:db8::%x", i + 1);
		struct addr a = client(text);
		taken += flight_take(*state, &caps, &a, &d, &t) == FLIGHT_OK;
	}
	assert_int_equal(taken, 3 * FLIGHT_NET_CLIENTS);
	struct addr other = client("2001:db8:0:1::1");
	assert_int_equal(flight_take(*state, &caps, &other, &d, &t), FLIGHT_OK);
}

static void test_zero_is_no_cap(void **state)
{
	const struct flight_caps caps = {0};
	struct dname d = domain("example.com");
	struct addr a = client("2001:db8::1");
	struct flight_ticket t;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(flight_take(*state, &caps, &a, &d, &t), FLIGHT_OK);
}

/* A hundred domains at their cap do not take the room of others: a collision needs two busy ones at once. */
static void test_busy_domains_leave_others_alone(void **state)
{
	const struct flight_caps caps = {.per_domain = 20};
	struct flight_ticket t;
	char text[64];
	for (unsigned i = 0; i < BUSY; i++) {
		snprintf(text, sizeof text, "busy%u.example", i);
		struct dname d = domain(text);
		/* The hash key is random: once in 200 runs one of them meets two busy ones and is full early. */
		for (unsigned j = 0; j < 20; j++)
			(void)flight_take(*state, &caps, NULL, &d, &t);
		assert_int_equal(flight_take(*state, &caps, NULL, &d, &t), FLIGHT_DOMAIN);
	}
	unsigned refused = 0;
	for (unsigned i = 0; i < 2000; i++) {
		snprintf(text, sizeof text, "good%u.example", i);
		struct dname d = domain(text);
		refused += flight_take(*state, &caps, NULL, &d, &t) != FLIGHT_OK;
		flight_give_back(*state, &t);
	}
	/* Expected: 2000 * (100 / 8192)^2 = 0.3 */
	assert_in_range(refused, 0, 10);
}

static void *hammer(void *arg)
{
	const struct flight_caps caps = {.per_client = 3, .per_domain = 3};
	struct dname d = domain("example.com");
	struct addr a = client("2001:db8::1");
	size_t refused = 0;
	for (int i = 0; i < ROUNDS; i++) {
		struct flight_ticket t;
		refused += flight_take(arg, &caps, &a, &d, &t) != FLIGHT_OK;
		flight_give_back(arg, &t);
	}
	return (void *)refused;
}

/* After many threads have come and gone, the cap is what it was. */
static void test_threads(void **state)
{
	pthread_t threads[THREADS];
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, hammer, *state), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	const struct flight_caps caps = {.per_client = 1, .per_domain = 1};
	struct dname d = domain("example.com");
	struct addr a = client("2001:db8::1");
	struct flight_ticket t[2];
	assert_int_equal(flight_take(*state, &caps, &a, &d, &t[0]), FLIGHT_OK);
	assert_int_equal(flight_take(*state, &caps, &a, &d, &t[1]), FLIGHT_CLIENT);
}

#define FLIGHT_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FLIGHT_TEST(test_cap_of_a_client),
		FLIGHT_TEST(test_cap_of_a_domain_holds_for_all_clients),
		FLIGHT_TEST(test_a_refused_question_counts_nowhere),
		FLIGHT_TEST(test_addresses_of_one_network),
		FLIGHT_TEST(test_zero_is_no_cap),
		FLIGHT_TEST(test_busy_domains_leave_others_alone),
		FLIGHT_TEST(test_threads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
