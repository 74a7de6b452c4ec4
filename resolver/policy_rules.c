/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/policy_rules.h"

#include <errno.h>
#include <string.h>

#include "feeds/listdb/detail.h"
#include "resolver/base/hash.h"
#include "resolver/base/wire.h"
#include "resolver/view.h"

int policy_work_init(struct policy_work *w)
{
	w->patterns = listdb_scratch_new();
	return w->patterns ? 0 : -ENOMEM;
}

void policy_work_clear(struct policy_work *w)
{
	listdb_scratch_free(w->patterns);
	w->patterns = NULL;
}

/* --- conditions --- */

static bool is_name_below(const struct dname *name, const struct detail_item *item)
{
	struct dname above;
	return dname_from_wire(item->at, item->len, &above) && dname_is_at_or_below(name, &above);
}

static bool is_client_in(const struct addr *client, const struct detail_item *item)
{
	struct addr_prefix p;
	if (!client)
		return false;
	memcpy(p.addr.bytes, item->at, sizeof p.addr.bytes);
	p.bits = item->at[sizeof p.addr.bytes];
	return addr_prefix_contains(&p, client);
}

/* Of several types or clients that a rule is for, one suffices; of those that it is not for, one is enough against it. */
static bool is_meant(const struct policy_question *about, const uint8_t *row, size_t len)
{
	bool is_for_types = false, is_for_clients = false, has_type = false, has_client = false;
	struct detail_cursor c = detail_start(row, len);
	struct detail_item item;
	while (len && detail_next(&c, &item)) {
		switch (item.kind) {
		case DETAIL_TYPE:
			is_for_types = true;
			has_type |= wire_u16(item.at) == about->type;
			break;
		case DETAIL_NOT_TYPE:
			if (wire_u16(item.at) == about->type)
				return false;
			break;
		case DETAIL_CLIENT:
			is_for_clients = true;
			has_client |= is_client_in(about->client, &item);
			break;
		case DETAIL_NOT_CLIENT:
			if (is_client_in(about->client, &item))
				return false;
			break;
		case DETAIL_NOT_NAME:
			if (is_name_below(about->name, &item))
				return false;
			break;
		default:
			break;
		}
	}
	return (!is_for_types || has_type) && (!is_for_clients || has_client);
}

/* --- candidates --- */

/* What is not for the client's group is no candidate, but is not clean for the cache either. */
static void add(const struct view *v, struct policy_work *w, const struct policy_candidate *c)
{
	const struct view_list *list = &v->lists[c->bit];
	const struct view_group *g =
		&v->groups[w->question.group < v->group_count ? w->question.group : 0];
	if (!list->is_used)
		return;
	w->is_held = true;
	if (w->count == LISTDB_RULES_MAX || !listdb_bits_test(&g->any, c->bit))
		return;
	struct policy_candidate *to = &w->found[w->count++];
	*to = *c;
	to->is_meant = is_meant(&w->question, c->about, c->about_len);
}

static uint64_t owner_of_prefix(const struct addr_prefix *p)
{
	return hash_bytes(p->addr.bytes, sizeof p->addr.bytes, p->bits);
}

static struct policy_candidate of_rule(
	const struct view *v, const struct listdb_rule *r, uint8_t depth)
{
	bool is_name = r->trigger == RULE_NAME || r->trigger == RULE_NS_NAME;
	return (struct policy_candidate){.rule = r,
		.owner = is_name		     ? r->hash
			: r->trigger == RULE_PATTERN ? r->text_at
						     : owner_of_prefix(&r->prefix),
		.about = r->about_len ? listdb_about(&v->index, r) : NULL,
		.about_len = r->about_len,
		.bit = (uint16_t)v->lists[r->bit].bit,
		.trigger = r->trigger,
		.verb = r->verb,
		.flags = r->flags,
		.depth = depth};
}

/* `bit` 0: its list is not in the generation. */
static struct policy_candidate of_overlay(
	const struct view *v, const struct overlay_rule *o, uint64_t owner, uint8_t depth)
{
	const struct rule *r = &o->rule;
	return (struct policy_candidate){.owner = owner,
		.about = r->about,
		.about_len = r->about_len,
		.bit = v->overlay_bits[o->zone],
		.trigger = r->trigger,
		.verb = r->verb,
		.flags = (uint8_t)((r->is_self ? LISTDB_RULE_SELF : 0) |
			(r->is_below ? LISTDB_RULE_BELOW : 0)),
		.depth = depth};
}

