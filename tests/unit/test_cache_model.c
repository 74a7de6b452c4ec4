/* SPDX-License-Identifier: BSD-2-Clause
 * Random operations on a cache far too small for them, against a model that remembers everything: what is found is what
 * was put, at its age; what was lost stays lost; memory stays within its size.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/cache_harness.h"

enum { KEYS_MAX = 12000, STALE_S = 200 };

enum kind { NOTHING, ANSWER, FAILURE };

/* What was put last for a key, and what it became. */
struct known {
	enum kind kind;
	struct cache_answer a;
	uint64_t stored_ms;
	uint32_t retry_s, stamp;
	int16_t ede;
	bool is_refreshing;
};

/* What kind of load: in percent, sizes of answers. */
struct profile {
	unsigned keys, operations, tick; /* the clock moves on every so many operations */
	unsigned tiny, medium, large, huge;
};

static struct known known[KEYS_MAX];
static uint32_t random_state;
static unsigned fresh_hits, stale_hits, losses;

static uint32_t draw(uint32_t below)
{
	random_state += 0x9e3779b9;
	return cache_answer_mix(random_state) % below;
}

static uint32_t now_s(void)
{
	return (uint32_t)(f.worker.now_us / 1000000);
}

static struct query *ask(unsigned key)
{
	struct query *q = fixture_query(&f);
	int n = snprintf((char *)q->qname.bytes + 1, 20, "%u", key / 4);
	q->qname.bytes[0] = (uint8_t)n;
	memcpy(q->qname.bytes + 1 + n, "\7example", 9);
	q->qname.len = (uint8_t)(n + 10);
	q->qname.labels = 2;
	q->qtype = TYPE_TXT;
	q->qclass = CLASS_IN;
	q->has_rd = q->has_question = true;
	q->has_do = key & 1;
	q->has_cd = key & 2;
	return q;
}

static uint32_t age_of(const struct known *k)
{
	return (uint32_t)((f.worker.now_us / 1000 - k->stored_ms) / 1000);
}

static bool is_usable(const struct known *k)
{
	return k->kind == ANSWER && age_of(k) < k->a.ttl_s + STALE_S;
}

/* Must it be given, if it is still there? */
static bool is_due_stale(const struct known *k)
{
	if (!is_usable(k) || age_of(k) < k->a.ttl_s)
		return false;
	return (k->is_refreshing && age_of(k) - k->a.ttl_s <= 5) || k->retry_s > now_s();
}

static void lose(struct known *k)
{
	k->kind = NOTHING;
	losses++;
}

static void expect_answer(struct known *k)
{
	assert_int_equal(k->kind, ANSWER);
	assert_int_equal(f.q.is_clean, k->stamp == f.view.serial);
	if (f.q.wants_refresh) {
		assert_false(k->is_refreshing);
		assert_true(age_of(k) <= k->a.ttl_s);
		assert_true(k->a.ttl_s - age_of(k) <= k->a.ttl_s / 10 + 1);
		k->is_refreshing = true;
	}
	if (f.q.source == ANSWER_STALE) {
		assert_true(is_due_stale(k));
		assert_true(cache_answer_is(&f.q, &k->a, 0, STALE_TTL_S));
		stale_hits++;
		return;
	}
	assert_int_equal(f.q.source, ANSWER_CACHE);
	assert_true(age_of(k) < k->a.ttl_s);
	assert_true(cache_answer_is(&f.q, &k->a, age_of(k), 0));
	fresh_hits++;
}

static void look_up(unsigned key)
{
	struct known *k = &known[key];
	enum step step = cache(&f.worker, ask(key));
	if (step == STEP_REPLY) {
		assert_int_equal(k->kind, FAILURE);
		assert_true(age_of(k) < FAILURE_TTL_S);
		assert_int_equal(f.q.ede, k->ede);
	} else if (f.q.source != ANSWER_NONE) {
		expect_answer(k);
		if (draw(3) == 0) {
			cache_stamp(&f.worker, &f.q);
			k->stamp = f.view.serial;
		}
	} else if ((k->kind == FAILURE && age_of(k) < FAILURE_TTL_S) ||
		(k->kind == ANSWER && (age_of(k) < k->a.ttl_s || is_due_stale(k)))) {
		lose(k);
	}
}

