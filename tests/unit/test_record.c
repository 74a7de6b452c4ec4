/* SPDX-License-Identifier: BSD-2-Clause
 * One outcome, one type, one transport, one latency and one event for each query; nothing for a refresh.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "resolver/botnets.h"
#include "resolver/evidence/evidence.h"
#include "resolver/journal/journal.h"
#include "resolver/record.h"
#include "tests/unit/fixture.h"

static struct fixture f;
static struct evidence_event told;
static unsigned told_count;

void evidence_put(struct evidence *e, unsigned worker, const struct evidence_event *event)
{
	assert_ptr_equal(e, f.worker.evidence);
	assert_int_equal(worker, f.worker.index);
	told = *event;
	told_count++;
}

static struct journal_event kept;
static unsigned kept_count, missed_count;
static bool is_full;

struct journal_event *journal_begin(struct journal *j, unsigned worker)
{
	assert_ptr_equal(j, f.worker.journal);
	assert_int_equal(worker, f.worker.index);
	memset(&kept, 0xa5, sizeof kept); /* of the event before */
	return is_full ? NULL : &kept;
}

void journal_commit(struct journal *j, unsigned worker, const struct journal_event *event)
{
	assert_ptr_equal(j, f.worker.journal);
	assert_int_equal(worker, f.worker.index);
	assert_ptr_equal(event, &kept);
	kept_count++;
}

void journal_miss(struct journal *j, unsigned worker)
{
	assert_ptr_equal(j, f.worker.journal);
	assert_int_equal(worker, f.worker.index);
	missed_count++;
}

static int start(void **state)
{
	(void)state;
	fixture_init(&f);
	f.view.lists[5].counter = 17;
	return 0;
}

static uint64_t sum(const uint64_t *counters, size_t n)
{
	uint64_t total = 0;
	while (n--)
		total += counters[n];
	return total;
}

static void test_every_query_counts_once(void **state)
{
	(void)state;
	static const uint16_t types[] = {TYPE_A, TYPE_AAAA, TYPE_HTTPS, 0, 4711};
	unsigned queries = 0;
	for (int outcome = 0; outcome < OUTCOME_COUNT; outcome++)
		for (int transport = TRANSPORT_UDP; transport <= TRANSPORT_TCP; transport++)
			for (size_t i = 0; i < 5; i++) {
				struct query *q = fixture_ask(&f, "a.example", types[i]);
				q->outcome = (enum query_outcome)outcome;
				q->transport = (enum transport)transport;
				assert_int_equal(record(&f.worker, q), STEP_NEXT);
				queries++;
			}
	static struct stats_total t;
	stats_sum(&t, &f.stats);
	assert_int_equal(t.queries, queries);
	assert_int_equal(sum(t.outcomes, OUTCOME_COUNT), queries);
	assert_int_equal(sum(t.types, STATS_TYPES), queries);
	assert_int_equal(sum(t.transports, 2), queries);
	assert_int_equal(sum(t.replies, JOURNAL_REPLY_COUNT), queries);
	assert_int_equal(t.replies[JOURNAL_REPLY_NONE], 30); /* dropped */
	assert_int_equal(t.outcomes[OUTCOME_STALE], 10);
	assert_int_equal(t.types[stats_type_index(TYPE_A)], queries / 5);
	assert_int_equal(t.types[STATS_TYPES - 1], queries / 5 * 2);
	assert_int_equal(t.transports[TRANSPORT_TCP], queries / 2);
	/* All within their batch: they wait for its one clock reading. */
	assert_int_equal(f.worker.batch_count, queries);
	assert_int_equal(sum(t.latency, STATS_BUCKETS), 0);
}

static void test_list(void **state)
{
	(void)state;
	struct query *q = fixture_ask(&f, "a.example", TYPE_A);
	q->outcome = OUTCOME_BLOCKED;
	q->list = 5;
	record(&f.worker, q);
	assert_int_equal(f.stats.list_hits[17], 1);
	q = fixture_ask(&f, "a.example", TYPE_A);
	record(&f.worker, q);
	for (unsigned i = 0; i < STATS_LISTS; i++)
		assert_int_equal(f.stats.list_hits[i], i == 17);
}

static void test_latency_of_a_parked_query(void **state)
{
	(void)state;
	struct query *q = fixture_ask(&f, "a.example", TYPE_A);
	clock_advance(1000);
	f.worker.now_us = clock_us();
	clock_advance(500);
	q->outcome = OUTCOME_RECURSED;
	record(&f.worker, q);
	assert_int_equal(f.worker.batch_count, 0);
	assert_int_equal(f.stats.latency[stats_bucket(1500)], 1);
	assert_int_equal(f.stats.latency_sum_us, 1500);
}

