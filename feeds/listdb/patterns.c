/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/listdb/patterns.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "feeds/listdb/patterns_literal.h"
#include "feeds/listdb/rule.h"
#include "resolver/base/check.h"

enum {
	STEPS_MAX = 1000, /* of one pattern on one name */
	HEAP_KB = 256, /* for its way back */
	NEST_MAX = 32,
	GRAM_MAX = 4, /* octets by which a literal is found */
	PROBES_MAX = 20000, /* literals compared for one name */
	FILTER_SHIFT = 2, /* the filter has four times as many bits as the table has buckets */
};

/* A literal, by one piece of it. */
struct gram {
	uint32_t hash;
	uint32_t pattern;
	uint32_t literal_at; /* in literals */
	uint8_t len, gram_at;
};

struct counters {
	atomic_uint_fast64_t limited;
};

struct patterns {
	pcre2_code **codes; /* NULL: it cannot be used */
	size_t count, room;
	char *literals;
	size_t literals_len, literals_room;
	struct gram *grams; /* sorted by bucket when finished */
	uint32_t gram_count, gram_room;
	uint32_t *buckets; /* where the grams of each start */
	uint8_t *filter;
	unsigned bits; /* of a bucket's number */
	bool has_width[GRAM_MAX + 1];
	struct counters *counters;
};

struct patterns_scratch {
	pcre2_match_context *context;
	pcre2_match_data *data;
	char text[DNAME_MAX];
	size_t len;
	uint32_t found[PATTERNS_RUN_MAX]; /* patterns to be run, rising */
	size_t found_count;
};

/* --- compiling --- */

static pcre2_code *compile(const char *text, size_t len, uint32_t options, struct err *why)
{
	int code = 0;
	size_t at = 0;
	pcre2_compile_context *c = pcre2_compile_context_create(NULL);
	pcre2_code *out = NULL;
	if (c) {
		pcre2_set_parens_nest_limit(c, NEST_MAX);
		pcre2_set_max_pattern_length(c, RULE_PATTERN_MAX + 16);
		/* Names have no line ends; without captures a frame of the way back is small. */
		out = pcre2_compile((PCRE2_SPTR)text, len,
			options | PCRE2_CASELESS | PCRE2_DOTALL | PCRE2_DOLLAR_ENDONLY |
				PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | PCRE2_NEVER_BACKSLASH_C |
				PCRE2_NO_AUTO_CAPTURE,
			&code, &at, c);
		pcre2_compile_context_free(c);
	}
	if (!out) {
		char words[128] = "out of memory";
		pcre2_get_error_message(code, (PCRE2_UCHAR *)words, sizeof words);
		err_set(why, CEN_EFORMAT, "not a regular expression: %s, at octet %zu", words, at);
	}
	return out;
}

/* Where a match may begin is a part of the pattern: the limit of steps is one for all beginnings, not for each. */
static pcre2_code *compile_anchored_of_any_size(const char *text, size_t len, struct err *why)
{
	static const char before[] = ".*?(?:", after[] = ")";
	char wrapped[RULE_PATTERN_MAX + sizeof before + sizeof after];
	uint32_t options = 0;
	pcre2_code *code = compile(text, len, 0, why);
	if (!code || pcre2_pattern_info(code, PCRE2_INFO_ALLOPTIONS, &options) ||
		options & PCRE2_ANCHORED)
		return code;
	pcre2_code_free(code);
	memcpy(wrapped, before, sizeof before - 1);
	memcpy(wrapped + sizeof before - 1, text, len);
	memcpy(wrapped + sizeof before - 1 + len, after, sizeof after - 1);
	return compile(wrapped, sizeof before - 1 + len + sizeof after - 1, PCRE2_ANCHORED, why);
}

static size_t size_of(const pcre2_code *code)
{
	size_t size = 0;
	pcre2_pattern_info(code, PCRE2_INFO_SIZE, &size);
	return size;
}

static pcre2_code *compile_anchored(const char *text, size_t len, struct err *why)
{
	pcre2_code *code = compile_anchored_of_any_size(text, len, why);
	if (!code || size_of(code) <= PATTERNS_CODE_MAX)
		return code;
	err_set(why, CEN_EFORMAT, "a pattern of %zu octets when compiled; at most %d are allowed",
		size_of(code), PATTERNS_CODE_MAX);
	pcre2_code_free(code);
	return NULL;
}

