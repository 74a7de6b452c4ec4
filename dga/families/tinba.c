/* SPDX-License-Identifier: BSD-2-Clause
 * Tinba (TinyBanker), a banking trojan of a few thousand octets.
 *
 * Source: Garage4Hackers, "Analyzing Tinba's DGA" (2014); J. Bader, "New Top Level Domains for Tinba's DGA" (2015).
 * Each label comes from the one before: an octet wanders over two neighbouring letters at a time and a sum of the seed
 * text, which grows until the octet is a letter between a and z. Each label stands under each top-level domain.
 */
#include <string.h>

#include "dga/families/emit.h"
#include "dga/families/families.h"

enum { LENGTH = 12, ROUNDS_MAX = 10000, TRIES_MAX = 65536, TLDS_MAX = 16 };

/* From `before`, LENGTH + 1 octets. False when no letter comes. */
static bool label_next(const char *before, const char *seed, char label[static LENGTH + 1])
{
	uint8_t octet = 0, sum = 0;
	for (const char *p = seed; *p; p++) {
		octet = (uint8_t)*p;
		sum = (uint8_t)(sum + octet);
	}
	size_t at = 0;
	for (unsigned tries = 0; at < LENGTH; tries++) {
		if (tries == TRIES_MAX)
			return false;
		uint8_t mixed = (uint8_t)(octet + (uint8_t)before[at]) ^ sum;
		octet = (uint8_t)(mixed + (uint8_t)before[at + 1]);
		if (octet > 'a' && octet < 'z')
			label[at++] = (char)octet;
		else
			sum++;
	}
	label[LENGTH] = 0;
	return true;
}

static void generate(struct family_run *r)
{
	const char *seed = family_text(r, "seed", 64);
	const char *first = family_text(r, "first_domain", 253);
	int64_t rounds = family_number(r, "rounds", 1, ROUNDS_MAX);
	const char *tlds[TLDS_MAX];
	size_t count = family_texts(r, "tlds", tlds, TLDS_MAX);
	if (strlen(first) <= LENGTH)
		family_wrong(r, "first_domain");
	if (r->missing || !family_emit(r, first))
		return;
	char before[LENGTH + 1];
	memcpy(before, first, sizeof before);
	for (int64_t i = 0; i < rounds; i++) {
		char label[LENGTH + 1];
		if (!label_next(before, seed, label))
			return;
		for (size_t k = 0; k < count; k++)
			if (!emit_name(r, label, tlds[k]))
				return;
		memcpy(before, label, LENGTH);
		before[LENGTH] = '.';
	}
}

const struct family tinba_v1 = {"tinba", "v1", false, generate};
