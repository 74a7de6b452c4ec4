/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Peeling: a cell that only one key has settles that key; without it, others have a cell of their own. In the reverse order each key
 * is given what its cell lacks.
 */
#include "dga/fuse.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void fuse_plan(struct fuse *f, size_t n)
{
	/* Both formulas are the paper's (section 3). */
	double keys = n < 4 ? 4 : (double)n;
	double bits = floor(log(keys) / log(3.33) + 2.25);
	double factor = 0.875 + 0.25 * log(1e6) / log(keys);
	f->segment_bits = bits < FUSE_SEGMENT_BITS_MAX ? (unsigned)bits : FUSE_SEGMENT_BITS_MAX;
	double cells = keys * (factor > 1.125 ? factor : 1.125);
	double segments = ceil(cells / (double)(1u << f->segment_bits));
	f->starts = segments > 3 ? (uint32_t)segments - 2 : 1;
}

struct peeling {
	uint8_t *counts; /* keys of each cell that are not settled */
	uint32_t *sums; /* the exclusive or of their numbers */
	uint32_t *alone; /* cells to look at */
	uint32_t *order; /* settled keys, and which of its cells each has for itself */
	uint8_t *which;
	size_t settled;
};

static bool count_keys(
	const struct fuse *f, struct peeling *p, const uint64_t *keys, size_t n, size_t cells)
{
	memset(p->counts, 0, cells);
	memset(p->sums, 0, cells * sizeof *p->sums);
	for (size_t i = 0; i < n; i++) {
		struct fuse_place at = fuse_place(f, keys[i]);
		for (int k = 0; k < 3; k++) {
			if (++p->counts[at.cells[k]] == UINT8_MAX)
				return false;
			p->sums[at.cells[k]] ^= (uint32_t)i;
		}
	}
	return true;
}

static void peel(const struct fuse *f, struct peeling *p, const uint64_t *keys, size_t cells)
{
	size_t waiting = 0;
	p->settled = 0;
	for (size_t i = 0; i < cells; i++)
		if (p->counts[i] == 1)
			p->alone[waiting++] = (uint32_t)i;
	while (waiting) {
		uint32_t cell = p->alone[--waiting];
		if (p->counts[cell] != 1)
			continue;
		uint32_t key = p->sums[cell];
		struct fuse_place at = fuse_place(f, keys[key]);
		p->order[p->settled] = key;
		for (uint8_t k = 0; k < 3; k++) {
			uint32_t c = at.cells[k];
			if (c == cell)
				p->which[p->settled] = k;
			p->sums[c] ^= key;
			/* A cell comes here once: its count passes 1 only once. */
			if (--p->counts[c] == 1)
				p->alone[waiting++] = c;
		}
		p->settled++;
	}
}

static void fill(
	const struct fuse *f, const struct peeling *p, const uint64_t *keys, uint8_t *cells)
{
	memset(cells, 0, fuse_bytes(f));
	for (size_t i = p->settled; i--;) {
		struct fuse_place at = fuse_place(f, keys[p->order[i]]);
		uint16_t v = at.fingerprint;
		for (int k = 0; k < 3; k++)
			v ^= fuse_cell(cells, at.cells[k]);
		size_t own = 2 * (size_t)at.cells[p->which[i]];
		cells[own] = (uint8_t)v;
		cells[own + 1] = (uint8_t)(v >> 8);
	}
}

int fuse_build(struct fuse *f, uint8_t *cells, const uint64_t *keys, size_t n)
{
	size_t room = fuse_bytes(f) / 2;
	struct peeling p = {
		.counts = malloc(room),
		.sums = malloc(room * sizeof *p.sums),
		.alone = malloc(room * sizeof *p.alone),
		.order = malloc(n * sizeof *p.order),
		.which = malloc(n),
	};
	int e = p.counts && p.sums && p.alone && p.order && p.which ? -EINVAL : -ENOMEM;
	for (uint32_t seed = 0; e == -EINVAL && seed < FUSE_TRIES; seed++) {
		f->seed = seed;
		if (!count_keys(f, &p, keys, n, room))
			continue;
		peel(f, &p, keys, room);
		if (p.settled == n)
			e = 0;
	}
	if (!e) {
		fill(f, &p, keys, cells);
		f->cells = cells;
	}
	free(p.counts);
	free(p.sums);
	free(p.alone);
	free(p.order);
	free(p.which);
	return e;
}
