/* SPDX-License-Identifier: BSD-2-Clause
 * Who is lent an address of the sinkhole's own: questions about bots' names, and no others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "resolver/evidence/evidence.h"
#include "resolver/evidence/token.h"
#include "resolver/token_lend.h"
#include "tests/unit/fixture.h"

static struct fixture f;
static struct addr_prefix prefixes[2];
static char names[STATS_LISTS][64] = {[17] = "botnets"};
static struct evidence_event told;
static unsigned told_count;

void evidence_put(struct evidence *e, unsigned worker, const struct evidence_event *event)
{
	(void)e;
	assert_int_equal(worker, f.worker.index);
	told = *event;
	told_count++;
}

static int start(void **state)
{
	(void)state;
	fixture_init(&f);
	told_count = 0;
	assert_int_equal(addr_prefix_from_text("10.66.0.0/16", &prefixes[0]), 0);
	assert_int_equal(addr_prefix_from_text("2001:db8:66::/64", &prefixes[1]), 0);
	f.config.sinkhole_tokens = prefixes;
	f.config.sinkhole_token_count = 2;
	f.config.evidence_mode = LIST_MODE_MONITOR;
	f.worker.evidence = (struct evidence *)&f;
	f.worker.list_names = (const char(*)[64])names;
	f.worker.token_seed = 7;
	f.worker.worker_count = 3;
	f.worker.index = 2;
	f.view.lists[5].counter = 17;
	f.view.lists[5].is_botnet = true;
	return 0;
}

static struct query *ask(uint16_t type)
{
	struct query *q = fixture_ask(&f, "c2.example", type);
	q->outcome = OUTCOME_BLOCKED;
	q->list = 5;
	q->client.bytes[15] = 9;
	return q;
}

static uint32_t number_of(uint16_t type)
{
	struct addr a;
	uint32_t n = UINT32_MAX;
	assert_true(token_lend(&f.worker, ask(type), &a));
	assert_true(token_number(&prefixes[type == TYPE_AAAA], 7, &a, &n));
	assert_int_equal(told.kind, EVIDENCE_TOKEN);
	assert_int_equal(told.token, n);
	assert_int_equal(told.client.bytes[15], 9);
	assert_string_equal(told.rule, "botnets");
	return n;
}

static void test_each_answer_has_its_own(void **state)
{
	(void)state;
	/* Of three workers the last one has every third. */
	assert_int_equal(number_of(TYPE_A), 2);
	assert_int_equal(number_of(TYPE_A), 5);
	assert_int_equal(number_of(TYPE_AAAA), 8);
	assert_int_equal(told_count, 3);
	f.worker.next_token = 21845;
	assert_int_equal(number_of(TYPE_A), (21845 * 3 + 2) % 65534);
}

static void expect_none(const struct query *q)
{
	struct addr a;
	assert_false(token_lend(&f.worker, q, &a));
}

static void test_nobody_else_is_lent_one(void **state)
{
	(void)state;
	struct query *q = ask(TYPE_A);
	q->list = 6; /* a list of advertisers */
	expect_none(q);
	q->list = -1;
	expect_none(q);
	q->outcome = OUTCOME_BLOCKED_INFECTED;
	struct addr a;
	assert_true(token_lend(&f.worker, q, &a));
	assert_string_equal(told.rule, "");
	q = ask(TYPE_A);
	q->transport = TRANSPORT_NONE;
	expect_none(q);
	f.config.sinkhole_token_count = 1;
	expect_none(ask(TYPE_AAAA));
	f.config.evidence_mode = LIST_MODE_OFF;
	expect_none(ask(TYPE_A));
	f.config.evidence_mode = LIST_MODE_MONITOR;
	f.worker.evidence = NULL;
	expect_none(ask(TYPE_A));
	assert_int_equal(told_count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_each_answer_has_its_own, start),
		cmocka_unit_test_setup(test_nobody_else_is_lent_one, start)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
