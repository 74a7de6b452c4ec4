/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/listdb/build_rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/listdb/detail.h"
#include "feeds/listdb/patterns.h"

enum { FIRST_ROOM = 1024, CONDITIONS_MAX = 16 /* kinds of conditions whose records are joined */ };

int build_rules_init(struct build_rules *r, uint64_t memory_bytes)
{
	*r = (struct build_rules){.memory_bytes = memory_bytes ? memory_bytes : UINT64_MAX};
	return textpool_init(&r->texts);
}

void build_rules_clear(struct build_rules *r)
{
	textpool_clear(&r->texts);
	free(r->rules);
	*r = (struct build_rules){0};
}

size_t build_rules_pending(const struct build_rules *r)
{
	return r->count - r->kept;
}

static int check_memory(const struct build_rules *r, struct err *why)
{
	if (r->count * sizeof *r->rules + textpool_memory(&r->texts) > r->memory_bytes ||
		r->count == LISTDB_SPECIAL_MAX || r->added == UINT32_MAX)
		return err_set(why, CEN_ELIMIT,
			"more than %zu rules with records, conditions or addresses do not fit into "
			"the "
			"builder's memory (feeds.builder_memory)",
			r->count);
	return 0;
}

/* 1: it cannot be used. */
static int take_pattern(struct build_rules *r, const struct rule *rule, struct err *why)
{
	/* Parsers have refused such a one with a word of their own; this is for those that have not. */
	int size = patterns_cost(rule->pattern, rule->pattern_len, NULL);
	if (size < 0)
		return 1;
	if (r->patterns >= LISTDB_PATTERNS_MAX ||
		r->pattern_bytes + (uint64_t)size > BUILD_RULES_PATTERN_BYTES)
		return err_set(why, CEN_ELIMIT,
			"more than %d patterns in all lists together, or than take %d MB",
			LISTDB_PATTERNS_MAX, BUILD_RULES_PATTERN_BYTES >> 20);
	r->patterns++;
	r->pattern_bytes += (uint64_t)size;
	return 0;
}

static int grow(struct build_rules *r)
{
	if (r->count < r->room)
		return 0;
	size_t room = r->room ? r->room + r->room / 2 : FIRST_ROOM;
	struct build_rule *rules =
		room < SIZE_MAX / sizeof *rules ? realloc(r->rules, room * sizeof *rules) : NULL;
	if (!rules)
		return -ENOMEM;
	r->rules = rules;
	r->room = room;
	return 0;
}

/* What explain and diff show of a trigger that no other table holds. */
static int add_text(struct build_rules *r, const struct rule *from, struct listdb_rule *to)
{
	if (from->trigger == RULE_PATTERN) {
		to->text_len = from->pattern_len;
		return textpool_add(&r->texts, from->pattern, from->pattern_len, &to->text_at);
	}
	struct dname name;
	if (from->trigger != RULE_NS_NAME || !dname_from_key(from->key, from->len, &name))
		return 0;
	to->text_len = name.len;
	return textpool_add(&r->texts, name.bytes, name.len, &to->text_at);
}

int build_rules_add(struct build_rules *r, const struct rule *rule, uint64_t hash, struct err *why)
{
	int rc = check_memory(r, why);
	if (!rc && rule->trigger == RULE_PATTERN)
		rc = take_pattern(r, rule, why);
	if (rc)
		return rc > 0 ? 0 : rc;
	struct build_rule new = {
		.rule = {.hash = hash,
			.prefix = rule->prefix,
			.trigger = rule->trigger,
			.verb = rule->verb,
			.flags = (uint8_t)((rule->is_self ? LISTDB_RULE_SELF : 0) |
				(rule->is_below ? LISTDB_RULE_BELOW : 0) |
				(rule->is_important ? LISTDB_RULE_IMPORTANT : 0)),
			.about_len = rule->about_len},
		.order = r->added++,
		.is_removal = rule->is_removal,
	};
	bool is_name = rule->trigger == RULE_NAME || rule->trigger == RULE_NS_NAME;
	if (!is_name)
		new.rule.flags &= LISTDB_RULE_IMPORTANT;
	if (is_name || rule->trigger == RULE_PATTERN)
		memset(&new.rule.prefix, 0, sizeof new.rule.prefix);
	if (grow(r) || add_text(r, rule, &new.rule) ||
		textpool_add(&r->texts, rule->about, rule->about_len, &new.rule.about_at))
		return err_set(why, -ENOMEM, "build: out of memory for rules");
	r->rules[r->count++] = new;
	return 0;
}

