/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Every run of letters is a candidate, as probable as it is frequent. Labels are laid out with the most probable ones, which are
 * counted anew, a few times: pieces of longer words lose their count to these (Viterbi training of a unigram
 * model; Kudo, "Subword regularization", 2018). Counts stand in a table without keys: two candidates may share one.
 */
#include "dga/learn_words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dga/prose.h"
#include "dga/words.h"

enum {
	COUNT_BITS = 22,
	ROUNDS = 3,
	COUNT_MIN = 5, /* of a word in the end */
	CANDIDATE_MIN = 10,
	FINAL_BITS = 18, /* of the list of words found, hashed */
	FOUND_MAX = 1 << (FINAL_BITS - 1),
	PROSE_COUNT_MAX = 300, /* the commonest words are common in names as well */
};

static const double prose_bias = 1; /* nats: the text that was counted is so much the smaller one */

static const float loose_cost = 4.5f; /* nats, of a character in no word */

struct found {
	uint32_t hash, count, prose; /* in labels and in prose */
	uint16_t triple; /* that it begins with */
	uint8_t size;
};

/* A word in a label. */
struct place {
	uint32_t hash;
	uint8_t at, size;
};

struct searcher {
	const struct learn_rows *rows;
	uint32_t *counts, *next_counts;
	float *costs; /* nats; 0: no candidate */
	struct found *found;
	size_t found_count;
};

static uint32_t counter(uint32_t ended)
{
	return ended >> (32 - COUNT_BITS);
}

static bool is_letter(uint8_t c)
{
	return (uint8_t)(c - 'a') < 26;
}

/* Where the run of `size` letters at `i` is counted. */
static uint32_t counter_of(const struct label *l, unsigned i, unsigned size)
{
	return counter(words_hash(l->bytes + i, size));
}

/* Runs of `size` letters; those only whose beginning and end are frequent enough (Agrawal and Srikant, "Fast algorithms for mining association
 * rules", 1994), or the table would fill up with what comes once. */
static void count_candidates(struct searcher *s, const struct label *l, unsigned size)
{
	unsigned letters = 0;
	bool was_frequent = false; /* the run of size - 1 that ends here */
	for (unsigned end = 1; end <= l->len; end++) {
		letters = is_letter(l->bytes[end - 1]) ? letters + 1 : 0;
		bool is_frequent = size == WORDS_MIN ||
			(letters >= size - 1 &&
				s->counts[counter_of(l, end - (size - 1), size - 1)] >=
					CANDIDATE_MIN);
		if (letters >= size && is_frequent && (was_frequent || size == WORDS_MIN))
			s->counts[counter_of(l, end - size, size)]++;
		was_frequent = is_frequent;
	}
}

static void count_costs(struct searcher *s, uint32_t least)
{
	double total = 0;
	for (size_t i = 0; i < (size_t)1 << COUNT_BITS; i++)
		if (s->counts[i] >= least)
			total += s->counts[i];
	double log_total = learn_log(total + 1);
	for (size_t i = 0; i < (size_t)1 << COUNT_BITS; i++)
		s->costs[i] =
			s->counts[i] >= least ? (float)(log_total - learn_log(s->counts[i])) : 0;
}

/* The cheapest way to reach a place in a label. */
struct step {
	float cost;
	uint8_t from;
	uint32_t hash; /* of the word on its last stretch; 0: a loose character */
};

/* The cheapest layout; its words, from the last to the first. */
static unsigned lay_out(
	const struct searcher *s, const struct label *l, struct place words[DNAME_LABEL_MAX])
{
	struct step steps[DNAME_LABEL_MAX + 1] = {{0}};
	for (unsigned i = 1; i <= l->len; i++)
		steps[i].cost = 1e9f;
	for (unsigned i = 0; i < l->len; i++) {
		if (steps[i].cost + loose_cost < steps[i + 1].cost) {
			steps[i + 1].cost = steps[i].cost + loose_cost;
			steps[i + 1].from = (uint8_t)i;
			steps[i + 1].hash = 0;
		}
		uint32_t hash = 0;
		for (unsigned k = i; k < l->len && k < i + WORDS_MAX && is_letter(l->bytes[k]);
			k++) {
			hash = words_hash_next(hash, l->bytes[k]);
			if (k + 1 < i + WORDS_MIN)
				continue;
			uint32_t ended = words_hash_end(hash);
			float cost = s->costs[counter(ended)];
			if (cost > 0 && steps[i].cost + cost < steps[k + 1].cost) {
				steps[k + 1].cost = steps[i].cost + cost;
				steps[k + 1].from = (uint8_t)i;
				steps[k + 1].hash = ended;
			}
		}
	}
	unsigned n = 0;
	for (unsigned at = l->len; at; at = steps[at].from)
		if (steps[at].hash)
			words[n++] = (struct place){
				steps[at].hash, steps[at].from, (uint8_t)(at - steps[at].from)};
	return n;
}

static void recount(struct searcher *s)
{
	struct place words[DNAME_LABEL_MAX];
	memset(s->next_counts, 0, sizeof *s->next_counts << COUNT_BITS);
	for (size_t i = 0; i < s->rows->count; i++) {
		struct label l = learn_label(s->rows, i);
		unsigned n = lay_out(s, &l, words);
		for (unsigned k = 0; k < n; k++)
			s->next_counts[counter(words[k].hash)]++;
	}
	uint32_t *held = s->counts;
	s->counts = s->next_counts;
	s->next_counts = held;
}

