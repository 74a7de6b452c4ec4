/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A shard is a ring of entries, oldest at `tail`, and a hash index of their positions. An entry is never changed in place but
 * for its bookkeeping (hit, stamp, refresh), and never straddles the end of the ring.
 */
#include "resolver/cache.h"

#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "resolver/answer.h"
#include "resolver/base/check.h"
#include "resolver/base/clock.h"
#include "resolver/refresh.h"
#include "resolver/stats.h"
#include "resolver/view.h"
#include "resolver/worker.h"

enum {
	SHARD_MIN_BYTES = 512 << 10, /* the largest answer must fit well */
	SHARDS_MAX = 64,
	BYTES_A_SLOT =
		128, /* of the ring for each index slot: a small answer's entry has about 200 */
	ALIGNMENT = 8,
	REINSERTED_BYTES = 32
		<< 10, /* of hit entries, written again for one insertion: some 10 us under the lock */
	RECORDS_MAX = 1024, /* in a kept answer */
	FAILURE_TTL_S = 5, /* RFC 9520 3.2: at least 1 s, at most 5 min */
	STALE_TTL_S = 30, /* RFC 8767 4: what a stale answer says */
	STALE_RETRY_S = 30, /* RFC 8767 5: not asked again so long after a failure */
	REFRESH_GRACE_S =
		5, /* an expired popular name is given on while its refresh is under way */
	POPULAR_HITS = 2, /* since it was written: worth a refresh */
	KEY_MAX = DNAME_MAX + 3,
};

enum entry_flag {
	ENTRY_SECURE = 1,
	ENTRY_FAILURE = 2,
	ENTRY_REFRESHING = 4,
	ENTRY_FILLER = 8, /* the unused end of the ring */
};

struct entry {
	uint32_t size; /* octets, this header included; a multiple of it */
	uint32_t stamp; /* serial of the view under which it is clean; 0: none */
	uint64_t hash;
	uint32_t stored_s, ttl_s;
	uint32_t retry_s; /* stale: do not ask upstream before this second; 0: ask */
	uint32_t records_len;
	const char *ede_text; /* static string; NULL: none */
	int16_t ede;
	uint16_t answers, authorities, additionals;
	uint16_t key_len;
	uint8_t rcode, outcome;
	uint8_t flags;
	uint8_t hits; /* saturating */
	int32_t dga_score;
	uint32_t number; /* of all entries ever written to the shard; see cache_stamp */
	/* then: key, TTL offsets (uint16_t, two-aligned), records */
} __attribute__((aligned(ALIGNMENT)));

_Static_assert(sizeof(struct entry) % ALIGNMENT == 0, "entries follow one another in the ring");
_Static_assert(sizeof(struct entry) == 64, "a cache line on most machines");
_Static_assert(OUTCOME_COUNT <= UINT8_MAX, "an outcome is one octet");

struct slot {
	uint32_t position; /* of the entry in the ring, plus 1; 0: free */
	uint32_t tag; /* upper half of the hash */
};

struct shard {
	pthread_mutex_t lock;
	uint8_t *ring;
	struct slot *slots;
	uint32_t ring_bytes, slot_mask;
	uint32_t head, tail, used_bytes;
	uint32_t entries, last_number;
	uint64_t evictions;
};

struct cache {
	uint8_t *memory;
	size_t memory_bytes;
	uint8_t key[crypto_shorthash_KEYBYTES];
	unsigned shard_count; /* a power of two */
	struct shard shards[SHARDS_MAX];
};

/* --- memory --- */

static void shard_init(struct shard *s, uint8_t *memory, uint32_t bytes)
{
	uint32_t slots = 1024;
	while ((slots * 2) * BYTES_A_SLOT <= bytes)
		slots *= 2;
	uint32_t slot_bytes = slots * (uint32_t)sizeof(struct slot);
	MUST(!pthread_mutex_init(&s->lock, NULL));
	s->slots = (struct slot *)(void *)memory;
	s->slot_mask = slots - 1;
	s->ring = memory + slot_bytes;
	s->ring_bytes = (bytes - slot_bytes) / (uint32_t)sizeof(struct entry) *
		(uint32_t)sizeof(struct entry);
}

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
		shard_init(
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
		struct shard *s = &c->shards[i];
		pthread_mutex_lock(&s->lock);
		out->used_bytes += s->used_bytes;
		out->entries += s->entries;
		out->evictions += s->evictions;
		pthread_mutex_unlock(&s->lock);
	}
}

