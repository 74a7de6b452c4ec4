/* SPDX-License-Identifier: BSD-2-Clause
 * Notices on their way: in order, again after a failure, bounded, and never in anybody's way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "resolver/evidence/notice/courier.h"

enum { WAIT_S = 60, CARRIED_MAX = 1000 };

/* What the receiver does, and what came to it. */
struct receiver {
	enum courier_result results[8]; /* of the first tries; COURIER_DONE after */
	atomic_uint tries;
	bool is_silent; /* waits for the end */
	uint64_t carried[CARRIED_MAX];
};

static struct receiver receiver;
static struct courier *courier;

static enum courier_result carry(
	void *arg, const struct notice *n, const atomic_bool *is_ending, struct err *why)
{
	struct receiver *r = arg;
	unsigned i = atomic_load(&r->tries);
	r->carried[i % CARRIED_MAX] = n->case_id;
	atomic_store(&r->tries, i + 1);
	err_set(why, CEN_EREFUSED, "try %u failed", i);
	while (r->is_silent && !atomic_load(is_ending))
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	return r->is_silent ? COURIER_AGAIN : i < 8 ? r->results[i] : COURIER_DONE;
}

static void begin(uint32_t per_hour)
{
	const struct courier_options options = {.name = "test",
		.carry = carry,
		.arg = &receiver,
		.wait_ms = 1,
		.per_hour = per_hour};
	receiver = (struct receiver){.is_silent = false};
	assert_int_equal(courier_new(&options, &courier, NULL), 0);
}

static int stop(void **state)
{
	(void)state;
	courier_stop(courier);
	courier_free(courier);
	courier = NULL;
	return 0;
}

static void put(unsigned from, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		courier_put(courier, &(struct notice){.case_id = from + i});
}

/* Until nothing waits. */
static struct courier_counters finish(void)
{
	struct courier_counters c;
	for (time_t end = time(NULL) + WAIT_S; time(NULL) < end;) {
		courier_counters(courier, &c);
		if (!c.waiting)
			return c;
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
	fail_msg("something waits still");
	return c;
}

static void test_in_their_order(void **state)
{
	(void)state;
	begin(0);
	put(0, 50);
	assert_int_equal(courier_start(courier, NULL), 0);
	put(50, 50);
	struct courier_counters c = finish();
	assert_int_equal(c.delivered, 100);
	assert_int_equal(c.failed_tries + c.given_up + c.dropped, 0);
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(receiver.carried[i], i);
}

static void test_again_after_a_failure(void **state)
{
	(void)state;
	begin(0);
	receiver.results[0] = receiver.results[1] = COURIER_AGAIN;
	put(7, 2);
	assert_int_equal(courier_start(courier, NULL), 0);
	struct courier_counters c = finish();
	assert_int_equal(c.delivered, 2);
	assert_int_equal(c.failed_tries, 2);
	assert_string_equal(c.problem, "");
	assert_int_equal(receiver.carried[2], 7); /* what failed goes before what is newer */
	assert_int_equal(receiver.carried[3], 8);
}

static void test_a_final_no(void **state)
{
	(void)state;
	begin(0);
	receiver.results[1] = COURIER_NEVER;
	put(1, 2);
	assert_int_equal(courier_start(courier, NULL), 0);
	struct courier_counters c = finish();
	assert_int_equal(c.delivered, 1);
	assert_int_equal(c.given_up, 1);
	assert_string_equal(c.problem, "try 1 failed");
	assert_int_equal(atomic_load(&receiver.tries), 2);
}

static void test_a_receiver_that_never_answers(void **state)
{
	(void)state;
	struct notice waiting[COURIER_WAITING_MAX];
	struct courier_counters c;
	begin(0);
	receiver.is_silent = true;
	assert_int_equal(courier_start(courier, NULL), 0);
	/* Nobody waits for it: what waits first stays, the rest is counted. */
	put(1, 2 * COURIER_WAITING_MAX);
	courier_counters(courier, &c);
	assert_int_equal(c.waiting, COURIER_WAITING_MAX);
	assert_int_equal(c.dropped, COURIER_WAITING_MAX);
	courier_stop(courier);
	/* The one that was under way is kept, too. */
	assert_int_equal(courier_waiting(courier, waiting), COURIER_WAITING_MAX);
	for (unsigned i = 0; i < COURIER_WAITING_MAX; i++)
		assert_int_equal(waiting[i].case_id, 1 + i);
	courier_counters(courier, &c);
	assert_int_equal(c.failed_tries, 0);
}

static void test_an_hours_share(void **state)
{
	(void)state;
	struct courier_counters c;
	begin(3);
	put(1, 10);
	courier_counters(courier, &c);
	assert_int_equal(c.waiting, 3);
	assert_int_equal(c.dropped, 7);
}

static void test_patience(void **state)
{
	(void)state;
	begin(0);
	assert_int_equal(courier_pause_ms(1000, 1), 1000);
	assert_int_equal(courier_pause_ms(1000, 2), 2000);
	assert_int_equal(courier_pause_ms(1000, 5), 16000);
	for (unsigned i = 13; i < 2000; i++)
		assert_int_equal(courier_pause_ms(1000, i), 3600000);
}

int main(void)
{
#define T(name) cmocka_unit_test_teardown(name, stop)
	const struct CMUnitTest tests[] = {T(test_in_their_order), T(test_again_after_a_failure),
		T(test_a_final_no), T(test_a_receiver_that_never_answers), T(test_an_hours_share),
		T(test_patience)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
