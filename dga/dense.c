/* SPDX-License-Identifier: BSD-2-Clause */
#include "dga/dense.h"

#include <string.h>

#include "dga/features.h"
#include "dga/words.h"

enum {
	SHORT_WINDOW = 3,
	LONG_WINDOW = 6,
	WINDOW_NONE = 9999, /* where no window fits */
	LINEAR_SHIFT = 1, /* linear scores in 2 milli-nats */
	TREES_X_MAX = INT16_MAX,
};

static int16_t limited(int64_t v)
{
	return (int16_t)(v > TREES_X_MAX ? TREES_X_MAX : v < -TREES_X_MAX ? -TREES_X_MAX : v);
}

static int32_t octet(const struct dga *d, enum dga_section s, uint32_t at)
{
	return (int8_t)d->sections[s][at];
}

/* A label as symbols, and what one window of each kind says at each of them; the last one is the end. */
struct glance {
	unsigned len; /* of the label */
	uint8_t symbols[DNAME_LABEL_MAX + 1];
	int32_t triple[DNAME_LABEL_MAX + 1]; /* linear part, its units */
	int32_t benign_pair[DNAME_LABEL_MAX + 1], benign_triple[DNAME_LABEL_MAX + 1];
	int32_t sum_long, sum_classes; /* milli-nats */
	int32_t quads, quads_rare;
};

static uint32_t letter_of(unsigned symbol)
{
	return symbol < FEATURES_LETTERS ? symbol : 0;
}

static void look(const struct dga *d, const struct label *l, struct glance *g)
{
	struct features_walk w = FEATURES_WALK;
	uint32_t letters = 0;
	int64_t quads = 0, quints = 0, classes = 0;
	g->len = l->len;
	g->quads = g->quads_rare = 0;
	for (unsigned i = 0; i <= l->len; i++) {
		unsigned s = i < l->len ? features_symbol(l->bytes[i]) : (unsigned)FEATURES_EDGE;
		g->symbols[i] = (uint8_t)s;
		features_next(&w, s);
		g->triple[i] = octet(d, DGA_TRIPLES, w.triple);
		g->benign_pair[i] = octet(d, DGA_BENIGN_PAIRS, w.pair);
		g->benign_triple[i] = octet(d, DGA_BENIGN_TRIPLES, w.triple);
		quads += octet(d, DGA_QUADS, features_quad(&w, d->hash_bits));
		quints += octet(d, DGA_QUINTS, features_quint(&w, d->hash_bits));
		if (i < l->len) {
			features_next_class(&w, s);
			classes += octet(d, DGA_CLASS_WINDOWS, w.classes);
		}
		letters = letters * FEATURES_LETTERS % FEATURES_LETTER_QUADS + letter_of(s);
		if (i < 2)
			continue;
		int quad = (d->sections[DGA_BENIGN_QUADS][letters / 2] >> 4 * (letters & 1) & 15) -
			DGA_QUAD_ZERO;
		g->quads += quad;
		g->quads_rare += quad < 0;
	}
	g->sum_long = (int32_t)((quads * d->numbers[DGA_UNITS + DGA_QUADS - DGA_TRIPLES] +
					quints * d->numbers[DGA_UNITS + DGA_QUINTS - DGA_TRIPLES]) /
		1000000);
	g->sum_classes = (int32_t)(classes *
		d->numbers[DGA_UNITS + DGA_CLASS_WINDOWS - DGA_TRIPLES] / 1000000);
}

static int32_t sum_of(const int32_t *v, unsigned n)
{
	int32_t sum = 0;
	for (unsigned i = 0; i < n; i++)
		sum += v[i];
	return sum;
}

/* The least sum of `window` neighbours times `sign`. */
static int32_t least_window(const int32_t *v, unsigned n, unsigned window, int32_t sign)
{
	int32_t sum = 0, least = WINDOW_NONE;
	for (unsigned i = 0; i < n; i++) {
		sum += sign * v[i];
		if (i >= window)
			sum -= sign * v[i - window];
		if (i + 1 >= window && sum < least)
			least = sum;
	}
	return least;
}