static struct found *find_found(
	struct searcher *s, uint32_t hash, const uint8_t *letters, unsigned size)
{
	uint32_t mask = (1u << FINAL_BITS) - 1, at = hash & mask;
	while ((s->found[at].count || s->found[at].prose) && s->found[at].hash != hash)
		at = (at + 1) & mask;
	s->found[at].hash = hash;
	s->found[at].triple = (uint16_t)words_triple(letters);
	s->found[at].size = (uint8_t)size;
	return &s->found[at];
}

/* Collects the words in use with their whole hash. */
static void collect(struct searcher *s)
{
	struct place words[DNAME_LABEL_MAX];
	for (size_t i = 0; i < s->rows->count; i++) {
		struct label l = learn_label(s->rows, i);
		unsigned n = lay_out(s, &l, words);
		for (unsigned k = 0; k < n; k++) {
			struct found *f =
				find_found(s, words[k].hash, l.bytes + words[k].at, words[k].size);
			if (!f->count && s->found_count > FOUND_MAX)
				continue;
			s->found_count += !f->count;
			f->count++;
		}
	}
}

/* Those of prose belong to the words whether benign names have them or not. */
static void add_prose(struct searcher *s)
{
	size_t at = 0;
	struct prose_word w;
	while (prose_next(&at, &w)) {
		if (w.len > WORDS_MAX)
			continue;
		const uint8_t *letters = (const uint8_t *)w.text;
		struct found *f =
			find_found(s, words_hash(letters, w.len), letters, (unsigned)w.len);
		s->found_count += !f->count;
		f->prose = w.count;
	}
}

/* The code (words.h) of a word: nats, rounded, for one of prose; for the others a level for each factor of three, up from a quarter of a
 * thousandth of the most frequent. */
static unsigned code_of(const struct found *f, uint32_t most)
{
	unsigned level = 0;
	if (f->prose) {
		double count = f->prose < PROSE_COUNT_MAX ? f->prose : PROSE_COUNT_MAX;
		double v = learn_log((count + 0.5) / (f->count + 1.0)) + prose_bias -
			WORDS_PROSE_LEAST;
		v = v < 0 ? 0 : v > WORDS_LEVELS - 1 ? WORDS_LEVELS - 1 : v;
		return WORDS_LEVELS + (unsigned)lrint(v);
	}
	for (uint64_t n = (uint64_t)f->count * 8; n < most && level < WORDS_LEVELS - 1; n *= 3)
		level++;
	return level;
}

/* Those of prose first: the table has room for them all. Then the most frequent; among equals by hash, so that the order is one. */
static int by_use(const void *a, const void *b)
{
	const struct found *x = a, *y = b;
	if (!x->prose != !y->prose)
		return x->prose ? -1 : 1;
	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return (x->hash > y->hash) - (x->hash < y->hash);
}

static void write_tables(struct searcher *s, unsigned word_bits, uint8_t *table, uint8_t *sizes)
{
	size_t room = ((size_t)1 << word_bits) / 5 * 4, written = 0;
	uint32_t most = 0;
	for (size_t i = 0; i < (size_t)1 << FINAL_BITS; i++)
		most = s->found[i].count > most ? s->found[i].count : most;
	qsort(s->found, (size_t)1 << FINAL_BITS, sizeof *s->found, by_use);
	for (size_t i = 0; i < s->found_count && written < room; i++) {
		const struct found *f = &s->found[i];
		if ((f->count < COUNT_MIN && !f->prose) ||
			!words_put(table, word_bits, f->hash, code_of(f, most)))
			continue;
		words_put_size(sizes, f->triple, f->size);
		written++;
	}
}

int learn_words(const struct learn_rows *rows, unsigned word_bits, const struct dga_layout *layout,
	uint8_t *bytes)
{
	struct searcher s = {.rows = rows,
		.counts = calloc((size_t)1 << COUNT_BITS, sizeof *s.counts),
		.next_counts = calloc((size_t)1 << COUNT_BITS, sizeof *s.next_counts),
		.costs = calloc((size_t)1 << COUNT_BITS, sizeof *s.costs),
		.found = calloc((size_t)1 << FINAL_BITS, sizeof *s.found)};
	bool is_good = s.counts && s.next_counts && s.costs && s.found;
	if (is_good) {
		for (unsigned size = WORDS_MIN; size <= WORDS_MAX; size++)
			for (size_t i = 0; i < rows->count; i++) {
				struct label l = learn_label(rows, i);
				count_candidates(&s, &l, size);
			}
		for (int round = 0; round < ROUNDS; round++) {
			count_costs(&s, round ? COUNT_MIN : CANDIDATE_MIN);
			recount(&s);
		}
		count_costs(&s, COUNT_MIN);
		collect(&s);
		add_prose(&s);
		write_tables(&s, word_bits, bytes + layout->at[DGA_WORDS_TABLE],
			bytes + layout->at[DGA_WORDS_SIZES]);
	}
	free(s.counts);
	free(s.next_counts);
	free(s.costs);
	free(s.found);
	return is_good ? 0 : -ENOMEM;
}
