/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/base/mdb_check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	MAGIC = (int)0xbeefc0de,
	DATA_VERSION = 1,
	PAGE_BRANCH = 1,
	PAGE_LEAF = 2,
	PAGE_OVERFLOW = 4,
	PAGE_META = 8,
	NODE_BIG = 1, /* the value has pages of its own */
	NODE_TREE = 2, /* a table */
	DEPTH_MAX = 32, /* LMDB's own bound */
	KEY_MAX = 511,
	PAGE_SIZE_MIN = 256,
	PAGE_SIZE_MAX = 32768,
	TREE_FREE = 0, /* the pages that are free */
	TREE_MAIN = 1, /* the tables */
	TREE_TABLE,
};

struct page_head {
	size_t number;
	uint16_t pad, flags;
	uint16_t lower, upper; /* of the free room; for large values the number of pages */
};

struct node_head {
	uint16_t low, high, flags, key_len;
};

struct tree_head {
	uint32_t pad; /* of the free pages' tree: size of a page */
	uint16_t flags, depth;
	size_t branch_pages, leaf_pages, overflow_pages, entries, root;
};

struct meta {
	uint32_t magic, version;
	size_t address, map_size;
	struct tree_head trees[2];
	size_t last_page, transaction;
};

struct check {
	const uint8_t *file;
	size_t page_size, pages, last_page; /* in the file; the last one that was ever used */
	uint8_t *seen; /* a bit for each page */
	bool is_thorough;
	const char *fault;
};

static bool fail(struct check *c, const char *fault)
{
	if (!c->fault)
		c->fault = fault;
	return false;
}

/* Each page has one use. */
static bool see(struct check *c, size_t page, size_t count)
{
	if (page < 2 || page > c->last_page || count > c->last_page - page + 1)
		return fail(c, "it points to a page that is not there");
	for (size_t i = page; i < page + count; i++) {
		if (c->seen[i / 8] & 1U << i % 8)
			return fail(c, "a page is used twice");
		c->seen[i / 8] |= (uint8_t)(1U << i % 8);
	}
	return true;
}

static const uint8_t *page_at(struct check *c, size_t number, struct page_head *head)
{
	if (number >= c->pages) {
		fail(c, "it ends too soon");
		return NULL;
	}
	const uint8_t *page = c->file + number * c->page_size;
	memcpy(head, page, sizeof *head);
	if (head->number == number)
		return page;
	fail(c, "a page does not have its number");
	return NULL;
}

static bool check_tree(struct check *c, const struct tree_head *tree, int kind);

/* A list of free pages: how many, then their numbers. */
static bool check_free(struct check *c, const uint8_t *value, size_t len)
{
	size_t count, page;
	if (len < sizeof count)
		return fail(c, "a list of free pages is too short");
	memcpy(&count, value, sizeof count);
	if (count > len / sizeof count - 1)
		return fail(c, "a list of free pages is too short");
	for (size_t i = 1; i <= count; i++) {
		memcpy(&page, value + i * sizeof page, sizeof page);
		if (!see(c, page, 1))
			return false;
	}
	return true;
}

/* A value with pages of its own: as many as it needs, or more that a longer one has left. */
static bool check_big(struct check *c, const uint8_t *where, size_t len, int kind)
{
	size_t number, need = (sizeof(struct page_head) - 1 + len) / c->page_size + 1;
	struct page_head head = {0};
	uint32_t count;
	memcpy(&number, where, sizeof number);
	if (!c->is_thorough && kind != TREE_FREE)
		return see(c, number, need);
	const uint8_t *page = page_at(c, number, &head);
	memcpy(&count, &head.lower, sizeof count);
	if (!page || head.flags != PAGE_OVERFLOW || count < need)
		return fail(c, "a large value has no head");
	if (need > c->pages - number)
		return fail(c, "it ends too soon");
	return see(c, number, count) &&
		(kind != TREE_FREE || check_free(c, page + sizeof head, len));
}

static bool check_value(struct check *c, const struct node_head *node, const uint8_t *value,
	size_t room, int kind, size_t *size)
{
	size_t len = node->low | (size_t)node->high << 16;
	struct tree_head tree;
	*size = node->flags & NODE_BIG ? sizeof(size_t) : len;
	if (*size > room)
		return fail(c, "a value is longer than its page");
	if (node->flags == NODE_BIG)
		return check_big(c, value, len, kind);
	if (node->flags == NODE_TREE && kind == TREE_MAIN && len == sizeof tree) {
		memcpy(&tree, value, sizeof tree);
		return check_tree(c, &tree, TREE_TABLE);
	}
	if (node->flags || kind == TREE_MAIN)
		return fail(c, "an entry is of a kind that is not used");
	return kind != TREE_FREE || check_free(c, value, len);
}

static bool is_after(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	int order = memcmp(a, b, a_len < b_len ? a_len : b_len);
	return order ? order > 0 : a_len > b_len;
}

static bool check_page(struct check *c, size_t number, unsigned depth, int kind, size_t *entries);

