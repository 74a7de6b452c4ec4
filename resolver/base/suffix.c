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

/* The last two labels, length octet first; `second` is empty when there is but one. */
struct ending {
	const uint8_t *second, *top;
};

static struct ending ending_of(const struct dname *name, const uint8_t *offsets)
{
	unsigned n = name->labels;
	return (struct ending){n > 1 ? name->bytes + offsets[n - 2] : (const uint8_t *)"",
		name->bytes + offsets[n - 1]};
}

/* Nearly nine names of ten are known to have a suffix of one label without asking libpsl, which takes 0.2 us: below these top-level
 * domains, the most frequent first, no suffix has a longer second label, internationalised ones apart. 0: none has any. The unit test
 * reads the list. */
static bool is_plain_ending(struct ending e)
{
	static const struct {
		char top[8]; /* length octet first */
		uint8_t longest;
	} tops[] = {{"\3com", 0}, {"\3net", 0}, {"\3org", 0}, {"\2ru", 0}, {"\4info", 0},
		{"\3biz", 0}, {"\2cn", 3}, {"\3top", 0}, {"\2de", 0}, {"\2eu", 0}, {"\2jp", 10},
		{"\3xyz", 0}, {"\2in", 8}, {"\2co", 4}, {"\2io", 3}, {"\2cc", 0}, {"\2pl", 15},
		{"\2ir", 3}, {"\2kz", 3}, {"\2us", 4}, {"\2nl", 0}, {"\2ca", 2}, {"\2tv", 0},
		{"\6online", 0}, {"\2me", 4}, {"\2ch", 0}, {"\2es", 3}, {"\2cz", 0}, {"\2mx", 3},
		{"\2tw", 4}, {"\2id", 6}, {"\2su", 0}, {"\4site", 0}, {"\2dk", 0}, {"\2pw", 5},
		{"\3pro", 6}, {"\2ro", 5}, {"\4shop", 0}, {"\2vn", 6}, {"\2gr", 3}, {"\5click", 0},
		{"\2be", 2}, {"\4club", 0}, {"\2at", 2}, {"\3app", 0}, {"\4work", 0}, {"\2hu", 8},
		{"\3vip", 0}, {"\2cl", 3}, {"\4live", 0}, {"\3dev", 0}, {"\3edu", 0}, {"\2ai", 3},
		{"\5cloud", 0}, {"\5store", 0}, {"\2pt", 4}, {"\2fi", 5}, {"\2sk", 0}, {"\2to", 3},
		{"\2by", 3}, {"\4tech", 0}, {"\2ml", 6}, {"\2az", 4}, {"\5space", 0}, {"\2cf", 0},
		{"\2la", 4}, {"\3gov", 0}, {"\4buzz", 0}, {"\3fun", 0}, {"\2ws", 3}, {"\4mobi", 0},
		{"\2tk", 0}, {"\2lv", 4}, {"\2nu", 0}, {"\2ie", 3}, {"\4life", 0}, {"\3one", 0},
		{"\2uz", 3}, {"\4link", 0}, {"\4asia", 0}, {"\2sh", 3}, {"\4beer", 0}, {"\3win", 0},
		{"\2ac", 3}, {"\2cm", 3}, {"\2cx", 3}, {"\3xxx", 0}, {"\3icu", 0}};
	uint64_t wanted, top;
	char text[sizeof wanted] = {0};
	if (e.top[0] >= sizeof text)
		return false;
	for (unsigned i = 0; i <= e.top[0]; i++)
		text[i] = (char)e.top[i];
	memcpy(&wanted, text, sizeof wanted);
	size_t at = 0;
	for (; at < sizeof tops / sizeof *tops; at++) {
		memcpy(&top, tops[at].top, sizeof top);
		if (top == wanted)
			break;
	}
	if (at == sizeof tops / sizeof *tops)
		return false;
	return !tops[at].longest ||
		(e.second[0] > tops[at].longest && memcmp(e.second + 1, "xn--", 4) != 0);
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
	if (is_plain_ending(ending_of(name, offsets)))
		return false;
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
	struct ending end = ending_of(name, offsets);
	if (is_plain_ending(end)) {
		*is_known = true;
		return 1;
	}
	*is_known = is_known_top(end.top);
	if (!*is_known)
		return 1;
	tail_of(name, offsets, &t);
	return labels_below(&t, has_gaps(end.top));
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
