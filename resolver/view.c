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

const struct listdb_set *view_find(const struct view *v, uint64_t hash)
{
	if (v->override_count) {
		for (uint32_t i = (uint32_t)hash & v->override_mask; v->overrides[i].hash;
			i = (i + 1) & v->override_mask)
			if (v->overrides[i].hash == hash)
				return &v->overrides[i].set;
	}
	if (!v->db)
		return NULL;
	uint32_t set = listdb_probe(&v->index, hash);
	return set ? &v->index.sets[set] : NULL;
}

/* --- own rules: overrides of the generation's word on a name --- */

static uint64_t hash_name(const struct view *v, const struct dname *name)
{
	uint8_t offsets[DNAME_LABELS_MAX];
	uint64_t hash = v->index.seed;
	for (unsigned i = dname_offsets(name, offsets); i--;)
		hash = hash_label(hash, name->bytes + offsets[i]);
	return hash;
}

static void override(struct view *v, enum list_kind kind, const struct config_rule *rule)
{
	uint64_t hash = hash_name(v, &rule->name);
	const struct listdb_set *before = view_find(v, hash);
	uint32_t i = (uint32_t)hash & v->override_mask;
	while (v->overrides[i].hash && v->overrides[i].hash != hash)
		i = (i + 1) & v->override_mask;
	struct view_override *o = &v->overrides[i];
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
	if (!o->hash)
		v->override_count++;
	o->hash = hash;
	o->set = set;
}

static int build_overrides(struct view *v, const struct rules *rules)
{
	const struct config *c = v->config;
	size_t n = c->allow_count + c->deny_count + (rules ? rules->count : 0);
	uint32_t slots = 16;
	while (slots < n * 2)
		slots *= 2;
	v->overrides = calloc(slots, sizeof *v->overrides);
	if (!v->overrides)
		return -ENOMEM;
	v->override_mask = slots - 1;
	/* Allow after deny: on the very same name own allow is the stronger one. */
	for (size_t i = 0; i < c->deny_count; i++)
		override(v, LIST_DENY, &c->deny[i]);
	for (size_t i = 0; i < c->allow_count; i++)
		override(v, LIST_ALLOW, &c->allow[i]);
	for (size_t i = 0; rules && i < rules->count; i++)
		override(v, rules->entries[i].kind, &rules->entries[i].rule);
	return 0;
}

/* --- lists and groups --- */

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
	l->is_used = true;
}

/* A new list only monitors at first, if that is wanted. */
static enum list_mode mode_of(const struct config_list *now, const struct listdb_list *built)
{
	bool is_shadowed = config_list_is_shadowed(now, built->taken_s, clock_wall_s());
	return now->mode == LIST_MODE_BLOCK && is_shadowed ? LIST_MODE_MONITOR : now->mode;
}

static void set_lists(struct view *v)
{
	set_own_list(v, LISTDB_OWN_ALLOW, "own allow", LIST_ALLOW);
	set_own_list(v, LISTDB_OWN_DENY, "own deny", LIST_DENY);
	for (uint32_t i = 0; v->db && i < v->index.list_count; i++) {
		struct view_list *l = &v->lists[LISTDB_FIRST_LIST + i];
		const struct listdb_list *built = listdb_list(v->db, i);
		const struct config_list *now = find_list(v->config, built->name);
		snprintf(l->name, sizeof l->name, "%s", built->name);
		l->category = "";
		if (!now)
			continue; /* no longer configured: no group has its bit */
		l->category = now->category;
		snprintf(l->ede_text, sizeof l->ede_text, "%s%s%.24s%s", built->name,
			*now->category ? " (" : "", now->category, *now->category ? ")" : "");
		l->kind = now->kind;
		l->mode = mode_of(now, built);
		l->action = now->action == SINK_DEFAULT ? v->config->sinkhole_action : now->action;
		l->ede = EDE_BLOCKED; /* RFC 8914 4.16 */
		l->is_used = now->mode != LIST_MODE_OFF;
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
	snprintf(out->name, sizeof out->name, "%s", name);
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

/* A table that says 1 for every prefix. */
static struct addr_table *yes_table(const struct addr_prefix *prefixes, size_t n)
{
	uint32_t *ones = calloc(n + 1, sizeof *ones);
	if (!ones)
		return NULL;
	for (size_t i = 0; i < n; i++)
		ones[i] = 1;
	struct addr_table *t = addr_table_new(prefixes, ones, n);
	free(ones);
	return t;
}

int view_new(uint32_t serial, const struct config *config, struct listdb *db,
	const struct rules *rules, const struct view *same, struct view **out, struct err *why)
{
	struct view *v = calloc(1, sizeof *v);
	if (!v)
		return err_set(why, -ENOMEM, "out of memory while joining configuration and lists");
	v->serial = serial;
	v->config = config;
	v->db = db;
	if (db)
		v->index = *listdb_index(db);
	else
		randombytes_buf(&v->index.seed, sizeof v->index.seed);
	int e = same ? 0 : local_new(config, &v->local, why);
	if (same)
		v->local = same->local;
	if (e)
		goto fail;
	set_lists(v);
	e = set_groups(v);
	if (!e)
		e = build_overrides(v, rules);
	v->access = yes_table(config->access, config->access_count);
	if (config->deny_address_count)
		v->denied_addresses = yes_table(config->deny_addresses, config->deny_address_count);
	if (e || !v->access || (config->deny_address_count && !v->denied_addresses)) {
		e = err_set(why, -ENOMEM, "out of memory while joining configuration and lists");
		goto fail;
	}
	*out = v;
	return 0;
fail:
	if (same)
		v->local = NULL;
	view_free(v);
	return e;
}

void view_hand_over(struct view *from, const struct view *to)
{
	if (from->local == to->local)
		from->local = NULL;
}

void view_free(struct view *v)
{
	if (!v)
		return;
	local_free(v->local);
	addr_table_free(v->denied_addresses);
	addr_table_free(v->access);
	addr_table_free(v->group_of_client);
	free(v->groups);
	free(v->overrides);
	free(v);
}
