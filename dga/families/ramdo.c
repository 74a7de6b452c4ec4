/* SPDX-License-Identifier: BSD-2-Clause
 * Ramdo (Redyms), a click fraud trojan.
 *
 * Source: J. Bader, "domain_generation_algorithms", ramdo (2014); no analysis is published.
 * Counter and seed give two numbers; one of them, mixed with the other at each letter, gives sixteen letters. Both stay
 * even, and so does a letter's place in the alphabet.
 */
#include "dga/families/emit.h"
#include "dga/families/families.h"

enum { NAMES = 20, NAMES_MAX = 1000, LENGTH = 16 };

static void generate(struct family_run *r)
{
	uint32_t seed = (uint32_t)family_number(r, "seed", 0, UINT32_MAX);
	const char *tld = family_text(r, "tld", 63);
	uint32_t count = (uint32_t)family_number_or(r, "count", 1, NAMES_MAX, NAMES);
	if (r->missing)
		return;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t factor = 2 * seed * (i + 1);
		uint32_t state = factor ^ 26 * seed * i;
		char label[LENGTH + 1];
		for (uint32_t k = 0; k < LENGTH; k++) {
			label[k] = (char)('a' + state % 26);
			state += state ^ factor * k * k * 26;
		}
		label[LENGTH] = 0;
		if (!emit_name(r, label, tld))
			return;
	}
}

const struct family ramdo_v1 = {"ramdo", "v1", false, generate};
