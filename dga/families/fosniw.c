/* SPDX-License-Identifier: BSD-2-Clause
 * Fosniw, a downloader seen in Korea.
 *
 * Source: J. Bader, "domain_generation_algorithms", fosniw; no analysis is published.
 * A counter within a fixed name.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "dga/families/families.h"

enum { COUNT_MAX = 10000, PATTERN_MAX = 200 };

static void generate(struct family_run *r)
{
	const char *pattern = family_text(r, "pattern", PATTERN_MAX);
	int64_t first = family_number(r, "first", 0, INT32_MAX);
	int64_t count = family_number(r, "count", 1, COUNT_MAX);
	const char *place = strstr(pattern, "{}");
	if (!place)
		family_wrong(r, "pattern");
	if (r->missing)
		return;
	for (int64_t i = 0; i < count; i++) {
		char name[PATTERN_MAX + 24];
		snprintf(name, sizeof name, "%.*s%" PRId64 "%s", (int)(place - pattern), pattern,
			first + i, place + 2);
		if (!family_emit(r, name))
			return;
	}
}

const struct family fosniw_v1 = {"fosniw", "v1", false, generate};
