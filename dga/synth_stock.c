/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Words are found without a dictionary: what stands between hyphens, and then, round by round, what is left of a label
 * without a word that is known at its one end.
 */
#include "dga/synth_stock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dga/prose.h"
#include "resolver/base/hash.h"

enum {
	ROUNDS = 2,
	SLOTS = 1 << 20, /* of the table in which words are counted */
	SLOTS_USED_MAX = SLOTS / 4 * 3,
	HYPHENED_MIN = 2, /* so many labels must have a word between hyphens */
	LEFT_OVER_MIN = 5, /* and so many, what is left of them */
	LEFT_OVER_LENGTH_MIN = 4,
	KNOWN_LENGTH_MIN = 4, /* shorter words do not cut others */
};

/* Words and their counts, by hash. */
struct counter {
	struct synth_word *slots; /* len 0: free */
	size_t used;
};

static struct synth_word *find(const struct counter *c, const char *text, size_t len)
{
	size_t at = (size_t)hash_bytes(text, len, 0) & (SLOTS - 1);
	while (c->slots[at].len &&
		(c->slots[at].len != len || memcmp(c->slots[at].text, text, len) != 0))
		at = (at + 1) & (SLOTS - 1);
	return &c->slots[at];
}

static void count(struct counter *c, const char *text, size_t len)
{
	if (len < SYNTH_WORD_MIN || len > SYNTH_WORD_MAX)
		return;
	struct synth_word *w = find(c, text, len);
	if (!w->len) {
		if (c->used == SLOTS_USED_MAX)
			return;
		c->used++;
		memcpy(w->text, text, len);
		w->len = (uint8_t)len;
	}
	w->count++;
}

static void forget_rare(struct counter *from, struct counter *to, uint32_t least)
{
	to->used = 0;
	memset(to->slots, 0, SLOTS * sizeof *to->slots);
	for (size_t i = 0; i < SLOTS; i++) {
		const struct synth_word *w = &from->slots[i];
		if (!w->len || w->count < least)
			continue;
		struct synth_word *kept = find(to, w->text, w->len);
		if (!kept->len)
			to->used++;
		*kept = *w;
	}
}

/* --- labels --- */

static bool is_learned(const struct sample *s)
{
	return s->family == SAMPLES_BENIGN && !s->is_held && !s->is_unvetted && s->len;
}

static bool is_letters(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] < 'a' || text[i] > 'z')
			return false;
	return true;
}

static void count_between_hyphens(struct counter *c, const char *text, size_t len)
{
	for (size_t from = 0, i = 0; i <= len; i++) {
		if (i < len && text[i] != '-')
			continue;
		if (i - from < len && is_letters(text + from, i - from))
			count(c, text + from, i - from);
		from = i + 1;
	}
}

static void count_left_over(
	struct counter *c, const struct counter *known, const char *text, size_t len)
{
	if (!is_letters(text, len))
		return;
	for (size_t i = LEFT_OVER_LENGTH_MIN; i + KNOWN_LENGTH_MIN <= len; i++) {
		size_t other = len - i;
		if (other <= SYNTH_WORD_MAX && find(known, text + i, other)->len)
			count(c, text, i);
		if (other <= SYNTH_WORD_MAX && find(known, text, other)->len)
			count(c, text + other, i);
	}
}

static int by_count(const void *a, const void *b)
{
	const struct synth_word *x = a, *y = b;
	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return strcmp(x->text, y->text);
}

static void add_prose(struct synth_stock *stock)
{
	size_t at = 0;
	struct prose_word w;
	while (stock->prose_count < SYNTH_PROSE_MAX && prose_next(&at, &w)) {
		if (w.len > SYNTH_WORD_MAX)
			continue;
		struct synth_word *to = &stock->words[stock->word_count + stock->prose_count++];
		memcpy(to->text, w.text, w.len);
		to->len = (uint8_t)w.len;
		to->count = w.count;
	}
}

static int keep_words(struct synth_stock *stock, struct counter *c)
{
	size_t n = 0;
	for (size_t i = 0; i < SLOTS; i++)
		if (c->slots[i].len)
			c->slots[n++] = c->slots[i];
	qsort(c->slots, n, sizeof *c->slots, by_count);
	n = n < SYNTH_WORDS_MAX ? n : SYNTH_WORDS_MAX;
	stock->words = calloc(n + SYNTH_PROSE_MAX, sizeof *stock->words);
	if (!stock->words)
		return -ENOMEM;
	memcpy(stock->words, c->slots, n * sizeof *stock->words);
	stock->word_count = (uint32_t)n;
	add_prose(stock);
	return 0;
}

static void merge(struct counter *into, const struct counter *from)
{
	for (size_t i = 0; i < SLOTS; i++) {
		const struct synth_word *w = &from->slots[i];
		struct synth_word *kept = w->len ? find(into, w->text, w->len) : NULL;
		if (!kept || (!kept->len && into->used == SLOTS_USED_MAX))
			continue;
		uint32_t before = kept->len ? kept->count : 0;
		into->used += !kept->len;
		*kept = *w;
		kept->count = before > w->count ? before : w->count;
	}
}

