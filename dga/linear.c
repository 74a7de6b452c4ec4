/* SPDX-License-Identifier: BSD-2-Clause */
#include "dga/linear.h"

#include "dga/features.h"

_Static_assert(FEATURES_TRIPLES <= UINT16_MAX, "linear.triples holds entries");

/* Entries of a table of signed octets. */
static int32_t octet(const uint8_t *table, uint32_t at)
{
	return (int8_t)table[at];
}

void linear_of(const struct dga *d, const struct label *l, struct linear *out)
{
	const uint8_t *triple_table = d->sections[DGA_TRIPLES];
	const uint8_t *quad_table = d->sections[DGA_QUADS];
	const uint8_t *quint_table = d->sections[DGA_QUINTS];
	const uint8_t *class_table = d->sections[DGA_CLASS_WINDOWS];
	struct features_walk w = FEATURES_WALK;
	int32_t triples = 0, quads = 0, quints = 0, classes = 0;
	unsigned bits = d->hash_bits, len = l->len;
	for (unsigned i = 0; i <= len; i++) {
		unsigned s = i < len ? features_symbol(l->bytes[i]) : (unsigned)FEATURES_EDGE;
		features_next(&w, s);
		int32_t triple = octet(triple_table, w.triple);
		out->symbols[i] = (uint8_t)s;
		out->triples[i] = (uint16_t)w.triple;
		out->octets[i] = (int8_t)triple;
		triples += triple;
		quads += octet(quad_table, features_quad(&w, bits));
		quints += octet(quint_table, features_quint(&w, bits));
		if (i == len)
			break;
		features_next_class(&w, s);
		classes += octet(class_table, w.classes);
	}
	uint32_t top = features_top_hash(l->top);
	out->top = features_top(top);
	out->parts[0] = triples;
	out->parts[DGA_QUADS - DGA_TRIPLES] = quads;
	out->parts[DGA_QUINTS - DGA_TRIPLES] = quints;
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
