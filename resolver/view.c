/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/view.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/base/clock.h"
#include "resolver/base/wire.h"
#include "resolver/local.h"
#include "resolver/rules.h"

static const struct listdb_set *find_override(const struct view_overrides *t, uint64_t hash)
{
	for (uint32_t i = (uint32_t)hash & t->mask; t->slots[i].hash; i = (i + 1) & t->mask)
		if (t->slots[i].hash == hash)
			return &t->slots[i].set;
	return NULL;
}

const struct listdb_set *view_find(const struct view *v, uint64_t hash)
{
	const struct listdb_set *found = NULL;
	if (v->run_time.count)
		found = find_override(&v->run_time, hash);
	if (!found && v->own.count)
		found = find_override(&v->own, hash);
	if (found || !v->db)
		return found;
	uint32_t set = listdb_probe(&v->index, hash);
	return set ? &v->index.sets[set] : NULL;
}

/* --- own rules: overrides of the generation's word on a name --- */

struct view_override *view_override_slot(struct view_overrides *t, uint64_t hash)
{
	uint32_t i = (uint32_t)hash & t->mask;
	while (t->slots[i].hash && t->slots[i].hash != hash)
		i = (i + 1) & t->mask;
	if (!t->slots[i].hash)
		t->count++;
	t->slots[i].hash = hash;
	return &t->slots[i];
}

static int make_overrides(struct view_overrides *t, size_t n)
{
	uint32_t slots = 16;
	while (slots < n * 2)
		slots *= 2;
	t->slots = calloc(slots, sizeof *t->slots);
	t->mask = slots - 1;
	t->count = 0;
	return t->slots ? 0 : -ENOMEM;
}

uint64_t view_hash_name(const struct view *v, const struct dname *name)
{
	uint8_t offsets[DNAME_LABELS_MAX];
	uint64_t hash = v->index.seed;
	for (unsigned i = dname_offsets(name, offsets); i--;)
		hash = hash_label(hash, name->bytes + offsets[i]);
	return hash;
}

static void override(struct view *v, struct view_overrides *t, enum list_kind kind,
	const struct config_rule *rule)
{
	uint64_t hash = view_hash_name(v, &rule->name);
	const struct listdb_set *before = view_find(v, hash);
	struct listdb_set set = {0};
	if (before)
		set = *before;
	unsigned own = kind == LIST_ALLOW ? LISTDB_OWN_ALLOW : LISTDB_OWN_DENY;
	unsigned other = kind == LIST_ALLOW ? LISTDB_OWN_DENY : LISTDB_OWN_ALLOW;
	/* The later word on the same name wins: a rule set at run time takes back one of the file. */
	if (rule->is_self) {
		listdb_bits_put(&set.self, own, true);
		listdb_bits_put(&set.self, other, false);
	}
	if (rule->is_below) {
		listdb_bits_put(&set.below, own, true);
		listdb_bits_put(&set.below, other, false);
	}
	view_override_slot(t, hash)->set = set;
}

/* Those of the config: thousands perhaps, and the same for many views. */
static int build_own(struct view *v, const struct view *same)
{
	const struct config *c = v->config;
	if (same && same->db == v->db) {
		v->own = same->own;
		return 0;
	}
	int e = make_overrides(&v->own, c->allow_count + c->deny_count);
	if (e)
		return e;
	/* Allow after deny: on the very same name own allow is the stronger one. */
	for (size_t i = 0; i < c->deny_count; i++)
		override(v, &v->own, LIST_DENY, &c->deny[i]);
	for (size_t i = 0; i < c->allow_count; i++)
		override(v, &v->own, LIST_ALLOW, &c->allow[i]);
	return 0;
}

static int build_run_time(struct view *v, const struct rules *rules)
{
	size_t n = (rules ? rules->count : 0) + (v->overlay ? overlay_count(v->overlay) : 0);
	int e = make_overrides(&v->run_time, n);
	if (!e && v->overlay)
		e = view_overlay_join(v);
	for (size_t i = 0; !e && rules && i < rules->count; i++)
		override(v, &v->run_time, rules->entries[i].kind, &rules->entries[i].rule);
	return e;
}

/* --- lists and groups --- */

/* NULL when it is no longer configured. */
static const struct config_list *find_list(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->list_count; i++)
		if (!strcmp(c->lists[i].name, name))
			return &c->lists[i];
	return NULL;
}

static void set_own_list(struct view *v, unsigned bit, const char *name, enum list_kind kind)
{
	struct view_list *l = &v->lists[bit];
	snprintf(l->name, sizeof l->name, "%s", name);
	snprintf(l->ede_text, sizeof l->ede_text, "%s", name);
	l->category = "";
	l->kind = kind;
	l->mode = LIST_MODE_BLOCK;
	l->action = v->config->sinkhole_action;
	l->ede = EDE_FILTERED; /* RFC 8914 4.18: asked for by the client's own side */
	l->bit = (int16_t)bit;
	l->is_used = true;
}

