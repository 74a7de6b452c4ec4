/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/listdb/listdb_special.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/listdb/detail.h"
#include "feeds/listdb/patterns.h"
#include "feeds/listdb/prefixes.h"

struct listdb_special {
	const struct listdb_rule *rules;
	struct listdb_rule *own; /* a copy, when those of the file are not aligned */
	const uint8_t *texts;
	uint32_t count;
	uint32_t names_from; /* the rules before have no hash */
	uint32_t *buckets; /* where the hashes with each beginning start */
	unsigned shift;
	uint32_t from[RULE_TRIGGERS], to[RULE_TRIGGERS]; /* of rules without a hash, by trigger */
	bool has_ns_name, has_name;
	struct prefixes prefixes[RULE_TRIGGERS];
	struct patterns *patterns;
};

static bool is_by_name(unsigned trigger)
{
	return trigger == RULE_NAME || trigger == RULE_NS_NAME;
}

static bool is_by_address(unsigned trigger)
{
	return trigger == RULE_ANSWER || trigger == RULE_CLIENT || trigger == RULE_NS_ADDRESS;
}

/* --- checks --- */

static bool is_text_good(const struct listdb_rule *r, const uint8_t *text)
{
	struct dname name;
	if (r->trigger == RULE_PATTERN)
		return r->text_len && r->text_len <= RULE_PATTERN_MAX;
	if (r->trigger == RULE_NS_NAME)
		return dname_from_wire(text, r->text_len, &name) == r->text_len;
	return !r->text_len;
}

static bool is_prefix_good(const struct listdb_rule *r)
{
	static const struct addr_prefix none;
	if (!is_by_address(r->trigger))
		return !memcmp(&r->prefix, &none, sizeof none);
	/* Masked, a good one equals itself. */
	return r->prefix.bits <= 128 && addr_prefix_contains(&r->prefix, &r->prefix.addr);
}

static bool is_rule_good(const struct listdb_rule *r, const struct listdb_special_bytes *bytes,
	const struct listdb_bits *special_bits)
{
	return r->trigger < RULE_TRIGGERS && r->verb < RULE_VERBS && r->flags < 8 &&
		r->bit < LISTDB_LISTS_MAX && listdb_bits_test(special_bits, r->bit) &&
		(is_by_name(r->trigger) || !r->hash) &&
		(uint64_t)r->about_at + r->about_len <= bytes->texts_bytes &&
		(uint64_t)r->text_at + r->text_len <= bytes->texts_bytes && is_prefix_good(r) &&
		is_text_good(r, bytes->texts + r->text_at) &&
		detail_is_good(bytes->texts + r->about_at, r->about_len);
}

/* May b follow a? */
static bool is_in_order(const struct listdb_rule *a, const struct listdb_rule *b)
{
	bool is_a_named = is_by_name(a->trigger), is_b_named = is_by_name(b->trigger);
	if (is_a_named || is_b_named)
		return is_b_named && (!is_a_named || a->hash <= b->hash);
	return a->trigger < b->trigger ||
		(a->trigger == b->trigger && prefixes_compare(&a->prefix, &b->prefix) <= 0);
}

static bool check(struct listdb_special *s, const struct listdb_special_bytes *bytes,
	const struct listdb_list *lists, size_t list_count)
{
	struct listdb_bits special_bits = {{0}};
	for (size_t i = 0; i < list_count; i++)
		if (lists[i].special_bit)
			listdb_bits_put(&special_bits, lists[i].special_bit, true);
	for (uint32_t i = 0; i < s->count; i++) {
		const struct listdb_rule *r = &s->rules[i];
		if (!is_rule_good(r, bytes, &special_bits) || (i && !is_in_order(r - 1, r)))
			return false;
		s->has_name |= r->trigger == RULE_NAME;
		s->has_ns_name |= r->trigger == RULE_NS_NAME;
		if (is_by_name(r->trigger))
			continue;
		s->names_from = i + 1;
		if (!s->to[r->trigger])
			s->from[r->trigger] = i;
		s->to[r->trigger] = i + 1;
	}
	return true;
}

/* --- tables --- */

static int make_buckets(struct listdb_special *s)
{
	uint32_t names = s->count - s->names_from;
	unsigned bits = 4;
	while (bits < 24 && (uint32_t)1 << bits < names / 2)
		bits++;
	s->shift = 64 - bits;
	uint32_t n = (uint32_t)1 << bits, bucket = 0;
	s->buckets = malloc(sizeof *s->buckets * ((size_t)n + 1));
	if (!s->buckets)
		return -ENOMEM;
	for (uint32_t i = s->names_from; i < s->count; i++)
		while (bucket <= s->rules[i].hash >> s->shift)
			s->buckets[bucket++] = i;
	while (bucket <= n)
		s->buckets[bucket++] = s->count;
	return 0;
}

static int make_prefixes(struct listdb_special *s, unsigned trigger)
{
	uint32_t from = s->from[trigger], count = s->to[trigger] - from;
	return count ? prefixes_init(&s->prefixes[trigger], &s->rules[from].prefix,
			       sizeof *s->rules, count)
		     : 0;
}

static int compile_patterns(struct listdb_special *s)
{
	uint32_t from = s->from[RULE_PATTERN], to = s->to[RULE_PATTERN];
	if (from == to)
		return 0;
	s->patterns = patterns_new(to - from);
	if (!s->patterns)
		return -ENOMEM;
	for (uint32_t i = from; i < to; i++) {
		const struct listdb_rule *r = &s->rules[i];
		int rc =
			patterns_add(s->patterns, (const char *)s->texts + r->text_at, r->text_len);
		if (rc == -ENOMEM)
			return rc;
	}
	return patterns_finish(s->patterns);
}

