/* SPDX-License-Identifier: BSD-2-Clause
 * Fobber, a banking trojan that grew out of Tinba.
 *
 * Source: J. Bader, "domain_generation_algorithms", fobber (2015); no analysis of the generator is published.
 * A linear congruential generator whose halves are swapped at each step draws letters.
 */
#include "dga/families/emit.h"
#include "dga/families/families.h"

enum { NAMES = 300, NAMES_MAX = 10000, LABEL_MAX = 63 };

static void generate(struct family_run *r)
{
	uint32_t state = (uint32_t)family_number(r, "seed", 0, UINT32_MAX);
	uint32_t factor = (uint32_t)family_number(r, "multiplier", 0, UINT32_MAX);
	uint32_t addend = (uint32_t)family_number(r, "increment", 0, UINT32_MAX);
	size_t length = (size_t)family_number(r, "length", 1, LABEL_MAX);
	int64_t count = family_number_or(r, "count", 1, NAMES_MAX, NAMES);
	const char *tld = family_text(r, "tld", 63);
	if (r->missing)
		return;
	for (int64_t i = 0; i < count; i++) {
		char label[LABEL_MAX + 1];
		for (size_t k = 0; k < length; k++) {
			state = state * factor + addend;
			state = state >> 16 | state << 16;
			label[k] = (char)('a' + (state & 0x17ff) % 26);
		}
		label[length] = 0;
		if (!emit_name(r, label, tld))
			return;
	}
}

const struct family fobber_v1 = {"fobber", "v1", false, generate};
const struct family fobber_v2 = {"fobber", "v2", false, generate};
