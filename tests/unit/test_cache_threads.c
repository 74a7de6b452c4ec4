/* SPDX-License-Identifier: BSD-2-Clause
 * One small cache under several workers at once: every answer is whole, and only those that somebody has looked at are
 * clean. For ThreadSanitizer above all.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/cache_harness.h"

enum { THREADS = 4, ROUNDS = 25000, NAMES = 200, VERSIONS = 8, BATCH = 32 };

struct user {
	pthread_t thread;
	struct fixture f;
	uint32_t random_state;
	unsigned hits, stale_hits, clean_hits, wrong;
};

static struct user users[THREADS];

static uint32_t draw(struct user *u, uint32_t below)
{
	u->random_state += 0x9e3779b9;
	return cache_answer_mix(u->random_state) % below;
}

/* Each name has a few answers, of different sizes. */
static struct cache_answer answer_of(unsigned name, unsigned version)
{
	uint32_t seed = name * VERSIONS + version, size = cache_answer_mix(seed);
	return (struct cache_answer){.seed = seed,
		.ttl_s = 60,
		.records = (uint16_t)(1 + size % 30),
		.data_len = (uint16_t)(4 + size / 30 % (size % 17 ? 60 : 1500))};
}

static struct query *ask(struct user *u, unsigned name)
{
	struct query *q = fixture_query(&u->f);
	q->qname.bytes[0] = 4;
	for (int i = 0; i < 4; i++)
		q->qname.bytes[1 + i] = (uint8_t)('a' + (name >> i * 4 & 15));
	q->qname.bytes[5] = 0;
	q->qname.len = 6;
	q->qname.labels = 1;
	q->qtype = TYPE_TXT;
	q->has_rd = true;
	return q;
}

/* Which of the name's answers is it? -1: none. */
static int version_of(const struct query *q, unsigned name)
{
	bool is_stale = q->source == ANSWER_STALE;
	uint32_t ttl_s = wire_u32(q->out + query_records_at(q) + 6);
	for (unsigned v = 0; v < VERSIONS; v++) {
		struct cache_answer a = answer_of(name, v);
		if (ttl_s <= a.ttl_s && ttl_s > 0 &&
			cache_answer_is(q, &a, a.ttl_s - ttl_s, is_stale ? STALE_TTL_S : 0))
			return (int)v;
	}
	return -1;
}

/* Odd versions are such that no inspection would find them clean. */
static void judge(struct user *u, struct query *q, unsigned name)
{
	int version = version_of(q, name);
	u->wrong += version < 0 || (q->is_clean && version & 1);
	u->clean_hits += q->is_clean;
	if (!(version & 1))
		cache_stamp(&u->f.worker, q);
}

static void look_up(struct user *u, unsigned name)
{
	struct query *q = ask(u, name);
	enum step step = cache(&u->f.worker, q);
	u->wrong += step != STEP_NEXT && q->rcode != RCODE_SERVFAIL;
	if (step != STEP_NEXT || q->source == ANSWER_NONE)
		return;
	u->hits += q->source == ANSWER_CACHE;
	u->stale_hits += q->source == ANSWER_STALE;
	judge(u, q, name);
}

static void keep(struct user *u, unsigned name)
{
	struct cache_answer a = answer_of(name, draw(u, VERSIONS));
	struct query *q = ask(u, name);
	cache_answer_put(q, &a);
	cache_keep(&u->f.worker, q);
	if (!(a.seed & 1))
		cache_stamp(&u->f.worker, q);
}

static void keep_failure(struct user *u, unsigned name)
{
	struct query *q = ask(u, name);
	q->rcode = RCODE_SERVFAIL;
	q->outcome = OUTCOME_SERVFAIL;
	cache_keep(&u->f.worker, q);
	q = ask(u, name);
	if (!cache_take_stale(&u->f.worker, q))
		return;
	u->stale_hits += q->source == ANSWER_STALE;
	judge(u, q, name);
}

static void *use(void *arg)
{
	struct user *u = arg;
	struct cache_usage usage;
	for (unsigned i = 0; i < ROUNDS; i++) {
		/* As in a worker, one reading of the clock for many queries. */
		if (i % BATCH == 0)
			u->f.worker.now_us = clock_us();
		unsigned name = draw(u, 2) ? draw(u, NAMES) : draw(u, NAMES / 20);
		unsigned choice = draw(u, 100);
		if (choice < 70)
			look_up(u, name);
		else if (choice < 97)
			keep(u, name);
		else
			keep_failure(u, name);
		if (u == users && i % 500 == 499)
			clock_advance(25000000);
		if (i % 1000)
			continue;
		cache_usage(u->f.worker.cache, &usage);
		u->wrong += usage.used_bytes > usage.bytes || usage.entries > NAMES;
	}
	return NULL;
}

static void test_workers_share_it(void **state)
{
	(void)state;
	struct err why;
	struct cache *shared = NULL;
	assert_int_equal(cache_new(1 << 20, &shared, &why), 0);
	for (unsigned i = 0; i < THREADS; i++) {
		fixture_init(&users[i].f);
		users[i].f.worker.cache = shared;
		users[i].random_state = i;
	}
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&users[i].thread, NULL, use, &users[i]), 0);
	unsigned hits = 0, stale_hits = 0, clean_hits = 0;
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_join(users[i].thread, NULL);
		assert_int_equal(users[i].wrong, 0);
		hits += users[i].hits;
		stale_hits += users[i].stale_hits;
		clean_hits += users[i].clean_hits;
	}
	print_message("%u hits, %u stale, %u clean\n", hits, stale_hits, clean_hits);
	assert_true(hits > ROUNDS && clean_hits > ROUNDS / 10);
	cache_free(shared);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_workers_share_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
