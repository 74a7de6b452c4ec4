/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/evidence/family.h"

#include <stdio.h>
#include <string.h>

#include "dga/label.h"
#include "resolver/base/hash.h"

enum { ALPHABETS = 4, LENGTH_SLACK = 2, MEAN_SLACK = 2, TOPS_DIVERSE = 3 };

static uint32_t hash_of_top(const uint8_t *top)
{
	return (uint32_t)hash_bytes(top, (size_t)top[0] + 1, 0);
}

static uint8_t alphabet_of(const struct label *l)
{
	bool has_digit = false, has_hyphen = false, is_hex = true;
	for (unsigned i = 0; i < l->len; i++) {
		uint8_t c = l->bytes[i];
		has_digit = has_digit || (c >= '0' && c <= '9');
		has_hyphen = has_hyphen || c == '-';
		is_hex = is_hex && ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
	}
	if (has_hyphen)
		return 3;
	return has_digit ? is_hex ? 1 : 2 : 0;
}

/* --- the shape of many names ------------------------------------------------------------------ */

struct tally {
	unsigned n, length_sum, classes[DGA_CLASSES], alphabets[ALPHABETS], tops[FAMILY_TOPS_MAX];
	struct family_shape shape;
};

static void add_top(struct tally *t, const uint8_t *top)
{
	struct family_shape *s = &t->shape;
	uint32_t hash = hash_of_top(top);
	unsigned i = 0;
	while (i < s->top_count && s->tops[i] != hash)
		i++;
	if (i == FAMILY_TOPS_MAX)
		return;
	if (i == s->top_count)
		s->tops[s->top_count++] = hash;
	t->tops[i]++;
	/* The more frequent one stands before; of equals the smaller, so that the order of the names does not matter. */
	for (; i &&
		(t->tops[i] > t->tops[i - 1] ||
			(t->tops[i] == t->tops[i - 1] && s->tops[i] < s->tops[i - 1]));
		i--) {
		unsigned count = t->tops[i];
		uint32_t top_hash = s->tops[i];
		t->tops[i] = t->tops[i - 1];
		s->tops[i] = s->tops[i - 1];
		t->tops[i - 1] = count;
		s->tops[i - 1] = top_hash;
	}
}

static void add_line(struct tally *t, const struct case_line *line)
{
	struct family_shape *s = &t->shape;
	struct label l;
	bool is_suspect = line->kind == EVIDENCE_NXDOMAIN && line->llr > 0;
	if (!is_suspect || !label_find(&line->name, &l))
		return;
	s->length_min = !t->n || l.len < s->length_min ? l.len : s->length_min;
	s->length_max = l.len > s->length_max ? l.len : s->length_max;
	t->length_sum += l.len;
	t->classes[line->class]++;
	t->alphabets[alphabet_of(&l)]++;
	add_top(t, l.top);
	t->n++;
}

static uint8_t most(const unsigned *counts, unsigned n, unsigned from)
{
	unsigned best = from;
	for (unsigned i = from + 1; i < n; i++)
		if (counts[i] > counts[best])
			best = i;
	return (uint8_t)best;
}

/* The widest alphabet in use: few hex labels of sixteen characters have no digit, and many labels with digits have none by chance. */
static uint8_t alphabet_in_use(const struct tally *t)
{
	for (unsigned i = ALPHABETS; --i;)
		if (t->alphabets[i] * 8 >= t->n)
			return i == 1 && t->alphabets[0] * 4 > t->n ? 2 : (uint8_t)i;
	return 0;
}

bool family_shape_of(const struct case_line *lines, size_t n, struct family_shape *out)
{
	struct tally t = {0};
	for (size_t i = 0; i < n; i++)
		add_line(&t, &lines[i]);
	if (t.n < FAMILY_NAMES_MIN)
		return false;
	t.shape.class = most(t.classes, DGA_CLASSES, DGA_RANDOM);
	t.shape.alphabet = alphabet_in_use(&t);
	t.shape.length_mean = (uint8_t)((t.length_sum + t.n / 2) / t.n);
	*out = t.shape;
	return true;
}

static bool has_top(const struct family_shape *s, uint32_t top)
{
	for (unsigned i = 0; i < s->top_count; i++)
		if (s->tops[i] == top)
			return true;
	return false;
}

bool family_fits(const struct family_shape *shape, const struct dname *name)
{
	struct label l;
	if (!label_find(name, &l) || l.len + LENGTH_SLACK < shape->length_min ||
		l.len > shape->length_max + LENGTH_SLACK)
		return false;
	uint8_t alphabet = alphabet_of(&l);
	bool is_of_alphabet = alphabet == shape->alphabet || (!alphabet && shape->alphabet) ||
		(alphabet == 1 && shape->alphabet == 2);
	return is_of_alphabet && has_top(shape, hash_of_top(l.top));
}

/* --- families --------------------------------------------------------------------------------- */

/* Generators with many top-level domains show other ones each time. */
static bool has_common_top(const struct family_shape *a, const struct family_shape *b)
{
	for (unsigned i = 0; i < a->top_count; i++)
		if (has_top(b, a->tops[i]))
			return true;
	return a->top_count >= TOPS_DIVERSE && b->top_count >= TOPS_DIVERSE;
}

static int spread(const struct family_shape *s)
{
	return s->length_max - s->length_min;
}

/* As far as a few names of each tell. */
static bool is_same(const struct family_shape *a, const struct family_shape *b)
{
	int apart = a->length_mean - b->length_mean;
	int wider = spread(a) > spread(b) ? spread(a) : spread(b);
	int slack = MEAN_SLACK + wider / 4;
	return a->alphabet == b->alphabet && apart <= slack && apart >= -slack &&
		has_common_top(a, b);
}

void family_learn(struct families *f, const struct family_shape *shape, const char *name)
{
	uint32_t i = f->count++ % FAMILIES_MAX;
	f->known[i].shape = *shape;
	snprintf(f->known[i].name, sizeof f->known[i].name, "%s", name);
}

const char *family_name(struct families *f, const struct family_shape *shape)
{
	uint32_t n = f->count < FAMILIES_MAX ? f->count : FAMILIES_MAX;
	for (uint32_t i = 0; i < n; i++)
		if (is_same(shape, &f->known[i].shape))
			return f->known[i].name;
	/* Coarse, so that a few names of the generator give what many give. */
	uint32_t key[4] = {shape->class, shape->alphabet, (uint32_t)(shape->length_mean + 2) / 5,
		shape->tops[0]};
	char name[CASE_FAMILY_TEXT];
	snprintf(name, sizeof name, "unknown-%04x",
		(unsigned)(hash_bytes(key, sizeof key, 0) & 0xffff));
	family_learn(f, shape, name);
	return f->known[(f->count - 1) % FAMILIES_MAX].name;
}
