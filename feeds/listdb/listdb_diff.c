/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/listdb/listdb_diff.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { ITEMS = 512 /* names read at a time */ };

/* A name that the list holds. */
struct item {
	uint8_t key[DNAME_MAX];
	uint8_t len;
	bool is_self, is_below; /* plain */
	bool has_special;
};

/* One generation's names of the list, in order. */
struct side {
	struct listdb *db;
	const struct listdb_index *x;
	const struct listdb_list *list; /* NULL: it has no such list */
	struct item *items;
	size_t count, at;
	uint8_t last[DNAME_MAX]; /* key up to which it was read */
	size_t last_len;
	bool is_at_end;
	const struct listdb_rule *
		*rules; /* without a name in the tree, in the order of what they say */
	size_t rule_count;
};

struct diff {
	bool (*each)(void *arg, const struct listdb_change *change);
	void *arg;
	bool is_stopped;
};

/* --- names --- */

static bool take_item(void *arg, const uint8_t *key, size_t len, const struct listdb_set *set)
{
	struct side *s = arg;
	if (len == s->last_len && !memcmp(key, s->last, len))
		return true; /* where the last part ended */
	memcpy(s->last, key, len);
	s->last_len = len;
	struct item *i = &s->items[s->count];
	i->is_self = listdb_bits_test(&set->self, s->list->bit);
	i->is_below = listdb_bits_test(&set->below, s->list->bit);
	i->has_special = s->list->special_bit &&
		(listdb_bits_test(&set->self, s->list->special_bit) ||
			listdb_bits_test(&set->below, s->list->special_bit));
	if (!i->is_self && !i->is_below && !i->has_special)
		return true;
	memcpy(i->key, key, len);
	i->len = (uint8_t)len;
	return ++s->count < ITEMS;
}

/* The next name, or NULL at the end. */
static const struct item *peek(struct side *s, int *rc)
{
	if (s->at == s->count && !s->is_at_end) {
		s->at = s->count = 0;
		*rc = listdb_walk_keys(s->db, s->last, s->last_len, take_item, s);
		s->is_at_end = *rc || s->count < ITEMS;
	}
	return s->at < s->count ? &s->items[s->at] : NULL;
}

static int compare_keys(const struct item *a, const struct item *b)
{
	if (!a || !b)
		return a ? -1 : b ? 1 : 0;
	int order = memcmp(a->key, b->key, a->len < b->len ? a->len : b->len);
	return order ? order : a->len - b->len;
}

static void tell(struct diff *d, const struct listdb_change *c)
{
	if (!d->is_stopped)
		d->is_stopped = !d->each(d->arg, c);
}

static void tell_plain(struct diff *d, const struct side *s, const struct item *i,
	const struct dname *name, bool is_added)
{
	struct listdb_change c = {.is_added = is_added,
		.name = name,
		.is_self = i->is_self,
		.is_below = i->is_below,
		.of = s->x};
	if (i->is_self || i->is_below)
		tell(d, &c);
}

static void tell_rule(struct diff *d, const struct side *s, const struct listdb_rule *r,
	const struct dname *name, bool is_added)
{
	struct listdb_change c = {.is_added = is_added, .name = name, .rule = r, .of = s->x};
	struct dname server;
	if (r->trigger == RULE_NS_NAME &&
		dname_from_wire((const uint8_t *)listdb_rule_text(s->x, r), r->text_len, &server))
		c.name = &server;
	tell(d, &c);
}

/* --- special rules --- */

static int compare_texts(const void *a, size_t a_len, const void *b, size_t b_len)
{
	int order = memcmp(a, b, a_len < b_len ? a_len : b_len);
	return order ? order : (a_len > b_len) - (a_len < b_len);
}

/* By what they say: hashes are another generation's. */
static int compare_rules(const struct listdb_index *x, const struct listdb_rule *a,
	const struct listdb_index *y, const struct listdb_rule *b)
{
	int order = a->trigger - b->trigger;
	if (!order)
		order = memcmp(&a->prefix, &b->prefix, sizeof a->prefix);
	if (!order)
		order = compare_texts(
			listdb_rule_text(x, a), a->text_len, listdb_rule_text(y, b), b->text_len);
	if (!order)
		order = a->verb != b->verb ? a->verb - b->verb : a->flags - b->flags;
	if (!order)
		order = compare_texts(
			listdb_about(x, a), a->about_len, listdb_about(y, b), b->about_len);
	return order;
}

static uint64_t hash_of(const struct listdb_index *x, const struct item *i)
{
	uint64_t hash = x->seed;
	for (size_t at = 0; at < i->len; at += (size_t)i->key[at] + 1)
		hash = hash_label(hash, i->key + at);
	return hash;
}

/* The list's rules of this name. Returns how many of `*first` on to look at. */
static size_t rules_of(const struct side *s, const struct item *i, const struct listdb_rule **first)
{
	size_t n;
	*first = listdb_rules_of_name(s->x, hash_of(s->x, i), &n);
	return n;
}

