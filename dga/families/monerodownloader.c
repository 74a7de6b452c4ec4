/* SPDX-License-Identifier: BSD-2-Clause
 * A downloader of Monero miners, without a name of its own.
 *
 * Source: J. Bader, "domain_generation_algorithms", monerodownloader (2020); no analysis is published.
 * The start of the MD5 hash of `magic-day-counter` in hex is a label, the day counted from 1970; each of 500 labels
 * stands under each top-level domain. The first label is fixed.
 */
#include <inttypes.h>
#include <stdio.h>

#include "dga/families/emit.h"
#include "dga/families/families.h"
#include "dga/families/hashed.h"

enum { LABELS = 500, LABEL_DIGITS = 13, TLDS_MAX = 16, MAGIC_MAX = 64 };

static bool emit_label(struct family_run *r, const char *label, const char **tlds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!emit_name(r, label, tlds[i]))
			return false;
	return true;
}

static void generate(struct family_run *r)
{
	const char *magic = family_text(r, "magic", MAGIC_MAX);
	const char *first = family_text(r, "first_label", 63);
	const char *tlds[TLDS_MAX];
	size_t count = family_texts(r, "tlds", tlds, TLDS_MAX);
	if (r->missing || !emit_label(r, first, tlds, count))
		return;
	for (int i = 1; i < LABELS; i++) {
		char hashed[MAGIC_MAX + 40], hex[2 * HASHED_MD5 + 1];
		snprintf(hashed, sizeof hashed, "%s-%" PRId64 "-%d", magic, r->day, i);
		bool is_hashed = hashed_md5_hex(r, hashed, hex);
		hex[LABEL_DIGITS] = 0;
		if (!is_hashed || !emit_label(r, hex, tlds, count))
			return;
	}
}

const struct family monerodownloader_v1 = {"monerodownloader", "v1", true, generate};