static int learn_words(struct synth_stock *stock, const struct samples *s)
{
	struct counter known = {.slots = calloc(SLOTS, sizeof *known.slots)};
	struct counter rests = {.slots = calloc(SLOTS, sizeof *rests.slots)};
	struct counter kept = {.slots = calloc(SLOTS, sizeof *kept.slots)};
	int e = known.slots && rests.slots && kept.slots ? 0 : -ENOMEM;
	for (size_t i = 0; !e && i < s->count; i++)
		if (is_learned(&s->all[i]))
			count_between_hyphens(
				&rests, (const char *)s->text + s->all[i].at, s->all[i].len);
	if (!e)
		forget_rare(&rests, &known, HYPHENED_MIN);
	for (int round = 0; !e && round < ROUNDS; round++) {
		memset(rests.slots, 0, SLOTS * sizeof *rests.slots);
		rests.used = 0;
		for (size_t i = 0; i < s->count; i++)
			if (is_learned(&s->all[i]))
				count_left_over(&rests, &known,
					(const char *)s->text + s->all[i].at, s->all[i].len);
		forget_rare(&rests, &kept, LEFT_OVER_MIN);
		merge(&known, &kept);
	}
	if (!e)
		e = keep_words(stock, &known);
	free(known.slots);
	free(rests.slots);
	free(kept.slots);
	return e;
}

/* --- the rest --- */

static void learn_letters(struct synth_stock *stock, const char *text, size_t len)
{
	unsigned a = SYNTH_END, b = SYNTH_END;
	for (size_t i = 0; i <= len; i++) {
		unsigned c = i < len ? (unsigned)(text[i] - 'a') : SYNTH_END;
		if (c > SYNTH_END || (c == SYNTH_END && i < len))
			return;
		stock->followers[a * 27 + b][c]++;
		if (c < SYNTH_LETTERS)
			stock->letters[c]++;
		a = b;
		b = c;
	}
}

static void learn_top(struct synth_stock *stock, const uint8_t *top)
{
	size_t len = top[0];
	if (len >= sizeof stock->tops[0].text || !is_letters((const char *)top + 1, len))
		return;
	uint32_t i = 0;
	while (i < stock->top_count &&
		(strlen(stock->tops[i].text) != len ||
			memcmp(stock->tops[i].text, top + 1, len) != 0))
		i++;
	if (i == SYNTH_TOPS_MAX)
		return;
	if (i == stock->top_count) {
		memcpy(stock->tops[i].text, top + 1, len);
		stock->top_count++;
	}
	stock->tops[i].names++;
	/* Frequent ones are found early. */
	if (i && stock->tops[i].names > stock->tops[i - 1].names) {
		struct synth_top held = stock->tops[i];
		stock->tops[i] = stock->tops[i - 1];
		stock->tops[i - 1] = held;
	}
}

static void learn_label(struct synth_stock *stock, const char *text, size_t len)
{
	uint64_t hash = hash_bytes(text, len, 0) | 1;
	size_t at = (size_t)(hash >> 8) & stock->label_mask;
	while (stock->labels[at] && stock->labels[at] != hash)
		at = (at + 1) & stock->label_mask;
	stock->labels[at] = hash;
}

bool synth_stock_has(const struct synth_stock *stock, const char *label, size_t len)
{
	uint64_t hash = hash_bytes(label, len, 0) | 1;
	size_t at = (size_t)(hash >> 8) & stock->label_mask;
	while (stock->labels[at] && stock->labels[at] != hash)
		at = (at + 1) & stock->label_mask;
	return stock->labels[at] != 0;
}

static int by_names(const void *a, const void *b)
{
	const struct synth_top *x = a, *y = b;
	if (x->names != y->names)
		return x->names < y->names ? 1 : -1;
	return strcmp(x->text, y->text);
}

int synth_stock_make(const struct samples *s, struct synth_stock *out, struct err *why)
{
	struct synth_stock stock = {.label_mask = 1023};
	while (stock.label_mask < s->count * 2)
		stock.label_mask = stock.label_mask * 2 + 1;
	stock.labels = calloc(stock.label_mask + 1, sizeof *stock.labels);
	stock.followers = calloc(SYNTH_CONTEXTS, sizeof *stock.followers);
	int e = stock.labels && stock.followers ? learn_words(&stock, s) : -ENOMEM;
	for (size_t i = 0; !e && i < s->count; i++) {
		if (!is_learned(&s->all[i]))
			continue;
		const uint8_t *text = s->text + s->all[i].at;
		learn_letters(&stock, (const char *)text, s->all[i].len);
		learn_label(&stock, (const char *)text, s->all[i].len);
		learn_top(&stock, text + s->all[i].len);
	}
	if (e) {
		synth_stock_free(&stock);
		return err_set(why, e, "out of memory for the words of benign names");
	}
	qsort(stock.tops, stock.top_count, sizeof *stock.tops, by_names);
	*out = stock;
	return 0;
}

void synth_stock_free(struct synth_stock *stock)
{
	free(stock->words);
	free(stock->followers);
	free(stock->labels);
	*stock = (struct synth_stock){0};
}
