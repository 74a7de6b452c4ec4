/* SPDX-License-Identifier: BSD-2-Clause */
#include "dga/baseline.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum { LETTERS = 26, DIGITS = 10, HYPHEN = LETTERS + DIGITS, OTHER, END, CHARACTERS };

struct baseline {
	/* The logarithm of how much likelier `second` follows `first` in a generated label, nats. */
	float ratio[CHARACTERS][CHARACTERS];
};

static unsigned character(uint8_t c)
{
	uint8_t letter = (uint8_t)(c - 'a'), digit = (uint8_t)(c - '0');
	if (letter < LETTERS)
		return letter;
	if (digit < DIGITS)
		return LETTERS + digit;
	return c == '-' ? HYPHEN : OTHER;
}

/* --- bigrams --- */

struct counts {
	double pairs[2][CHARACTERS][CHARACTERS]; /* of benign and of generated names */
};

static void count(double pairs[CHARACTERS][CHARACTERS], const struct label *l)
{
	unsigned before = END;
	for (unsigned i = 0; i < l->len; i++) {
		unsigned c = character(l->bytes[i]);
		pairs[before][c]++;
		before = c;
	}
	pairs[before][END]++;
}

/* What follows `first`, each pair counted once more than it was seen (Laplace). */
static double probability(const double pairs[CHARACTERS], unsigned second)
{
	double sum = CHARACTERS;
	for (unsigned c = 0; c < CHARACTERS; c++)
		sum += pairs[c];
	return (pairs[second] + 1) / sum;
}

int baseline_learn(const struct samples *s, struct baseline **out, struct err *why)
{
	struct counts *n = calloc(1, sizeof *n);
	struct baseline *b = calloc(1, sizeof *b);
	if (!n || !b) {
		free(n);
		free(b);
		return err_set(why, -ENOMEM, "out of memory for the bigrams");
	}
	for (size_t i = 0; i < s->count; i++) {
		const struct sample *name = &s->all[i];
		struct label l = samples_label(s, name);
		if (name->len && !name->is_held)
			count(n->pairs[name->family != SAMPLES_BENIGN], &l);
	}
	for (unsigned i = 0; i < CHARACTERS; i++)
		for (unsigned k = 0; k < CHARACTERS; k++)
			b->ratio[i][k] = (float)(log(probability(n->pairs[1][i], k)) -
				log(probability(n->pairs[0][i], k)));
	free(n);
	*out = b;
	return 0;
}

void baseline_free(struct baseline *b)
{
	free(b);
}

static int32_t bigram(const void *arg, const struct label *l)
{
	const struct baseline *b = arg;
	float sum = 0;
	unsigned before = END;
	for (unsigned i = 0; i < l->len; i++) {
		unsigned c = character(l->bytes[i]);
		sum += b->ratio[before][c];
		before = c;
	}
	return (int32_t)lrintf(1000 * (sum + b->ratio[before][END]));
}

/* --- without learning --- */

static int32_t entropy(const void *arg, const struct label *l)
{
	unsigned counts[256] = {0};
	double bits = 0;
	(void)arg;
	for (unsigned i = 0; i < l->len; i++)
		counts[l->bytes[i]]++;
	for (unsigned c = 0; c < 256; c++) {
		double share = (double)counts[c] / l->len;
		bits -= counts[c] ? share * log2(share) : 0;
	}
	return (int32_t)lrint(1000 * bits);
}

static int32_t length(const void *arg, const struct label *l)
{
	(void)arg;
	return l->len;
}

const char *baseline_name(enum baseline_kind kind)
{
	static const char *const names[BASELINE_JUDGES] = {"model", "bigrams", "entropy", "length"};
	return names[kind];
}

struct dga_eval_judge baseline_judge(
	const struct baseline *b, const struct dga *model, enum baseline_kind kind)
{
	static int32_t (*const scores[BASELINE_JUDGES])(const void *, const struct label *) = {
		[BASELINE_BIGRAM] = bigram,
		[BASELINE_ENTROPY] = entropy,
		[BASELINE_LENGTH] = length,
	};
	if (kind == BASELINE_MODEL)
		return dga_eval_model(model);
	return (struct dga_eval_judge){.score = scores[kind], .arg = b};
}

int baseline_compare(const struct samples *s, const struct dga *model,
	const struct dga_eval_options *how, struct dga_eval out[static BASELINE_JUDGES],
	struct err *why)
{
	struct baseline *b = NULL;
	int e = baseline_learn(s, &b, why);
	unsigned done = 0;
	for (; !e && done < BASELINE_JUDGES; done += !e) {
		struct dga_eval_judge judge = baseline_judge(b, model, done);
		e = dga_eval_run(s, &judge, how, &out[done], why);
	}
	for (unsigned i = 0; e && i < done; i++)
		dga_eval_free(&out[i]);
	baseline_free(b);
	return e;
}
