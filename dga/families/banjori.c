/* SPDX-License-Identifier: BSD-2-Clause
 * Banjori (MultiBanker 2, BankPatch).
 *
 * Source: Johannes Bader, "The DGA of Banjori", 2015.
 * A chain: each name is the one before with its first four letters changed. The rest of the seed domain never changes,
 * and which bot has which is fixed in its sample.
 */
#include "dga/families/families.h"

#include <string.h>

/* A sum of letters' codes, as a letter. */
static char letter(int sum)
{
	int place = (sum - 'a') % 26;
	return (char)('a' + (place < 0 ? place + 26 : place));
}

static void generate(struct family_run *r)
{
	char name[FAMILY_NAME_MAX + 1] = {0};
	const char *seed = family_text(r, "seed_domain", FAMILY_NAME_MAX);
	size_t len = strlen(seed);
	if (len < 4)
		family_wrong(r, "seed_domain");
	if (family_is_done(r))
		return;
	memcpy(name, seed, len + 1);
	while (family_emit(r, name)) {
		name[0] = letter(name[0] + name[3]);
		name[1] = letter(name[0] + 2 * name[1]);
		name[2] = letter(name[0] + name[2] - 1);
		name[3] = letter(name[1] + name[2] + name[3]);
	}
}

const struct family banjori_v1 = {.name = "banjori", .variant = "v1", .generate = generate};