void build_rules_discard(struct build_rules *r)
{
	r->count = r->kept;
	r->patterns = r->patterns_kept;
	r->pattern_bytes = r->pattern_bytes_kept;
	textpool_cut(&r->texts, r->texts_kept);
}

#define ORDER(a, b) \
	if ((a) != (b)) \
	return (a) < (b) ? -1 : 1

/* By what it is held against. */
static int compare_triggers(const struct listdb_rule *a, const struct listdb_rule *b)
{
	ORDER(a->hash, b->hash);
	ORDER(a->trigger, b->trigger);
	int order = memcmp(&a->prefix.addr, &b->prefix.addr, sizeof a->prefix.addr);
	if (order)
		return order;
	ORDER(a->prefix.bits, b->prefix.bits);
	ORDER(a->text_at, b->text_at);
	return 0;
}

/* By all it says: rules that `$badfilter` may mean are side by side. */
static int compare_meanings(const struct listdb_rule *a, const struct listdb_rule *b)
{
	int order = compare_triggers(a, b);
	if (order)
		return order;
	ORDER(a->flags, b->flags);
	ORDER(a->verb, b->verb);
	ORDER(a->about_at, b->about_at);
	ORDER(a->about_len, b->about_len);
	return 0;
}

static int compare_in_list(const void *x, const void *y)
{
	const struct build_rule *a = x, *b = y;
	int order = compare_meanings(&a->rule, &b->rule);
	if (order)
		return order;
	ORDER(a->order, b->order);
	return 0;
}

static int compare_in_file(const void *x, const void *y)
{
	const struct build_rule *a = x, *b = y;
	int order = compare_triggers(&a->rule, &b->rule);
	if (order)
		return order;
	ORDER(a->order, b->order);
	return 0;
}

/* Of equal rules the first stays, or none when one of them takes them out. */
static void drop_equal(struct build_rules *r)
{
	size_t to = r->kept;
	for (size_t i = r->kept, end; i < r->count; i = end) {
		bool is_removed = false;
		for (end = i;
			end < r->count && !compare_meanings(&r->rules[i].rule, &r->rules[end].rule);
			end++)
			is_removed |= r->rules[end].is_removal;
		if (!is_removed)
			r->rules[to++] = r->rules[i];
		r->has_removals |= is_removed && r->rules[i].rule.trigger == RULE_NAME;
	}
	r->count = to;
}

static bool is_data(enum detail_kind kind)
{
	return kind == DETAIL_RECORD || kind == DETAIL_ALIAS || kind == DETAIL_ALIAS_BELOW;
}

/* Copies the items of a row that are data, or those that are not, behind `len` octets of `out`. Returns the new length, or 0 when there is
 * no room for all. */
static size_t copy_items(
	const uint8_t *row, size_t row_len, bool want_data, uint8_t *out, size_t len)
{
	struct detail_cursor c = detail_start(row, row_len);
	struct detail_item item;
	for (const uint8_t *from = c.at; detail_next(&c, &item); from = c.at) {
		size_t n = (size_t)(c.at - from);
		if (is_data(item.kind) != want_data)
			continue;
		if (len + n > LISTDB_ABOUT_MAX)
			return 0;
		memcpy(out + len, from, n);
		len += n;
	}
	return len;
}

static bool are_conditions_equal(const uint8_t *a, size_t a_len, const uint8_t *row, size_t len)
{
	uint8_t b[LISTDB_ABOUT_MAX];
	return copy_items(row, len, false, b, 0) == a_len && !memcmp(a, b, a_len);
}

