/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/base/suffix.h"

#include <libpsl.h>
#include <string.h>

/* Labels of the longest rule in the ICANN section: 4 (pvt.k12.ma.us) and one to spare; the unit test reads the list. */
enum { RULE_LABELS_MAX = 5 };

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

static void tail_of(const struct dname *name, struct tail *t)
{
	const uint8_t *wire = name->bytes;
	unsigned left = name->labels;
	for (; left > RULE_LABELS_MAX; left--)
		wire += *wire + 1;
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
	if (name->labels > RULE_LABELS_MAX)
		return false;
	struct tail t;
	tail_of(name, &t);
	return is_rule(t.text);
}

void suffix_registrable(const struct dname *name, struct dname *out)
{
	struct tail t;
	tail_of(name, &t);
	unsigned suffix = t.labels;
	while (suffix > 1 && !is_rule(t.text + t.at[suffix - 1]))
		suffix--;
	dname_parent(name, name->labels > suffix ? name->labels - suffix - 1u : 0, out);
}
