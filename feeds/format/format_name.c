/* SPDX-License-Identifier: BSD-2-Clause
 * A name in a list: from text straight to the key of the policy store.
 */
#include <string.h>

#include "feeds/format/format.h"
#include "feeds/format/publics.h"

enum {
	BAD, /* no part of a name */
	DOT,
	FIRST_GOOD, /* all others are the octet in lower case */
};

/* What an octet is to a name. Lists hold host names: letters, digits, '-' and '_' (RFC 1035 2.3.1, RFC 8552). */
/* clang-format off */
static const uint8_t octets[256] = {
	['.'] = DOT, ['-'] = '-', ['_'] = '_',
	['0'] = '0', ['1'] = '1', ['2'] = '2', ['3'] = '3', ['4'] = '4',
	['5'] = '5', ['6'] = '6', ['7'] = '7', ['8'] = '8', ['9'] = '9',
	['A'] = 'a', ['a'] = 'a', ['B'] = 'b', ['b'] = 'b', ['C'] = 'c', ['c'] = 'c',
	['D'] = 'd', ['d'] = 'd', ['E'] = 'e', ['e'] = 'e', ['F'] = 'f', ['f'] = 'f',
	['G'] = 'g', ['g'] = 'g', ['H'] = 'h', ['h'] = 'h', ['I'] = 'i', ['i'] = 'i',
	['J'] = 'j', ['j'] = 'j', ['K'] = 'k', ['k'] = 'k', ['L'] = 'l', ['l'] = 'l',
	['M'] = 'm', ['m'] = 'm', ['N'] = 'n', ['n'] = 'n', ['O'] = 'o', ['o'] = 'o',
	['P'] = 'p', ['p'] = 'p', ['Q'] = 'q', ['q'] = 'q', ['R'] = 'r', ['r'] = 'r',
	['S'] = 's', ['s'] = 's', ['T'] = 't', ['t'] = 't', ['U'] = 'u', ['u'] = 'u',
	['V'] = 'v', ['v'] = 'v', ['W'] = 'w', ['w'] = 'w', ['X'] = 'x', ['x'] = 'x',
	['Y'] = 'y', ['y'] = 'y', ['Z'] = 'z', ['z'] = 'z',
};
/* clang-format on */

static bool is_wide(char c)
{
	return (uint8_t)c >= 128; /* a piece of UTF-8 */
}

enum reading { READ_GOOD, READ_BAD, READ_WIDE };

static enum reading bad_or_wide(struct format_text text)
{
	for (size_t i = 0; i < text.len; i++)
		if (is_wide(text.at[i]))
			return READ_WIDE;
	return READ_BAD;
}

/* From `len` octets in lower case, whose labels begin at `from`, to the key. */
static void write_key(
	const uint8_t *lower, size_t len, const uint8_t *from, size_t labels, struct rule *out)
{
	size_t used = 0, end = len;
	for (size_t i = labels; i-- > 0;) {
		size_t n = end - from[i];
		out->parent_len = (uint8_t)used;
		out->key[used++] = (uint8_t)n;
		for (size_t j = 0; j < n; j++)
			out->key[used + j] = lower[from[i] + j];
		used += n;
		end -= n + 1;
	}
	out->len = (uint8_t)used;
	out->labels = (uint8_t)labels;
}

/* The quick way, for names of plain letters. READ_WIDE: it has to go the long way. */
static enum reading read_plain(struct format_text text, struct rule *out)
{
	uint8_t lower[DNAME_MAX], from[DNAME_LABELS_MAX];
	size_t len = text.len, labels = 0, start = 0;
	if (len && text.at[len - 1] == '.')
		len--;
	/* Two octets more than text: the first length and the root's zero. */
	if (!len || len > DNAME_MAX - 2)
		return bad_or_wide(text);
	for (size_t i = 0; i <= len; i++) {
		uint8_t c = i < len ? octets[(uint8_t)text.at[i]] : DOT;
		if (c >= FIRST_GOOD) {
			lower[i] = c;
			continue;
		}
		if (c != DOT)
			return is_wide(text.at[i]) ? READ_WIDE : READ_BAD;
		if (i == start || i - start > DNAME_LABEL_MAX || labels == DNAME_LABELS_MAX)
			return bad_or_wide(text);
		from[labels++] = (uint8_t)start;
		start = i + 1;
	}
	write_key(lower, len, from, labels, out);
	return READ_GOOD;
}

