/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "feeds/buildfile.h"
#include "feeds/listdb_file.h"
#include "feeds/setpool.h"
#include "feeds/sorter.h"
#include "resolver/base/clock.h"
#include "resolver/base/hash.h"

enum {
	SLOTS_MAX = 4 * LISTDB_LISTS_MAX, /* lists begun, refused ones included */
	TAG_SELF = 1,
	TAG_BELOW = 2,
	TAG_SHIFT = 2,
	NO_LIST = UINT16_MAX,
};

struct build {
	struct build_options options;
	struct sorter *sorter;
	struct setpool pool;
	struct listdb_list lists[LISTDB_LISTS_MAX];
	uint32_t list_count, slot_count;
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
	if (!b || setpool_init(&b->pool)) {
		free(b);
		return err_set(why, -ENOMEM, "build: out of memory");
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
	free(b);
}

int build_begin(struct build *b, struct err *why)
{
	if (b->slot_count == SLOTS_MAX)
		return err_set(why, CEN_ELIMIT, "more than %d lists", SLOTS_MAX);
	b->list_of_slot[b->slot_count++] = NO_LIST;
	b->added = 0;
	return 0;
}

int build_add(struct build *b, const struct rule *rule, struct err *why)
{
	if (b->kept_rules + b->added >= b->options.max_rules)
		return err_set(why, CEN_ELIMIT,
			"more than %llu rules in all lists together (feeds.max_rules)",
			(unsigned long long)b->options.max_rules);
	b->added++;
	if (!rule_is_plain(rule))
		return 0;
	uint32_t tag = (b->slot_count - 1) << TAG_SHIFT | (rule->is_self ? TAG_SELF : 0) |
		(rule->is_below ? TAG_BELOW : 0);
	return sorter_add(b->sorter, rule->key, rule->len, tag, why);
}

uint64_t build_added(const struct build *b)
{
	return b->added;
}

int build_keep(struct build *b, const struct listdb_list *about, struct err *why)
{
	if (b->list_count == LISTDB_LISTS_MAX - LISTDB_FIRST_LIST)
		return err_set(why, CEN_ELIMIT, "more than %d lists",
			LISTDB_LISTS_MAX - LISTDB_FIRST_LIST);
	struct listdb_list *l = &b->lists[b->list_count];
	*l = *about;
	l->rules = l->unique = 0;
	l->bit = (uint16_t)(LISTDB_FIRST_LIST + b->list_count);
	l->special_bit = 0;
	b->list_of_slot[b->slot_count - 1] = (uint16_t)b->list_count++;
	b->kept_rules += b->added;
	b->added = 0;
	return 0;
}

static void put_bits(struct listdb_set *set, uint32_t list, uint32_t tag)
{
	unsigned bit = LISTDB_FIRST_LIST + list;
	if (tag & TAG_SELF)
		listdb_bits_put(&set->self, bit, true);
	if (tag & TAG_BELOW)
		listdb_bits_put(&set->below, bit, true);
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
		put_bits(&g->set, g->list, g->tag);
		g->is_single = false;
	}
	unsigned bit = LISTDB_FIRST_LIST + list;
	if (!listdb_bits_test(&g->set.self, bit) && !listdb_bits_test(&g->set.below, bit)) {
		g->lists++;
		b->lists[list].rules++;
	}
	put_bits(&g->set, list, item->tag);
}

static uint64_t hash_of_key(const uint8_t *key, size_t len, uint64_t hash)
{
	for (size_t at = 0; at < len; at += (size_t)key[at] + 1)
		hash = hash_label(hash, key + at);
	return hash;
}

static int group_write(
	struct build *b, struct group *g, struct buildfile *file, uint64_t seed, struct err *why)
{
	uint32_t number = g->is_single ? b->single[g->tag] : 0;
	int rc = 0;
	if (!number) {
		if (g->is_single) {
			g->set = (struct listdb_set){0};
			put_bits(&g->set, g->list, g->tag);
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
	return buildfile_name(file, key, number, hash_of_key(g->key, g->len, seed), why);
}

static int merge(struct build *b, struct buildfile *file, uint64_t seed, struct err *why)
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
		if (g.len && (rc = group_write(b, &g, file, seed, why)))
			return rc;
		group_start(&g, &item, list);
		b->lists[list].rules++;
	}
	return rc || !g.len ? rc : group_write(b, &g, file, seed, why);
}

int build_write(struct build *b, const char *path, const struct build_head *head, struct err *why)
{
	struct listdb_meta meta = {
		.number = head->number,
		.created_s = head->created_s,
		.digest = head->digest,
		.list_count = b->list_count,
	};
	if (getrandom(&meta.seed, sizeof meta.seed, 0) != sizeof meta.seed)
		return err_set(why, -errno, "build: no random numbers");
	uint64_t t = clock_us();
	int rc = sorter_finish(b->sorter, why);
	b->times.sort_us = clock_us() - t;
	t = clock_us();
	struct buildfile *file = NULL;
	if (!rc)
		rc = buildfile_new(path, b->options.folder, sorter_count(b->sorter),
			sorter_text_bytes(b->sorter), &file, why);
	if (!rc)
		rc = merge(b, file, meta.seed, why);
	sorter_free(b->sorter); /* the tables need the memory */
	b->sorter = NULL;
	b->times.names_us = clock_us() - t;
	t = clock_us();
	meta.names = b->names;
	meta.set_count = b->pool.count;
	if (!rc)
		rc = buildfile_values(file, &meta, b->lists, b->pool.sets, why);
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