static struct cache_answer draw_answer(const struct profile *p)
{
	struct cache_answer a = {.seed = draw(UINT32_MAX),
		.ttl_s = 31 + draw(300),
		.rcode = draw(5) ? RCODE_NOERROR : RCODE_NXDOMAIN,
		.is_secure = draw(2)};
	unsigned size = draw(100);
	if (size < p->huge) {
		a.records = 1;
		a.data_len = (uint16_t)(40000 + draw(25000));
	} else if (size < p->huge + p->large) {
		a.records = (uint16_t)(1 + draw(1000));
		a.data_len = (uint16_t)(4 + draw(40));
	} else if (size < p->huge + p->large + p->medium) {
		a.records = (uint16_t)(1 + draw(30));
		a.data_len = (uint16_t)(4 + draw(60));
	} else if (size >= 100 - p->tiny) {
		a.records = a.data_len = 0;
	} else {
		a.records = (uint16_t)draw(4);
		a.data_len = (uint16_t)(4 + draw(12));
	}
	return a;
}

static void keep_answer(unsigned key, const struct profile *p)
{
	struct cache_answer a = draw_answer(p);
	cache_answer_put(ask(key), &a);
	cache_keep(&f.worker, &f.q);
	known[key] = (struct known){.kind = ANSWER, .a = a, .stored_ms = f.worker.now_us / 1000};
	if (draw(4))
		return;
	/* What was put this moment is there. */
	look_up(key);
	assert_int_equal(known[key].kind, ANSWER);
}

static void keep_failure(unsigned key)
{
	struct known *k = &known[key];
	struct query *q = ask(key);
	q->rcode = RCODE_SERVFAIL;
	q->outcome = OUTCOME_SERVFAIL;
	q->ede = (int16_t)draw(20);
	int16_t ede = q->ede;
	cache_keep(&f.worker, q);
	bool has_yielded = false;
	if (is_usable(k)) {
		/* It yields to an answer of use, unless that has been lost. */
		has_yielded = cache(&f.worker, ask(key)) == STEP_NEXT;
		k->retry_s = now_s() + 30;
		k->is_refreshing = false;
		if (has_yielded)
			expect_answer(k);
		else
			losses++;
	}
	if (!has_yielded)
		*k = (struct known){
			.kind = FAILURE, .stored_ms = f.worker.now_us / 1000, .ede = ede};
}

static void take(unsigned key)
{
	struct known *k = &known[key];
	bool is_taken = cache_take_stale(&f.worker, ask(key));
	assert_true(!is_taken || is_usable(k));
	if (!is_taken && is_usable(k))
		lose(k);
	if (!is_taken)
		return;
	if (age_of(k) >= k->a.ttl_s)
		k->retry_s = now_s() + 30;
	expect_answer(k);
}

static void check_usage(unsigned keys)
{
	struct cache_usage u;
	cache_usage(f.worker.cache, &u);
	assert_true(u.used_bytes <= u.bytes);
	assert_true(u.entries <= keys);
	assert_true(u.used_bytes >= u.entries * 64);
}

static void run(const struct profile *p, uint64_t size_bytes)
{
	struct err why;
	struct cache_usage u;
	fixture_init(&f);
	f.config.cache_stale_s = STALE_S;
	assert_int_equal(cache_new(size_bytes, &f.worker.cache, &why), 0);
	memset(known, 0, sizeof known);
	fresh_hits = stale_hits = losses = 0;
	for (unsigned i = 0; i < p->operations; i++) {
		/* Some names are asked for much more often than others. */
		unsigned key = draw(4) ? draw(p->keys) : draw(p->keys / 16);
		unsigned choice = draw(100);
		if (choice < 45)
			look_up(key);
		else if (choice < 85)
			keep_answer(key, p);
		else if (choice < 92)
			keep_failure(key);
		else
			take(key);
		if (draw(p->tick) == 0)
			fixture_advance_ms(&f, draw(10000));
		if (draw(3000) == 0)
			f.view.serial++;
		check_usage(p->keys);
	}
	cache_usage(f.worker.cache, &u);
	print_message("%u fresh, %u stale, %u lost; %llu evictions, %llu entries\n", fresh_hits,
		stale_hits, losses, (unsigned long long)u.evictions, (unsigned long long)u.entries);
	/* It was used as much as it was meant to be. */
	assert_true(fresh_hits > p->operations / 100 && losses > 0);
	assert_true(u.evictions > p->operations / 10);
	cache_free(f.worker.cache);
}

