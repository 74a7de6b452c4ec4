/* SPDX-License-Identifier: BSD-2-Clause */
#include "dga/forest.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "dga/dense.h"
#include "dga/trees.h"

enum {
	VECTOR = 16, /* octets */
	LINE = 64, /* of the cache */
	BLOCK = 10, /* vectors of leaves that are in registers at a time */
	BLOCK_BYTES = BLOCK * VECTOR,
	UNROLLED = 8, /* trees */
	COLUMN = VECTOR / 2, /* facts that are ranked at a time, i16 each */
	COLUMNS = DENSE_COUNT / COLUMN + 1,
	NO_FACT = DENSE_COUNT, /* its rank is 0 */
	PAIR_ROWS_MAX = 64, /* with more, fewer rows are or-ed, but they do not stay in the cache */
};

/* gcc and clang make of them what the machine has. */
typedef uint8_t octets __attribute__((vector_size(VECTOR)));
typedef int16_t shorts __attribute__((vector_size(VECTOR)));

/* Two facts that share rows, one for each two ranks; or one and NO_FACT. */
struct pair {
	uint32_t first_row;
	uint8_t a, b;
};

struct forest {
	unsigned blocks, pair_count;
	struct pair pairs[DENSE_COUNT + 1]; /* the last one's first row is behind all */
	uint16_t column_cuts[COLUMNS]; /* vectors */
	/* For each column the first thresholds of its facts, the second ones, ..., INT16_MAX where there are no more; then how many
	 * rows it is from a rank to the next. */
	shorts *cuts;
	octets *rows; /* BLOCK vectors of each block */
	int16_t *leaves; /* TREES_LEAVES of each tree; 0 for those that the last block lacks */
};

/* --- making --- */

/* One comparison of one tree. */
struct question {
	int16_t cut;
	uint16_t tree;
	uint16_t rank; /* the highest of a fact that is not above */
	uint8_t feature, bit;
};

/* A fact that trees ask about. */
struct fact {
	const struct question *questions; /* thresholds rising */
	size_t count;
	uint32_t ranks;
	uint16_t stride; /* rows from a rank to the next; 0: in no pair yet */
	uint8_t feature, pair;
};

struct plan {
	struct question *questions;
	unsigned fact_count;
	struct fact facts[DENSE_COUNT]; /* the most ranks first */
};

static int by_feature(const void *a, const void *b)
{
	const struct question *x = a, *y = b;
	if (x->feature != y->feature)
		return x->feature - y->feature;
	return x->cut - y->cut;
}

static int by_ranks(const void *a, const void *b)
{
	const struct fact *x = a, *y = b;
	if (x->ranks != y->ranks)
		return x->ranks > y->ranks ? -1 : 1;
	return x->feature - y->feature;
}

static bool list_questions(struct plan *p, const uint8_t *trees, size_t n)
{
	p->questions = calloc(n + 1, sizeof *p->questions);
	if (!p->questions)
		return false;
	for (size_t i = 0; i < n; i++) {
		const uint8_t *tree = trees + i / TREES_DEPTH * TREES_BYTES;
		unsigned d = (unsigned)(i % TREES_DEPTH);
		p->questions[i] = (struct question){
			.cut = trees_i16(tree + TREES_AT_THRESHOLDS + (size_t)2 * d),
			.tree = (uint16_t)(i / TREES_DEPTH),
			.feature = tree[d],
			.bit = (uint8_t)(1u << d),
		};
	}
	qsort(p->questions, n, sizeof *p->questions, by_feature);
	return true;
}

static void list_facts(struct plan *p, size_t n)
{
	struct question *q = p->questions;
	for (size_t i = 0; i < n;) {
		size_t first = i;
		uint16_t rank = 0;
		for (; i < n && q[i].feature == q[first].feature; i++) {
			rank = (uint16_t)(rank + (i > first && q[i].cut != q[i - 1].cut));
			q[i].rank = rank;
		}
		p->facts[p->fact_count++] = (struct fact){.questions = q + first,
			.count = i - first,
			.ranks = rank + 2u,
			.feature = q[first].feature};
	}
	qsort(p->facts, p->fact_count, sizeof *p->facts, by_ranks);
}

/* Each goes with the one of the most ranks that leaves few enough rows. */
static void pair_facts(struct forest *f, struct plan *p)
{
	uint32_t rows = 0;
	for (struct fact *a = p->facts, *end = a + p->fact_count, *b; a < end; a++) {
		if (a->stride)
			continue;
		for (b = a + 1; b < end && (b->stride || a->ranks * b->ranks > PAIR_ROWS_MAX);)
			b++;
		a->stride = 1;
		a->pair = (uint8_t)f->pair_count++;
		f->pairs[a->pair] = (struct pair){rows, a->feature, NO_FACT};
		rows += a->ranks * (b < end ? b->ranks : 1);
		if (b == end)
			continue;
		b->stride = (uint16_t)a->ranks;
		b->pair = a->pair;
		f->pairs[a->pair].b = b->feature;
	}
	f->pairs[f->pair_count].first_row = rows;
}