/* --- keys and index --- */

struct key {
	uint64_t hash;
	uint16_t len;
	uint8_t bytes[KEY_MAX];
};

/* One answer for each of DO and CD: records without DNSSEC are kept ready for clients that do not want them. */
static void make_key(const struct cache *c, const struct query *q, struct key *k)
{
	memcpy(k->bytes, q->qname.bytes, q->qname.len);
	wire_put_u16(k->bytes + q->qname.len, q->qtype);
	k->bytes[q->qname.len + 2] = (uint8_t)(q->has_do | q->has_cd << 1);
	k->len = (uint16_t)(q->qname.len + 3);
	uint8_t h[crypto_shorthash_BYTES];
	crypto_shorthash(h, k->bytes, k->len, c->key);
	memcpy(&k->hash, h, sizeof k->hash);
}

static struct shard *shard_of(struct cache *c, uint64_t hash)
{
	return &c->shards[hash & (c->shard_count - 1)];
}

static struct entry *entry_at(const struct shard *s, uint32_t position)
{
	return (struct entry *)(void *)(s->ring + position);
}

static uint8_t *entry_key(struct entry *e)
{
	return (uint8_t *)(e + 1);
}

static uint16_t *entry_ttls(struct entry *e)
{
	return (uint16_t *)(void *)(entry_key(e) + (e->key_len + 1u) / 2 * 2);
}

static unsigned entry_record_count(const struct entry *e)
{
	return 0u + e->answers + e->authorities + e->additionals;
}

static uint8_t *entry_records(struct entry *e)
{
	return (uint8_t *)(entry_ttls(e) + entry_record_count(e));
}

static uint32_t first_slot(const struct shard *s, uint64_t hash)
{
	return (uint32_t)(hash >> 8) & s->slot_mask;
}

static struct entry *find(struct shard *s, const struct key *k)
{
	uint32_t tag = (uint32_t)(k->hash >> 32);
	for (uint32_t i = first_slot(s, k->hash); s->slots[i].position;
		i = (i + 1) & s->slot_mask) {
		if (s->slots[i].tag != tag)
			continue;
		struct entry *e = entry_at(s, s->slots[i].position - 1);
		if (e->hash == k->hash && e->key_len == k->len &&
			!memcmp(entry_key(e), k->bytes, k->len))
			return e;
	}
	return NULL;
}

static void index_put(struct shard *s, uint64_t hash, uint32_t position)
{
	uint32_t i = first_slot(s, hash);
	while (s->slots[i].position)
		i = (i + 1) & s->slot_mask;
	s->slots[i] = (struct slot){.position = position + 1, .tag = (uint32_t)(hash >> 32)};
	s->entries++;
}

/* Takes a position out of the index, closing the gap so that no search stops early. */
static void index_remove(struct shard *s, uint64_t hash, uint32_t position)
{
	uint32_t i = first_slot(s, hash);
	while (s->slots[i].position && s->slots[i].position != position + 1)
		i = (i + 1) & s->slot_mask;
	if (!s->slots[i].position)
		return; /* superseded before: not in the index any more */
	s->entries--;
	for (uint32_t k = (i + 1) & s->slot_mask; s->slots[k].position;
		k = (k + 1) & s->slot_mask) {
		uint32_t home = first_slot(s, entry_at(s, s->slots[k].position - 1)->hash);
		if (((k - home) & s->slot_mask) >= ((k - i) & s->slot_mask)) {
			s->slots[i] = s->slots[k];
			i = k;
		}
	}
	s->slots[i] = (struct slot){0};
}

