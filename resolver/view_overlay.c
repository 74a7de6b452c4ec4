/* SPDX-License-Identifier: BSD-2-Clause
 * The changes of transferred zones in a view: their owners' rules take the place of the generation's.
 */
#include <errno.h>
#include <string.h>

#include "resolver/base/hash.h"
#include "resolver/view.h"

static uint64_t hash_key(uint64_t seed, const struct rule *r)
{
	uint64_t hash = seed;
	for (size_t at = 0; at < r->len; at += (size_t)r->key[at] + 1)
		hash = hash_label(hash, r->key + at);
	return hash;
}

/* The list's bits of this owner go, and its plain one comes back when the owner still has rules: the slow path then finds them. */
static void put_owner(
	struct view *v, const struct overlay_rule *o, unsigned bit, unsigned special_bit)
{
	uint64_t hash = hash_key(v->index.seed, &o->rule);
	const struct listdb_set *before = view_find(v, hash);
	struct listdb_set set = {0};
	if (before)
		set = *before;
	struct listdb_bits *halves[] = {
		o->rule.is_self ? &set.self : NULL, o->rule.is_below ? &set.below : NULL};
	for (unsigned i = 0; i < 2; i++) {
		if (!halves[i])
			continue;
		listdb_bits_put(halves[i], bit, !o->is_gone);
		if (special_bit)
			listdb_bits_put(halves[i], special_bit, false);
	}
	view_override_slot(&v->run_time, hash)->set = set;
}

static const struct listdb_list *find_list(const struct view *v, const char *name)
{
	for (uint32_t i = 0; i < v->index.list_count; i++)
		if (!strcmp(listdb_list(v->db, i)->name, name))
			return listdb_list(v->db, i);
	return NULL;
}

int view_overlay_join(struct view *v)
{
	uint16_t special_bits[OVERLAY_ZONES_MAX] = {0};
	v->overlay_index = overlay_index_new(v->overlay, v->index.seed, listdb_ns_seed(&v->index));
	if (!v->overlay_index)
		return -ENOMEM;
	for (size_t i = 0; i < overlay_zone_count(v->overlay); i++) {
		const struct listdb_list *l =
			find_list(v, overlay_zone_name(v->overlay, (unsigned)i));
		v->overlay_bits[i] = l ? l->bit : 0;
		special_bits[i] = l ? l->special_bit : 0;
	}
	for (size_t i = 0; i < overlay_count(v->overlay); i++) {
		const struct overlay_rule *o = overlay_at(v->overlay, i);
		if (o->rule.trigger == RULE_NAME && v->overlay_bits[o->zone])
			put_owner(v, o, v->overlay_bits[o->zone], special_bits[o->zone]);
	}
	return 0;
}
