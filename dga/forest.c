/* SPDX-License-Identifier: BSD-2-Clause */
#include "dga/forest.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "dga/dense.h"
#include "dga/trees.h"

enum {
	VECTOR = 16, /* octets */
	BLOCK = 4, /* vectors of leaves that are in registers at a time */
	BLOCK_BYTES = BLOCK * VECTOR,
	CUTS_IN_VECTOR = VECTOR / 2, /* i16 each */
};

/* gcc and clang make of them what the machine has. */
typedef uint8_t octets __attribute__((vector_size(VECTOR)));
typedef int16_t shorts __attribute__((vector_size(VECTOR)));

/* A fact that trees ask about. */
struct fact {
	uint8_t feature;
	uint16_t cut_vectors;
	uint32_t
		cuts; /* first vector of its thresholds, which are sorted, each there once, then INT16_MAX */
	uint32_t rows; /* first row: that of a fact above none of them */
};

struct forest {
	unsigned tree_count, blocks, fact_count;
	struct fact facts[DENSE_COUNT];
	shorts *cuts;
	octets *rows; /* `blocks` times BLOCK vectors each */
	int16_t *leaves; /* TREES_LEAVES of each tree */
};

/* --- making --- */

/* One comparison of one tree. */
struct question {
	int16_t cut;
	uint16_t tree;
	uint8_t feature, bit;
};

static int by_feature(const void *a, const void *b)
{
	const struct question *x = a, *y = b;
	if (x->feature != y->feature)
		return x->feature - y->feature;
	return x->cut - y->cut;
}

static struct question *list_questions(const uint8_t *trees, unsigned count)
{
	size_t n = (size_t)count * TREES_DEPTH;
	struct question *all = calloc(n + 1, sizeof *all);
	for (size_t i = 0; all && i < n; i++) {
		const uint8_t *tree = trees + i / TREES_DEPTH * TREES_BYTES;
		unsigned d = (unsigned)(i % TREES_DEPTH);
		all[i] = (struct question){
			.cut = trees_i16(tree + TREES_AT_THRESHOLDS + (size_t)2 * d),
			.tree = (uint16_t)(i / TREES_DEPTH),
			.feature = tree[d],
			.bit = (uint8_t)(1u << d),
		};
	}
	if (all)
		qsort(all, n, sizeof *all, by_feature);
	return all;
}

/* Sizes, then, when there is room for them, what goes there. */
struct room {
	size_t cut_vectors, rows;
};

static void put_cut(struct forest *f, size_t at, int16_t cut)
{
	memcpy((uint8_t *)f->cuts + at * sizeof cut, &cut, sizeof cut);
}

/* The questions about one fact. Returns how many there are. */
static size_t add_fact(struct forest *f, const struct question *q, size_t n, struct room *used)
{
	size_t row_bytes = (size_t)f->blocks * BLOCK_BYTES, cuts = 0, i = 0;
	struct fact fact = {.feature = q->feature,
		.cuts = (uint32_t)used->cut_vectors,
		.rows = (uint32_t)used->rows};
	while (i < n && q[i].feature == q->feature) {
		uint8_t *row = NULL;
		if (f->rows) {
			row = (uint8_t *)f->rows + (used->rows + cuts + 1) * row_bytes;
			memcpy(row, row - row_bytes, row_bytes);
			put_cut(f, used->cut_vectors * CUTS_IN_VECTOR + cuts, q[i].cut);
		}
		size_t same = i;
		for (; i < n && q[i].feature == q->feature && q[i].cut == q[same].cut; i++)
			if (row)
				row[q[i].tree] |= q[i].bit;
		cuts++;
	}
	fact.cut_vectors = (uint16_t)((cuts + CUTS_IN_VECTOR - 1) / CUTS_IN_VECTOR);
	for (size_t k = cuts; f->rows && k < (size_t)fact.cut_vectors * CUTS_IN_VECTOR; k++)
		put_cut(f, used->cut_vectors * CUTS_IN_VECTOR + k, INT16_MAX);
	used->cut_vectors += fact.cut_vectors;
	used->rows += cuts + 1;
	f->facts[f->fact_count++] = fact;
	return i;
}