/* --- time --- */

/* Another worker's reading of the clock may be newer than ours, which is of the batch's begin: its entries are not from the future. */
static uint32_t age_of(const struct entry *e, uint32_t now_s)
{
	uint32_t age_s = now_s - e->stored_s;
	return (int32_t)age_s < 0 ? 0 : age_s;
}

/* May it be given, if need be as a stale one? A failure is of no use after its time. */
static bool is_usable(const struct entry *e, uint32_t now_s, uint32_t stale_s)
{
	uint64_t use_s = e->flags & ENTRY_FAILURE ? e->ttl_s : (uint64_t)e->ttl_s + stale_s;
	return age_of(e, now_s) <= use_s;
}

/* --- the ring --- */

static bool is_indexed(const struct shard *s, const struct entry *e, uint32_t position)
{
	uint32_t i = first_slot(s, e->hash);
	while (s->slots[i].position && s->slots[i].position != position + 1)
		i = (i + 1) & s->slot_mask;
	return s->slots[i].position != 0;
}

/* Frees the oldest entry. One that was hit, and is still the current one for its key, is moved to the head. */
static void drop_oldest(struct shard *s, uint32_t *budget, uint32_t now_s, uint32_t stale_s)
{
	uint32_t at = s->tail;
	struct entry *e = entry_at(s, at);
	uint32_t size = e->size;
	bool is_filler = e->flags & ENTRY_FILLER;
	s->used_bytes -= size;
	s->tail = at + size == s->ring_bytes ? 0 : at + size;
	if (is_filler)
		return;
	bool is_current = is_indexed(s, e, at);
	index_remove(s, e->hash, at);
	bool is_wanted = is_current && e->hits && *budget && s->ring_bytes - s->head >= size &&
		is_usable(e, now_s, stale_s);
	if (!is_wanted) {
		s->evictions += is_current;
		return;
	}
	*budget -= size < *budget ? size : *budget;
	memmove(s->ring + s->head, e, size);
	e = entry_at(s, s->head);
	e->hits = 0;
	index_put(s, e->hash, s->head);
	s->used_bytes += size;
	s->head = s->head + size == s->ring_bytes ? 0 : s->head + size;
}

/* Contiguous octets between head and tail. */
static uint32_t room_at_head(const struct shard *s)
{
	if (s->used_bytes == 0 || s->head > s->tail)
		return s->ring_bytes - s->head;
	return s->tail - s->head; /* 0 when full */
}

static struct entry *make_room(struct shard *s, uint32_t size, uint32_t now_s, uint32_t stale_s)
{
	uint32_t budget = REINSERTED_BYTES;
	while (s->entries >= s->slot_mask / 4 * 3)
		drop_oldest(s, &budget, now_s, stale_s);
	while (room_at_head(s) < size) {
		uint32_t to_end = s->ring_bytes - s->head;
		bool is_at_end = s->used_bytes == 0 || s->head > s->tail;
		if (is_at_end && to_end) {
			struct entry *filler = entry_at(s, s->head);
			/* A gap too small for a header is impossible: see the rounding in cache_keep. */
			filler->size = to_end;
			filler->flags = ENTRY_FILLER;
			s->used_bytes += to_end;
			s->head = 0;
		} else {
			drop_oldest(s, &budget, now_s, stale_s);
		}
	}
	return entry_at(s, s->head);
}

/* --- hits --- */

static void fill_verdict(const struct worker *w, struct query *q, const struct entry *e)
{
	q->cache_number = e->number;
	q->is_clean = e->stamp == w->view->serial;
	q->rcode = e->rcode;
	q->ede = e->ede;
	q->ede_text = e->ede_text;
	q->dga_score = e->dga_score;
	q->is_secure = e->flags & ENTRY_SECURE;
	q->answer_count = e->answers;
	q->authority_count = e->authorities;
	q->additional_count = e->additionals;
}

