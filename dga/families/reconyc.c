/* SPDX-License-Identifier: BSD-2-Clause
 * Reconyc, a downloader written in Delphi.
 *
 * Source: J. Bader, "domain_generation_algorithms", reconyc (2016); no analysis is published.
 * A Mersenne Twister draws letters and digits. Its seed is the milliseconds since the machine started: nobody can tell
 * the names before, so no set is built in.
 */
#include <string.h>

#include "dga/families/emit.h"
#include "dga/families/families.h"
#include "dga/families/mersenne.h"

enum { NAMES = 100, CHARSET_MAX = 64, LABEL_MAX = 63 };

static void generate(struct family_run *r)
{
	uint32_t seed = (uint32_t)family_number(r, "seed", 0, UINT32_MAX);
	const char *charset = family_text(r, "charset", CHARSET_MAX);
	size_t length = (size_t)family_number(r, "length", 1, LABEL_MAX);
	const char *tld = family_text(r, "tld", 63);
	if (r->missing)
		return;
	struct mersenne random;
	mersenne_seed(&random, seed);
	uint64_t letters = strlen(charset);
	for (int i = 0; i < NAMES; i++) {
		char label[LABEL_MAX + 1];
		for (size_t k = 0; k < length; k++)
			label[k] = charset[letters * mersenne_next(&random) >> 32];
		label[length] = 0;
		if (!emit_name(r, label, tld))
			return;
	}
}

const struct family reconyc_v1 = {"reconyc", "v1", false, generate};