/* Joins the records of all rules of [from, to) that have the first one's conditions into the first. The joined ones become removals. */
static int join_first(struct build_rules *r, size_t from, size_t to)
{
	uint8_t row[LISTDB_ABOUT_MAX], conditions[LISTDB_ABOUT_MAX];
	struct listdb_rule *first = &r->rules[from].rule;
	const uint8_t *texts = r->texts.bytes;
	size_t n = copy_items(texts + first->about_at, first->about_len, false, conditions, 0);
	memcpy(row, conditions, n);
	size_t len = copy_items(texts + first->about_at, first->about_len, true, row, n);
	bool is_joined = false;
	for (size_t i = from + 1; len && i < to; i++) {
		struct build_rule *other = &r->rules[i];
		const uint8_t *at = texts + other->rule.about_at;
		if (other->is_removal ||
			!are_conditions_equal(conditions, n, at, other->rule.about_len))
			continue;
		size_t longer = copy_items(at, other->rule.about_len, true, row, len);
		if (!longer)
			break;
		len = longer;
		other->is_removal = is_joined = true;
	}
	if (!is_joined)
		return 0;
	first->about_len = (uint16_t)len;
	return textpool_add(&r->texts, row, len, &first->about_at);
}

static bool are_data_of_one(const struct listdb_rule *a, const struct listdb_rule *b)
{
	return a->verb == RULE_DATA && b->verb == RULE_DATA && a->flags == b->flags &&
		!compare_triggers(a, b);
}

static int join_data(struct build_rules *r)
{
	for (size_t i = r->kept, end; i < r->count; i = end) {
		for (end = i + 1;
			end < r->count && are_data_of_one(&r->rules[i].rule, &r->rules[end].rule);
			end++)
			;
		int kinds = 0;
		for (size_t k = i; k + 1 < end && kinds < CONDITIONS_MAX; k++) {
			if (r->rules[k].is_removal)
				continue;
			kinds++;
			if (join_first(r, k, end))
				return -ENOMEM;
		}
	}
	return 0;
}

/* What was joined goes, and what is too much on one trigger: a query looks at all of them. */
static void drop_joined(struct build_rules *r)
{
	size_t to = r->kept, same = 0;
	for (size_t i = r->kept; i < r->count; i++) {
		if (r->rules[i].is_removal)
			continue;
		same = to > r->kept && !compare_triggers(&r->rules[to - 1].rule, &r->rules[i].rule)
			? same + 1
			: 0;
		if (same < BUILD_RULES_OF_ONE)
			r->rules[to++] = r->rules[i];
	}
	r->count = to;
}

int build_rules_keep(struct build_rules *r, uint16_t special_bit, struct err *why)
{
	if (r->count > r->kept)
		qsort(r->rules + r->kept, r->count - r->kept, sizeof *r->rules, compare_in_list);
	drop_equal(r);
	int rc = join_data(r);
	if (rc)
		return err_set(why, rc, "build: out of memory for rules");
	drop_joined(r);
	for (; r->kept < r->count; r->kept++)
		r->rules[r->kept].rule.bit = special_bit;
	r->texts_kept = r->texts.count;
	r->patterns_kept = r->patterns;
	r->pattern_bytes_kept = r->pattern_bytes;
	return 0;
}

void build_rules_sort(struct build_rules *r)
{
	build_rules_discard(r);
	if (r->count)
		qsort(r->rules, r->count, sizeof *r->rules, compare_in_file);
}

uint64_t build_rules_file_bytes(const struct build_rules *r)
{
	return (uint64_t)r->count * sizeof(struct listdb_rule) + r->texts.len;
}

bool build_rules_has(const struct build_rules *r, uint64_t hash, uint16_t special_bit)
{
	size_t low = 0, high = r->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (r->rules[middle].rule.hash < hash)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < r->count && r->rules[low].rule.hash == hash; low++)
		if (r->rules[low].rule.bit == special_bit)
			return true;
	return false;
}

/* Rules of one list on one trigger come one after another: `order` rises from list to list. */
void build_rules_count(const struct build_rules *r,
	void (*each)(void *arg, uint16_t special_bit, bool is_only_one), void *arg)
{
	for (size_t i = 0, end; i < r->count; i = end) {
		const struct listdb_rule *first = &r->rules[i].rule, *last = first;
		for (end = i + 1; end < r->count && !compare_triggers(first, &r->rules[end].rule);
			end++)
			last = &r->rules[end].rule;
		if (first->trigger == RULE_NAME)
			continue;
		uint16_t bit = 0;
		for (size_t k = i; k < end; k++)
			if (r->rules[k].rule.bit != bit)
				each(arg, bit = r->rules[k].rule.bit, first->bit == last->bit);
	}
}
