/* SPDX-License-Identifier: BSD-2-Clause */
#include "dga/dense.h"

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

/* --- the linear score's parts --- */

/* The least and the largest sum of so many neighbours. */
struct extremes {
	int32_t least, most;
};

static struct extremes windows_of(const int8_t *v, unsigned n, unsigned window)
{
	struct extremes e = {WINDOW_NONE, -WINDOW_NONE};
	int32_t sum = 0;
	unsigned i = 0;
	for (; i < n && i + 1 < window; i++)
		sum += v[i];
	for (const int8_t *first = v; i < n; i++) {
		sum += v[i];
		e.least = sum < e.least ? sum : e.least;
		e.most = sum > e.most ? sum : e.most;
		sum -= *first++;
	}
	return e;
}

static void linear_facts(
	const struct dga *d, const struct label *l, const struct linear *linear, int16_t *x)
{
	int32_t n = l->len + 1;
	int64_t unit = d->numbers[DGA_UNITS];
	int32_t triples = (int32_t)linear_milli(d, linear, DGA_TRIPLES, DGA_TRIPLES);
	int32_t longer = (int32_t)linear_milli(d, linear, DGA_QUADS, DGA_QUINTS);
	int32_t classes = (int32_t)linear_milli(d, linear, DGA_CLASS_WINDOWS, DGA_CLASS_WINDOWS);
	struct extremes e = windows_of(linear->octets, l->len + 1u, SHORT_WINDOW);
	x[DENSE_LINEAR] = limited(linear->score >> LINEAR_SHIFT);
	x[DENSE_LINEAR_TRIPLES] = limited(triples >> LINEAR_SHIFT);
	x[DENSE_LINEAR_LONG] = limited(longer >> LINEAR_SHIFT);
	x[DENSE_LINEAR_CLASSES] = limited(classes >> LINEAR_SHIFT);
	x[DENSE_LINEAR_TOP] = limited(linear_milli(d, linear, DGA_TOPS, DGA_TOP_LENGTHS));
	x[DENSE_LINEAR_MEAN] = limited((triples + longer + classes) / n);
	x[DENSE_LINEAR_MOST] = limited(e.most * unit / 1000000);
	x[DENSE_LINEAR_LEAST] = limited(e.least * unit / 1000000);
}

/* --- the benign names' language --- */

static uint32_t letter_of(unsigned symbol)
{
	return symbol < FEATURES_LETTERS ? symbol : 0;
}

/* Four letters, where they all are within the label. */
static void quad_facts(const struct dga *d, const struct linear *linear, unsigned n, int16_t *x)
{
	const uint8_t *table = d->sections[DGA_BENIGN_QUADS];
	uint32_t a = 0, b = letter_of(linear->symbols[0]), c = letter_of(linear->symbols[1]);
	int32_t sum = 0, rare = 0;
	for (unsigned i = 2; i < n; i++) {
		uint32_t s = letter_of(linear->symbols[i]);
		uint32_t at =
			((a * FEATURES_LETTERS + b) * FEATURES_LETTERS + c) * FEATURES_LETTERS + s;
		int32_t quad = (table[at / 2] >> 4 * (at & 1) & 15) - DGA_QUAD_ZERO;
		sum += quad;
		rare += quad < 0;
		a = b;
		b = c;
		c = s;
	}
	x[DENSE_QUADS] = limited(sum);
	x[DENSE_QUADS_MEAN] = limited(sum * 64 / (int32_t)n);
	x[DENSE_QUADS_RARE] = limited(rare);
}

static void language_facts(
	const struct dga *d, const struct label *l, const struct linear *linear, int16_t *x)
{
	int8_t pair[DNAME_LABEL_MAX + 1], triple[DNAME_LABEL_MAX + 1];
	unsigned n = l->len + 1u, last = FEATURES_EDGE;
	int32_t pairs = 0, triples = 0;
	for (unsigned i = 0; i < n; i++) {
		unsigned symbol = linear->symbols[i];
		pair[i] = (int8_t)octet(d, DGA_BENIGN_PAIRS, last * FEATURES_SYMBOLS + symbol);
		last = symbol;
		triple[i] = (int8_t)octet(d, DGA_BENIGN_TRIPLES, linear->triples[i]);
		pairs += pair[i];
		triples += triple[i];
	}
	struct extremes e = windows_of(triple, n, SHORT_WINDOW);
	x[DENSE_PAIRS] = limited(pairs);
	x[DENSE_PAIRS_MEAN] = limited(pairs * 32 / (int32_t)n);
	x[DENSE_PAIRS_LEAST] = limited(windows_of(pair, n, SHORT_WINDOW).least);
	x[DENSE_TRIPLES] = limited(triples);
	x[DENSE_TRIPLES_MEAN] = limited(triples * 32 / (int32_t)n);
	x[DENSE_TRIPLES_LEAST] = limited(e.least);
	x[DENSE_TRIPLES_LEAST_LONG] = limited(windows_of(triple, n, LONG_WINDOW).least);
	x[DENSE_TRIPLES_MOST] = limited(e.most);
	quad_facts(d, linear, n, x);
}

/* --- counts --- */

/* Sets of places in a label, one a bit. */
struct places {
	uint64_t vowels, consonants, digits, repeated;
};

static unsigned count(uint64_t set)
{
	return (unsigned)__builtin_popcountll(set);
}

/* How long the longest run of neighbours is. */
static unsigned longest_run(uint64_t set)
{
	unsigned n = 0;
	for (; set; set &= set >> 1)
		n++;
	return n;
}

