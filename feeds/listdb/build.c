/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/listdb/build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "feeds/listdb/build_rules.h"
#include "feeds/listdb/buildfile.h"
#include "feeds/listdb/listdb_file.h"
#include "feeds/listdb/setpool.h"
#include "feeds/listdb/sorter.h"
#include "resolver/base/clock.h"
#include "resolver/base/hash.h"

enum {
	SLOTS_MAX = 4 * LISTDB_LISTS_MAX, /* lists begun, refused ones included */
	TAG_SELF = 1,
	TAG_BELOW = 2,
	TAG_SPECIAL = 4, /* the list's special bit, not the plain one */
	TAG_REMOVAL =
		8, /* takes out the plain rule of the same list with the same TAG_SELF and TAG_BELOW */
	TAG_SHIFT = 4,
	MEMORY_SHARE = 3, /* of the memory, for special rules: a third */
	NO_LIST = UINT16_MAX,
};

struct build {
	struct build_options options;
	struct sorter *sorter;
	struct setpool pool;
	struct build_rules rules; /* those that a bit does not say all of */
	uint64_t seed; /* of the names' hashes */
	struct listdb_list lists[LISTDB_LISTS_MAX];
	uint32_t list_count, slot_count, special_count; /* lists kept, begun, with a special bit */
	bool has_removal,
		has_removals; /* of plain rules: in the list in hand, in one that was kept */
	uint16_t list_of_slot[SLOTS_MAX]; /* NO_LIST: not kept */
	uint32_t single[SLOTS_MAX
		<< TAG_SHIFT]; /* by tag: the set of a name in one list; 0: not known yet */
	uint64_t added, kept_rules, names;
	struct build_times times;
};

/* The rules of one name, from all lists. */
struct group {
	uint8_t key[SORTER_KEY_MAX];
	size_t len;
	uint32_t tag; /* of the first rule */
	uint32_t list; /* of the first rule */
	uint32_t lists; /* that hold it */
	bool is_single; /* one rule: `tag` says all */
	struct listdb_set set; /* when not is_single */
};

int build_new(const struct build_options *options, struct build **out, struct err *why)
{
	struct build *b = calloc(1, sizeof *b);
	if (!b || setpool_init(&b->pool) ||
		build_rules_init(&b->rules, options->memory_bytes / MEMORY_SHARE)) {
		build_free(b);
		return err_set(why, -ENOMEM, "build: out of memory");
	}
	if (getrandom(&b->seed, sizeof b->seed, 0) != sizeof b->seed) {
		build_free(b);
		return err_set(why, -errno, "build: no random numbers");
	}
	b->options = *options;
	if (!b->options.max_rules || b->options.max_rules > LISTDB_NAMES_MAX)
		b->options.max_rules = LISTDB_NAMES_MAX;
	/* Runs take a quarter of it at most: the flat table and LMDB's pages need theirs. */
	size_t run_text = options->memory_bytes / 8 < SORTER_TEXT
		? (size_t)options->memory_bytes / 8
		: SORTER_TEXT;
	uint32_t run_keys = options->run_keys ? options->run_keys : (uint32_t)(run_text / 20);
	int rc = sorter_new(options->folder, run_keys, run_text, &b->sorter, why);
	if (rc) {
		build_free(b);
		return rc;
	}
	*out = b;
	return 0;
}

void build_free(struct build *b)
{
	if (!b)
		return;
	sorter_free(b->sorter);
	setpool_clear(&b->pool);
	build_rules_clear(&b->rules);
	free(b);
}

int build_begin(struct build *b, struct err *why)
{
	if (b->slot_count == SLOTS_MAX)
		return err_set(why, CEN_ELIMIT, "more than %d lists", SLOTS_MAX);
	b->list_of_slot[b->slot_count++] = NO_LIST;
	b->added = 0;
	b->has_removal = false;
	build_rules_discard(&b->rules);
	return 0;
}

