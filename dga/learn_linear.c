/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One pass of stochastic gradient descent an epoch, each weight with a rate of its own (AdaGrad: Duchi, Hazan and Singer, "Adaptive
 * subgradient methods", JMLR 2011); the weights at the ends of all epochs but the first are averaged
 * (Polyak and Juditsky, "Acceleration of stochastic approximation by averaging", 1992), then rounded to octets.
 */
#include "dga/learn_linear.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dga/features.h"

static const float learning_rate = 0.03f;

enum { OCTET_MAX = 127, CLASSES_MIN = 4 /* characters of the shortest window that counts */ };

/* Weights that are learned one by one, behind each other. */
struct entry {
	float weight, square; /* sum of squared gradients */
	float sum; /* of the weights at the ends of epochs */
};

struct trainer {
	const struct learn_linear *how;
	unsigned bits;
	uint32_t pairs, triples, quads, quints, classes, lengths, tops, top_lengths,
		count; /* first entries */
	struct entry *entries;
	float base, base_square, base_sum;
};

enum { PLACES_MAX = (DNAME_LABEL_MAX + 1) * 9 + 3 };

/* The entries of all features of a label. */
static unsigned places_of(const struct trainer *t, const struct label *l, uint32_t at[PLACES_MAX])
{
	struct features_walk w = FEATURES_WALK;
	unsigned n = 0;
	for (unsigned i = 0; i <= l->len; i++) {
		unsigned s = i < l->len ? features_symbol(l->bytes[i]) : (unsigned)FEATURES_EDGE;
		features_next(&w, s);
		at[n++] = s;
		at[n++] = t->pairs + w.pair;
		at[n++] = t->triples + w.triple;
		at[n++] = t->quads + features_quad(&w, t->bits);
		at[n++] = t->quints + features_quint(&w, t->bits);
		if (i == l->len)
			break;
		features_next_class(&w, s);
		for (unsigned k = CLASSES_MIN; k <= FEATURES_CLASS_WINDOW && k <= i + 1; k++)
			at[n++] = t->classes + (1u << 2 * k | (w.classes & ((1u << 2 * k) - 1)));
	}
	uint32_t top = features_top_hash(l->top);
	at[n++] = t->lengths + l->len;
	at[n++] = t->tops + features_top(top);
	at[n++] = t->top_lengths + features_top_length(top, l->len);
	return n;
}

static void place_tables(struct trainer *t)
{
	t->pairs = FEATURES_SYMBOLS;
	t->triples = t->pairs + FEATURES_PAIRS;
	t->quads = t->triples + FEATURES_TRIPLES;
	t->quints = t->quads + (1u << t->bits);
	t->classes = t->quints + (1u << t->bits);
	t->lengths = t->classes + FEATURES_CLASSES;
	t->tops = t->lengths + FEATURES_LENGTHS;
	t->top_lengths = t->tops + FEATURES_TOPS;
	t->count = t->top_lengths + FEATURES_TOP_LENGTHS;
}

static float step(float gradient, float *square)
{
	*square += gradient * gradient;
	return learning_rate * gradient / (sqrtf(*square) + 1e-6f);
}

static void learn(struct trainer *t, const struct sample *s)
{
	uint32_t at[PLACES_MAX];
	struct label l = samples_label(t->how->rows.samples, s);
	unsigned n = places_of(t, &l, at);
	float sum = t->base;
	for (unsigned i = 0; i < n; i++)
		sum += t->entries[at[i]].weight;
	float wrong =
		(float)learn_logistic((double)sum) - (s->family != SAMPLES_BENIGN ? 1.0f : 0.0f);
	float gradient = wrong * t->how->family_weights[s->family];
	for (unsigned i = 0; i < n; i++)
		t->entries[at[i]].weight -= step(gradient, &t->entries[at[i]].square);
	t->base -= step(gradient, &t->base_square);
}

static void remember(struct trainer *t)
{
	t->base_sum += t->base;
	for (uint32_t i = 0; i < t->count; i++)
		t->entries[i].sum += t->entries[i].weight;
}

static void average(struct trainer *t, float n)
{
	t->base = t->base_sum / n;
	for (uint32_t i = 0; i < t->count; i++)
		t->entries[i].weight = t->entries[i].sum / n;
}

static int learn_all(struct trainer *t)
{
	const struct learn_rows *rows = &t->how->rows;
	uint64_t random = learn_random_state(t->how->seed);
	uint32_t *order = malloc((rows->count ? rows->count : 1) * sizeof *order);
	if (!order)
		return -ENOMEM;
	memcpy(order, rows->at, rows->count * sizeof *order);
	for (unsigned epoch = 0; epoch < t->how->epochs; epoch++) {
		learn_shuffle(order, rows->count, &random);
		for (size_t i = 0; i < rows->count; i++)
			learn(t, &rows->samples->all[order[i]]);
		if (epoch)
			remember(t);
	}
	if (t->how->epochs > 1)
		average(t, (float)(t->how->epochs - 1));
	free(order);
	return 0;
}

/* --- rounding --- */

/* Writes `n` values as octets; returns the unit, nano-nats. */
static int32_t round_table(const float *values, size_t n, uint8_t *to)
{
	float largest = 1e-3f;
	for (size_t i = 0; i < n; i++)
		largest = fabsf(values[i]) > largest ? fabsf(values[i]) : largest;
	int32_t unit = (int32_t)lrintf(largest / OCTET_MAX * 1e9f);
	if (unit > DGA_UNIT_MAX)
		unit = DGA_UNIT_MAX;
	for (size_t i = 0; i < n; i++) {
		double v = rint((double)values[i] * 1e9 / unit);
		to[i] = (uint8_t)(int8_t)(v > OCTET_MAX ? OCTET_MAX
				: v < -OCTET_MAX	? -OCTET_MAX
							: v);
	}
	return unit;
}

/* A window of three characters says what its last one and its last two say as well. */
static void sum_triples(const struct trainer *t, float *values)
{
	for (uint32_t i = 0; i < FEATURES_TRIPLES; i++)
		values[i] = t->entries[i % FEATURES_SYMBOLS].weight +
			t->entries[t->pairs + i % FEATURES_PAIRS].weight +
			t->entries[t->triples + i].weight;
}

static void sum_classes(const struct trainer *t, float *values)
{
	for (uint32_t i = 0; i < FEATURES_CLASSES; i++) {
		values[i] = 0;
		for (unsigned k = CLASSES_MIN; k <= FEATURES_CLASS_WINDOW && i >> 2 * k; k++)
			values[i] +=
				t->entries[t->classes + (1u << 2 * k | (i & ((1u << 2 * k) - 1)))]
					.weight;
	}
}

static void copy_values(const struct trainer *t, uint32_t from, size_t n, float *values)
{
	for (size_t i = 0; i < n; i++)
		values[i] = t->entries[from + i].weight;
}

static int round_all(
	const struct trainer *t, const struct dga_layout *layout, uint8_t *bytes, struct dga *model)
{
	const uint32_t from[DGA_PARTS] = {
		0, t->quads, t->quints, 0, t->lengths, t->tops, t->top_lengths};
	float *values = malloc(t->count * sizeof *values);
	if (!values)
		return -ENOMEM;
	for (unsigned p = 0; p < DGA_PARTS; p++) {
		unsigned s = DGA_TRIPLES + p;
		if (s == DGA_TRIPLES)
			sum_triples(t, values);
		else if (s == DGA_CLASS_WINDOWS)
			sum_classes(t, values);
		else
			copy_values(t, from[p], layout->bytes[s], values);
		model->numbers[DGA_UNITS + p] =
			round_table(values, layout->bytes[s], bytes + layout->at[s]);
	}
	model->numbers[DGA_BASE] = (int32_t)lrint(((double)t->base - t->how->prior) * 1000);
	free(values);
	return 0;
}

int learn_linear(const struct learn_linear *how, const struct dga_layout *layout, uint8_t *bytes,
	struct dga *model)
{
	struct trainer t = {.how = how, .bits = model->hash_bits};
	place_tables(&t);
	t.entries = calloc(t.count, sizeof *t.entries);
	if (!t.entries)
		return -ENOMEM;
	int e = learn_all(&t);
	if (!e)
		e = round_all(&t, layout, bytes, model);
	free(t.entries);
	return e;
}