/* Copies the records to their final place, each TTL less `age_s`, or `fixed_s` for all when that is not 0. */
static void copy_records(struct query *q, struct entry *e, uint32_t age_s, uint32_t fixed_s)
{
	uint8_t *to = q->out + query_records_at(q);
	const uint16_t *ttls = entry_ttls(e);
	memcpy(to, entry_records(e), e->records_len);
	for (unsigned i = entry_record_count(e); i--;) {
		uint32_t ttl = wire_u32(to + ttls[i]);
		uint32_t left = ttl > age_s ? ttl - age_s : 0;
		if (fixed_s)
			left = ttl && ttl < fixed_s ? ttl : fixed_s;
		wire_put_u32(to + ttls[i], left);
	}
	q->out_len = query_records_at(q) + e->records_len;
}

static void give_stale(const struct worker *w, struct query *q, struct entry *e)
{
	fill_verdict(w, q, e);
	copy_records(q, e, 0, STALE_TTL_S);
	q->source = ANSWER_STALE;
	q->outcome = OUTCOME_STALE;
	/* RFC 8914 4.4 and 4.20 */
	q->ede = e->rcode == RCODE_NXDOMAIN ? EDE_STALE_NXDOMAIN : EDE_STALE;
	q->ede_text = NULL;
}

static bool is_popular_and_expiring(const struct entry *e, uint32_t age_s)
{
	uint32_t left = e->ttl_s - age_s;
	return e->hits >= POPULAR_HITS && !(e->flags & (ENTRY_REFRESHING | ENTRY_FAILURE)) &&
		left <= e->ttl_s / 10 + 1;
}

/* Under the shard's lock. False: a miss. */
static bool hit(struct worker *w, struct query *q, struct entry *e)
{
	uint32_t now_s = (uint32_t)(w->now_us / 1000000);
	uint32_t age_s = age_of(e, now_s);
	if (e->hits < UINT8_MAX)
		e->hits++;
	if (__builtin_expect(age_s < e->ttl_s, 1)) {
		fill_verdict(w, q, e);
		copy_records(q, e, age_s, 0);
		q->source = ANSWER_CACHE;
		q->outcome = (enum query_outcome)e->outcome;
		if (is_popular_and_expiring(e, age_s)) {
			e->flags |= ENTRY_REFRESHING;
			q->wants_refresh = true;
			q->min_ttl_s = e->ttl_s - age_s;
		}
		return true;
	}
	if (e->flags & ENTRY_FAILURE || !is_usable(e, now_s, w->view->config->cache_stale_s))
		return false;
	/* The refresh is under way, or upstream failed a moment ago: nobody waits (RFC 8767 5). */
	bool is_refreshing = e->flags & ENTRY_REFRESHING && age_s - e->ttl_s <= REFRESH_GRACE_S;
	if (!is_refreshing && (!e->retry_s || (int32_t)(e->retry_s - now_s) <= 0))
		return false;
	give_stale(w, q, e);
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
	struct key k;
	make_key(w->cache, q, &k);
	struct shard *s = shard_of(w->cache, k.hash);
	pthread_mutex_lock(&s->lock);
	struct entry *e = find(s, &k);
	bool is_hit = e && hit(w, q, e);
	pthread_mutex_unlock(&s->lock);
	if (q->wants_refresh)
		refresh_schedule(w, q, q->min_ttl_s);
	/* A kept failure has no records: there is nothing to inspect. */
	return is_hit && q->rcode == RCODE_SERVFAIL ? STEP_REPLY : STEP_NEXT;
}

bool cache_take_stale(struct worker *w, struct query *q)
{
	struct key k;
	make_key(w->cache, q, &k);
	struct shard *s = shard_of(w->cache, k.hash);
	uint32_t now_s = clock_s();
	pthread_mutex_lock(&s->lock);
	struct entry *e = find(s, &k);
	bool is_hit = e && !(e->flags & ENTRY_FAILURE) &&
		is_usable(e, now_s, w->view->config->cache_stale_s);
	if (is_hit) {
		e->retry_s = now_s + STALE_RETRY_S;
		give_stale(w, q, e);
	}
	pthread_mutex_unlock(&s->lock);
	return is_hit;
}