static uint64_t hash_of_key(const uint8_t *key, size_t len, uint64_t hash)
{
	for (size_t at = 0; at < len; at += (size_t)key[at] + 1)
		hash = hash_label(hash, key + at);
	return hash;
}

static int add_special(struct build *b, const struct rule *rule, uint32_t tag, struct err *why)
{
	struct listdb_index seeded = {.seed = b->seed};
	if (rule->trigger == RULE_NS_NAME)
		return build_rules_add(&b->rules, rule,
			hash_of_key(rule->key, rule->len, listdb_ns_seed(&seeded)), why);
	if (rule->trigger != RULE_NAME)
		return build_rules_add(&b->rules, rule, 0, why);
	int rc = build_rules_add(&b->rules, rule, hash_of_key(rule->key, rule->len, b->seed), why);
	/* The walk over a question's names must find it. */
	return rc || rule->is_removal
		? rc
		: sorter_add(b->sorter, rule->key, rule->len, tag | TAG_SPECIAL, why);
}

static bool is_removal_of_plain(const struct rule *rule)
{
	if (!rule->is_removal)
		return false;
	struct rule plain = *rule;
	plain.is_removal = false;
	return rule_is_plain(&plain);
}

int build_add(struct build *b, const struct rule *rule, struct err *why)
{
	if (rule->trigger == RULE_NAME && !rule->len)
		return 0;
	if (b->kept_rules + b->added >= b->options.max_rules)
		return err_set(why, CEN_ELIMIT,
			"more than %llu rules in all lists together (feeds.max_rules)",
			(unsigned long long)b->options.max_rules);
	b->added++;
	uint32_t tag = (b->slot_count - 1) << TAG_SHIFT | (rule->is_self ? TAG_SELF : 0) |
		(rule->is_below ? TAG_BELOW : 0);
	if (rule_is_plain(rule))
		return sorter_add(b->sorter, rule->key, rule->len, tag, why);
	if (!is_removal_of_plain(rule))
		return add_special(b, rule, tag, why);
	b->has_removal = true;
	return sorter_add(b->sorter, rule->key, rule->len, tag | TAG_REMOVAL, why);
}

uint64_t build_added(const struct build *b)
{
	return b->added;
}

/* Plain bits are given from below, special ones from above. */
static int give_bits(struct build *b, struct listdb_list *l, struct err *why)
{
	bool is_special = build_rules_pending(&b->rules) || !strcmp(l->format, "rpz");
	uint32_t taken = LISTDB_FIRST_LIST + b->list_count + b->special_count;
	if (taken + 1 + is_special > LISTDB_LISTS_MAX)
		return err_set(why, CEN_ELIMIT,
			"refused: no room for more lists: %d at most, and one with more than plain "
			"names "
			"takes the room of two",
			LISTDB_LISTS_MAX - LISTDB_FIRST_LIST);
	l->bit = (uint16_t)(LISTDB_FIRST_LIST + b->list_count);
	l->special_bit = is_special ? (uint16_t)(LISTDB_LISTS_MAX - 1 - b->special_count++) : 0;
	return 0;
}

int build_keep(struct build *b, const struct listdb_list *about, struct err *why)
{
	struct listdb_list l = *about;
	l.rules = l.unique = 0;
	int rc = give_bits(b, &l, why);
	if (rc)
		return rc;
	rc = build_rules_keep(&b->rules, l.special_bit, why);
	if (rc)
		return rc;
	b->lists[b->list_count] = l;
	b->list_of_slot[b->slot_count - 1] = (uint16_t)b->list_count++;
	b->kept_rules += b->added;
	b->added = 0;
	b->has_removals |= b->has_removal;
	return 0;
}

static unsigned bit_of(const struct build *b, uint32_t list, uint32_t tag)
{
	return tag & TAG_SPECIAL ? b->lists[list].special_bit : b->lists[list].bit;
}

