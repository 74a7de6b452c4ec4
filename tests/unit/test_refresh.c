/* SPDX-License-Identifier: BSD-2-Clause
 * What is due when: the order of the heap, its limit, its timer. The clock stands still; the timer is fired by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "resolver/pipeline.h"
#include "resolver/refresh.h"
#include "tests/unit/fixture.h"

enum { DUE_MAX = 1024, ROUND_MAX = 64, AFTER_EXPIRY_MS = 1100 };

static struct fixture f;
static struct query slot;

/* What was started, in order. */
static char started[DUE_MAX + 8][40];
static unsigned started_count;

/* --- the worker's side ------------------------------------------------------------------------- */

void worker_enter(struct worker *w)
{
	w->depth++;
	w->now_us = clock_us();
}

void worker_leave(struct worker *w)
{
	w->depth--;
}

struct query *worker_take(struct worker *w)
{
	assert_true(w->free_count > 0);
	memset(&slot, 0, sizeof slot);
	slot.ede = EDE_NONE;
	slot.list = -1;
	return &slot;
}

void pipeline_refresh(struct worker *w, struct query *q)
{
	char name[DNAME_TEXT_MAX];
	assert_int_equal(w->depth, 1);
	assert_int_equal(q->transport, TRANSPORT_NONE);
	assert_true(q->has_question && q->has_rd);
	assert_int_equal(q->qclass, CLASS_IN);
	assert_int_equal(q->arrived_us, w->now_us);
	assert_memory_equal(q->qname_as_sent, q->qname.bytes, q->qname.len);
	assert_true(started_count < DUE_MAX + 8);
	snprintf(started[started_count++], sizeof started[0], "%.20s %u%s%s",
		dname_to_text(q->qname.bytes, name), q->qtype, q->has_do ? " do" : "",
		q->has_cd ? " cd" : "");
}

/* --- helpers ----------------------------------------------------------------------------------- */

static int start(void **state)
{
	(void)state;
	struct err why;
	fixture_init(&f);
	started_count = 0;
	f.worker.base = event_base_new();
	f.worker.slot_count = f.worker.free_count = 100;
	assert_non_null(f.worker.base);
	return refresh_new(&f.worker, &f.worker.refresh, &why);
}

static int finish(void **state)
{
	(void)state;
	refresh_free(f.worker.refresh);
	event_base_free(f.worker.base);
	return 0;
}

static void schedule(const char *name, uint32_t in_s)
{
	refresh_schedule(&f.worker, fixture_ask(&f, name, TYPE_A), in_s);
}

static int note_event(const struct event_base *base, const struct event *e, void *arg)
{
	(void)base;
	*(const struct event **)arg = e;
	return 0;
}

/* The one timer, if it is set. */
static struct event *timer(void)
{
	struct event *found = NULL;
	event_base_foreach_event(f.worker.base, note_event, &found);
	return found;
}

static bool is_set(void)
{
	struct event *e = timer();
	return e && evtimer_pending(e, NULL);
}

/* Will it fire in so long? The event loop's own clock goes on, so not to the second. */
static void expect_timer(int64_t in_ms)
{
	struct timeval at, now;
	struct event *e = timer();
	assert_true(e && evtimer_pending(e, &at));
	event_base_gettimeofday_cached(f.worker.base, &now);
	int64_t is_ms =
		(int64_t)(at.tv_sec - now.tv_sec) * 1000 + (at.tv_usec - now.tv_usec) / 1000;
	assert_true(is_ms > in_ms - 4000 && is_ms < in_ms + 4000);
}

