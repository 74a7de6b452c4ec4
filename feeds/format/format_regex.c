/* SPDX-License-Identifier: BSD-2-Clause
 * Regular expressions: `/re/`, one a line; without the slashes, as Pi-hole writes them, when the operator says that the list is one.
 * A comment begins with `#` or `!`.
 */
#include "feeds/format/format_pattern.h"

void format_regex(const struct format_sink *sink, const char *line, size_t len)
{
	struct format_text text = format_strip((struct format_text){line, len});
	if (!text.len || *text.at == '#' || *text.at == '!') {
		sink->skip(sink->arg, FORMAT_COMMENT, line, len);
		return;
	}
	bool has_slashes = text.len > 2 && *text.at == '/' && text.at[text.len - 1] == '/';
	if (has_slashes) {
		text.at++;
		text.len -= 2;
	}
	char lower[RULE_PATTERN_MAX];
	enum format_skip reason = has_slashes || sink->is_chosen
		? format_pattern_check(sink->publics, text)
		: FORMAT_MALFORMED;
	/* A URL's pattern in a list for resolvers is a mistake. */
	if (reason == FORMAT_BROWSER)
		reason = FORMAT_UNSUPPORTED;
	if (reason != FORMAT_TAKEN) {
		sink->skip(sink->arg, reason, line, len);
		return;
	}
	struct rule rule;
	format_clear(&rule);
	format_pattern_lower(text, lower);
	rule.trigger = RULE_PATTERN;
	rule.pattern = lower;
	rule.pattern_len = (uint16_t)text.len;
	sink->rule(sink->arg, &rule);
}
