/* SPDX-License-Identifier: BSD-2-Clause
 * Tufik, a file infector.
 *
 * Source: J. Bader, "domain_generation_algorithms", tufik (2022); no analysis is published.
 * Its names are those of Murofet's second variant with a key of its own.
 */
#include "dga/families/families.h"
#include "dga/families/murofet.h"

static void generate(struct family_run *r)
{
	const char *tlds[] = {"biz", "info", "org", "net", "com"};
	if (family_is_null(r, "key"))
		family_wrong(r, "key");
	murofet_pairs(r, tlds, sizeof tlds / sizeof tlds[0]);
}

const struct family tufik_v1 = {"tufik", "v1", true, generate};