/* The long way, through libidn2. What comes out is held to the same letters. */
static enum reading read_wide(struct format_text text, struct rule *out)
{
	struct dname name;
	for (size_t i = 0; i < text.len; i++)
		if (!is_wide(text.at[i]) && octets[(uint8_t)text.at[i]] == BAD)
			return READ_BAD;
	if (dname_from_text(text.at, text.len, &name) || !name.labels)
		return READ_BAD;
	for (size_t at = 0; name.bytes[at]; at += (size_t)name.bytes[at] + 1)
		for (size_t i = 1; i <= name.bytes[at]; i++)
			if (octets[name.bytes[at + i]] < FIRST_GOOD)
				return READ_BAD;
	out->len = (uint8_t)dname_key(&name, out->key);
	out->labels = name.labels;
	out->parent_len = (uint8_t)(out->len - name.bytes[0] - 1);
	return READ_GOOD;
}

static bool key_is(const struct rule *r, const char *key)
{
	return strlen(key) == r->len && !memcmp(key, r->key, r->len);
}

/* Names that hosts files hold for the machine's own use. */
static bool is_local(const struct rule *r)
{
	static const char *const names[] = {"\11localhost", "\5local", "\15broadcasthost",
		"\15ip6-localhost", "\14ip6-loopback", "\14ip6-localnet", "\17ip6-mcastprefix",
		"\14ip6-allnodes", "\16ip6-allrouters", "\14ip6-allhosts"};
	for (size_t i = 0; r->labels == 1 && i < sizeof names / sizeof *names; i++)
		if (key_is(r, names[i]))
			return true;
	return r->labels == 2 &&
		(key_is(r, "\13localdomain\11localhost") ||
			key_is(r, "\14localdomain4\12localhost4") ||
			key_is(r, "\14localdomain6\12localhost6"));
}

/* A top-level domain of digits only is no name but an address, or a piece of one (RFC 3696 2). */
static bool has_numeric_top(const struct rule *r)
{
	for (size_t i = 1; i <= r->key[0]; i++)
		if (r->key[i] < '0' || r->key[i] > '9')
			return false;
	return true;
}

void format_clear(struct rule *r)
{
	r->key[0] = r->len = r->labels = r->parent_len = 0;
	r->is_self = r->is_below = r->is_important = r->is_removal = false;
	r->trigger = RULE_NAME;
	r->verb = RULE_MATCH;
	r->pattern = NULL;
	r->about = NULL;
	r->about_len = r->pattern_len = 0;
	r->prefix.bits = 0;
}

enum format_skip format_read_name(
	const struct publics *publics, struct format_text text, struct rule *out)
{
	enum reading r = read_plain(text, out);
	if (r == READ_WIDE)
		r = read_wide(text, out);
	if (r == READ_BAD || has_numeric_top(out))
		return format_is_address(text) ? FORMAT_ADDRESS : FORMAT_MALFORMED;
	if (out->labels < 3 && is_local(out))
		return FORMAT_LOCAL;
	return publics_has(publics, out->key, out->len, out->labels, out->parent_len)
		? FORMAT_PUBLIC_SUFFIX
		: FORMAT_TAKEN;
}

void format_name(
	const struct format_sink *sink, struct format_text text, bool is_self, bool is_below)
{
	struct rule rule;
	format_clear(&rule);
	enum format_skip reason = format_read_name(sink->publics, text, &rule);
	if (reason != FORMAT_TAKEN) {
		sink->skip(sink->arg, reason, text.at, text.len);
		return;
	}
	rule.is_self = is_self;
	rule.is_below = is_below;
	sink->rule(sink->arg, &rule);
}
