/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Interpolated n-gram probabilities: what was counted, and the shorter n-gram's probability as if it had been seen `strength` times
 * (MacKay and Bauman Peto, "A hierarchical Dirichlet language model", 1995).
 */
#include "dga/learn_language.h"

#include <errno.h>
#include <stdlib.h>

#include "dga/features.h"

enum {
	LETTER_TRIPLES = FEATURES_LETTERS * FEATURES_LETTERS * FEATURES_LETTERS,
	OCTET_MAX = 127,
	EIGHTHS = 8, /* of a bit */
	QUAD_MAX = 15,
};

static const double strength = 8, strength_quads = 4;

struct counts {
	uint32_t symbols[FEATURES_SYMBOLS], all;
	uint32_t pairs[FEATURES_PAIRS], pairs_from[FEATURES_SYMBOLS];
	uint32_t triples[FEATURES_TRIPLES], triples_from[FEATURES_PAIRS];
	uint32_t quads[FEATURES_LETTER_QUADS], quads_from[LETTER_TRIPLES];
	uint32_t letter_triples[LETTER_TRIPLES],
		letter_triples_from[FEATURES_LETTERS * FEATURES_LETTERS];
	uint32_t letters[FEATURES_LETTERS];
	uint32_t tops[FEATURES_TOPS];
};

static void count_label(struct counts *c, const struct label *l)
{
	struct features_walk w = FEATURES_WALK;
	uint32_t letters = 0;
	c->tops[features_top(features_top_hash(l->top))]++;
	for (unsigned i = 0; i <= l->len; i++) {
		unsigned s = i < l->len ? features_symbol(l->bytes[i]) : (unsigned)FEATURES_EDGE;
		features_next(&w, s);
		c->all++;
		c->symbols[s]++;
		c->pairs[w.pair]++;
		c->pairs_from[w.pair / FEATURES_SYMBOLS]++;
		c->triples[w.triple]++;
		c->triples_from[w.triple / FEATURES_SYMBOLS]++;
		uint32_t letter = s < FEATURES_LETTERS ? s : 0;
		letters = letters * FEATURES_LETTERS % FEATURES_LETTER_QUADS + letter;
		c->letters[letter]++;
		c->letter_triples[letters % LETTER_TRIPLES]++;
		c->letter_triples_from[letters % LETTER_TRIPLES / FEATURES_LETTERS]++;
		if (i < 2)
			continue;
		c->quads[letters]++;
		c->quads_from[letters / FEATURES_LETTERS]++;
	}
}

static double bits(double probability, unsigned kinds)
{
	return learn_log(probability * kinds) / 0.69314718055994531;
}

static uint8_t eighths(double probability)
{
	double v = rint(bits(probability, FEATURES_SYMBOLS) * EIGHTHS);
	return (uint8_t)(int8_t)(v < -OCTET_MAX ? -OCTET_MAX : v > OCTET_MAX ? OCTET_MAX : v);
}

static double interpolated(uint32_t count, uint32_t from, double shorter, double as_if)
{
	return (count + as_if * shorter) / (from + as_if);
}

static void write_short(const struct counts *c, uint8_t *pairs, uint8_t *triples)
{
	double after[FEATURES_PAIRS];
	for (uint32_t i = 0; i < FEATURES_PAIRS; i++) {
		double alone = interpolated(
			c->symbols[i % FEATURES_SYMBOLS], c->all, 1.0 / FEATURES_SYMBOLS, strength);
		after[i] = interpolated(
			c->pairs[i], c->pairs_from[i / FEATURES_SYMBOLS], alone, strength);
		pairs[i] = eighths(after[i]);
	}
	for (uint32_t i = 0; i < FEATURES_TRIPLES; i++)
		triples[i] =
			eighths(interpolated(c->triples[i], c->triples_from[i / FEATURES_SYMBOLS],
				after[i % FEATURES_PAIRS], strength));
}

static void write_quads(const struct counts *c, uint8_t *quads)
{
	for (uint32_t i = 0; i < FEATURES_LETTER_QUADS; i++) {
		double alone = interpolated(
			c->letters[i % FEATURES_LETTERS], c->all, 1.0 / FEATURES_LETTERS, strength);
		uint32_t last = i % LETTER_TRIPLES;
		double three = interpolated(c->letter_triples[last],
			c->letter_triples_from[last / FEATURES_LETTERS], alone, strength);
		double four = interpolated(
			c->quads[i], c->quads_from[i / FEATURES_LETTERS], three, strength_quads);
		double v = rint(bits(four, FEATURES_LETTERS)) + DGA_QUAD_ZERO;
		unsigned level = v < 0 ? 0 : v > QUAD_MAX ? QUAD_MAX : (unsigned)v;
		quads[i / 2] = (uint8_t)(i & 1 ? quads[i / 2] | level << 4 : level);
	}
}

int learn_language(const struct learn_rows *rows, const struct dga_layout *layout, uint8_t *bytes)
{
	struct counts *c = calloc(1, sizeof *c);
	if (!c)
		return -ENOMEM;
	for (size_t i = 0; i < rows->count; i++) {
		struct label l = learn_label(rows, i);
		count_label(c, &l);
	}
	write_short(
		c, bytes + layout->at[DGA_BENIGN_PAIRS], bytes + layout->at[DGA_BENIGN_TRIPLES]);
	write_quads(c, bytes + layout->at[DGA_BENIGN_QUADS]);
	for (uint32_t i = 0; i < FEATURES_TOPS; i++)
		bytes[layout->at[DGA_BENIGN_TOPS] + i] = (uint8_t)lrint(2 *
			learn_log(1 + 1e6 * c->tops[i] / ((double)rows->count + 1)) /
			0.69314718055994531);
	free(c);
	return 0;
}