static void put_bits(const struct build *b, struct listdb_set *set, uint32_t list, uint32_t tag)
{
	unsigned bit = bit_of(b, list, tag);
	if (tag & TAG_SELF)
		listdb_bits_put(&set->self, bit, true);
	if (tag & TAG_BELOW)
		listdb_bits_put(&set->below, bit, true);
}

static bool holds(const struct listdb_set *set, unsigned bit)
{
	return listdb_bits_test(&set->self, bit) || listdb_bits_test(&set->below, bit);
}

static void group_start(struct group *g, const struct sorter_item *item, uint32_t list)
{
	memcpy(g->key, item->key, item->len);
	g->len = item->len;
	g->tag = item->tag;
	g->list = list;
	g->lists = 1;
	g->is_single = true;
}

/* One more rule for the name of the group. */
static void group_add(
	struct build *b, struct group *g, const struct sorter_item *item, uint32_t list)
{
	if (item->tag == g->tag)
		return; /* twice in one list */
	if (g->is_single) {
		g->set = (struct listdb_set){0};
		put_bits(b, &g->set, g->list, g->tag);
		g->is_single = false;
	}
	const struct listdb_list *l = &b->lists[list];
	if (!holds(&g->set, l->bit) && !holds(&g->set, l->special_bit)) {
		g->lists++;
		b->lists[list].rules++;
	}
	put_bits(b, &g->set, list, item->tag);
}

static int group_write(struct build *b, struct group *g, struct buildfile *file, struct err *why)
{
	uint32_t number = g->is_single ? b->single[g->tag] : 0;
	int rc = 0;
	if (!number) {
		if (g->is_single) {
			g->set = (struct listdb_set){0};
			put_bits(b, &g->set, g->list, g->tag);
		}
		rc = setpool_number(&b->pool, &g->set, &number);
		if (g->is_single)
			b->single[g->tag] = number;
	}
	if (rc)
		return err_set(why, rc, "build: out of memory for list sets");
	if (!number)
		return 0; /* rules that act nowhere */
	if (g->lists == 1)
		b->lists[g->list].unique++;
	b->names++;
	struct mdb_bytes key = {g->key, g->len};
	return buildfile_name(file, key, number, hash_of_key(g->key, g->len, b->seed), why);
}

/* All rules of one name, held back until it is known which of them are taken out. */
struct held {
	struct group group; /* its key; then what is left */
	uint64_t seen[(SLOTS_MAX << TAG_SHIFT) / 64];
	uint32_t tags[SLOTS_MAX << TAG_SHIFT];
	size_t count;
};

static bool has_seen(const struct held *h, uint32_t tag)
{
	return h->seen[tag / 64] >> (tag % 64) & 1;
}

static bool is_left(const struct build *b, const struct held *h, uint32_t tag, uint64_t hash)
{
	if (tag & TAG_SPECIAL)
		return build_rules_has(
			&b->rules, hash, b->lists[b->list_of_slot[tag >> TAG_SHIFT]].special_bit);
	return !(tag & TAG_REMOVAL) && !has_seen(h, tag | TAG_REMOVAL);
}

static int write_held(struct build *b, struct held *h, struct buildfile *file, struct err *why)
{
	struct group *g = &h->group;
	uint64_t hash = hash_of_key(g->key, g->len, b->seed);
	bool is_started = false;
	for (size_t i = 0; i < h->count; i++) {
		struct sorter_item item = {.key = g->key, .len = g->len, .tag = h->tags[i]};
		uint32_t list = b->list_of_slot[item.tag >> TAG_SHIFT];
		if (!is_left(b, h, item.tag, hash))
			continue;
		if (is_started) {
			group_add(b, g, &item, list);
			continue;
		}
		group_start(g, &item, list);
		b->lists[list].rules++;
		is_started = true;
	}
	for (size_t i = 0; i < h->count; i++)
		h->seen[h->tags[i] / 64] = 0;
	h->count = 0;
	return is_started ? group_write(b, g, file, why) : 0;
}