static void linear_facts(const struct dga *d, const struct label *l, const struct glance *g,
	int32_t linear, int16_t *x)
{
	unsigned n = g->len + 1;
	uint32_t top = features_top_hash(l->top);
	int64_t unit = d->numbers[DGA_UNITS];
	int32_t triples = (int32_t)(sum_of(g->triple, n) * unit / 1000000);
	int64_t tops = (int64_t)octet(d, DGA_TOPS, features_top(top)) *
			d->numbers[DGA_UNITS + DGA_TOPS - DGA_TRIPLES] +
		(int64_t)octet(d, DGA_TOP_LENGTHS, features_top_length(top, l->len)) *
			d->numbers[DGA_UNITS + DGA_TOP_LENGTHS - DGA_TRIPLES];
	x[DENSE_LINEAR] = limited(linear >> LINEAR_SHIFT);
	x[DENSE_LINEAR_TRIPLES] = limited(triples >> LINEAR_SHIFT);
	x[DENSE_LINEAR_LONG] = limited(g->sum_long >> LINEAR_SHIFT);
	x[DENSE_LINEAR_CLASSES] = limited(g->sum_classes >> LINEAR_SHIFT);
	x[DENSE_LINEAR_TOP] = limited(tops / 1000000);
	x[DENSE_LINEAR_MEAN] = limited((triples + g->sum_long + g->sum_classes) / (int32_t)n);
	x[DENSE_LINEAR_MOST] =
		limited(-least_window(g->triple, n, SHORT_WINDOW, -1) * unit / 1000000);
	x[DENSE_LINEAR_LEAST] =
		limited(least_window(g->triple, n, SHORT_WINDOW, 1) * unit / 1000000);
}

static void language_facts(const struct glance *g, int16_t *x)
{
	unsigned n = g->len + 1;
	int32_t pairs = sum_of(g->benign_pair, n), triples = sum_of(g->benign_triple, n);
	x[DENSE_PAIRS] = limited(pairs);
	x[DENSE_PAIRS_MEAN] = limited(pairs * 32 / (int32_t)n);
	x[DENSE_PAIRS_LEAST] = limited(least_window(g->benign_pair, n, SHORT_WINDOW, 1));
	x[DENSE_TRIPLES] = limited(triples);
	x[DENSE_TRIPLES_MEAN] = limited(triples * 32 / (int32_t)n);
	x[DENSE_TRIPLES_LEAST] = limited(least_window(g->benign_triple, n, SHORT_WINDOW, 1));
	x[DENSE_TRIPLES_LEAST_LONG] = limited(least_window(g->benign_triple, n, LONG_WINDOW, 1));
	x[DENSE_TRIPLES_MOST] = limited(-least_window(g->benign_triple, n, SHORT_WINDOW, -1));
	x[DENSE_QUADS] = limited(g->quads);
	x[DENSE_QUADS_MEAN] = limited(g->quads * 64 / (int32_t)n);
	x[DENSE_QUADS_RARE] = limited(g->quads_rare);
}

/* Counts of one pass over the symbols. */
struct counts {
	unsigned by_symbol[FEATURES_SYMBOLS];
	unsigned by_class[4];
	unsigned run[4], run_max[4]; /* of one class */
	unsigned switches, alternations, repeated;
};

static void count(const struct glance *g, struct counts *c)
{
	enum features_class last = FEATURES_MARK;
	memset(c, 0, sizeof *c);
	for (unsigned i = 0; i < g->len; i++) {
		unsigned s = g->symbols[i];
		enum features_class class = features_class(s);
		c->by_symbol[s]++;
		c->by_class[class]++;
		if (i && class != last) {
			c->run[last] = 0;
			bool is_digit = class == FEATURES_NUMBER,
			     was_digit = last == FEATURES_NUMBER;
			c->switches += is_digit != was_digit;
			c->alternations += class <= FEATURES_VOWEL && last <= FEATURES_VOWEL;
		}
		if (++c->run[class] > c->run_max[class])
			c->run_max[class] = c->run[class];
		c->repeated += i && s == g->symbols[i - 1];
		last = class;
	}
}

/* n log2 n, 1/64 bits, for the entropy of a label (Shannon 1948). */
static const uint16_t n_log_n[DNAME_LABEL_MAX + 1] = {0, 0, 128, 304, 512, 743, 993, 1258, 1536,
	1826, 2126, 2435, 2753, 3079, 3411, 3751, 4096, 4447, 4804, 5165, 5532, 5903, 6279, 6659,
	7043, 7430, 7822, 8216, 8615, 9016, 9421, 9829, 10240, 10654, 11070, 11490, 11912, 12336,
	12763, 13192, 13624, 14058, 14495, 14933, 15374, 15817, 16261, 16708, 17157, 17608, 18060,
	18515, 18971, 19429, 19889, 20350, 20814, 21278, 21745, 22213, 22682, 23154, 23626, 24100};

/* How many different ones n even draws from 26 letters give, 1/16: 26 (1 - (25/26)^n). */
static const uint16_t even_distinct[DNAME_LABEL_MAX + 1] = {0, 16, 31, 46, 60, 74, 87, 100, 112,
	124, 135, 146, 156, 166, 176, 185, 194, 202, 211, 219, 226, 233, 240, 247, 254, 260, 266,
	272, 277, 283, 288, 293, 297, 302, 306, 311, 315, 319, 322, 326, 329, 333, 336, 339, 342,
	345, 348, 350, 353, 355, 357, 360, 362, 364, 366, 368, 370, 372, 373, 375, 376, 378, 379,
	381};

