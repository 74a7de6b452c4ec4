/* SPDX-License-Identifier: BSD-2-Clause
 * dga_explain: the parts of a score, one by one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dga/dga.h"
#include "dga/dga_model.h"
#include "dga/features.h"

/* Three n-grams end at each place; four facts. */
enum { ALL_MAX = 3 * (DNAME_LABEL_MAX + 1) + 4 };

struct parts {
	struct dga_part all[ALL_MAX];
	size_t count;
};

static void add(struct parts *p, const char *text, bool is_fact, int64_t milli)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->all[i].is_fact == is_fact && !strcmp(p->all[i].text, text)) {
			p->all[i].milli += (int32_t)milli;
			return;
		}
	struct dga_part *to = &p->all[p->count++];
	*to = (struct dga_part){.milli = (int32_t)milli, .is_fact = is_fact};
	snprintf(to->text, sizeof to->text, "%s", text);
}

static char printable(uint8_t c)
{
	return (char)(c > ' ' && c < 0x7f ? c : '?');
}

/* The `n` characters up to place `end`, `^` before the label, `$` behind it. */
static void write_gram(const struct label *l, int end, int n, char *text)
{
	size_t len = 0;
	for (int i = end - n + 1; i <= end; i++) {
		if (i == -1)
			text[len++] = '^';
		else if (i == l->len)
			text[len++] = '$';
		else if (i >= 0)
			text[len++] = printable(l->bytes[i]);
	}
	text[len] = 0;
}

static int64_t value(const struct dga *d, enum dga_section s, uint32_t at)
{
	return (int64_t)(int8_t)d->sections[s][at] * d->numbers[DGA_UNITS + s - DGA_TRIPLES];
}

static void add_grams(const struct dga *d, const struct label *l, struct parts *p)
{
	struct features_walk w = FEATURES_WALK;
	int64_t classes = 0;
	char text[8];
	for (int i = 0; i <= l->len; i++) {
		unsigned s = i < l->len ? features_symbol(l->bytes[i]) : (unsigned)FEATURES_EDGE;
		features_next(&w, s);
		const int64_t values[] = {value(d, DGA_TRIPLES, w.triple),
			value(d, DGA_QUADS, features_quad(&w, d->hash_bits)),
			value(d, DGA_QUINTS, features_quint(&w, d->hash_bits))};
		for (int n = 3; n <= 5; n++) {
			write_gram(l, i, n, text);
			add(p, text, false, values[n - 3] / 1000000);
		}
		if (i < l->len) {
			features_next_class(&w, s);
			classes += value(d, DGA_CLASS_WINDOWS, w.classes);
		}
	}
	add(p, "vowels and consonants", true, classes / 1000000);
}

static void add_facts(const struct dga *d, const struct label *l, struct parts *p)
{
	char text[DGA_PART_TEXT];
	uint32_t top = features_top_hash(l->top);
	snprintf(text, sizeof text, "length %u", l->len);
	add(p, text, true, value(d, DGA_LENGTHS, l->len) / 1000000);
	int room = DGA_PART_TEXT - (int)sizeof "top-level domain ";
	snprintf(text, sizeof text, "top-level domain %.*s", l->top[0] < room ? l->top[0] : room,
		(const char *)l->top + 1);
	add(p, text, true,
		(value(d, DGA_TOPS, features_top(top)) +
			value(d, DGA_TOP_LENGTHS, features_top_length(top, l->len))) /
			1000000);
	struct dga_judgement j;
	dga_judge(d, l, &j);
	if (j.curve != DGA_CURVE_LINEAR)
		add(p, "shape", true, j.raw - j.linear);
}

static int by_size(const void *a, const void *b)
{
	const struct dga_part *x = a, *y = b;
	int difference = abs(y->milli) - abs(x->milli);
	return difference ? difference : strcmp(x->text, y->text);
}

void dga_explain(const struct dga *d, const struct dname *name, struct dga_explanation *out)
{
	struct label l;
	struct parts p = {.count = 0};
	*out = (struct dga_explanation){0};
	dga_score(d, name, &out->verdict);
	out->why_not = label_why_not(name);
	if (out->why_not || !label_find(name, &l))
		return;
	for (unsigned i = 0; i < l.len; i++)
		out->label[i] = printable(l.bytes[i]);
	add_grams(d, &l, &p);
	add_facts(d, &l, &p);
	qsort(p.all, p.count, sizeof p.all[0], by_size);
	for (size_t i = 0; i < p.count && i < DGA_PARTS_MAX && p.all[i].milli; i++)
		out->parts[out->part_count++] = p.all[i];
}
