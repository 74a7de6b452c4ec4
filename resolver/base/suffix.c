/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/base/suffix.h"

#include <libpsl.h>
#include <string.h>

#include "resolver/base/suffix_known.h"

/* Labels of the longest rule in the ICANN section (pvt.k12.ma.us); the unit test reads the list. Each more would cost a name of so many half a
 * microsecond. */
enum { RULE_LABELS_MAX = 4 };

/* The last labels of a name as libpsl wants them. */
struct tail {
	unsigned labels;
	uint16_t at[RULE_LABELS_MAX]; /* where in `text` the last i + 1 labels begin */
	char text[DNAME_MAX + 1];
};

/* No rule holds other octets than these; a dot within a label must not part it. */
static char rule_char(uint8_t c)
{
	bool is_plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
	return is_plain ? (char)c : '?';
}

static void tail_of(const struct dname *name, const uint8_t *offsets, struct tail *t)
{
	unsigned left = name->labels < RULE_LABELS_MAX ? name->labels : RULE_LABELS_MAX;
	const uint8_t *wire = name->bytes + offsets[name->labels - left];
	t->labels = left;
	size_t n = 0;
	for (; left; left--) {
		t->at[left - 1] = (uint16_t)n;
		for (unsigned i = *wire++; i; i--)
			t->text[n++] = rule_char(*wire++);
		t->text[n++] = '.';
	}
	t->text[n ? n - 1 : 0] = 0;
}

static bool is_rule(const char *text)
{
	const psl_ctx_t *list = psl_builtin();
	return list && psl_is_public_suffix2(list, text, PSL_TYPE_ICANN);
}

bool suffix_is_public(const struct dname *name)
{
	if (name->labels <= 1)
		return true;
	uint8_t offsets[DNAME_LABELS_MAX];
	struct tail t;
	if (name->labels > RULE_LABELS_MAX)
		return false;
	dname_offsets(name, offsets);
	unsigned known = suffix_known(name, offsets);
	if (known)
		return name->labels <= known;
	tail_of(name, offsets, &t);
	return is_rule(t.text);
}

/* Suffixes stand below suffixes, but for a few in Norway (bo.telemark.no; the unit test reads the list). */
static bool has_gaps(const uint8_t *top)
{
	return top[0] == 2 && top[1] == 'n' && top[2] == 'o';
}

/* The longest suffix when the top-level domain has suffixes below. */
static unsigned labels_below(const struct tail *t, bool may_gap)
{
	unsigned n = 1;
	if (may_gap) {
		for (n = t->labels; n > 1 && !is_rule(t->text + t->at[n - 1]);)
			n--;
		return n;
	}
	while (n < t->labels && is_rule(t->text + t->at[n]))
		n++;
	return n;
}

static bool is_known_top(const uint8_t *top)
{
	char text[DNAME_LABEL_MAX + 1];
	if (top[0] == 2)
		return true;
	for (unsigned i = 0; i < top[0]; i++)
		text[i] = rule_char(top[i + 1]);
	text[top[0]] = 0;
	const psl_ctx_t *list = psl_builtin();
	return !list || psl_is_public_suffix2(list, text, PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE);
}

unsigned suffix_labels_at(const struct dname *name, const uint8_t *offsets, bool *is_known)
{
	struct tail t;
	*is_known = false;
	if (!name->labels)
		return 0;
	unsigned known = suffix_known(name, offsets);
	if (known) {
		*is_known = true;
		return known;
	}
	const uint8_t *top = name->bytes + offsets[name->labels - 1];
	*is_known = is_known_top(top);
	if (!*is_known)
		return 1;
	tail_of(name, offsets, &t);
	return labels_below(&t, has_gaps(top));
}

unsigned suffix_labels(const struct dname *name, bool *is_known)
{
	uint8_t offsets[DNAME_LABELS_MAX];
	dname_offsets(name, offsets);
	return suffix_labels_at(name, offsets, is_known);
}

void suffix_registrable(const struct dname *name, struct dname *out)
{
	bool is_known;
	unsigned suffix = suffix_labels(name, &is_known);
	dname_parent(name, name->labels > suffix ? name->labels - suffix - 1u : 0, out);
}
