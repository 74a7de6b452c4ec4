/* SPDX-License-Identifier: BSD-2-Clause */
#include "dga/linear.h"

#include "dga/features.h"

_Static_assert(FEATURES_TRIPLES <= UINT16_MAX, "linear.triples holds entries");

/* Entries of a table of signed octets. */
static int32_t octet(const uint8_t *table, uint32_t at)
{
	return (int8_t)table[at];
}

/* Pointers and sums of its own, which no octet written to a `struct linear` can change. */
struct grams {
	struct features_walk walk;
	const uint8_t *triple_table, *quad_table, *quint_table;
	unsigned bits;
	int32_t triples, quads, quints;
};

/* Those that end at place `i`, where this symbol is. */
static inline void add_grams(struct grams *g, unsigned i, unsigned symbol, struct linear *out)
{
	features_next(&g->walk, symbol);
	int32_t triple = octet(g->triple_table, g->walk.triple);
	out->symbols[i] = (uint8_t)symbol;
	out->triples[i] = (uint16_t)g->walk.triple;
	out->octets[i] = (int8_t)triple;
	g->triples += triple;
	g->quads += octet(g->quad_table, features_quad(&g->walk, g->bits));
	g->quints += octet(g->quint_table, features_quint(&g->walk, g->bits));
}

void linear_of(const struct dga *d, const struct label *l, struct linear *out)
{
	const uint8_t *class_table = d->sections[DGA_CLASS_WINDOWS], *bytes = l->bytes;
	struct grams g = {.walk = FEATURES_WALK,
		.triple_table = d->sections[DGA_TRIPLES],
		.quad_table = d->sections[DGA_QUADS],
		.quint_table = d->sections[DGA_QUINTS],
		.bits = d->hash_bits};
	unsigned len = l->len;
	int32_t classes = 0;
	for (unsigned i = 0; i < len; i++) {
		unsigned kind = features_kind(bytes[i]);
		add_grams(&g, i, kind & 0x3f, out);
		features_add_class(&g.walk, kind >> 6);
		classes += octet(class_table, g.walk.classes);
	}
	add_grams(&g, len, FEATURES_EDGE, out);
	uint32_t top = features_top_hash(l->top);
	out->top = features_top(top);
	out->parts[0] = g.triples;
	out->parts[DGA_QUADS - DGA_TRIPLES] = g.quads;
	out->parts[DGA_QUINTS - DGA_TRIPLES] = g.quints;
	out->parts[DGA_CLASS_WINDOWS - DGA_TRIPLES] = classes;
	out->parts[DGA_LENGTHS - DGA_TRIPLES] = octet(d->sections[DGA_LENGTHS], len);
	out->parts[DGA_TOPS - DGA_TRIPLES] = octet(d->sections[DGA_TOPS], out->top);
	out->parts[DGA_TOP_LENGTHS - DGA_TRIPLES] =
		octet(d->sections[DGA_TOP_LENGTHS], features_top_length(top, len));
	out->score =
		d->numbers[DGA_BASE] + (int32_t)linear_milli(d, out, DGA_TRIPLES, DGA_TOP_LENGTHS);
}

int64_t linear_milli(
	const struct dga *d, const struct linear *x, enum dga_section from, enum dga_section to)
{
	int64_t nanos = 0;
	for (unsigned p = from - DGA_TRIPLES; p <= to - DGA_TRIPLES; p++)
		nanos += (int64_t)x->parts[p] * d->numbers[DGA_UNITS + p];
	return nanos / 1000000;
}