int patterns_cost(const char *text, size_t len, struct err *why)
{
	struct patterns_literal_set set;
	if (!len || len > RULE_PATTERN_MAX)
		return err_set(why, CEN_EFORMAT, "a pattern of %zu octets; 1 to %d are allowed",
			len, RULE_PATTERN_MAX);
	int rc = patterns_literal_find(text, len, &set, why);
	if (rc)
		return rc;
	pcre2_code *code = compile_anchored(text, len, why);
	if (!code)
		return CEN_EFORMAT;
	size_t size = size_of(code);
	pcre2_code_free(code);
	return (int)size;
}

int patterns_check(const char *text, size_t len, struct err *why)
{
	int size = patterns_cost(text, len, why);
	return size < 0 ? size : 0;
}

/* --- the set --- */

struct patterns *patterns_new(size_t count)
{
	struct patterns *p = calloc(1, sizeof *p);
	if (!p)
		return NULL;
	p->room = count;
	p->codes = calloc(count ? count : 1, sizeof(pcre2_code *));
	p->counters = calloc(1, sizeof *p->counters);
	if (p->codes && p->counters)
		return p;
	patterns_free(p);
	return NULL;
}

void patterns_free(struct patterns *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->count; i++)
		pcre2_code_free(p->codes[i]);
	free(p->codes);
	free(p->literals);
	free(p->grams);
	free(p->buckets);
	free(p->filter);
	free(p->counters);
	free(p);
}

static int add_literal(struct patterns *p, const struct patterns_literal *l)
{
	if (p->gram_count == p->gram_room) {
		uint32_t room = p->gram_room ? p->gram_room * 2 : 64;
		struct gram *grams = realloc(p->grams, room * sizeof *grams);
		if (!grams)
			return -ENOMEM;
		p->grams = grams;
		p->gram_room = room;
	}
	if (p->literals_room - p->literals_len < l->len) {
		size_t room = p->literals_room * 2 + 1024;
		char *literals = realloc(p->literals, room);
		if (!literals)
			return -ENOMEM;
		p->literals = literals;
		p->literals_room = room;
	}
	memcpy(p->literals + p->literals_len, l->at, l->len);
	p->grams[p->gram_count++] = (struct gram){.pattern = (uint32_t)p->count,
		.literal_at = (uint32_t)p->literals_len,
		.len = l->len};
	p->literals_len += l->len;
	return 0;
}

int patterns_add(struct patterns *p, const char *text, size_t len)
{
	struct patterns_literal_set set;
	if (p->count == p->room)
		return -EINVAL;
	pcre2_code *code = NULL;
	int rc = len && len <= RULE_PATTERN_MAX ? patterns_literal_find(text, len, &set, NULL)
						: CEN_EFORMAT;
	if (!rc && !(code = compile_anchored(text, len, NULL)))
		rc = CEN_EFORMAT;
	for (unsigned i = 0; code && !rc && i < set.count; i++)
		rc = add_literal(p, &set.of[i]);
	p->codes[p->count++] = code;
	return rc;
}

static unsigned width_of(const struct gram *g)
{
	return g->len < GRAM_MAX ? g->len : GRAM_MAX;
}

static uint32_t gram_hash(const char *at, unsigned width)
{
	uint32_t v = 0;
	memcpy(&v, at, width);
	return (uint32_t)((v + (uint64_t)width) * UINT64_C(0x9e3779b97f4a7c15) >> 32);
}

static uint32_t bucket_of(const struct patterns *p, uint32_t hash)
{
	return hash >> (32 - p->bits);
}

/* A place of the filter lies within its bucket's. */
static uint32_t filter_bit(const struct patterns *p, uint32_t hash)
{
	return hash >> (32 - p->bits - FILTER_SHIFT);
}