int listdb_special_open(const struct listdb_special_bytes *bytes, const struct listdb_list *lists,
	size_t list_count, struct listdb_special **out)
{
	struct listdb_special *s = calloc(1, sizeof *s);
	if (!s)
		return -ENOMEM;
	size_t size = bytes->count * sizeof *s->rules;
	s->count = (uint32_t)bytes->count;
	s->texts = bytes->texts;
	s->rules = (const struct listdb_rule *)(const void *)bytes->rules;
	int rc = 0;
	if ((uintptr_t)bytes->rules % _Alignof(struct listdb_rule)) {
		s->rules = s->own = calloc(1, size ? size : 1);
		if (s->own)
			memcpy(s->own, bytes->rules, size);
		else
			rc = -ENOMEM;
	}
	if (!rc && !check(s, bytes, lists, list_count))
		rc = CEN_ECORRUPT;
	if (!rc)
		rc = make_buckets(s);
	for (unsigned t = 0; !rc && t < RULE_TRIGGERS; t++)
		if (is_by_address(t))
			rc = make_prefixes(s, t);
	if (!rc)
		rc = compile_patterns(s);
	if (rc) {
		listdb_special_close(s);
		return rc;
	}
	*out = s;
	return 0;
}

void listdb_special_close(struct listdb_special *s)
{
	if (!s)
		return;
	for (unsigned t = 0; t < RULE_TRIGGERS; t++)
		prefixes_clear(&s->prefixes[t]);
	patterns_free(s->patterns);
	free(s->buckets);
	free(s->own);
	free(s);
}

uint64_t listdb_special_limited(const struct listdb_special *s)
{
	return s && s->patterns ? patterns_limited(s->patterns) : 0;
}

/* --- lookups --- */

uint64_t listdb_ns_seed(const struct listdb_index *x)
{
	return x->seed ^ UINT64_C(0x9e3779b97f4a7c15);
}

bool listdb_has_trigger(const struct listdb_index *x, enum rule_trigger trigger)
{
	const struct listdb_special *s = x->special;
	if (!s)
		return false;
	if (trigger == RULE_NAME)
		return s->has_name;
	return trigger == RULE_NS_NAME ? s->has_ns_name : s->to[trigger] != 0;
}

const struct listdb_rule *listdb_rules(const struct listdb_index *x, size_t *count)
{
	*count = x->special ? x->special->count : 0;
	return x->special ? x->special->rules : NULL;
}

const uint8_t *listdb_about(const struct listdb_index *x, const struct listdb_rule *r)
{
	return x->special->texts + r->about_at;
}

const char *listdb_rule_text(const struct listdb_index *x, const struct listdb_rule *r)
{
	return (const char *)x->special->texts + r->text_at;
}

const struct listdb_rule *listdb_rules_of_name(
	const struct listdb_index *x, uint64_t hash, size_t *count)
{
	const struct listdb_special *s = x->special;
	*count = 0;
	if (!s)
		return NULL;
	uint32_t low = s->buckets[hash >> s->shift], high = s->buckets[(hash >> s->shift) + 1];
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (s->rules[middle].hash < hash)
			low = middle + 1;
		else
			high = middle;
	}
	high = low;
	while (high < s->count && s->rules[high].hash == hash)
		high++;
	*count = high - low;
	return high > low ? &s->rules[low] : NULL;
}

size_t listdb_rules_of_address(const struct listdb_index *x, enum rule_trigger trigger,
	const struct addr *a, const struct listdb_rule **out, size_t max)
{
	const struct listdb_special *s = x->special;
	if (!s || !s->prefixes[trigger].count)
		return 0;
	const struct prefixes *p = &s->prefixes[trigger];
	const struct listdb_rule *rules = s->rules + s->from[trigger];
	size_t n = 0;
	for (uint32_t at = prefixes_find(p, a); at != PREFIXES_NONE && n < max;
		at = prefixes_next(p, at))
		for (uint32_t i = prefixes_begin(p, at); i <= at && n < max; i++)
			out[n++] = &rules[i];
	return n;
}

/* --- patterns --- */

struct listdb_scratch {
	struct patterns_scratch *patterns;
};

struct listdb_scratch *listdb_scratch_new(void)
{
	struct listdb_scratch *s = malloc(sizeof *s);
	if (s && !(s->patterns = patterns_scratch_new())) {
		free(s);
		return NULL;
	}
	return s;
}

void listdb_scratch_free(struct listdb_scratch *s)
{
	if (!s)
		return;
	patterns_scratch_free(s->patterns);
	free(s);
}

size_t listdb_rules_of_pattern(const struct listdb_index *x, struct listdb_scratch *scratch,
	const struct dname *name, const struct listdb_rule **out, size_t max)
{
	const struct listdb_special *s = x->special;
	uint32_t numbers[LISTDB_RULES_MAX];
	if (!s || !s->patterns)
		return 0;
	size_t n = patterns_find(s->patterns, scratch->patterns, name, numbers,
		max < LISTDB_RULES_MAX ? max : LISTDB_RULES_MAX);
	for (size_t i = 0; i < n; i++)
		out[i] = &s->rules[s->from[RULE_PATTERN] + numbers[i]];
	return n;
}