void cache_stamp(struct worker *w, struct query *q)
{
	struct key k;
	make_key(w->cache, q, &k);
	struct shard *s = shard_of(w->cache, k.hash);
	pthread_mutex_lock(&s->lock);
	struct entry *e = find(s, &k);
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

static void fill_entry(
	struct entry *e, uint32_t size, const struct query *q, const struct key *k, uint32_t now_s)
{
	bool is_failure = q->rcode == RCODE_SERVFAIL, has_records = q->source == ANSWER_FRESH;
	*e = (struct entry){
		.size = size,
		.hash = k->hash,
		.stored_s = now_s,
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
			(is_failure ? ENTRY_FAILURE : 0)),
	};
	memcpy(entry_key(e), k->bytes, k->len);
}

/* A failure does not take the place of an answer that may still be given when stale (RFC 8767). */
static bool yields_to(struct entry *old, const struct query *q, uint32_t now_s, uint32_t stale_s)
{
	if (!old || q->rcode != RCODE_SERVFAIL || old->flags & ENTRY_FAILURE)
		return false;
	if (!is_usable(old, now_s, stale_s))
		return false;
	old->retry_s = now_s + STALE_RETRY_S;
	old->flags &= (uint8_t)~ENTRY_REFRESHING;
	return true;
}

static void keep(struct worker *w, struct query *q, const uint16_t *ttls, uint16_t ttl_count)
{
	struct key k;
	make_key(w->cache, q, &k);
	uint32_t records_len = q->source == ANSWER_FRESH ? q->out_len - query_records_at(q) : 0;
	uint32_t size = (uint32_t)sizeof(struct entry) + (k.len + 1u) / 2 * 2 + ttl_count * 2u +
		records_len;
	/* Sizes are multiples of the header's, so that a gap at the end can always hold a filler. */
	size = (size + (uint32_t)sizeof(struct entry) - 1) / (uint32_t)sizeof(struct entry) *
		(uint32_t)sizeof(struct entry);
	struct shard *s = shard_of(w->cache, k.hash);
	uint32_t now_s = clock_s(), stale_s = w->view->config->cache_stale_s;
	if (size > s->ring_bytes / 4)
		return;
	pthread_mutex_lock(&s->lock);
	struct entry *old = find(s, &k);
	if (!yields_to(old, q, now_s, stale_s)) {
		uint8_t hits = old ? old->hits : 0;
		if (old)
			index_remove(s, k.hash, (uint32_t)((uint8_t *)old - s->ring));
		struct entry *e = make_room(s, size, now_s, stale_s);
		fill_entry(e, size, q, &k, now_s);
		/* Popularity outlives a refresh, but must be earned again. */
		e->hits = hits > POPULAR_HITS ? POPULAR_HITS - 1 : 0;
		e->number = q->cache_number = ++s->last_number;
		e->records_len = records_len;
		if (ttl_count)
			memcpy(entry_ttls(e), ttls, ttl_count * sizeof *ttls);
		if (records_len)
			memcpy(entry_records(e), q->out + query_records_at(q), records_len);
		index_put(s, k.hash, s->head);
		s->used_bytes += size;
		s->head = s->head + size == s->ring_bytes ? 0 : s->head + size;
	}
	pthread_mutex_unlock(&s->lock);
}

enum step cache_keep(struct worker *w, struct query *q)
{
	uint16_t ttls[RECORDS_MAX];
	uint16_t count = 0;
	if (q->source == ANSWER_FRESH) {
		/* Nobody has looked at it, whatever was found about the one before it. */
		q->is_clean = false;
		q->cache_number = 0;
		/* Zero means: for this query only (RFC 1035 3.2.1). */
		if (q->min_ttl_s && find_ttls(q, ttls, &count))
			keep(w, q, ttls, count);
	} else if (q->source == ANSWER_NONE && q->rcode == RCODE_SERVFAIL) {
		keep(w, q, NULL, 0);
	}
	return STEP_NEXT;
}