/* Finds each literal by the piece that is in the fewest others. */
static void choose_grams(struct patterns *p, uint32_t *counts)
{
	for (uint32_t i = 0; i < p->gram_count; i++)
		for (unsigned at = 0; at + width_of(&p->grams[i]) <= p->grams[i].len; at++)
			counts[bucket_of(p,
				gram_hash(p->literals + p->grams[i].literal_at + at,
					width_of(&p->grams[i])))]++;
	for (uint32_t i = 0; i < p->gram_count; i++) {
		struct gram *g = &p->grams[i];
		uint32_t least = UINT32_MAX;
		for (unsigned at = 0; at + width_of(g) <= g->len; at++) {
			uint32_t hash = gram_hash(p->literals + g->literal_at + at, width_of(g));
			if (counts[bucket_of(p, hash)] >= least)
				continue;
			least = counts[bucket_of(p, hash)];
			g->gram_at = (uint8_t)at;
			g->hash = hash;
		}
		p->has_width[width_of(g)] = true;
	}
}

static int compare_grams(const void *x, const void *y)
{
	const struct gram *a = x, *b = y;
	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	return (a->literal_at > b->literal_at) - (a->literal_at < b->literal_at);
}

int patterns_finish(struct patterns *p)
{
	for (p->bits = 6; p->bits < 22 && (uint32_t)1 << p->bits < p->gram_count * 2;)
		p->bits++;
	uint32_t n = (uint32_t)1 << p->bits, bucket = 0;
	p->buckets = calloc((size_t)n + 1, sizeof *p->buckets);
	p->filter = calloc((size_t)n << FILTER_SHIFT >> 3, 1);
	if (!p->buckets || !p->filter)
		return -ENOMEM;
	choose_grams(p, p->buckets);
	if (p->gram_count)
		qsort(p->grams, p->gram_count, sizeof *p->grams, compare_grams);
	for (uint32_t i = 0; i < p->gram_count; i++) {
		uint32_t bit = filter_bit(p, p->grams[i].hash);
		p->filter[bit / 8] |= (uint8_t)(1 << (bit % 8));
		while (bucket <= bucket_of(p, p->grams[i].hash))
			p->buckets[bucket++] = i;
	}
	while (bucket <= n)
		p->buckets[bucket++] = p->gram_count;
	return 0;
}

/* --- looking for them --- */

/* The library takes the memory for its way back when it needs it, and keeps it. This pattern needs all of it, so that no query
 * allocates. */
static int take_memory(struct patterns_scratch *s)
{
	enum { DEEP = HEAP_KB * 1024 / 64 };
	char *text = malloc(DEEP);
	pcre2_code *deep = compile("(?:a|b)*c", 9, PCRE2_NO_START_OPTIMIZE, NULL);
	int rc = -ENOMEM;
	if (text && deep) {
		memset(text, 'a', DEEP);
		rc = pcre2_match(
			deep, (PCRE2_SPTR)text, DEEP, 0, PCRE2_ANCHORED, s->data, s->context);
		rc = CHECK(rc == PCRE2_ERROR_HEAPLIMIT) ? 0 : -ENOMEM;
	}
	pcre2_code_free(deep);
	free(text);
	return rc;
}

struct patterns_scratch *patterns_scratch_new(void)
{
	struct patterns_scratch *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	s->context = pcre2_match_context_create(NULL);
	s->data = pcre2_match_data_create(1, NULL);
	if (!s->context || !s->data) {
		patterns_scratch_free(s);
		return NULL;
	}
	pcre2_set_heap_limit(s->context, HEAP_KB);
	if (take_memory(s)) {
		patterns_scratch_free(s);
		return NULL;
	}
	pcre2_set_match_limit(s->context, STEPS_MAX);
	pcre2_set_depth_limit(s->context, STEPS_MAX);
	return s;
}

void patterns_scratch_free(struct patterns_scratch *s)
{
	if (!s)
		return;
	pcre2_match_data_free(s->data);
	pcre2_match_context_free(s->context);
	free(s);
}

static void count_limited(const struct patterns *p)
{
	atomic_fetch_add_explicit(&p->counters->limited, 1, memory_order_relaxed);
}

uint64_t patterns_limited(const struct patterns *p)
{
	return atomic_load_explicit(&p->counters->limited, memory_order_relaxed);
}

