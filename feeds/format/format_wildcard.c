/* SPDX-License-Identifier: BSD-2-Clause
 * Wildcards: `*.d` is d and all that is below it (which is what the publishers of such lists mean, unlike
 * RFC 4592); a bare `d` is that name alone.
 */
#include "feeds/format/format.h"

void format_wildcard(const struct format_sink *sink, const char *line, size_t len)
{
	struct format_text rest = format_trim(line, len);
	if (!rest.len || *rest.at == '!' || *rest.at == ';') {
		sink->skip(sink->arg, FORMAT_COMMENT, line, len);
		return;
	}
	struct format_text name = format_word(&rest);
	bool is_wildcard = name.len > 2 && name.at[0] == '*' && name.at[1] == '.';
	if (is_wildcard) {
		name.at += 2;
		name.len -= 2;
	}
	/* Of an adblock list: it names a site on which something is hidden. */
	bool is_cosmetic = name.at + name.len < line + len &&
		format_is_cosmetic((struct format_text){line, len});
	if (rest.len || is_cosmetic)
		sink->skip(sink->arg, FORMAT_MALFORMED, line, len);
	else
		format_name(sink, name, true, is_wildcard);
}
