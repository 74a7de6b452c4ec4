/* SPDX-License-Identifier: BSD-2-Clause
 * Addresses: one address or prefix a line, held against what names resolve to. A comment begins with `#` or `;`, as in
 * Spamhaus' DROP.
 */
#include <string.h>

#include "feeds/format/format.h"
#include "resolver/base/addr_special.h"

enum { V4_OFFSET = 96 };

/* Copies into a C string what may be an address. */
static bool copy(struct format_text text, char to[static ADDR_TEXT_MAX])
{
	if (!text.len || text.len >= ADDR_TEXT_MAX || memchr(text.at, 0, text.len))
		return false;
	memcpy(to, text.at, text.len);
	to[text.len] = 0;
	return true;
}

bool format_is_address(struct format_text text)
{
	char words[ADDR_TEXT_MAX];
	struct addr_prefix prefix;
	const char *scope = memchr(text.at, '%', text.len); /* fe80::1%lo0 */
	if (scope)
		text.len = (size_t)(scope - text.at);
	return copy(text, words) && !addr_prefix_from_text(words, &prefix);
}

enum format_skip format_read_prefix(struct format_text text, struct addr_prefix *out)
{
	char words[ADDR_TEXT_MAX];
	if (!copy(text, words) || addr_prefix_from_text(words, out))
		return FORMAT_MALFORMED;
	unsigned least = addr_is_v4(&out->addr) && out->bits >= V4_OFFSET
		? V4_OFFSET + FORMAT_V4_BITS_MIN
		: FORMAT_V6_BITS_MIN;
	if (out->bits < least)
		return FORMAT_TOO_WIDE;
	return addr_special_is_local(&out->addr) ? FORMAT_NOT_PUBLIC : FORMAT_TAKEN;
}

enum format_target format_read_address(struct format_text text, struct addr *out)
{
	char words[ADDR_TEXT_MAX];
	if (!copy(text, words) || addr_from_text(words, out))
		return FORMAT_NO_ADDRESS;
	uint8_t sum = 0; /* all but the last octet of :: and ::1 is zero */
	for (int i = 0; i < 15; i++)
		sum |= out->bytes[i];
	bool is_nowhere = addr_is_v4(out) ? out->bytes[12] == 0 || out->bytes[12] == 127
					  : !sum && out->bytes[15] <= 1;
	return is_nowhere ? FORMAT_NOWHERE : FORMAT_SOMEWHERE;
}

void format_addresses(const struct format_sink *sink, const char *line, size_t len)
{
	const char *comment = memchr(line, ';', len);
	struct format_text rest = format_trim(line, comment ? (size_t)(comment - line) : len);
	if (!rest.len || *rest.at == '!') {
		sink->skip(sink->arg, FORMAT_COMMENT, line, len);
		return;
	}
	struct format_text word = format_word(&rest);
	struct rule rule;
	format_clear(&rule);
	enum format_skip reason =
		rest.len ? FORMAT_MALFORMED : format_read_prefix(word, &rule.prefix);
	if (reason != FORMAT_TAKEN) {
		sink->skip(sink->arg, reason, line, len);
		return;
	}
	rule.trigger = RULE_ANSWER;
	sink->rule(sink->arg, &rule);
}