static void test_a_refresh_is_no_query(void **state)
{
	(void)state;
	static struct stats_worker nothing;
	struct query *q = fixture_ask(&f, "a.example", TYPE_A);
	q->transport = TRANSPORT_NONE;
	q->list = 5;
	q->arrived_us = 0;
	assert_int_equal(record(&f.worker, q), STEP_NEXT);
	assert_memory_equal(&f.stats, &nothing, sizeof nothing);
	assert_int_equal(f.worker.batch_count, 0);
}

/* --- what is told to the evidence --- */

/* A question whose name does not exist. */
static struct query *ask_missing(const char *name)
{
	struct query *q = fixture_ask(&f, name, TYPE_A);
	q->outcome = OUTCOME_RECURSED;
	q->rcode = RCODE_NXDOMAIN;
	q->dga_score = 4000;
	q->client.bytes[15] = 7;
	return q;
}

static bool is_told(struct query *q)
{
	unsigned before = told_count;
	record(&f.worker, q);
	return told_count > before;
}

static void test_evidence_of_missing_names(void **state)
{
	(void)state;
	struct query *q = ask_missing("www.qxkvjwzht.biz");
	assert_false(is_told(q)); /* none is gathered */
	f.worker.evidence = (struct evidence *)&f;
	f.config.evidence_mode = LIST_MODE_OFF;
	assert_false(is_told(q));
	f.config.evidence_mode = LIST_MODE_MONITOR;
	assert_true(is_told(q));
	assert_int_equal(told.kind, EVIDENCE_NXDOMAIN);
	assert_int_equal(told.score, 4000);
	assert_int_equal(told.qtype, TYPE_A);
	assert_int_equal(told.client.bytes[15], 7);
	assert_true(dname_equal(&told.name, &q->qname));
	assert_null(told.family);
	/* Again within the hour: that is no news. */
	q->outcome = OUTCOME_CACHED;
	assert_false(is_told(q));
	f.worker.now_us += UINT64_C(3600000000);
	assert_true(is_told(q));
	q->client.bytes[15] = 8;
	assert_true(is_told(q));
	/* What exists, what was not judged, what is allowed, blocked, aliased, or the end of a chain says nothing. */
	q->rcode = RCODE_NOERROR;
	assert_false(is_told(q));
	q = ask_missing("a.example");
	q->dga_score = 0;
	assert_false(is_told(q));
	q = ask_missing("a.example");
	q->is_allowed = true;
	assert_false(is_told(q));
	q = ask_missing("a.example");
	q->outcome = OUTCOME_BLOCKED;
	assert_false(is_told(q));
	q = ask_missing("a.example");
	q->is_aliased = true;
	assert_false(is_told(q));
	q = ask_missing("a.example");
	q->answer_count = 1;
	assert_false(is_told(q));
	/* Nor does our own refresh, or the reverse tree. */
	q = ask_missing("a.example");
	q->transport = TRANSPORT_NONE;
	assert_false(is_told(q));
	assert_false(is_told(ask_missing("1.0.168.192.in-addr.arpa")));
}

static void test_evidence_of_lists(void **state)
{
	(void)state;
	struct botnets botnets = {.names = {"necurs"}, .count = 1};
	f.worker.evidence = (struct evidence *)&f;
	f.worker.botnets = &botnets;
	f.config.evidence_mode = LIST_MODE_MONITOR;
	f.view.lists[5].is_botnet = true;
	struct query *q = fixture_ask(&f, "c2.example", TYPE_AAAA);
	q->outcome = OUTCOME_BLOCKED;
	q->list = 6;
	assert_false(is_told(q));
	q->list = 5;
	assert_true(is_told(q));
	assert_int_equal(told.kind, EVIDENCE_LISTED);
	q->family = 1;
	assert_true(is_told(q));
	assert_int_equal(told.kind, EVIDENCE_CALENDAR);
	assert_string_equal(told.family, "necurs");
	q->is_allowed = true;
	assert_false(is_told(q));
	/* Its blocking is paused: a bot is one nevertheless. */
	q = fixture_ask(&f, "c2.example", TYPE_AAAA);
	q->outcome = OUTCOME_RECURSED;
	q->is_paused = q->is_spared_bot = true;
	assert_true(is_told(q));
	assert_int_equal(told.kind, EVIDENCE_LISTED);
}