/* A new list only monitors at first, if that is wanted. */
static enum list_mode mode_of(const struct config_list *now, const struct listdb_list *built)
{
	bool is_shadowed = config_list_is_shadowed(now, built->taken_s, clock_wall_s());
	return now->mode == LIST_MODE_BLOCK && is_shadowed ? LIST_MODE_MONITOR : now->mode;
}

static enum sink_action action_of(
	const struct view *v, const struct view_list *l, const struct config_list *now)
{
	if (now->action != SINK_DEFAULT)
		return now->action;
	return l->is_rpz ? SINK_NXDOMAIN : v->config->sinkhole_action;
}

static void set_list(struct view *v, struct view_list *l, const struct listdb_list *built)
{
	const struct config_list *now = find_list(v->config, built->name);
	snprintf(l->name, sizeof l->name, "%s", built->name);
	l->category = "";
	l->bit = (int16_t)built->bit;
	if (!now)
		return; /* no group has its bits */
	l->category = now->category;
	l->is_botnet = !strcmp(now->category, "botnet");
	snprintf(l->ede_text, sizeof l->ede_text, "%s%s%.24s%s", built->name,
		*now->category ? " (" : "", now->category, *now->category ? ")" : "");
	l->kind = now->kind;
	l->mode = mode_of(now, built);
	l->order = (uint16_t)(now - v->config->lists);
	l->is_rpz = !strcmp(built->format, config_format_name(LIST_FORMAT_RPZ));
	l->is_adblock = !strcmp(built->format, config_format_name(LIST_FORMAT_ADBLOCK));
	l->action = action_of(v, l, now);
	l->is_override = l->is_rpz && now->action != SINK_DEFAULT;
	l->ede = EDE_BLOCKED; /* RFC 8914 4.16 */
	l->is_used = now->mode != LIST_MODE_OFF;
}

/* Which lists have rules on anything but names, and which. */
static void set_triggers(struct view *v)
{
	size_t n = 0;
	const struct listdb_rule *rules = v->db ? listdb_rules(&v->index, &n) : NULL;
	for (size_t i = 0; i < n; i++)
		v->lists[rules[i].bit].triggers |= (uint8_t)(1u << rules[i].trigger);
	for (size_t i = 0; v->overlay && i < overlay_count(v->overlay); i++) {
		const struct overlay_rule *o = overlay_at(v->overlay, i);
		if (v->overlay_bits[o->zone])
			v->lists[v->overlay_bits[o->zone]].triggers |=
				(uint8_t)(1u << o->rule.trigger);
	}
}

/* Both bits of a list say the same of it; and what the fast path needs to know of all. */
static void join_bits(struct view *v)
{
	for (uint32_t i = 0; v->db && i < v->index.list_count; i++) {
		const struct listdb_list *built = listdb_list(v->db, i);
		struct view_list *plain = &v->lists[built->bit];
		if (built->special_bit) {
			plain->triggers |= v->lists[built->special_bit].triggers;
			v->lists[built->special_bit] = *plain;
			listdb_bits_put(&v->slow, built->special_bit, true);
		}
		listdb_bits_put(&v->slow, built->bit, plain->is_rpz);
		listdb_bits_put(&v->levels, built->bit,
			plain->is_rpz || (built->special_bit && !plain->is_adblock));
		if (plain->is_used)
			v->triggers |= plain->triggers;
	}
}

static void set_lists(struct view *v)
{
	set_own_list(v, LISTDB_OWN_ALLOW, "own allow", LIST_ALLOW);
	set_own_list(v, LISTDB_OWN_DENY, "own deny", LIST_DENY);
	for (uint32_t i = 0; v->db && i < v->index.list_count; i++) {
		const struct listdb_list *built = listdb_list(v->db, i);
		set_list(v, &v->lists[built->bit], built);
	}
}

static bool group_uses(const struct config_group *g, const char *list)
{
	if (!g || g->is_all_lists)
		return true;
	for (size_t i = 0; i < g->list_count; i++)
		if (!strcmp(g->lists[i], list))
			return true;
	return false;
}