static void class_facts(const struct places *p, unsigned len, int16_t *x)
{
	uint64_t letters = p->vowels | p->consonants;
	uint64_t inner = ((uint64_t)1 << len >> 1) - 1; /* those with one behind them */
	unsigned vowels = count(p->vowels), all = vowels + count(p->consonants), last = 0;
	while (last < len && p->digits >> (len - 1 - last) & 1)
		last++;
	unsigned alternations =
		count((p->vowels ^ p->vowels >> 1) & letters & letters >> 1 & inner);
	x[DENSE_LENGTH] = limited(len);
	x[DENSE_DIGITS] = limited(count(p->digits));
	x[DENSE_DIGITS_LAST] = limited(last);
	x[DENSE_DIGITS_RUN] = limited(longest_run(p->digits));
	x[DENSE_SWITCHES] = limited(count((p->digits ^ p->digits >> 1) & inner));
	x[DENSE_VOWELS] = limited(all ? vowels * 64 / all : 0);
	x[DENSE_CONSONANTS_RUN] = limited(longest_run(p->consonants));
	x[DENSE_VOWELS_RUN] = limited(longest_run(p->vowels));
	x[DENSE_ALTERNATIONS] = limited(all > 1 ? alternations * 64 / (all - 1) : 0);
	x[DENSE_REPEATED] = limited(count(p->repeated));
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

/* Sets of symbols, one a bit. */
static uint64_t symbols_from(unsigned first, unsigned last)
{
	return ((uint64_t)2 << last) - ((uint64_t)1 << first);
}

static uint64_t letter(char c)
{
	return (uint64_t)1 << (c - 'a' + 1);
}

static void symbol_facts(const uint8_t *counts, uint64_t seen, unsigned len, int16_t *x)
{
	const uint64_t digits = symbols_from(FEATURES_DIGIT, FEATURES_HYPHEN - 1);
	const uint64_t hex = symbols_from(1, 6) | digits;
	const uint64_t base32 =
		symbols_from(1, 26) | symbols_from(FEATURES_DIGIT + 2, FEATURES_DIGIT + 7);
	const uint64_t seldom = letter('j') | letter('q') | letter('w') | letter('x') | letter('z');
	unsigned distinct = count(seen), most = 0, of_hex = 0, of_base32 = 0, of_seldom = 0;
	int spread = 0;
	for (; seen; seen &= seen - 1) {
		unsigned s = (unsigned)__builtin_ctzll(seen), n = counts[s];
		most = n > most ? n : most;
		spread += n_log_n[n];
		of_hex += hex >> s & 1 ? n : 0;
		of_base32 += base32 >> s & 1 ? n : 0;
		of_seldom += seldom >> s & 1 ? n : 0;
	}
	x[DENSE_DISTINCT] = limited(distinct);
	x[DENSE_DISTINCT_MISSING] = limited((int)even_distinct[len] - (int)distinct * 16);
	x[DENSE_MOST_FREQUENT] = limited(most);
	x[DENSE_ENTROPY] = limited((n_log_n[len] - spread) / (int)len);
	x[DENSE_NOT_HEX] = limited(len - of_hex);
	x[DENSE_NOT_BASE32] = limited(len - of_base32);
	x[DENSE_HYPHENS] = limited(counts[FEATURES_HYPHEN]);
	x[DENSE_SELDOM] = limited(of_seldom);
}

static void count_facts(const struct label *l, const struct linear *linear, int16_t *x)
{
	struct places p = {0};
	uint8_t counts[FEATURES_SYMBOLS] = {0};
	uint64_t seen = 0, of_class[4] = {0};
	unsigned last = FEATURES_PAD;
	for (unsigned i = 0; i < l->len; i++) {
		unsigned s = linear->symbols[i];
		counts[s]++;
		seen |= (uint64_t)1 << s;
		of_class[features_class(s)] |= (uint64_t)1 << i;
		p.repeated |= (uint64_t)(s == last) << i;
		last = s;
	}
	p.vowels = of_class[FEATURES_VOWEL];
	p.consonants = of_class[FEATURES_CONSONANT];
	p.digits = of_class[FEATURES_NUMBER];
	class_facts(&p, l->len, x);
	symbol_facts(counts, seen, l->len, x);
}

/* --- words --- */

static void word_facts(const struct dga *d, const struct label *l, int16_t *x)
{
	const struct words known = dga_model_words(d);
	struct words_layout w;
	words_lay_out(&known, l->bytes, l->len, &w);
	x[DENSE_WORDS] = limited(w.words);
	x[DENSE_WORDS_LOOSE] = limited(l->len - w.covered);
	x[DENSE_WORDS_LONGEST] = limited(w.longest);
	x[DENSE_WORDS_RAREST] = limited(w.rarest);
	x[DENSE_WORDS_MEAN] = limited(w.words ? w.covered * 16 / w.words : 0);
	x[DENSE_WORDS_BITS] = limited(w.bits * 64 / l->len);
	x[DENSE_WORDS_SAVED] = limited(l->len * WORDS_COST_LOOSE - w.bits);
	x[DENSE_PROSE] = w.prose;
	x[DENSE_PROSE_MEAN] = limited(w.words ? w.prose * 16 / w.words : 0);
	x[DENSE_PROSE_MOST] = w.prose_most;
	x[DENSE_PROSE_LEAST] = w.prose_least;
}

void dense_of(const struct dga *d, const struct label *l, const struct linear *linear,
	int16_t x[static DENSE_COUNT])
{
	linear_facts(d, l, linear, x);
	language_facts(d, l, linear, x);
	count_facts(l, linear, x);
	word_facts(d, l, x);
	x[DENSE_TOP_FREQUENCY] = limited(d->sections[DGA_BENIGN_TOPS][linear->top]);
	x[DENSE_TOP_LENGTH] = limited(l->top[0]);
}
