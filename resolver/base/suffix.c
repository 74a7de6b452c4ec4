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

/* Most names of any list end in one of these, which have no suffix below them (the unit test reads the list): that
 * saves libpsl's 0.3 us. */
static bool has_bare_tld(const struct dname *name)
{
	static const char *const bare[] = {"\3com", "\2ru", "\3net", "\4info", "\3org", "\3biz",
		"\2nl", "\3xyz", "\2de", "\3top"};
	if (name->len < 7)
		return false;
	for (size_t i = 0; i < sizeof bare / sizeof bare[0]; i++) {
		size_t n = (size_t)bare[i][0] + 2;
		const uint8_t *tld = name->bytes + name->len - n;
		if (!memcmp(tld, bare[i], n)) {
			/* A label that holds these octets is not the last label. */
			const uint8_t *last = name->bytes;
			for (unsigned left = name->labels; left > 1; left--)
				last += *last + 1;
			return last == tld;
		}
	}
	return false;
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
	if (name->labels > RULE_LABELS_MAX || has_bare_tld(name))
		return false;
	struct tail t;
	tail_of(name, &t);
	return is_rule(t.text);
}

void suffix_registrable(const struct dname *name, struct dname *out)
{
	struct tail t;
	if (name->labels > 1 && has_bare_tld(name)) {
		dname_parent(name, name->labels - 2u, out);
		return;
	}
	tail_of(name, &t);
	unsigned suffix = t.labels;
	while (suffix > 1 && !is_rule(t.text + t.at[suffix - 1]))
		suffix--;
	dname_parent(name, name->labels > suffix ? name->labels - suffix - 1u : 0, out);
}