static bool add_cuts(struct forest *f, const struct plan *p)
{
	size_t at[COLUMNS], vectors = 0;
	for (unsigned i = 0; i < p->fact_count; i++) {
		uint16_t *cuts = &f->column_cuts[p->facts[i].feature / COLUMN];
		*cuts = (uint16_t)(p->facts[i].ranks > *cuts ? p->facts[i].ranks - 1 : *cuts);
	}
	for (unsigned c = 0; c < COLUMNS; c++) {
		at[c] = vectors;
		vectors += f->column_cuts[c] + 1u;
	}
	f->cuts = aligned_alloc(VECTOR, vectors * VECTOR);
	for (size_t v = 0; f->cuts && v < vectors; v++)
		f->cuts[v] = (shorts){0} + INT16_MAX;
	for (unsigned i = 0; f->cuts && i < p->fact_count; i++) {
		const struct fact *fact = &p->facts[i];
		unsigned c = fact->feature / COLUMN, lane = fact->feature % COLUMN;
		for (size_t k = 0; k < fact->count; k++)
			f->cuts[at[c] + fact->questions[k].rank][lane] = fact->questions[k].cut;
		f->cuts[at[c] + f->column_cuts[c]][lane] = (int16_t)fact->stride;
	}
	return f->cuts;
}

static bool add_rows(struct forest *f, const struct plan *p)
{
	size_t row_bytes = (size_t)f->blocks * BLOCK_BYTES;
	size_t bytes = (f->pairs[f->pair_count].first_row + 1) * row_bytes;
	f->rows = aligned_alloc(LINE, (bytes + LINE - 1) / LINE * LINE);
	if (!f->rows)
		return false;
	memset(f->rows, 0, bytes);
	for (unsigned i = 0; i < p->fact_count; i++) {
		const struct fact *fact = &p->facts[i];
		const struct pair *pair = &f->pairs[fact->pair];
		uint32_t rows = pair[1].first_row - pair->first_row;
		for (uint32_t r = 0; r < rows; r++) {
			uint8_t *row = (uint8_t *)f->rows + (pair->first_row + r) * row_bytes;
			uint32_t rank = r / fact->stride % fact->ranks;
			const struct question *q = fact->questions, *end = q + fact->count;
			for (; q < end && q->rank < rank; q++)
				row[q->tree] |= q->bit;
		}
	}
	return true;
}

static bool add_leaves(struct forest *f, const uint8_t *trees, unsigned count)
{
	f->leaves = calloc((size_t)f->blocks * BLOCK_BYTES + 1, TREES_LEAVES * sizeof *f->leaves);
	for (size_t i = 0; f->leaves && i < (size_t)count * TREES_LEAVES; i++)
		f->leaves[i] = trees_i16(trees + i / TREES_LEAVES * TREES_BYTES + TREES_AT_LEAVES +
			2 * (i % TREES_LEAVES));
	return f->leaves;
}

struct forest *forest_make(const uint8_t *trees, unsigned count)
{
	struct forest *f = calloc(1, sizeof *f);
	struct plan p = {0};
	size_t n = (size_t)count * TREES_DEPTH;
	bool is_good = f && list_questions(&p, trees, n);
	if (is_good) {
		f->blocks = (count + BLOCK_BYTES - 1) / BLOCK_BYTES;
		list_facts(&p, n);
		pair_facts(f, &p);
		is_good = add_cuts(f, &p) && add_rows(f, &p) && add_leaves(f, trees, count);
	}
	free(p.questions);
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

static void find_rows(const struct forest *f, const int16_t *x, const octets **rows)
{
	shorts all[COLUMNS] = {0};
	uint16_t at[COLUMNS * COLUMN];
	const shorts *cut = f->cuts;
	size_t row_vectors = (size_t)f->blocks * BLOCK;
	memcpy(all, x, DENSE_COUNT * sizeof *x);
	for (unsigned c = 0; c < COLUMNS; c++) {
		shorts value = all[c], rank = {0};
#pragma GCC unroll 4
		for (const shorts *end = cut + f->column_cuts[c]; cut < end; cut++)
			rank -= value > *cut;
		all[c] = rank * *cut++;
	}
	memcpy(at, all, sizeof at);
	for (unsigned i = 0; i < f->pair_count; i++) {
		const struct pair *p = &f->pairs[i];
		rows[i] = f->rows + ((size_t)p->first_row + at[p->a] + at[p->b]) * row_vectors;
	}
}

/* What the trees of one block say. */
static inline int32_t block_sum(const struct forest *f, unsigned block, const octets *const *rows)
{
	octets v[BLOCK] = {{0}};
	for (unsigned i = 0; i < f->pair_count; i++) {
		const octets *row = rows[i] + (size_t)block * BLOCK;
#pragma GCC unroll 10
		for (unsigned k = 0; k < BLOCK; k++)
			v[k] |= row[k];
	}
	uint8_t leaf[BLOCK_BYTES];
	memcpy(leaf, v, sizeof leaf);
	const int16_t *leaves = f->leaves + (size_t)block * BLOCK_BYTES * TREES_LEAVES;
	int32_t sum = 0;
	for (unsigned t = 0; t < BLOCK_BYTES; t += UNROLLED, leaves += UNROLLED * TREES_LEAVES)
#pragma GCC unroll 8
		for (unsigned k = 0; k < UNROLLED; k++)
			sum += leaves[k * TREES_LEAVES + leaf[t + k]];
	return sum;
}

int32_t forest_sum(const struct forest *f, const int16_t *x)
{
	const octets *rows[DENSE_COUNT];
	int32_t sum = 0;
	find_rows(f, x, rows);
	for (unsigned b = 0; b < f->blocks; b++)
		sum += block_sum(f, b, rows);
	return sum;
}
