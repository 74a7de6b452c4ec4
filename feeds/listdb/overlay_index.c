/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "feeds/listdb/overlay.h"
#include "feeds/listdb/prefixes.h"
#include "resolver/base/hash.h"

/* A rule by address. */
struct place {
	struct addr_prefix prefix;
	uint32_t order;
	const struct overlay_rule *rule;
};

struct overlay_index {
	struct overlay_hit *hits; /* by hash, zone, order */
	size_t hit_count;
	uint32_t *buckets; /* where the hashes with each beginning start */
	unsigned shift;
	struct place *places[RULE_TRIGGERS];
	struct prefixes prefixes[RULE_TRIGGERS];
	bool has[RULE_TRIGGERS];
};

static bool is_by_name(unsigned trigger)
{
	return trigger == RULE_NAME || trigger == RULE_NS_NAME;
}

static int compare_hits(const void *x, const void *y)
{
	const struct overlay_hit *a = x, *b = y;
	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	if (a->rule->zone != b->rule->zone)
		return a->rule->zone < b->rule->zone ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}

static int compare_places(const void *x, const void *y)
{
	const struct place *a = x, *b = y;
	int order = prefixes_compare(&a->prefix, &b->prefix);
	return order ? order : (a->order > b->order) - (a->order < b->order);
}

static uint64_t hash_of(const struct rule *r, uint64_t hash)
{
	for (size_t at = 0; at < r->len; at += (size_t)r->key[at] + 1)
		hash = hash_label(hash, r->key + at);
	return hash;
}

static bool make_buckets(struct overlay_index *x)
{
	unsigned bits = 4;
	while ((size_t)1 << bits < x->hit_count * 2)
		bits++;
	size_t n = (size_t)1 << bits, bucket = 0;
	x->shift = 64 - bits;
	x->buckets = malloc((n + 1) * sizeof *x->buckets);
	if (!x->buckets)
		return false;
	for (size_t i = 0; i < x->hit_count; i++)
		while (bucket <= x->hits[i].hash >> x->shift)
			x->buckets[bucket++] = (uint32_t)i;
	while (bucket <= n)
		x->buckets[bucket++] = (uint32_t)x->hit_count;
	return true;
}

static bool make_names(
	struct overlay_index *x, const struct overlay *o, uint64_t seed, uint64_t ns_seed)
{
	size_t count = overlay_count(o);
	x->hits = malloc((count ? count : 1) * sizeof *x->hits);
	if (!x->hits)
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct overlay_rule *r = overlay_at(o, i);
		x->has[r->rule.trigger] = true;
		if (!is_by_name(r->rule.trigger))
			continue;
		uint64_t from = r->rule.trigger == RULE_NAME ? seed : ns_seed;
		x->hits[x->hit_count++] =
			(struct overlay_hit){hash_of(&r->rule, from), r, (uint32_t)i};
	}
	qsort(x->hits, x->hit_count, sizeof *x->hits, compare_hits);
	return make_buckets(x);
}

static bool make_addresses(struct overlay_index *x, const struct overlay *o, unsigned trigger)
{
	size_t count = overlay_count(o), n = 0;
	struct place *places = malloc(count * sizeof *places);
	x->places[trigger] = places;
	if (!places)
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct overlay_rule *r = overlay_at(o, i);
		if (r->rule.trigger == trigger)
			places[n++] = (struct place){r->rule.prefix, (uint32_t)i, r};
	}
	qsort(places, n, sizeof *places, compare_places);
	return !prefixes_init(&x->prefixes[trigger], &places->prefix, sizeof *places, n);
}

struct overlay_index *overlay_index_new(const struct overlay *o, uint64_t seed, uint64_t ns_seed)
{
	struct overlay_index *x = calloc(1, sizeof *x);
	bool is_good = x && make_names(x, o, seed, ns_seed);
	for (unsigned t = 0; is_good && t < RULE_TRIGGERS; t++)
		if (x->has[t] && !is_by_name(t))
			is_good = make_addresses(x, o, t);
	if (is_good)
		return x;
	overlay_index_free(x);
	return NULL;
}

void overlay_index_free(struct overlay_index *x)
{
	if (!x)
		return;
	for (unsigned t = 0; t < RULE_TRIGGERS; t++) {
		prefixes_clear(&x->prefixes[t]);
		free(x->places[t]);
	}
	free(x->hits);
	free(x->buckets);
	free(x);
}

const struct overlay_hit *overlay_index_name(
	const struct overlay_index *x, uint64_t hash, size_t *count)
{
	*count = 0;
	if (!x)
		return NULL;
	const struct overlay_hit *at = x->hits + x->buckets[hash >> x->shift];
	const struct overlay_hit *end = x->hits + x->buckets[(hash >> x->shift) + 1];
	while (at < end && at->hash < hash)
		at++;
	while (at + *count < end && at[*count].hash == hash)
		++*count;
	return *count ? at : NULL;
}

size_t overlay_index_address(const struct overlay_index *x, enum rule_trigger trigger,
	const struct addr *a, const struct overlay_rule **out, size_t max)
{
	if (!x || !x->prefixes[trigger].count)
		return 0;
	const struct prefixes *p = &x->prefixes[trigger];
	size_t n = 0;
	for (uint32_t at = prefixes_find(p, a); at != PREFIXES_NONE && n < max;
		at = prefixes_next(p, at))
		for (uint32_t i = prefixes_begin(p, at); i <= at && n < max; i++)
			out[n++] = x->places[trigger][i].rule;
	return n;
}

bool overlay_index_has_name(
	const struct overlay_index *x, uint64_t hash, unsigned zone, bool is_below)
{
	size_t count;
	const struct overlay_hit *hits = overlay_index_name(x, hash, &count);
	for (size_t i = 0; i < count; i++) {
		const struct rule *r = &hits[i].rule->rule;
		if (hits[i].rule->zone == zone && (is_below ? r->is_below : r->is_self))
			return true;
	}
	return false;
}

bool overlay_index_has_prefix(const struct overlay_index *x, enum rule_trigger trigger,
	const struct addr_prefix *prefix, unsigned zone)
{
	if (!x || !x->prefixes[trigger].count)
		return false;
	const struct prefixes *p = &x->prefixes[trigger];
	for (uint32_t at = prefixes_find(p, &prefix->addr); at != PREFIXES_NONE;
		at = prefixes_next(p, at)) {
		if (prefixes_compare(&x->places[trigger][at].prefix, prefix))
			continue;
		for (uint32_t i = prefixes_begin(p, at); i <= at; i++)
			if (x->places[trigger][i].rule->zone == zone)
				return true;
	}
	return false;
}

bool overlay_index_has_trigger(const struct overlay_index *x, enum rule_trigger trigger)
{
	return x && x->has[trigger];
}