static bool has_rule(const struct side *s, const struct item *i, const struct side *other,
	const struct listdb_rule *rule)
{
	const struct listdb_rule *r;
	size_t n = i->has_special ? rules_of(s, i, &r) : 0;
	for (size_t k = 0; k < n; k++)
		if (r[k].bit == s->list->special_bit && !compare_rules(s->x, &r[k], other->x, rule))
			return true;
	return false;
}

/* The rules that `s` has on the name and `other` (NULL: nothing) has not. */
static void tell_special(struct diff *d, const struct side *s, const struct item *i,
	const struct side *other, const struct item *theirs, const struct dname *name,
	bool is_added)
{
	const struct listdb_rule *r;
	size_t n = i->has_special ? rules_of(s, i, &r) : 0;
	for (size_t k = 0; k < n && !d->is_stopped; k++)
		if (r[k].bit == s->list->special_bit &&
			!(theirs && has_rule(other, theirs, s, &r[k])))
			tell_rule(d, s, &r[k], name, is_added);
}

/* One name: what `a` (NULL: nothing) said, and `b` says now. */
static void compare_items(struct diff *d, struct side *before, const struct item *a,
	struct side *after, const struct item *b)
{
	struct dname name;
	const struct item *any = a ? a : b;
	if (!dname_from_key(any->key, any->len, &name))
		return;
	bool is_same = a && b && a->is_self == b->is_self && a->is_below == b->is_below;
	if (a && !is_same)
		tell_plain(d, before, a, &name, false);
	if (b && !is_same)
		tell_plain(d, after, b, &name, true);
	if (a)
		tell_special(d, before, a, after, b, &name, false);
	if (b)
		tell_special(d, after, b, before, a, &name, true);
}

static int diff_names(struct diff *d, struct side *before, struct side *after)
{
	int rc = 0;
	while (!d->is_stopped) {
		const struct item *a = peek(before, &rc), *b = rc ? NULL : peek(after, &rc);
		if (rc || (!a && !b))
			break;
		int order = compare_keys(a, b);
		compare_items(d, before, order <= 0 ? a : NULL, after, order >= 0 ? b : NULL);
		before->at += order <= 0;
		after->at += order >= 0;
	}
	return rc;
}

/* --- the rules that are in no tree --- */

static int compare_of_side(const void *a, const void *b, void *arg)
{
	const struct side *s = arg;
	return compare_rules(s->x, *(const struct listdb_rule *const *)a, s->x,
		*(const struct listdb_rule *const *)b);
}

static int gather_rules(struct side *s)
{
	size_t all = 0;
	const struct listdb_rule *r = s->list ? listdb_rules(s->x, &all) : NULL;
	s->rules = malloc((all ? all : 1) * sizeof(struct listdb_rule *));
	if (!s->rules)
		return -ENOMEM;
	for (size_t i = 0; i < all; i++)
		if (r[i].trigger != RULE_NAME && r[i].bit == s->list->special_bit)
			s->rules[s->rule_count++] = &r[i];
	if (s->rule_count)
		qsort_r(s->rules, s->rule_count, sizeof(struct listdb_rule *), compare_of_side, s);
	return 0;
}

static void diff_rules(struct diff *d, struct side *before, struct side *after)
{
	size_t i = 0, k = 0;
	while (!d->is_stopped && (i < before->rule_count || k < after->rule_count)) {
		int order = i == before->rule_count ? 1
			: k == after->rule_count
			? -1
			: compare_rules(before->x, before->rules[i], after->x, after->rules[k]);
		if (order < 0)
			tell_rule(d, before, before->rules[i], NULL, false);
		else if (order > 0)
			tell_rule(d, after, after->rules[k], NULL, true);
		i += order <= 0;
		k += order >= 0;
	}
}

static int open_side(struct side *s, struct listdb *db, const char *list)
{
	*s = (struct side){.db = db, .is_at_end = true};
	s->x = db ? listdb_index(db) : NULL;
	for (uint32_t i = 0; db && i < s->x->list_count; i++)
		if (!strcmp(listdb_list(db, i)->name, list))
			s->list = listdb_list(db, i);
	s->is_at_end = !s->list;
	s->items = malloc(ITEMS * sizeof *s->items);
	return s->items ? gather_rules(s) : -ENOMEM;
}

static void close_side(struct side *s)
{
	free(s->items);
	free(s->rules);
}

int listdb_diff(struct listdb *before, struct listdb *after, const char *list,
	bool (*each)(void *arg, const struct listdb_change *change), void *arg)
{
	struct side a, b;
	struct diff d = {.each = each, .arg = arg};
	int rc = open_side(&a, before, list), rc_b = open_side(&b, after, list);
	rc = rc ? rc : rc_b;
	if (!rc && !a.list && !b.list)
		rc = CEN_ENOTFOUND;
	if (!rc)
		rc = diff_names(&d, &a, &b);
	if (!rc)
		diff_rules(&d, &a, &b);
	close_side(&a);
	close_side(&b);
	return rc;
}
