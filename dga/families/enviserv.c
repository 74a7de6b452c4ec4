/* SPDX-License-Identifier: BSD-2-Clause
 * Enviserv, a trojan of 2016.
 *
 * Source: 360 Netlab, "DGA", enviserv (2017).
 * The start of the MD5 hash of a text and a counter, in hex; six top-level domains go round.
 */
#include <inttypes.h>
#include <stdio.h>

#include "dga/families/emit.h"
#include "dga/families/families.h"
#include "dga/families/hashed.h"

enum { NAMES = 500, NAMES_MAX = 10000, LABEL_DIGITS = 10, SEED_MAX = 64, TLDS_MAX = 16 };

static void generate(struct family_run *r)
{
	const char *seed = family_text(r, "seed", SEED_MAX);
	int64_t count = family_number_or(r, "count", 1, NAMES_MAX, NAMES);
	const char *tlds[TLDS_MAX];
	size_t tlds_count = family_texts(r, "tlds", tlds, TLDS_MAX);
	if (r->missing)
		return;
	for (int64_t i = 0; i < count; i++) {
		char hashed[SEED_MAX + 24], hex[2 * HASHED_MD5 + 1];
		snprintf(hashed, sizeof hashed, "%s%" PRId64, seed, i);
		bool is_hashed = hashed_md5_hex(r, hashed, hex);
		hex[LABEL_DIGITS] = 0;
		if (!is_hashed || !emit_name(r, hex, tlds[(size_t)i % tlds_count]))
			return;
	}
}

const struct family enviserv_v1 = {"enviserv", "v1", false, generate};
