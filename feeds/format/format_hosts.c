/* SPDX-License-Identifier: BSD-2-Clause
 * Hosts files: an address, then names, each meant alone (as Pi-hole reads them). The address is not looked at:
 * 0.0.0.0, 127.0.0.1, ::1 and others all mean that the names are to be sunk.
 * Standards: hosts(5).
 */
#include <string.h>

#include "feeds/format/format.h"

/* The two addresses of nearly all lines need no parser. */
static bool is_sink(struct format_text word)
{
	return (word.len == 7 && !memcmp(word.at, "0.0.0.0", 7)) ||
		(word.len == 9 && !memcmp(word.at, "127.0.0.1", 9)) || format_is_address(word);
}

void format_hosts(const struct format_sink *sink, const char *line, size_t len)
{
	struct format_text rest = format_trim(line, len);
	if (!rest.len) {
		sink->skip(sink->arg, FORMAT_COMMENT, line, len);
		return;
	}
	if (!is_sink(format_word(&rest)) || !rest.len) {
		sink->skip(sink->arg, FORMAT_MALFORMED, line, len);
		return;
	}
	for (struct format_text name; (name = format_word(&rest)).len;)
		format_name(sink, name, true, false);
}