static void fire(void)
{
	struct event *e = timer();
	assert_non_null(e);
	evtimer_del(e);
	event_active(e, EV_TIMEOUT, 1);
	event_base_loop(f.worker.base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
}

static void advance_ms(uint64_t ms)
{
	clock_advance(ms * 1000);
}

/* --- tests ------------------------------------------------------------------------------------- */

static void test_one(void **state)
{
	(void)state;
	assert_false(is_set());
	struct query *q = fixture_ask(&f, "a.example", TYPE_TXT);
	q->has_do = q->has_cd = true;
	q->transport = TRANSPORT_TCP;
	refresh_schedule(&f.worker, q, 30);
	expect_timer(30000 + AFTER_EXPIRY_MS);
	/* Fired too early, nothing is due, and it is set again. */
	advance_ms(30000 + AFTER_EXPIRY_MS - 1);
	fire();
	assert_int_equal(started_count, 0);
	expect_timer(1);
	advance_ms(1);
	fire();
	assert_int_equal(started_count, 1);
	assert_string_equal(started[0], "a.example 16 do cd");
	assert_false(is_set());
	assert_int_equal(f.stats.refreshes, 1);
	assert_int_equal(f.worker.depth, 0);
}

static void test_earliest_first(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		uint32_t in_s;
		int64_t timer_s; /* after it was scheduled */
	} dues[] = {{"c", 30, 30}, {"d", 40, 30}, {"a", 10, 10}, {"e", 50, 10}, {"b", 20, 10},
		{"0", 0, 0}};
	for (size_t i = 0; i < sizeof dues / sizeof dues[0]; i++) {
		schedule(dues[i].name, dues[i].in_s);
		expect_timer(dues[i].timer_s * 1000 + AFTER_EXPIRY_MS);
	}
	static const char *const order[] = {"0 1", "a 1", "b 1", "c 1", "d 1", "e 1"};
	for (unsigned i = 0; i < 6; i++) {
		advance_ms(i ? 10000 : AFTER_EXPIRY_MS);
		fire();
		assert_int_equal(started_count, i + 1);
		assert_string_equal(started[i], order[i]);
	}
	assert_false(is_set());
}

/* Filled to its limit in random order: drained in order, a few at a time, and then filled again. */
static void test_full_heap(void **state)
{
	(void)state;
	static bool is_seen[DUE_MAX];
	for (unsigned turn = 0; turn < 3; turn++) {
		uint32_t x = 12345 + turn;
		memset(is_seen, 0, sizeof is_seen);
		started_count = 0;
		for (unsigned i = 0; i < DUE_MAX; i++) {
			char name[16];
			x = x * 1664525 + 1013904223;
			snprintf(name, sizeof name, "%u-%u", x >> 12 & 0xff, i);
			schedule(name, x >> 12 & 0xff);
		}
		assert_int_equal(f.stats.refresh_drops, turn);
		schedule("too-many", 1);
		assert_int_equal(f.stats.refresh_drops, turn + 1);
		advance_ms(255 * 1000 + AFTER_EXPIRY_MS);
		for (unsigned n = 0; n < DUE_MAX; n += ROUND_MAX) {
			assert_int_equal(started_count, n);
			fire();
		}
		assert_int_equal(started_count, DUE_MAX);
		assert_false(is_set());
		unsigned before = 0;
		for (unsigned i = 0; i < DUE_MAX; i++) {
			unsigned in_s, number;
			assert_int_equal(sscanf(started[i], "%u-%u", &in_s, &number), 2);
			assert_true(in_s >= before && !is_seen[number]);
			is_seen[number] = true;
			before = in_s;
		}
	}
	assert_int_equal(f.stats.refreshes, 3 * DUE_MAX);
}

/* When slots are short, clients come first. */
static void test_clients_come_first(void **state)
{
	(void)state;
	schedule("a", 0);
	schedule("b", 0);
	advance_ms(AFTER_EXPIRY_MS);
	f.worker.free_count = 25;
	fire();
	assert_int_equal(started_count, 0);
	assert_int_equal(f.stats.refresh_drops, 2);
	assert_int_equal(f.stats.refreshes, 0);
	assert_false(is_set());
	f.worker.free_count = 26;
	schedule("c", 0);
	advance_ms(AFTER_EXPIRY_MS);
	fire();
	assert_int_equal(started_count, 1);
}

static void test_longest_ttl(void **state)
{
	(void)state;
	const int64_t month_ms = (int64_t)30 * 86400 * 1000 + AFTER_EXPIRY_MS;
	schedule("a", 30 * 86400);
	expect_timer(month_ms);
	advance_ms((uint64_t)month_ms - 1);
	fire();
	assert_int_equal(started_count, 0);
	advance_ms(1);
	fire();
	assert_int_equal(started_count, 1);
}

static void test_freed_with_work_left(void **state)
{
	(void)state;
	schedule("a", 10);
	refresh_free(NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)
	const struct CMUnitTest tests[] = {
		TEST(test_one),
		TEST(test_earliest_first),
		TEST(test_full_heap),
		TEST(test_clients_come_first),
		TEST(test_longest_ttl),
		TEST(test_freed_with_work_left),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