static void test_all_sizes(void **state)
{
	(void)state;
	const struct profile p = {.keys = 3000,
		.operations = 120000,
		.tick = 60,
		.medium = 15,
		.large = 4,
		.huge = 1};
	random_state = 1;
	run(&p, 512 << 10);
	assert_true(stale_hits > 0);
}

/* So many small ones that the index is full before the ring is. */
static void test_small_ones(void **state)
{
	(void)state;
	const struct profile p = {.keys = KEYS_MAX, .operations = 200000, .tick = 400, .tiny = 95};
	random_state = 2;
	run(&p, 512 << 10);
	assert_true(losses > 10000 && stale_hits > 0);
}

static void test_huge_ones(void **state)
{
	(void)state;
	const struct profile p = {
		.keys = 100, .operations = 8000, .tick = 60, .medium = 20, .large = 30, .huge = 50};
	random_state = 3;
	run(&p, 512 << 10);
}

static void test_many_shards(void **state)
{
	(void)state;
	const struct profile p = {.keys = KEYS_MAX,
		.operations = 100000,
		.tick = 60,
		.medium = 20,
		.large = 10,
		.huge = 1};
	random_state = 4;
	run(&p, 4 << 20);
}

/* --- who stays ------------------------------------------------------------------------------- */

enum { HOT = 50, FLOOD = 40000 };

/* Names that are asked for outlive a flood of names that are asked for once. */
static void test_hot_names_outlive_a_flood(void **state)
{
	(void)state;
	struct err why;
	struct cache_usage u;
	const struct cache_answer a = {.seed = 8, .ttl_s = 3600, .records = 2, .data_len = 50};
	fixture_init(&f);
	assert_int_equal(cache_new(512 << 10, &f.worker.cache, &why), 0);
	for (unsigned key = 0; key < HOT; key++) {
		cache_answer_put(ask(key), &a);
		cache_keep(&f.worker, &f.q);
	}
	for (unsigned i = 0; i < FLOOD; i++) {
		cache_answer_put(ask(HOT + i), &a);
		cache_keep(&f.worker, &f.q);
		if (i % 10)
			continue;
		cache(&f.worker, ask(i / 10 % HOT));
		assert_int_equal(f.q.source, ANSWER_CACHE);
	}
	unsigned left = 0;
	for (unsigned i = 0; i < FLOOD; i++) {
		cache(&f.worker, ask(HOT + i));
		left += f.q.source == ANSWER_CACHE;
	}
	cache_usage(f.worker.cache, &u);
	assert_int_equal(u.entries, left + HOT);
	assert_true(left > 1500 && left < 4096);
	/* Fame is forgotten when nobody asks any more. */
	for (unsigned i = 0; i < 3 * 4096; i++) {
		cache_answer_put(ask(HOT + FLOOD + i), &a);
		cache_keep(&f.worker, &f.q);
	}
	for (unsigned i = 0; i < HOT; i++) {
		cache(&f.worker, ask(i));
		assert_int_equal(f.q.source, ANSWER_NONE);
	}
	cache_free(f.worker.cache);
}

/* A flood in which every name is hit cannot make one insertion go round for ever. */
static void test_everything_is_hot(void **state)
{
	(void)state;
	struct err why;
	const struct cache_answer a = {.seed = 8, .ttl_s = 3600, .records = 2, .data_len = 50};
	fixture_init(&f);
	assert_int_equal(cache_new(512 << 10, &f.worker.cache, &why), 0);
	for (unsigned i = 0; i < FLOOD; i++) {
		cache_answer_put(ask(i), &a);
		cache_keep(&f.worker, &f.q);
		cache(&f.worker, ask(i));
		assert_int_equal(f.q.source, ANSWER_CACHE);
		cache(&f.worker, ask(draw(i + 1)));
	}
	check_usage(FLOOD);
	cache_free(f.worker.cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_sizes),
		cmocka_unit_test(test_small_ones),
		cmocka_unit_test(test_huge_ones),
		cmocka_unit_test(test_many_shards),
		cmocka_unit_test(test_hot_names_outlive_a_flood),
		cmocka_unit_test(test_everything_is_hot),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