static void set_group(
	struct view *v, struct view_group *out, const struct config_group *g, const char *name)
{
	static const unsigned late = 1u << RULE_ANSWER | 1u << RULE_NS_NAME | 1u << RULE_NS_ADDRESS;
	snprintf(out->name, sizeof out->name, "%s", name);
	static const unsigned servers = 1u << RULE_NS_NAME | 1u << RULE_NS_ADDRESS;
	out->late_order = out->server_order = UINT16_MAX;
	for (unsigned bit = 0; bit < LISTDB_LISTS_MAX; bit++) {
		const struct view_list *l = &v->lists[bit];
		if (!l->is_used || (bit >= LISTDB_FIRST_LIST && !group_uses(g, l->name)))
			continue;
		if (l->kind == LIST_ALLOW)
			listdb_bits_put(&out->allow, bit, l->mode == LIST_MODE_BLOCK);
		else if (l->mode == LIST_MODE_BLOCK)
			listdb_bits_put(&out->deny, bit, true);
		else
			listdb_bits_put(&out->monitor, bit, true);
		if (l->kind != LIST_DENY || l->mode != LIST_MODE_BLOCK || !l->is_rpz)
			continue;
		if (l->triggers & late && l->order < out->late_order)
			out->late_order = l->order;
		if (l->triggers & servers && l->order < out->server_order)
			out->server_order = l->order;
	}
	out->any = out->allow;
	listdb_bits_or(&out->any, &out->deny);
	listdb_bits_or(&out->any, &out->monitor);
}

static int set_groups(struct view *v)
{
	const struct config *c = v->config;
	const struct config_group *standard = NULL;
	size_t prefixes = 0;
	for (size_t i = 0; i < c->group_count; i++) {
		prefixes += c->groups[i].client_count;
		if (!strcmp(c->groups[i].name, "default"))
			standard = &c->groups[i];
	}
	v->groups = calloc(c->group_count + 1, sizeof *v->groups);
	struct addr_prefix *clients = calloc(prefixes + 1, sizeof *clients);
	uint32_t *numbers = calloc(prefixes + 1, sizeof *numbers);
	if (v->groups && clients && numbers) {
		size_t n = 0;
		set_group(v, &v->groups[v->group_count++], standard, "default");
		for (size_t i = 0; i < c->group_count; i++) {
			const struct config_group *g = &c->groups[i];
			/* Clients that the default group names are exceptions from wider prefixes of others. */
			uint32_t number = g == standard ? 0 : v->group_count;
			for (size_t k = 0; k < g->client_count; k++, n++) {
				clients[n] = g->clients[k];
				numbers[n] = number;
			}
			if (number)
				set_group(v, &v->groups[v->group_count++], g, g->name);
		}
		v->group_of_client = addr_table_new(clients, numbers, n);
	}
	free(clients);
	free(numbers);
	return v->group_of_client ? 0 : -ENOMEM;
}

/* What is of the config alone. */
static void share(struct view *v, const struct view *same)
{
	v->local = same->local;
	/* Without a generation each view would have a seed of its own. */
	if (!v->db && !same->db)
		v->index.seed = same->index.seed;
}

static int build(struct view *v, const struct view_parts *parts, const struct view *same)
{
	const struct config *config = v->config;
	set_lists(v);
	int e = build_own(v, same);
	if (!e)
		e = build_run_time(v, parts->rules);
	if (e)
		return e;
	set_triggers(v);
	join_bits(v);
	e = set_groups(v);
	if (!e)
		e = view_respite_join(v, parts->respites);
	v->access = addr_table_new(config->access, NULL, config->access_count);
	if (config->deny_address_count)
		v->denied_addresses =
			addr_table_new(config->deny_addresses, NULL, config->deny_address_count);
	return e || !v->access || (config->deny_address_count && !v->denied_addresses) ? -ENOMEM
										       : 0;
}

int view_new(uint32_t serial, const struct view_parts *parts, const struct view *same,
	struct view **out, struct err *why)
{
	struct view *v = calloc(1, sizeof *v);
	if (!v)
		return err_set(why, -ENOMEM, "out of memory while joining configuration and lists");
	v->serial = serial;
	v->config = parts->config;
	v->db = parts->db;
	v->dga = parts->dga;
	v->overlay = parts->overlay && parts->db ? overlay_share(parts->overlay) : NULL;
	if (v->db)
		v->index = *listdb_index(v->db);
	else
		randombytes_buf(&v->index.seed, sizeof v->index.seed);
	if (same)
		share(v, same);
	int e = same ? 0 : local_new(v->config, &v->local, why);
	if (!e && build(v, parts, same))
		e = err_set(why, -ENOMEM, "out of memory while joining configuration and lists");
	if (!e) {
		*out = v;
		return 0;
	}
	if (same)
		view_hand_over(v, same);
	view_free(v);
	return e;
}

void view_hand_over(struct view *from, const struct view *to)
{
	if (from->local == to->local)
		from->local = NULL;
	if (from->own.slots == to->own.slots)
		from->own = (struct view_overrides){0};
}

void view_free(struct view *v)
{
	if (!v)
		return;
	local_free(v->local);
	view_respite_free(v->respites);
	addr_table_free(v->denied_addresses);
	addr_table_free(v->access);
	addr_table_free(v->group_of_client);
	free(v->groups);
	free(v->run_time.slots);
	free(v->own.slots);
	overlay_index_free(v->overlay_index);
	if (v->overlay)
		overlay_release(v->overlay);
	free(v);
}