static void test_no_evidence_of_popular_names(void **state)
{
	(void)state;
	const struct dga_options built_in = {.threshold = 1e-4};
	struct dga *dga;
	assert_int_equal(dga_open(&built_in, &dga, NULL), 0);
	f.worker.evidence = (struct evidence *)&f;
	f.config.evidence_mode = LIST_MODE_MONITOR;
	f.view.dga = dga;
	f.view.lists[5].is_botnet = true;
	/* An upstream says that nothing exists. */
	assert_true(is_told(ask_missing("www.qxkvjwzhtu.biz")));
	assert_false(is_told(ask_missing("www.github.com")));
	/* A list that holds a place where anybody may put a file. */
	struct query *q = fixture_ask(&f, "www.github.com", TYPE_A);
	q->outcome = OUTCOME_BLOCKED;
	q->list = 5;
	assert_false(is_told(q));
	q = fixture_ask(&f, "www.qxkvjwzhtu.biz", TYPE_A);
	q->outcome = OUTCOME_BLOCKED;
	q->list = 5;
	assert_true(is_told(q));
	assert_int_equal(told.kind, EVIDENCE_LISTED);
	dga_close(dga);
}

/* --- what is told to the journal --- */

static void test_each_query_is_an_event(void **state)
{
	(void)state;
	static const char lists[20][64] = {[17] = "evil", [18] = "watched"};
	struct botnets botnets = {.names = {"necurs"}, .count = 1};
	f.worker.journal = (struct journal *)&f;
	f.worker.botnets = &botnets;
	f.worker.list_names = lists;
	kept_count = missed_count = 0;
	struct query *q = fixture_ask(&f, "www.example", TYPE_AAAA);
	q->outcome = OUTCOME_BLOCKED;
	q->list = 5;
	q->family = 1;
	q->group = 3;
	q->dga_score = -1500;
	q->client.bytes[15] = 7;
	clock_advance(700);
	record(&f.worker, q);
	assert_int_equal(kept_count, 1);
	assert_true(dname_equal(&kept.name, &q->qname));
	assert_int_equal(kept.at_ms, clock_wall_ms());
	assert_int_equal(kept.took_us, 700);
	assert_int_equal(kept.qtype, TYPE_AAAA);
	assert_int_equal(kept.outcome, OUTCOME_BLOCKED);
	assert_int_equal(kept.reply, JOURNAL_REPLY_NODATA);
	assert_int_equal(kept.group, 3);
	assert_int_equal(kept.dga_score, -1500);
	assert_int_equal(kept.client.bytes[15], 7);
	assert_string_equal(kept.list, "evil");
	assert_string_equal(kept.family, "necurs");
	assert_false(kept.is_monitored);
	/* A list that only watches; the name is the one that was asked, not the target of a list's CNAME. */
	q = fixture_ask(&f, "target.example", TYPE_A);
	q->outcome = OUTCOME_RECURSED;
	q->monitored = 18;
	q->is_aliased = true;
	q->asked = fixture_name("asked.example");
	record(&f.worker, q);
	assert_string_equal(kept.list, "watched");
	assert_true(kept.is_monitored);
	assert_null(kept.family);
	assert_true(dname_equal(&kept.name, &q->asked));
	/* The longest name comes whole. */
	char text[254];
	memset(text, 'a', sizeof text);
	text[63] = text[127] = text[191] = '.';
	text[253] = 0;
	q = fixture_ask(&f, text, TYPE_A);
	q->rcode = RCODE_NXDOMAIN;
	record(&f.worker, q);
	assert_int_equal(kept.name.len, DNAME_MAX);
	assert_true(dname_equal(&kept.name, &q->qname));
	assert_int_equal(kept.reply, JOURNAL_REPLY_NXDOMAIN);
	/* Without room it is counted, and no more. */
	is_full = true;
	record(&f.worker, fixture_ask(&f, "a.example", TYPE_A));
	is_full = false;
	assert_int_equal(kept_count, 3);
	/* Our own refresh is none; a query without a slot is one that nothing is known of. */
	q = fixture_ask(&f, "a.example", TYPE_A);
	q->transport = TRANSPORT_NONE;
	record(&f.worker, q);
	assert_int_equal(kept_count, 3);
	record_no_slot(&f.worker, TRANSPORT_TCP);
	assert_int_equal(missed_count, 1);
	assert_int_equal(f.stats.outcomes[OUTCOME_DROPPED_LIMIT], 1);
	assert_int_equal(f.stats.transports[TRANSPORT_TCP], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_every_query_counts_once, start),
		cmocka_unit_test_setup(test_list, start),
		cmocka_unit_test_setup(test_latency_of_a_parked_query, start),
		cmocka_unit_test_setup(test_a_refresh_is_no_query, start),
		cmocka_unit_test_setup(test_evidence_of_missing_names, start),
		cmocka_unit_test_setup(test_evidence_of_lists, start),
		cmocka_unit_test_setup(test_no_evidence_of_popular_names, start),
		cmocka_unit_test_setup(test_each_query_is_an_event, start),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