/* --- names --- */

/* One name on the way from the top to the one that is judged. */
struct level {
	uint64_t hash;
	uint8_t depth; /* its labels */
	uint8_t trigger; /* RULE_NAME or RULE_NS_NAME */
	const struct overlay_hit *changes; /* the overlay's rules and marks on it */
	size_t change_count;
};

static void find_changes(const struct view *v, struct level *l)
{
	l->changes = overlay_index_name(v->overlay_index, l->hash, &l->change_count);
}

/* The halves of the owner on which the overlay has the list's word: the generation's is out of date. */
static uint8_t changed_halves(const struct view *v, const struct level *l, uint16_t bit)
{
	uint8_t halves = 0;
	for (size_t i = 0; i < l->change_count; i++) {
		const struct overlay_rule *o = l->changes[i].rule;
		if (o->rule.trigger == l->trigger && v->overlay_bits[o->zone] == bit)
			halves |= (uint8_t)((o->rule.is_self ? LISTDB_RULE_SELF : 0) |
				(o->rule.is_below ? LISTDB_RULE_BELOW : 0));
	}
	return halves;
}

static void add_half(const struct view *v, struct policy_work *w, const struct level *l,
	struct policy_candidate *c)
{
	c->flags &= (uint8_t)~changed_halves(v, l, c->bit);
	if (c->flags & (LISTDB_RULE_SELF | LISTDB_RULE_BELOW))
		add(v, w, c);
}

static void add_special(const struct view *v, struct policy_work *w, const struct level *l)
{
	size_t n = 0;
	const struct listdb_rule *rules =
		v->db ? listdb_rules_of_name(&v->index, l->hash, &n) : NULL;
	for (size_t i = 0; i < n; i++) {
		struct policy_candidate c = of_rule(v, &rules[i], l->depth);
		if (c.trigger == l->trigger)
			add_half(v, w, l, &c);
	}
	for (size_t i = 0; i < l->change_count; i++) {
		struct policy_candidate c = of_overlay(v, l->changes[i].rule, l->hash, l->depth);
		if (c.trigger == l->trigger && c.bit && !l->changes[i].rule->is_gone)
			add(v, w, &c);
	}
}

static void add_plain(const struct view *v, struct policy_work *w, const struct level *l,
	const struct listdb_set *set)
{
	for (unsigned i = 0; i < LISTDB_LISTS_MAX / 64; i++) {
		uint64_t bits = (set->self.w[i] | set->below.w[i]) & v->levels.w[i];
		for (; bits; bits &= bits - 1) {
			uint16_t bit = (uint16_t)(i * 64 + (unsigned)__builtin_ctzll(bits));
			bool is_self = listdb_bits_test(&set->self, bit);
			bool is_below = listdb_bits_test(&set->below, bit);
			struct policy_candidate c = {.owner = l->hash,
				.bit = bit,
				.trigger = RULE_NAME,
				.verb = RULE_MATCH,
				.flags = (uint8_t)((is_self ? LISTDB_RULE_SELF : 0) |
					(is_below ? LISTDB_RULE_BELOW : 0)),
				.depth = l->depth};
			add_half(v, w, l, &c);
		}
	}
}

/* Which half of an owner speaks about the name: the owner itself, or what is below it. */
static uint8_t half_at(const struct dname *name, unsigned depth)
{
	return depth == name->labels ? LISTDB_RULE_SELF : LISTDB_RULE_BELOW;
}

/* What does not speak about the name goes. In a policy zone only the nearest owner counts: as for every wildcard, one
 * that exists hides those above it (RFC 4592 3.3.1). */
static void settle(
	const struct view *v, struct policy_work *w, unsigned first, const struct dname *name)
{
	bool goes[LISTDB_RULES_MAX] = {false};
	unsigned kept = first;
	for (unsigned i = first; i < w->count; i++) {
		const struct policy_candidate *c = &w->found[i];
		goes[i] = !(c->flags & half_at(name, c->depth));
		for (unsigned k = first; !goes[i] && k < w->count && v->lists[c->bit].is_rpz; k++)
			goes[i] = w->found[k].bit == c->bit && w->found[k].depth > c->depth;
	}
	for (unsigned i = first; i < w->count; i++)
		if (!goes[i])
			w->found[kept++] = w->found[i];
	w->count = kept;
}

