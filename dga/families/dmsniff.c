/* SPDX-License-Identifier: BSD-2-Clause
 * DMSniff, which steals card data from tills.
 *
 * Source: J. Bader, "domain_generation_algorithms", dmsniff (2019); no analysis is named.
 * A counter from 1 to 50, times a number for each letter, halved until it is a letter's place; z never comes. The counter,
 * halved likewise, chooses the top-level domain.
 */
#include "dga/families/emit.h"
#include "dga/families/families.h"

#include <string.h>

enum {
	NAMES = 50,
	LETTERS_MAX = 24,
	PREFIX_MAX = 8,
	TLDS = 5,
	STEP = 5,
	PLACES = STEP * TLDS,
	FACTOR_MAX = 1000
};

static uint32_t halved(uint32_t number)
{
	while (number >= PLACES)
		number /= 2;
	return number;
}

static void generate(struct family_run *r)
{
	const char *prefix = family_text(r, "prefix", PREFIX_MAX);
	int64_t factors[LETTERS_MAX];
	const char *tlds[TLDS];
	size_t letters = family_numbers(r, "multipliers", 1, FACTOR_MAX, factors, LETTERS_MAX);
	if (family_texts(r, "tlds", tlds, TLDS) != TLDS)
		family_wrong(r, "tlds");
	if (r->missing)
		return;
	size_t fixed = strlen(prefix);
	for (uint32_t i = 1; i <= NAMES; i++) {
		char label[PREFIX_MAX + LETTERS_MAX + 1];
		memcpy(label, prefix, fixed);
		for (size_t k = 0; k < letters; k++)
			label[fixed + k] = (char)('a' + halved(i * (uint32_t)factors[k]));
		label[fixed + letters] = 0;
		if (!emit_name(r, label, tlds[halved(i) / STEP]))
			return;
	}
}

const struct family dmsniff_v1 = {"dmsniff", "v1", false, generate};