/* The slower way, for lists with rules that take others out. */
static int merge_with_removals(struct build *b, struct buildfile *file, struct err *why)
{
	struct held *h = calloc(1, sizeof *h);
	if (!h)
		return err_set(why, -ENOMEM, "build: out of memory");
	struct sorter_item item;
	int rc = 0, more = 0;
	while (!rc && (more = sorter_next(b->sorter, &item, why)) > 0) {
		if (b->list_of_slot[item.tag >> TAG_SHIFT] == NO_LIST)
			continue;
		if (h->group.len != item.len || memcmp(h->group.key, item.key, item.len) != 0) {
			rc = write_held(b, h, file, why);
			memcpy(h->group.key, item.key, item.len);
			h->group.len = item.len;
		}
		if (!has_seen(h, item.tag))
			h->tags[h->count++] = item.tag;
		h->seen[item.tag / 64] |= (uint64_t)1 << (item.tag % 64);
	}
	if (!rc)
		rc = more < 0 ? more : write_held(b, h, file, why);
	free(h);
	return rc;
}

static int merge(struct build *b, struct buildfile *file, struct err *why)
{
	struct group g = {.len = 0};
	struct sorter_item item;
	int rc;
	while ((rc = sorter_next(b->sorter, &item, why)) > 0) {
		uint32_t list = b->list_of_slot[item.tag >> TAG_SHIFT];
		if (list == NO_LIST)
			continue;
		if (g.len == item.len && !memcmp(g.key, item.key, item.len)) {
			group_add(b, &g, &item, list);
			continue;
		}
		if (g.len && (rc = group_write(b, &g, file, why)))
			return rc;
		group_start(&g, &item, list);
		b->lists[list].rules++;
	}
	return rc || !g.len ? rc : group_write(b, &g, file, why);
}

static void count_special(void *arg, uint16_t special_bit, bool is_only_one)
{
	struct build *b = arg;
	for (uint32_t i = 0; i < b->list_count; i++) {
		if (b->lists[i].special_bit != special_bit)
			continue;
		b->lists[i].rules++;
		b->lists[i].unique += is_only_one;
	}
}

static int write_values(
	struct build *b, struct buildfile *file, const struct build_head *head, struct err *why)
{
	struct listdb_meta meta = {
		.number = head->number,
		.created_s = head->created_s,
		.digest = head->digest,
		.seed = b->seed,
		.names = b->names,
		.set_count = b->pool.count,
		.list_count = b->list_count,
	};
	return buildfile_values(file, &meta, b->lists, b->pool.sets, &b->rules, why);
}

int build_write(struct build *b, const char *path, const struct build_head *head, struct err *why)
{
	uint64_t t = clock_us();
	int rc = sorter_finish(b->sorter, why);
	build_rules_sort(&b->rules);
	build_rules_count(&b->rules, count_special, b);
	b->times.sort_us = clock_us() - t;
	t = clock_us();
	struct buildfile *file = NULL;
	if (!rc)
		rc = buildfile_new(path, b->options.folder, sorter_count(b->sorter),
			sorter_text_bytes(b->sorter), build_rules_file_bytes(&b->rules), &file,
			why);
	if (!rc)
		rc = (b->has_removals || b->rules.has_removals ? merge_with_removals : merge)(
			b, file, why);
	sorter_free(b->sorter); /* the tables need the memory */
	b->sorter = NULL;
	b->times.names_us = clock_us() - t;
	t = clock_us();
	if (!rc)
		rc = write_values(b, file, head, why);
	b->times.tables_us = clock_us() - t;
	t = clock_us();
	if (!rc)
		rc = buildfile_seal(file, why);
	b->times.checksum_us = clock_us() - t;
	buildfile_free(file);
	return rc;
}

uint64_t build_names(const struct build *b)
{
	return b->names;
}

uint32_t build_list_count(const struct build *b)
{
	return b->list_count;
}

const struct listdb_list *build_list(const struct build *b, uint32_t i)
{
	return &b->lists[i];
}

void build_times(const struct build *b, struct build_times *out)
{
	*out = b->times;
}
