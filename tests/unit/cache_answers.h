/* SPDX-License-Identifier: BSD-2-Clause
 * Answers that say what they are, for the tests of the cache: every octet follows from a seed, so that one that
 * is in the wrong place is seen.
 */
#pragma once

#include "resolver/cache.h"
#include "tests/unit/fixture.h"

enum { CACHE_ANSWER_HEAD = 12 };

/* `records` of them, their TTLs ttl_s, ttl_s + 1, ..., their data `data_len` octets each. */
struct cache_answer {
	uint32_t seed, ttl_s;
	uint16_t records, data_len;
	uint16_t rcode;
	bool is_secure;
};

static inline uint32_t cache_answer_mix(uint32_t x)
{
	x = (x ^ x >> 16) * 0x45d9f3b;
	x = (x ^ x >> 15) * 0x2c1b3c6d;
	return x ^ x >> 16;
}

static inline uint32_t cache_answer_len(const struct cache_answer *a)
{
	return a->records * (uint32_t)(CACHE_ANSWER_HEAD + a->data_len);
}

/* Fills it into the query as answer_take does. */
static inline void cache_answer_put(struct query *q, const struct cache_answer *a)
{
	uint8_t *p = q->out + query_records_at(q);
	for (unsigned i = 0; i < a->records; i++) {
		wire_put_u16(p, 0xc00c);
		wire_put_u16(p + 2, TYPE_TXT);
		wire_put_u16(p + 4, CLASS_IN);
		wire_put_u32(p + 6, a->ttl_s + i);
		wire_put_u16(p + 10, a->data_len);
		p += CACHE_ANSWER_HEAD;
		for (unsigned k = 0; k < a->data_len; k++)
			*p++ = (uint8_t)(cache_answer_mix(a->seed + i * 65537 + k / 4) >>
				k % 4 * 8);
	}
	q->out_len = query_records_at(q) + cache_answer_len(a);
	q->answer_count = a->records;
	q->authority_count = q->additional_count = 0;
	q->rcode = a->rcode;
	q->is_secure = a->is_secure;
	q->min_ttl_s = a->ttl_s;
	q->outcome = OUTCOME_RECURSED;
	q->source = ANSWER_FRESH;
}

/* Is it in the query, `age_s` seconds old? With `fixed_s`: all TTLs are that. */
static inline bool cache_answer_is(
	const struct query *q, const struct cache_answer *a, uint32_t age_s, uint32_t fixed_s)
{
	const uint8_t *p = q->out + query_records_at(q);
	if (q->out_len != query_records_at(q) + cache_answer_len(a) || q->rcode != a->rcode ||
		q->answer_count != a->records || q->authority_count || q->additional_count ||
		q->is_secure != a->is_secure)
		return false;
	for (unsigned i = 0; i < a->records; i++) {
		uint32_t ttl = a->ttl_s + i, wanted = fixed_s ? fixed_s : ttl - age_s;
		if (fixed_s && ttl < fixed_s)
			wanted = ttl;
		if (wire_u16(p) != 0xc00c || wire_u16(p + 2) != TYPE_TXT ||
			wire_u16(p + 4) != CLASS_IN || wire_u32(p + 6) != wanted ||
			wire_u16(p + 10) != a->data_len)
			return false;
		p += CACHE_ANSWER_HEAD;
		for (unsigned k = 0; k < a->data_len; k++)
			if (*p++ !=
				(uint8_t)(cache_answer_mix(a->seed + i * 65537 + k / 4) >>
					k % 4 * 8))
				return false;
	}
	return true;
}
