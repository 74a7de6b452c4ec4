/* SPDX-License-Identifier: BSD-2-Clause
 * Is a regular expression fit for a list: in the part of the language that is matched within bounds, and not so wide
 * that it would block strangers?
 *
 * Threads: pure. Owns: nothing.
 * Standards: pcre2pattern(3), of which back references, look-behind, recursion, verbs and the like are left out.
 */
#pragma once

#include <stddef.h>

#include "feeds/format/format.h"

enum { FORMAT_PATTERN_DEPTH = 16, FORMAT_PATTERN_REPEAT = 255 };

/* Every name that it matches has to hold a literal that says something: three characters at an edge of a label or of the name, else
 * four; a public suffix and `www` say nothing. FORMAT_TAKEN, FORMAT_MALFORMED, FORMAT_UNSUPPORTED, FORMAT_TOO_WIDE, or FORMAT_BROWSER: it speaks of
 * more of a URL than the host. */
enum format_skip format_pattern_check(const struct publics *publics, struct format_text pattern);

/* Copies with letters in lower case, as names are, escapes untouched. */
void format_pattern_lower(struct format_text pattern, char *to);