static void set_text(struct patterns_scratch *s, const struct dname *name)
{
	s->len = 0;
	for (size_t at = 0; name->bytes[at]; at += (size_t)name->bytes[at] + 1) {
		if (s->len)
			s->text[s->len++] = '.';
		memcpy(s->text + s->len, name->bytes + at + 1, name->bytes[at]);
		s->len += name->bytes[at];
	}
}

/* Keeps the numbers rising and each once. False when there is no room. */
static bool note(struct patterns_scratch *s, uint32_t pattern)
{
	size_t at = s->found_count;
	while (at && s->found[at - 1] > pattern)
		at--;
	if (at && s->found[at - 1] == pattern)
		return true;
	if (s->found_count == PATTERNS_RUN_MAX)
		return false;
	memmove(s->found + at + 1, s->found + at, (s->found_count - at) * sizeof *s->found);
	s->found[at] = pattern;
	s->found_count++;
	return true;
}

/* The literals with this piece, which stands at `at` of the text. False when there are too many. */
static bool note_bucket(const struct patterns *p, struct patterns_scratch *s, uint32_t hash,
	size_t at, uint32_t *probes)
{
	uint32_t bucket = bucket_of(p, hash);
	for (uint32_t i = p->buckets[bucket]; i < p->buckets[bucket + 1]; i++) {
		const struct gram *g = &p->grams[i];
		if (++*probes > PROBES_MAX)
			return false;
		if (g->hash != hash || g->gram_at > at || at - g->gram_at + g->len > s->len ||
			memcmp(s->text + at - g->gram_at, p->literals + g->literal_at, g->len) != 0)
			continue;
		if (!note(s, g->pattern))
			return false;
	}
	return true;
}

/* Notes the patterns whose literals are in the text. */
static void find_literals(const struct patterns *p, struct patterns_scratch *s)
{
	uint32_t probes = 0;
	s->found_count = 0;
	for (unsigned width = 1; width <= GRAM_MAX; width++) {
		if (!p->has_width[width])
			continue;
		for (size_t at = 0; at + width <= s->len; at++) {
			uint32_t hash = gram_hash(s->text + at, width);
			uint32_t bit = filter_bit(p, hash);
			if (!(p->filter[bit / 8] >> (bit % 8) & 1))
				continue;
			if (!note_bucket(p, s, hash, at, &probes)) {
				count_limited(p);
				return;
			}
		}
	}
}

static bool does_match(
	const struct patterns *p, struct patterns_scratch *s, uint32_t number, unsigned *limited)
{
	if (!p->codes[number])
		return false;
	int rc = pcre2_match(
		p->codes[number], (PCRE2_SPTR)s->text, s->len, 0, 0, s->data, s->context);
	if (rc >= 0)
		return true;
	if (rc != PCRE2_ERROR_NOMATCH) {
		++*limited;
		count_limited(p);
	}
	return false;
}

size_t patterns_find(const struct patterns *p, struct patterns_scratch *s, const struct dname *name,
	uint32_t *out, size_t max)
{
	size_t n = 0;
	unsigned limited = 0;
	set_text(s, name);
	find_literals(p, s);
	for (size_t i = 0; i < s->found_count && n < max && limited < PATTERNS_LIMITED_MAX; i++)
		if (does_match(p, s, s->found[i], &limited))
			out[n++] = s->found[i];
	return n;
}

size_t patterns_find_slowly(const struct patterns *p, struct patterns_scratch *s,
	const struct dname *name, uint32_t *out, size_t max)
{
	size_t n = 0;
	unsigned limited = 0;
	set_text(s, name);
	for (uint32_t i = 0; i < p->count && n < max; i++)
		if (does_match(p, s, i, &limited))
			out[n++] = i;
	return n;
}

size_t patterns_memory(const struct patterns *p)
{
	size_t n = p->count * sizeof(pcre2_code *) + p->literals_room +
		p->gram_room * sizeof *p->grams + ((size_t)1 << p->bits) * (sizeof *p->buckets + 1);
	for (size_t i = 0; i < p->count; i++)
		if (p->codes[i])
			n += size_of(p->codes[i]);
	return n;
}