static void gather_names(const struct view *v, struct policy_work *w, const struct dname *name)
{
	uint8_t offsets[DNAME_LABELS_MAX];
	unsigned labels = dname_offsets(name, offsets), first = w->count;
	struct level l = {.hash = v->index.seed, .trigger = RULE_NAME};
	for (unsigned i = labels; i--;) {
		l.hash = hash_label(l.hash, name->bytes + offsets[i]);
		l.depth = (uint8_t)(labels - i);
		const struct listdb_set *set = view_find(v, l.hash);
		if (!set)
			continue;
		find_changes(v, &l);
		listdb_bits_or(&w->held, i ? &set->below : &set->self);
		add_plain(v, w, &l, set);
		add_special(v, w, &l);
	}
	if (policy_rules_unblock(v, &w->question))
		listdb_bits_put(&w->held, LISTDB_OWN_ALLOW, true);
	if (listdb_bits_any(&w->held))
		w->is_held = true;
	settle(v, w, first, name);
}

static void gather_patterns(const struct view *v, struct policy_work *w, const struct dname *name)
{
	const struct listdb_rule *rules[LISTDB_RULES_MAX];
	if (!view_has_trigger(v, RULE_PATTERN))
		return;
	size_t n = listdb_rules_of_pattern(&v->index, w->patterns, name, rules, LISTDB_RULES_MAX);
	for (size_t i = 0; i < n; i++) {
		struct policy_candidate c = of_rule(v, rules[i], 0);
		add(v, w, &c);
	}
}

/* --- addresses --- */

static bool is_equal(const struct addr_prefix *a, const struct addr_prefix *b)
{
	return a->bits == b->bits && addr_equal(&a->addr, &b->addr);
}

static void gather_address(const struct view *v, struct policy_work *w, enum rule_trigger trigger,
	const struct addr *a)
{
	const struct listdb_rule *rules[LISTDB_RULES_MAX];
	const struct overlay_rule *changes[LISTDB_RULES_MAX];
	if (!view_has_trigger(v, trigger))
		return;
	size_t n = listdb_rules_of_address(&v->index, trigger, a, rules, LISTDB_RULES_MAX);
	size_t m = overlay_index_address(v->overlay_index, trigger, a, changes, LISTDB_RULES_MAX);
	for (size_t i = 0; i < n; i++) {
		struct policy_candidate c = of_rule(v, rules[i], rules[i]->prefix.bits);
		bool is_changed = false;
		for (size_t k = 0; k < m && !is_changed; k++)
			is_changed = v->overlay_bits[changes[k]->zone] == c.bit &&
				is_equal(&changes[k]->rule.prefix, &rules[i]->prefix);
		if (!is_changed)
			add(v, w, &c);
	}
	for (size_t i = 0; i < m; i++) {
		const struct addr_prefix *p = &changes[i]->rule.prefix;
		struct policy_candidate c = of_overlay(v, changes[i], owner_of_prefix(p), p->bits);
		if (c.bit && !changes[i]->is_gone)
			add(v, w, &c);
	}
}

/* --- all of it --- */

bool policy_rules_unblock(const struct view *v, const struct policy_question *about)
{
	return v->respites &&
		view_respite_unblocks(v, about->name, about->client, about->group, about->now_us);
}

void policy_gather(const struct view *v, struct policy_work *w, const struct policy_question *about)
{
	w->question = *about;
	w->count = 0;
	w->is_held = false;
	memset(&w->held, 0, sizeof w->held);
	gather_names(v, w, about->name);
	gather_patterns(v, w, about->name);
	if (about->is_first && about->client)
		gather_address(v, w, RULE_CLIENT, about->client);
}

void policy_gather_answer(const struct view *v, struct policy_work *w, const struct addr *a)
{
	gather_address(v, w, RULE_ANSWER, a);
}

void policy_gather_server_address(const struct view *v, struct policy_work *w, const struct addr *a)
{
	gather_address(v, w, RULE_NS_ADDRESS, a);
}

void policy_gather_server(const struct view *v, struct policy_work *w, const struct dname *name)
{
	uint8_t offsets[DNAME_LABELS_MAX];
	unsigned labels = dname_offsets(name, offsets), first = w->count;
	if (!view_has_trigger(v, RULE_NS_NAME))
		return;
	struct level l = {.hash = listdb_ns_seed(&v->index), .trigger = RULE_NS_NAME};
	for (unsigned i = labels; i--;) {
		l.hash = hash_label(l.hash, name->bytes + offsets[i]);
		l.depth = (uint8_t)(labels - i);
		find_changes(v, &l);
		add_special(v, w, &l);
	}
	settle(v, w, first, name);
}
