/* SPDX-License-Identifier: BSD-2-Clause
 * One cache on a standing clock, and what one expects of it. Included behind cmocka.h.
 */
#pragma once

#include "resolver/refresh.h"
#include "tests/unit/cache_answers.h"

enum { SIZE_BYTES = 1 << 20, STALE_TTL_S = 30, FAILURE_TTL_S = 5 };

static struct fixture f;

/* The cache asks for a refresh here. */
static _Atomic unsigned refreshes;
static _Atomic uint32_t refresh_in_s;

void refresh_schedule(struct worker *w, const struct query *q, uint32_t in_s)
{
	(void)w;
	(void)q;
	refreshes++;
	refresh_in_s = in_s;
}

static inline int start(void **state)
{
	(void)state;
	struct err why;
	fixture_init(&f);
	refreshes = 0;
	return cache_new(SIZE_BYTES, &f.worker.cache, &why);
}

static inline int finish(void **state)
{
	(void)state;
	cache_free(f.worker.cache);
	return 0;
}

/* --- helpers ---------------------------------------------------------------------------------- */

static const struct cache_answer plain = {.seed = 1, .ttl_s = 300, .records = 3, .data_len = 20};

static inline void put(const char *name, const struct cache_answer *a)
{
	cache_answer_put(fixture_ask(&f, name, TYPE_TXT), a);
	assert_int_equal(cache_keep(&f.worker, &f.q), STEP_NEXT);
}

static inline void put_failure(
	const char *name, enum query_outcome outcome, int16_t ede, const char *text)
{
	struct query *q = fixture_ask(&f, name, TYPE_TXT);
	q->rcode = RCODE_SERVFAIL;
	q->outcome = outcome;
	q->ede = ede;
	q->ede_text = text;
	assert_int_equal(cache_keep(&f.worker, q), STEP_NEXT);
}

static inline enum step get(const char *name)
{
	fixture_ask(&f, name, TYPE_TXT);
	/* What was there before must not show through. */
	memset(f.out, 0xee, sizeof f.out);
	return cache(&f.worker, &f.q);
}

static inline void expect_miss(const char *name)
{
	assert_int_equal(get(name), STEP_NEXT);
	assert_int_equal(f.q.source, ANSWER_NONE);
	assert_int_equal(f.q.outcome, 0);
	assert_int_equal(f.q.cache_number, 0);
	assert_false(f.q.is_clean || f.q.wants_refresh || f.q.is_secure);
}

static inline void expect_hit(const char *name, const struct cache_answer *a, uint32_t age_s)
{
	assert_int_equal(get(name), STEP_NEXT);
	assert_int_equal(f.q.source, ANSWER_CACHE);
	assert_int_equal(f.q.outcome, OUTCOME_CACHED);
	assert_int_equal(f.q.ede, EDE_NONE);
	assert_true(cache_answer_is(&f.q, a, age_s, 0));
}

static inline void expect_stale(const struct cache_answer *a)
{
	assert_int_equal(f.q.source, ANSWER_STALE);
	assert_int_equal(f.q.outcome, OUTCOME_STALE);
	assert_int_equal(f.q.ede, a->rcode == RCODE_NXDOMAIN ? EDE_STALE_NXDOMAIN : EDE_STALE);
	assert_null(f.q.ede_text);
	assert_true(cache_answer_is(&f.q, a, 0, STALE_TTL_S));
}

static inline bool take_stale(const char *name)
{
	fixture_ask(&f, name, TYPE_TXT);
	return cache_take_stale(&f.worker, &f.q);
}