static bool check_nodes(struct check *c, const uint8_t *page, const struct page_head *head,
	unsigned depth, int kind, size_t *entries)
{
	size_t count = (head->lower - sizeof *head) / 2, used = 0;
	const uint8_t *last_key = NULL;
	size_t last_len = 0;
	for (size_t i = 0; i < count; i++) {
		uint16_t at;
		struct node_head node;
		memcpy(&at, page + sizeof *head + 2 * i, sizeof at);
		if (at < head->upper || at % 2 || at + sizeof node > c->page_size)
			return fail(c, "an entry lies outside of its page");
		memcpy(&node, page + at, sizeof node);
		const uint8_t *key = page + at + sizeof node;
		size_t room = c->page_size - at - sizeof node, size = 0;
		if (node.key_len > room || node.key_len > KEY_MAX ||
			(kind == TREE_FREE && depth == 1 && node.key_len != sizeof(size_t)))
			return fail(c, "a key does not fit");
		/* Numbers of transactions are not in the order of their octets; a branch's first key is not in use. */
		if (kind != TREE_FREE && last_key &&
			!is_after(key, node.key_len, last_key, last_len))
			return fail(c, "keys are not in order");
		last_key = i || depth == 1 ? key : NULL;
		last_len = node.key_len;
		if (depth == 1) {
			if (!check_value(
				    c, &node, key + node.key_len, room - node.key_len, kind, &size))
				return false;
			++*entries;
		} else {
			uint64_t child = node.low | (uint64_t)node.high << 16;
			if (sizeof(size_t) > 4)
				child |= (uint64_t)node.flags << 32;
			if (!check_page(c, (size_t)child, depth - 1, kind, entries))
				return false;
		}
		used += (sizeof node + node.key_len + size + 1) & ~(size_t)1;
	}
	return used == c->page_size - head->upper ||
		fail(c, "the entries of a page do not fill their room");
}

static bool check_page(struct check *c, size_t number, unsigned depth, int kind, size_t *entries)
{
	struct page_head head;
	if (!see(c, number, 1))
		return false;
	const uint8_t *page = page_at(c, number, &head);
	if (!page)
		return false;
	if (head.flags != (depth == 1 ? PAGE_LEAF : PAGE_BRANCH))
		return fail(c, "a page is of another kind than it should be");
	size_t least = depth > 1 && kind != TREE_FREE ? 2 : 1;
	if (head.lower < sizeof head + 2 * least || head.lower % 2 || head.lower > head.upper ||
		head.upper > c->page_size)
		return fail(c, "the bounds of a page are none");
	return check_nodes(c, page, &head, depth, kind, entries);
}

static bool check_tree(struct check *c, const struct tree_head *tree, int kind)
{
	size_t entries = 0;
	if (tree->root == SIZE_MAX)
		return (!tree->depth && !tree->entries) || fail(c, "an empty tree counts entries");
	if (!tree->depth || tree->depth > DEPTH_MAX || (kind == TREE_TABLE && tree->flags))
		return fail(c, "the head of a tree is none");
	if (!check_page(c, tree->root, tree->depth, kind, &entries))
		return false;
	return entries == tree->entries || fail(c, "a tree has lost entries");
}

/* The newer one of the two heads, as LMDB takes it. */
static const char *read_metas(const uint8_t *file, size_t len, struct meta *out)
{
	struct page_head head;
	size_t at = 0;
	for (int i = 0; i < 2; i++) {
		struct meta m;
		if (len < sizeof head + sizeof m || at > len - sizeof head - sizeof m)
			return "it is too short";
		memcpy(&head, file + at, sizeof head);
		memcpy(&m, file + at + sizeof head, sizeof m);
		if (!(head.flags & PAGE_META) || m.magic != (uint32_t)MAGIC ||
			(m.version & 0xffff) != DATA_VERSION)
			return "it is no LMDB file";
		uint32_t page_size = m.trees[0].pad;
		if (page_size < PAGE_SIZE_MIN || page_size > PAGE_SIZE_MAX ||
			(page_size & (page_size - 1)) || (i && page_size != at))
			return "its pages have no size";
		if (!i || m.transaction > out->transaction)
			*out = m;
		at = page_size;
	}
	return NULL;
}

int mdb_check_bytes(const uint8_t *file, size_t len, bool is_thorough, struct err *why)
{
	struct meta m = {0};
	const char *fault = read_metas(file, len, &m);
	if (fault)
		return err_set(why, CEN_ECORRUPT, "%s", fault);
	struct check c = {.file = file,
		.page_size = m.trees[0].pad,
		.pages = len / m.trees[0].pad,
		.last_page = m.last_page,
		.is_thorough = is_thorough};
	if (m.last_page >= m.map_size / c.page_size)
		return err_set(why, CEN_ECORRUPT, "it counts more pages than it may have");
	c.seen = calloc(m.last_page / 8 + 1, 1);
	if (!c.seen)
		return err_set(why, CEN_ECORRUPT, "it counts more pages than there is memory for");
	if (check_tree(&c, &m.trees[0], TREE_FREE))
		(void)check_tree(&c, &m.trees[1], TREE_MAIN);
	free(c.seen);
	return c.fault ? err_set(why, CEN_ECORRUPT, "%s", c.fault) : 0;
}

int mdb_check_file(const char *path, bool is_thorough, struct err *why)
{
	struct stat st;
	struct err fault;
	int fd = open(path, O_RDONLY | O_CLOEXEC), code = 0;
	if (fd < 0)
		return 0;
	if (!fstat(fd, &st) && st.st_size > 0 && (uint64_t)st.st_size < SIZE_MAX) {
		size_t len = (size_t)st.st_size;
		void *map = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
		if (map != MAP_FAILED) {
			code = mdb_check_bytes(map, len, is_thorough, &fault);
			(void)munmap(map, len);
		}
	}
	(void)close(fd);
	return code ? err_set(why, code, "%s: damaged: %s", path, fault.text) : 0;
}
