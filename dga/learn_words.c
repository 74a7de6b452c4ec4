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

#include "dga/words.h"

enum {
	COUNT_BITS = 22,
	ROUNDS = 3,
	COUNT_MIN = 5, /* of a word in the end */
	CANDIDATE_MIN = 10,
	FINAL_BITS = 18, /* of the list of words found, hashed */
};

static const float loose_cost = 4.5f; /* nats, of a character in no word */

struct found {
	uint32_t hash, count;
};

struct searcher {
	const struct learn_rows *rows;
	uint32_t *counts, *next_counts;
	float *costs; /* nats; 0: no candidate */
	struct found *found;
	size_t found_count;
};

static uint32_t place(uint32_t ended)
{
	return ended >> (32 - COUNT_BITS);
}

static bool is_letter(uint8_t c)
{
	return (uint8_t)(c - 'a') < 26;
}

static void count_candidates(struct searcher *s, const struct label *l)
{
	for (unsigned i = 0; i < l->len; i++) {
		uint32_t hash = WORDS_HASH;
		for (unsigned k = i; k < l->len && k < i + WORDS_MAX && is_letter(l->bytes[k]);
			k++) {
			hash = words_hash_next(hash, l->bytes[k]);
			if (k + 1 >= i + WORDS_MIN)
				s->counts[place(words_hash_end(hash))]++;
		}
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

/* The cheapest layout; hashes of its words, from the last to the first. */
static unsigned lay_out(
	const struct searcher *s, const struct label *l, uint32_t words[DNAME_LABEL_MAX])
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
		uint32_t hash = WORDS_HASH;
		for (unsigned k = i; k < l->len && k < i + WORDS_MAX && is_letter(l->bytes[k]);
			k++) {
			hash = words_hash_next(hash, l->bytes[k]);
			if (k + 1 < i + WORDS_MIN)
				continue;
			uint32_t ended = words_hash_end(hash);
			float cost = s->costs[place(ended)];
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
			words[n++] = steps[at].hash;
	return n;
}

static void recount(struct searcher *s)
{
	uint32_t words[DNAME_LABEL_MAX];
	memset(s->next_counts, 0, sizeof *s->next_counts << COUNT_BITS);
	for (size_t i = 0; i < s->rows->count; i++) {
		struct label l = learn_label(s->rows, i);
		unsigned n = lay_out(s, &l, words);
		for (unsigned k = 0; k < n; k++)
			s->next_counts[place(words[k])]++;
	}
	uint32_t *held = s->counts;
	s->counts = s->next_counts;
	s->next_counts = held;
}

/* Collects the words in use with their whole hash. */
static void collect(struct searcher *s)
{
	uint32_t words[DNAME_LABEL_MAX], mask = (1u << FINAL_BITS) - 1;
	for (size_t i = 0; i < s->rows->count; i++) {
		struct label l = learn_label(s->rows, i);
		unsigned n = lay_out(s, &l, words);
		for (unsigned k = 0; k < n; k++) {
			uint32_t at = words[k] & mask;
			while (s->found[at].count && s->found[at].hash != words[k])
				at = (at + 1) & mask;
			if (!s->found[at].count && s->found_count > mask / 2)
				continue;
			s->found_count += !s->found[at].count;
			s->found[at].hash = words[k];
			s->found[at].count++;
		}
	}
}

/* The most frequent first; among equals by hash, so that the order is one. */
static int by_count(const void *a, const void *b)
{
	const struct found *x = a, *y = b;
	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return (x->hash > y->hash) - (x->hash < y->hash);
}

static void write_table(struct searcher *s, unsigned word_bits, uint8_t *table)
{
	qsort(s->found, (size_t)1 << FINAL_BITS, sizeof *s->found, by_count);
	size_t room = ((size_t)1 << word_bits) / 5 * 4, written = 0;
	uint32_t most = s->found[0].count;
	for (size_t i = 0; i < s->found_count && written < room && s->found[i].count >= COUNT_MIN;
		i++) {
		/* A level for each factor of three, up from a quarter of a thousandth of the most frequent. */
		unsigned level = 0;
		for (uint64_t n = (uint64_t)s->found[i].count * 8;
			n < most && level < WORDS_LEVELS - 1; n *= 3)
			level++;
		written += words_put(table, word_bits, s->found[i].hash, level);
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
		for (size_t i = 0; i < rows->count; i++) {
			struct label l = learn_label(rows, i);
			count_candidates(&s, &l);
		}
		for (int round = 0; round < ROUNDS; round++) {
			count_costs(&s, round ? COUNT_MIN : CANDIDATE_MIN);
			recount(&s);
		}
		count_costs(&s, COUNT_MIN);
		collect(&s);
		write_table(&s, word_bits, bytes + layout->at[DGA_WORDS_TABLE]);
	}
	free(s.counts);
	free(s.next_counts);
	free(s.costs);
	free(s.found);
	return is_good ? 0 : -ENOMEM;
}