static struct room add_facts(struct forest *f, const struct question *q, size_t n)
{
	struct room used = {0, 0};
	f->fact_count = 0;
	for (size_t i = 0; i < n;)
		i += add_fact(f, q + i, n - i, &used);
	return used;
}

static bool has_room(struct forest *f, struct room wanted)
{
	size_t row_bytes = (size_t)f->blocks * BLOCK_BYTES;
	f->cuts = aligned_alloc(BLOCK_BYTES,
		(wanted.cut_vectors * VECTOR + BLOCK_BYTES) / BLOCK_BYTES * BLOCK_BYTES);
	f->rows = aligned_alloc(BLOCK_BYTES, (wanted.rows + 1) * row_bytes);
	f->leaves = calloc((size_t)f->tree_count + 1, TREES_LEAVES * sizeof *f->leaves);
	if (f->rows)
		memset(f->rows, 0, (wanted.rows + 1) * row_bytes);
	return f->cuts && f->rows && f->leaves;
}

struct forest *forest_make(const uint8_t *trees, unsigned count)
{
	struct forest *f = calloc(1, sizeof *f);
	struct question *q = list_questions(trees, count);
	size_t n = (size_t)count * TREES_DEPTH;
	bool is_good = f && q;
	if (is_good) {
		f->tree_count = count;
		f->blocks = (count + BLOCK_BYTES - 1) / BLOCK_BYTES;
		is_good = has_room(f, add_facts(f, q, n));
	}
	if (is_good) {
		add_facts(f, q, n);
		for (size_t i = 0; i < (size_t)count * TREES_LEAVES; i++)
			f->leaves[i] = trees_i16(trees + i / TREES_LEAVES * TREES_BYTES +
				TREES_AT_LEAVES + 2 * (i % TREES_LEAVES));
	}
	free(q);
	if (is_good)
		return f;
	forest_free(f);
	return NULL;
}

void forest_free(struct forest *f)
{
	if (!f)
		return;
	free(f->cuts);
	free(f->rows);
	free(f->leaves);
	free(f);
}

/* --- asking --- */

/* How many of its thresholds a fact is above. */
static unsigned rank_of(const shorts *cuts, unsigned vectors, int16_t x)
{
	shorts at = {0}, value = {x, x, x, x, x, x, x, x};
	for (unsigned i = 0; i < vectors; i++)
		at -= value > cuts[i];
	unsigned rank = 0;
	for (unsigned i = 0; i < CUTS_IN_VECTOR; i++)
		rank += (unsigned)at[i];
	return rank;
}

/* What the trees of one block say. */
static inline int32_t block_sum(
	const struct forest *f, unsigned block, const octets *const *rows, unsigned row_count)
{
	octets v0 = {0}, v1 = v0, v2 = v0, v3 = v0;
	for (unsigned i = 0; i < row_count; i++) {
		const octets *row = rows[i] + (size_t)block * BLOCK;
		v0 |= row[0];
		v1 |= row[1];
		v2 |= row[2];
		v3 |= row[3];
	}
	const octets all[BLOCK] = {v0, v1, v2, v3};
	uint8_t leaf[BLOCK_BYTES];
	memcpy(leaf, all, sizeof leaf);
	unsigned first = block * BLOCK_BYTES, count = f->tree_count - first;
	const int16_t *leaves = f->leaves + (size_t)first * TREES_LEAVES;
	int32_t sum = 0;
	for (unsigned t = 0; t < count && t < BLOCK_BYTES; t++)
		sum += leaves[t * TREES_LEAVES + leaf[t]];
	return sum;
}

int32_t forest_sum(const struct forest *f, const int16_t *x)
{
	const octets *rows[DENSE_COUNT];
	size_t row_vectors = (size_t)f->blocks * BLOCK;
	/* The row of a fact above none of its thresholds is empty. */
	unsigned row_count = 0;
	for (unsigned i = 0; i < f->fact_count; i++) {
		const struct fact *fact = &f->facts[i];
		unsigned rank = rank_of(f->cuts + fact->cuts, fact->cut_vectors, x[fact->feature]);
		rows[row_count] = f->rows + (fact->rows + rank) * row_vectors;
		row_count += rank > 0;
	}
	int32_t sum = 0;
	for (unsigned b = 0; b < f->blocks; b++)
		sum += block_sum(f, b, rows, row_count);
	return sum;
}
