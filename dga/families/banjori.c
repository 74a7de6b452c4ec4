/* SPDX-License-Identifier: BSD-2-Clause
 * Banjori (MultiBanker 2, BankPatch).
 *
 * Source: Johannes Bader, "The DGA of Banjori", 2015.
 * A chain: each name is the one before with its first four letters changed. The rest of the seed domain never changes,
 * and which bot has which is fixed in its sample.
 */
#include "dga/families/families.h"

#include <string.h>

/* A letter moved on by a sum of letters, as the malware counts: both by their codes, not from zero. */
static char letter(int sum)
{
	return (char)('a' + sum % 26);
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
	memcpy(name, seed, len);
	while (family_emit(r, name)) {
		unsigned char s[4];
		memcpy(s, name, 4);
		name[0] = letter(s[0] + s[3] - 2 * 'a');
		name[1] = letter(s[0] + s[1] - 2 * 'a' + s[0] - 'a');
		name[2] = letter(s[0] + s[2] - 1 - 2 * 'a');
		name[3] = letter(s[1] + s[2] - 2 * 'a');
	}
}

const struct family banjori_v1 = {.name = "banjori", .variant = "v1", .generate = generate};
