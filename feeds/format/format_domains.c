/* SPDX-License-Identifier: BSD-2-Clause
 * Plain domains: one name a line, meant with all that is below it. A comment begins with `#`; a line that begins with `!` or `;` is one, too.
 */
#include "feeds/format/format.h"

void format_domains(const struct format_sink *sink, const char *line, size_t len)
{
	struct format_text rest = format_trim(line, len);
	if (!rest.len || *rest.at == '!' || *rest.at == ';') {
		sink->skip(sink->arg, FORMAT_COMMENT, line, len);
		return;
	}
	struct format_text name = format_word(&rest);
	/* Of an adblock list: it names a site on which something is hidden. */
	bool is_cosmetic = name.at + name.len < line + len &&
		format_is_cosmetic((struct format_text){line, len});
	if (rest.len || is_cosmetic)
		sink->skip(sink->arg, FORMAT_MALFORMED, line, len);
	else
		format_name(sink, name, true, true);
}
