/* SPDX-License-Identifier: BSD-2-Clause
 * Who may ask, the client's group, and the limit on refusals.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "resolver/admit.h"
#include "resolver/respites.h"
#include "tests/unit/fixture.h"

static struct fixture f;

static struct addr_table *table_of(const char *const *prefixes, const uint32_t *values, size_t n)
{
	struct addr_prefix parsed[8];
	assert_true(n <= 8);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(addr_prefix_from_text(prefixes[i], &parsed[i]), 0);
	struct addr_table *t = addr_table_new(parsed, values, n);
	assert_non_null(t);
	return t;
}

static int start(void **state)
{
	(void)state;
	static const char *const access[] = {"127.0.0.0/8", "192.168.0.0/16", "2001:db8::/32"};
	static const uint32_t yes[] = {1, 1, 1};
	static const char *const groups[] = {"192.168.1.0/24", "2001:db8:1::/48"};
	static const uint32_t numbers[] = {1, 2};
	fixture_init(&f);
	f.view.access = table_of(access, yes, 3);
	f.view.group_of_client = table_of(groups, numbers, 2);
	return 0;
}

static int finish(void **state)
{
	(void)state;
	addr_table_free(f.view.access);
	addr_table_free(f.view.group_of_client);
	return 0;
}

static enum step ask(const char *client)
{
	struct query *q = fixture_ask(&f, "a.example", TYPE_A);
	assert_int_equal(addr_from_text(client, &q->client), 0);
	return admit(&f.worker, q);
}

static void test_groups(void **state)
{
	(void)state;
	assert_int_equal(ask("127.0.0.1"), STEP_NEXT);
	assert_int_equal(f.q.group, 0);
	assert_int_equal(ask("192.168.1.77"), STEP_NEXT);
	assert_int_equal(f.q.group, 1);
	assert_int_equal(ask("192.168.2.77"), STEP_NEXT);
	assert_int_equal(f.q.group, 0);
	assert_int_equal(ask("2001:db8:1::5"), STEP_NEXT);
	assert_int_equal(f.q.group, 2);
	/* A refresh is nobody's. */
	f.q.transport = TRANSPORT_NONE;
	admit_group(&f.worker, &f.q);
	assert_int_equal(f.q.group, 0);
}

/* Until its end by the query's arrival, also when nothing else has changed. */
static void test_pause(void **state)
{
	(void)state;
	static struct respite pause = {.scope = RESPITE_CLIENT};
	struct respites all = {.entries = &pause, .count = 1};
	assert_int_equal(addr_from_text("192.168.2.77", &pause.client), 0);
	assert_int_equal(ask("192.168.2.77"), STEP_NEXT);
	assert_false(f.q.is_paused);
	pause.until_us = clock_us() + 1000;
	assert_int_equal(view_respite_join(&f.view, &all), 0);
	f.view.serial++;
	ask("192.168.2.77");
	assert_true(f.q.is_paused);
	ask("192.168.2.78");
	assert_false(f.q.is_paused);
	ask("192.168.2.77");
	f.q.transport = TRANSPORT_NONE;
	admit_group(&f.worker, &f.q);
	assert_false(f.q.is_paused);
	fixture_advance_ms(&f, 1);
	ask("192.168.2.77");
	assert_false(f.q.is_paused);
	/* One that has waited came while it was. */
	f.q.arrived_us--;
	admit_group(&f.worker, &f.q);
	assert_true(f.q.is_paused);
	view_respite_free(f.view.respites);
	f.view.respites = NULL;
}

/* What was found out about a client is forgotten with the view. */
static void test_memo_ends_with_the_view(void **state)
{
	(void)state;
	static const char *const access[] = {"192.168.2.0/24"};
	static const uint32_t yes[] = {1};
	assert_int_equal(ask("192.168.1.77"), STEP_NEXT);
	addr_table_free(f.view.access);
	f.view.access = table_of(access, yes, 1);
	f.view.serial++;
	assert_int_equal(ask("192.168.1.77"), STEP_REPLY);
	assert_int_equal(f.q.outcome, OUTCOME_REFUSED);
}

static void test_refusals_are_limited(void **state)
{
	(void)state;
	for (int second = 0; second < 2; second++) {
		for (int i = 0; i < 25; i++) {
			enum step step = ask(i % 2 ? "203.0.113.1" : "2001:db9::1");
			assert_int_equal(step, i < 10 ? STEP_REPLY : STEP_DROP);
			assert_int_equal(
				f.q.outcome, i < 10 ? OUTCOME_REFUSED : OUTCOME_DROPPED_LIMIT);
			if (i < 10) {
				assert_int_equal(f.q.rcode, RCODE_REFUSED);
				assert_int_equal(f.q.ede, EDE_PROHIBITED);
			}
		}
		/* Those who may ask do not notice. */
		assert_int_equal(ask("127.0.0.1"), STEP_NEXT);
		fixture_advance(&f, 1);
	}
}

/* The limit is shared among the workers, at least one refusal each; none when it is 0. */
static void test_limit_of_each_worker(void **state)
{
	(void)state;
	f.worker.worker_count = 4;
	unsigned answered = 0;
	for (int i = 0; i < 25; i++)
		answered += ask("203.0.113.1") == STEP_REPLY;
	assert_int_equal(answered, 3);
	f.config.refused_per_s = 0;
	fixture_advance(&f, 1);
	assert_int_equal(ask("203.0.113.1"), STEP_DROP);
}

/* An error is an answer, too: a malformed query is no way round the limit. */
static void test_errors_are_for_those_who_may_ask(void **state)
{
	(void)state;
	unsigned answered = 0;
	for (int i = 0; i < 25; i++) {
		struct query *q = fixture_query(&f);
		assert_int_equal(addr_from_text("203.0.113.1", &q->client), 0);
		q->outcome = OUTCOME_FORMERR;
		q->rcode = RCODE_FORMERR;
		bool is_answered = admit(&f.worker, q) == STEP_REPLY;
		assert_int_equal(q->outcome, is_answered ? OUTCOME_REFUSED : OUTCOME_DROPPED_LIMIT);
		answered += is_answered;
	}
	assert_int_equal(answered, 10);
	struct query *q = fixture_query(&f);
	assert_int_equal(addr_from_text("127.0.0.1", &q->client), 0);
	q->outcome = OUTCOME_BADVERS;
	q->rcode = RCODE_BADVERS;
	assert_int_equal(admit(&f.worker, q), STEP_REPLY);
	assert_int_equal(q->outcome, OUTCOME_BADVERS);
	assert_int_equal(q->rcode, RCODE_BADVERS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_groups, start, finish),
		cmocka_unit_test_setup_teardown(test_pause, start, finish),
		cmocka_unit_test_setup_teardown(test_memo_ends_with_the_view, start, finish),
		cmocka_unit_test_setup_teardown(test_refusals_are_limited, start, finish),
		cmocka_unit_test_setup_teardown(test_limit_of_each_worker, start, finish),
		cmocka_unit_test_setup_teardown(
			test_errors_are_for_those_who_may_ask, start, finish),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
