/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/cache.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "resolver/answer.h"
#include "resolver/base/check.h"
#include "resolver/base/clock.h"
#include "resolver/cache_shard.h"
#include "resolver/refresh.h"
#include "resolver/stats.h"
#include "resolver/view.h"
#include "resolver/worker.h"

enum {
	SHARD_MIN_BYTES = 512 << 10, /* the largest answer must fit well */
	SHARDS_MAX = 64,
	RECORDS_MAX = 1024, /* in a kept answer */
	FAILURE_TTL_S = 5, /* RFC 9520 3.2: at least 1 s, at most 5 min */
	STALE_TTL_S = 30, /* RFC 8767 4: what a stale answer says */
	STALE_RETRY_S = 30, /* RFC 8767 5: not asked again so long after a failure */
	REFRESH_GRACE_S =
		5, /* an expired popular name is given on while its refresh is under way */
	POPULAR_HITS = 2, /* since it was written: worth a refresh */
};

struct cache {
	uint8_t *memory;
	size_t memory_bytes;
	uint8_t key[crypto_shorthash_KEYBYTES];
	unsigned shard_count; /* a power of two */
	struct cache_shard shards[SHARDS_MAX];
};

/* --- memory --- */

int cache_new(uint64_t size_bytes, struct cache **out, struct err *why)
{
	if (size_bytes < SHARD_MIN_BYTES)
		return err_set(why, CEN_ERANGE, "cache.size: %llu bytes are less than %d",
			(unsigned long long)size_bytes, SHARD_MIN_BYTES);
	struct cache *c = calloc(1, sizeof *c);
	if (!c)
		return err_set(why, -ENOMEM, "out of memory for the answer cache");
	c->shard_count = 1;
	while (c->shard_count < SHARDS_MAX && size_bytes / (c->shard_count * 2) >= SHARD_MIN_BYTES)
		c->shard_count *= 2;
	uint64_t shard_bytes = size_bytes / c->shard_count / 4096 * 4096;
	if (shard_bytes > (uint64_t)1 << 30)
		shard_bytes = (uint64_t)1 << 30; /* positions are 32 bits */
	uint64_t bytes = shard_bytes * c->shard_count;
	c->memory_bytes = (size_t)bytes;
	c->memory = MAP_FAILED;
	/* A 32-bit machine has less to give than can be written in the file. Untouched pages cost nothing: the cache grows
	 * into its size. */
	if (bytes <= PTRDIFF_MAX)
		c->memory = mmap(NULL, c->memory_bytes, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (c->memory == MAP_FAILED) {
		free(c);
		return err_set(why, -ENOMEM,
			"cache.size: %llu bytes cannot be had from this machine",
			(unsigned long long)size_bytes);
	}
	/* Look-ups are at random over all of it: with small pages each costs a walk of the page table. */
	madvise(c->memory, c->memory_bytes, MADV_HUGEPAGE);
	randombytes_buf(c->key, sizeof c->key);
	for (unsigned i = 0; i < c->shard_count; i++)
		cache_shard_init(
			&c->shards[i], c->memory + i * (size_t)shard_bytes, (uint32_t)shard_bytes);
	*out = c;
	return 0;
}

void cache_free(struct cache *c)
{
	if (!c)
		return;
	for (unsigned i = 0; i < c->shard_count; i++)
		pthread_mutex_destroy(&c->shards[i].lock);
	munmap(c->memory, c->memory_bytes);
	free(c);
}

void cache_usage(struct cache *c, struct cache_usage *out)
{
	*out = (struct cache_usage){.bytes = c->memory_bytes};
	for (unsigned i = 0; i < c->shard_count; i++) {
		struct cache_shard *s = &c->shards[i];
		pthread_mutex_lock(&s->lock);
		out->used_bytes += s->used_bytes;
		out->entries += s->entries;
		out->evictions += s->evictions;
		pthread_mutex_unlock(&s->lock);
	}
}

/* --- keys --- */

/* One answer for each of DO and CD: records without DNSSEC are kept ready for clients that do not want them. */
static void make_key(const struct cache *c, const struct query *q, struct cache_key *k)
{
	memcpy(k->bytes, q->qname.bytes, q->qname.len);
	wire_put_u16(k->bytes + q->qname.len, q->qtype);
	k->bytes[q->qname.len + 2] = (uint8_t)(q->has_do | q->has_cd << 1);
	k->len = (uint16_t)(q->qname.len + 3);
	uint8_t h[crypto_shorthash_BYTES];
	crypto_shorthash(h, k->bytes, k->len, c->key);
	memcpy(&k->hash, h, sizeof k->hash);
}

static struct cache_shard *shard_of(struct cache *c, uint64_t hash)
{
	return &c->shards[hash & (c->shard_count - 1)];
}

/* --- hits --- */

static void fill_verdict(const struct worker *w, struct query *q, const struct cache_entry *e)
{
	q->cache_number = e->number;
	q->is_clean = e->stamp == w->view->serial;
	q->rcode = e->rcode;
	q->ede = e->ede;
	q->ede_text = e->ede_text;
	q->dga_score = e->dga_score;
	q->dga_class = (enum dga_class)((e->flags & ENTRY_CLASS) >> ENTRY_CLASS_SHIFT);
	q->dga_serial = 0;
	q->is_secure = e->flags & ENTRY_SECURE;
	q->answer_count = e->answers;
	q->authority_count = e->authorities;
	q->additional_count = e->additionals;
}

/* Copies the records to their final place, each TTL less `age_s`, or `fixed_s` for all when that is not 0. */
static void copy_records(struct query *q, struct cache_entry *e, uint32_t age_s, uint32_t fixed_s)
{
	uint8_t *to = q->out + query_records_at(q);
	const uint16_t *ttls = cache_shard_ttls(e);
	memcpy(to, cache_shard_records(e), e->records_len);
	for (unsigned i = cache_shard_record_count(e); i--;) {
		uint32_t ttl = wire_u32(to + ttls[i]);
		uint32_t left = ttl > age_s ? ttl - age_s : 0;
		if (fixed_s)
			left = ttl && ttl < fixed_s ? ttl : fixed_s;
		wire_put_u32(to + ttls[i], left);
	}
	q->out_len = query_records_at(q) + e->records_len;
}

static void give_fresh(
	const struct worker *w, struct query *q, struct cache_entry *e, uint32_t age_s)
{
	fill_verdict(w, q, e);
	copy_records(q, e, age_s, 0);
	q->source = ANSWER_CACHE;
	q->outcome = (enum query_outcome)e->outcome;
}

static void give_stale(const struct worker *w, struct query *q, struct cache_entry *e)
{
	fill_verdict(w, q, e);
	copy_records(q, e, 0, STALE_TTL_S);
	q->source = ANSWER_STALE;
	q->outcome = OUTCOME_STALE;
	/* RFC 8914 4.4 and 4.20 */
	q->ede = e->rcode == RCODE_NXDOMAIN ? EDE_STALE_NXDOMAIN : EDE_STALE;
	q->ede_text = NULL;
}

/* Also one that expired within this second: an answer for a second or two may be over before it has been asked for often
 * enough. It is given on while its refresh is under way. */
static bool is_popular_and_expiring(const struct cache_entry *e, uint32_t age_s)
{
	return e->hits >= POPULAR_HITS && !(e->flags & (ENTRY_REFRESHING | ENTRY_FAILURE)) &&
		age_s <= e->ttl_s && e->ttl_s - age_s <= e->ttl_s / 10 + 1;
}

/* Upstream is not to be asked for an expired one: the refresh is under way, or it failed a moment ago (RFC 8767 5). */
static bool is_given_on(const struct cache_entry *e, uint32_t age_s, uint32_t now_s)
{
	bool is_refreshing = e->flags & ENTRY_REFRESHING && age_s - e->ttl_s <= REFRESH_GRACE_S;
	return is_refreshing || (e->retry_s && (int32_t)(e->retry_s - now_s) > 0);
}

/* Under the shard's lock. False: a miss. */
static bool hit(struct worker *w, struct query *q, struct cache_entry *e)
{
	uint64_t now_ms = w->now_us / 1000;
	uint32_t age_s = cache_shard_age_s(e, now_ms);
	bool is_fresh = age_s < e->ttl_s;
	if (e->hits < UINT8_MAX)
		e->hits++;
	if (__builtin_expect(!is_fresh, 0) &&
		(e->flags & ENTRY_FAILURE ||
			!cache_shard_is_usable(e, now_ms, w->view->config->cache_stale_s)))
		return false;
	if (is_popular_and_expiring(e, age_s)) {
		e->flags |= ENTRY_REFRESHING;
		q->wants_refresh = true;
		q->min_ttl_s = e->ttl_s - age_s;
	}
	if (__builtin_expect(is_fresh, 1))
		give_fresh(w, q, e, age_s);
	else if (is_given_on(e, age_s, (uint32_t)(now_ms / 1000)))
		give_stale(w, q, e);
	else
		return false;
	return true;
}

enum step cache(struct worker *w, struct query *q)
{
	/* Whether a name is in the cache is nobody's business: without RD only local data is answered. */
	if (!q->has_rd) {
		q->outcome = OUTCOME_REFUSED;
		q->rcode = RCODE_REFUSED;
		return STEP_REPLY;
	}
	struct cache_key k;
	make_key(w->cache, q, &k);
	struct cache_shard *s = shard_of(w->cache, k.hash);
	pthread_mutex_lock(&s->lock);
	struct cache_entry *e = cache_shard_find(s, &k);
	bool is_hit = e && hit(w, q, e);
	pthread_mutex_unlock(&s->lock);
	if (q->wants_refresh)
		refresh_schedule(w, q, q->min_ttl_s);
	/* A kept failure has no records: there is nothing to inspect. */
	return is_hit && q->rcode == RCODE_SERVFAIL ? STEP_REPLY : STEP_NEXT;
}

bool cache_take_stale(struct worker *w, struct query *q)
{
	struct cache_key k;
	make_key(w->cache, q, &k);
	struct cache_shard *s = shard_of(w->cache, k.hash);
	uint64_t now_ms = clock_ms();
	pthread_mutex_lock(&s->lock);
	struct cache_entry *e = cache_shard_find(s, &k);
	bool is_hit = e && !(e->flags & ENTRY_FAILURE) &&
		cache_shard_is_usable(e, now_ms, w->view->config->cache_stale_s);
	uint32_t age_s = is_hit ? cache_shard_age_s(e, now_ms) : 0;
	if (is_hit && age_s < e->ttl_s) {
		give_fresh(w, q, e, age_s); /* another query was luckier meanwhile */
	} else if (is_hit) {
		e->retry_s = (uint32_t)(now_ms / 1000) + STALE_RETRY_S;
		give_stale(w, q, e);
	}
	pthread_mutex_unlock(&s->lock);
	return is_hit;
}

void cache_stamp(struct worker *w, struct query *q)
{
	struct cache_key k;
	make_key(w->cache, q, &k);
	struct cache_shard *s = shard_of(w->cache, k.hash);
	pthread_mutex_lock(&s->lock);
	struct cache_entry *e = cache_shard_find(s, &k);
	/* Another worker may have put a new answer in its place, which nobody has looked at. */
	if (e && e->number == q->cache_number)
		e->stamp = w->view->serial;
	pthread_mutex_unlock(&s->lock);
}

/* --- keeping --- */

/* Where each TTL stands, from the start of the records. False: too many records, or malformed. */
static bool find_ttls(const struct query *q, uint16_t *ttls, uint16_t *count)
{
	struct answer_cursor cursor = {0};
	struct answer_record r;
	*count = 0;
	while (answer_next(q, &cursor, &r)) {
		if (*count == RECORDS_MAX)
			return false;
		ttls[(*count)++] = (uint16_t)(r.ttl_at - query_records_at(q));
	}
	return !cursor.is_bad;
}

static void fill_entry(struct cache_entry *e, uint32_t size, const struct query *q,
	const struct cache_key *k, uint64_t now_ms)
{
	bool is_failure = q->rcode == RCODE_SERVFAIL, has_records = q->source == ANSWER_FRESH;
	*e = (struct cache_entry){
		.size = size,
		.hash = k->hash,
		.stored_s = (uint32_t)(now_ms / 1000),
		.stored_ms = (uint16_t)(now_ms % 1000),
		.ttl_s = is_failure ? FAILURE_TTL_S : q->min_ttl_s,
		.ede = is_failure ? q->ede : (int16_t)EDE_NONE,
		.ede_text = is_failure ? q->ede_text : NULL,
		.rcode = (uint8_t)q->rcode, /* answer_take gives no extended ones */
		.dga_score = q->dga_score,
		.outcome = (uint8_t)(is_failure ? q->outcome : OUTCOME_CACHED),
		.answers = has_records ? q->answer_count : 0,
		.authorities = has_records ? q->authority_count : 0,
		.additionals = has_records ? q->additional_count : 0,
		.key_len = k->len,
		.flags = (uint8_t)((q->is_secure ? ENTRY_SECURE : 0) |
			(is_failure ? ENTRY_FAILURE : 0) |
			(unsigned)q->dga_class << ENTRY_CLASS_SHIFT),
	};
	memcpy(cache_shard_key(e), k->bytes, k->len);
}

/* A failure does not take the place of an answer that may still be given when stale (RFC 8767). */
static bool yields_to(
	struct cache_entry *old, const struct query *q, uint64_t now_ms, uint32_t stale_s)
{
	if (!old || q->rcode != RCODE_SERVFAIL || old->flags & ENTRY_FAILURE)
		return false;
	if (!cache_shard_is_usable(old, now_ms, stale_s))
		return false;
	old->retry_s = (uint32_t)(now_ms / 1000) + STALE_RETRY_S;
	old->flags &= (uint8_t)~ENTRY_REFRESHING;
	return true;
}

static void keep(struct cache *c, struct query *q, const uint16_t *ttls, uint16_t ttl_count,
	uint32_t stale_s)
{
	struct cache_key k;
	make_key(c, q, &k);
	uint32_t records_len = q->source == ANSWER_FRESH ? q->out_len - query_records_at(q) : 0;
	uint32_t size = (uint32_t)sizeof(struct cache_entry) + (k.len + 1u) / 2 * 2 +
		ttl_count * 2u + records_len;
	size = cache_shard_round(size);
	struct cache_shard *s = shard_of(c, k.hash);
	uint64_t now_ms = clock_ms();
	if (size > s->ring_bytes / 4)
		return;
	pthread_mutex_lock(&s->lock);
	struct cache_entry *old = cache_shard_find(s, &k);
	if (!yields_to(old, q, now_ms, stale_s)) {
		uint8_t hits = old ? old->hits : 0;
		if (old)
			cache_shard_forget(s, old);
		struct cache_entry *e = cache_shard_room(s, size, now_ms, stale_s);
		fill_entry(e, size, q, &k, now_ms);
		/* Popularity outlives a refresh, but must be earned again. */
		e->hits = hits > POPULAR_HITS ? POPULAR_HITS - 1 : 0;
		e->number = q->cache_number = ++s->last_number;
		e->records_len = records_len;
		if (ttl_count)
			memcpy(cache_shard_ttls(e), ttls, ttl_count * sizeof *ttls);
		if (records_len)
			memcpy(cache_shard_records(e), q->out + query_records_at(q), records_len);
		cache_shard_append(s, e);
	}
	pthread_mutex_unlock(&s->lock);
}

void cache_put(struct cache *c, struct query *q, uint32_t stale_s)
{
	uint16_t ttls[RECORDS_MAX];
	uint16_t count = 0;
	if (q->source == ANSWER_FRESH) {
		/* Nobody has looked at it, whatever was found about the one before it. */
		q->is_clean = false;
		q->cache_number = 0;
		/* Zero means: for this query only (RFC 1035 3.2.1). */
		if (q->min_ttl_s && find_ttls(q, ttls, &count))
			keep(c, q, ttls, count, stale_s);
	} else if (q->source == ANSWER_NONE && q->rcode == RCODE_SERVFAIL) {
		keep(c, q, NULL, 0, stale_s);
	}
}

enum step cache_keep(struct worker *w, struct query *q)
{
	cache_put(w->cache, q, w->view->config->cache_stale_s);
	return STEP_NEXT;
}

/* --- all of them --- */

static void describe(struct cache_entry *e, uint64_t now_ms, struct cache_item *out)
{
	const uint8_t *key = cache_shard_key(e);
	uint16_t name_len = (uint16_t)(e->key_len - 3);
	*out = (struct cache_item){
		.name = key,
		.name_len = name_len,
		.type = wire_u16(key + name_len),
		.rcode = e->rcode,
		.has_do = key[name_len + 2] & 1,
		.has_cd = key[name_len + 2] & 2,
		.is_secure = e->flags & ENTRY_SECURE,
		.answers = e->answers,
		.authorities = e->authorities,
		.additionals = e->additionals,
		.left_s = e->ttl_s - cache_shard_age_s(e, now_ms),
		.records = cache_shard_records(e),
		.records_len = e->records_len,
		.age_s = cache_shard_age_s(e, now_ms),
		.ttls = cache_shard_ttls(e),
		.ttl_count = (uint16_t)cache_shard_record_count(e),
	};
}

void cache_each(struct cache *c, bool (*each)(void *arg, const struct cache_item *item), void *arg)
{
	uint64_t now_ms = clock_ms();
	bool is_wanted = true;
	for (unsigned i = 0; i < c->shard_count && is_wanted; i++) {
		struct cache_shard *s = &c->shards[i];
		pthread_mutex_lock(&s->lock);
		for (uint32_t k = 0; k <= s->slot_mask && is_wanted; k++) {
			struct cache_item item;
			struct cache_entry *e = s->slots[k].position
				? cache_shard_entry_at(s, s->slots[k].position - 1)
				: NULL;
			if (!e || e->flags & ENTRY_FAILURE ||
				cache_shard_age_s(e, now_ms) >= e->ttl_s)
				continue;
			describe(e, now_ms, &item);
			is_wanted = each(arg, &item);
		}
		pthread_mutex_unlock(&s->lock);
	}
}