static void symbol_facts(const struct counts *c, unsigned len, int16_t *x)
{
	unsigned distinct = 0, most = 0, spread = 0, hex = 0, base32 = 0;
	for (unsigned s = 1; s < FEATURES_EDGE; s++) {
		unsigned n = c->by_symbol[s];
		distinct += n > 0;
		most = n > most ? n : most;
		spread += n_log_n[n];
		if (s <= 6 || (s >= FEATURES_DIGIT && s < FEATURES_HYPHEN))
			hex += n;
		if (s < FEATURES_DIGIT || (s >= FEATURES_DIGIT + 2 && s <= FEATURES_DIGIT + 7))
			base32 += n;
	}
	x[DENSE_DISTINCT] = limited(distinct);
	x[DENSE_DISTINCT_MISSING] = limited((int)even_distinct[len] - (int)distinct * 16);
	x[DENSE_MOST_FREQUENT] = limited(most);
	x[DENSE_ENTROPY] = limited((n_log_n[len] - (int)spread) / (int)len);
	x[DENSE_NOT_HEX] = limited(len - hex);
	x[DENSE_NOT_BASE32] = limited(len - base32);
	x[DENSE_HYPHENS] = limited(c->by_symbol[FEATURES_HYPHEN]);
	x[DENSE_SELDOM] = limited(c->by_symbol['j' - 'a' + 1] + c->by_symbol['q' - 'a' + 1] +
		c->by_symbol['w' - 'a' + 1] + c->by_symbol['x' - 'a' + 1] +
		c->by_symbol['z' - 'a' + 1]);
}

static void class_facts(const struct glance *g, const struct counts *c, int16_t *x)
{
	unsigned letters = c->by_class[FEATURES_VOWEL] + c->by_class[FEATURES_CONSONANT], last = 0;
	while (last < g->len && features_class(g->symbols[g->len - 1 - last]) == FEATURES_NUMBER)
		last++;
	x[DENSE_LENGTH] = limited(g->len);
	x[DENSE_DIGITS] = limited(c->by_class[FEATURES_NUMBER]);
	x[DENSE_DIGITS_LAST] = limited(last);
	x[DENSE_DIGITS_RUN] = limited(c->run_max[FEATURES_NUMBER]);
	x[DENSE_SWITCHES] = limited(c->switches);
	x[DENSE_VOWELS] = limited(letters ? c->by_class[FEATURES_VOWEL] * 64 / letters : 0);
	x[DENSE_CONSONANTS_RUN] = limited(c->run_max[FEATURES_CONSONANT]);
	x[DENSE_VOWELS_RUN] = limited(c->run_max[FEATURES_VOWEL]);
	x[DENSE_ALTERNATIONS] = limited(letters > 1 ? c->alternations * 64 / (letters - 1) : 0);
	x[DENSE_REPEATED] = limited(c->repeated);
}

static void word_facts(const struct dga *d, const struct label *l, int16_t *x)
{
	struct words_layout w;
	words_lay_out(d->sections[DGA_WORDS_TABLE], d->word_bits, l->bytes, l->len, &w);
	x[DENSE_WORDS] = limited(w.words);
	x[DENSE_WORDS_LOOSE] = limited(l->len - w.covered);
	x[DENSE_WORDS_LONGEST] = limited(w.longest);
	x[DENSE_WORDS_RAREST] = limited(w.rarest);
	x[DENSE_WORDS_MEAN] = limited(w.words ? w.covered * 16 / w.words : 0);
	x[DENSE_WORDS_BITS] = limited(w.bits * 64 / l->len);
	x[DENSE_WORDS_SAVED] = limited(l->len * WORDS_COST_LOOSE - w.bits);
}

void dense_of(
	const struct dga *d, const struct label *l, int32_t linear, int16_t x[static DENSE_COUNT])
{
	struct glance g;
	struct counts c;
	look(d, l, &g);
	count(&g, &c);
	linear_facts(d, l, &g, linear, x);
	language_facts(&g, x);
	class_facts(&g, &c, x);
	symbol_facts(&c, g.len, x);
	word_facts(d, l, x);
	x[DENSE_TOP_FREQUENCY] =
		limited(d->sections[DGA_BENIGN_TOPS][features_top(features_top_hash(l->top))]);
	x[DENSE_TOP_LENGTH] = limited(l->top[0]);
}
