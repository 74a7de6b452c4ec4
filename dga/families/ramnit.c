/* SPDX-License-Identifier: BSD-2-Clause
 * Ramnit, a file infector and banking trojan.
 *
 * Source: J. Bader, "The DGA of Ramnit" (2014).
 * The minimal standard generator of Park and Miller, by Schrage's method, draws length and letters of a name. The next
 * name starts from the product of the states before and after the length, its halves added. Top-level domains go round.
 */
#include "dga/families/emit.h"
#include "dga/families/families.h"

enum { NAMES = 300, NAMES_MAX = 10000, LABEL_MAX = 63, TLDS_MAX = 16 };

static uint32_t draw(uint32_t *state, uint32_t below)
{
	*state = 16807 * (*state % 127773) - 2836 * (*state / 127773);
	return *state % below;
}

static void generate(struct family_run *r)
{
	uint32_t state = (uint32_t)family_number(r, "seed", 0, UINT32_MAX);
	uint32_t shortest = (uint32_t)family_number(r, "min_length", 1, LABEL_MAX);
	uint32_t longest = (uint32_t)family_number(r, "max_length", shortest, LABEL_MAX);
	uint32_t count = (uint32_t)family_number_or(r, "count", 1, NAMES_MAX, NAMES);
	const char *tlds[TLDS_MAX];
	size_t tlds_count = family_texts(r, "tlds", tlds, TLDS_MAX);
	if (r->missing)
		return;
	for (uint32_t i = 0; i < count; i++) {
		uint64_t before = state;
		uint32_t length = draw(&state, longest - shortest + 1) + shortest;
		uint64_t product = before * state;
		char label[LABEL_MAX + 1];
		for (uint32_t k = 0; k < length; k++)
			label[k] = (char)('a' + draw(&state, 25));
		label[length] = 0;
		state = (uint32_t)(product + (product >> 32));
		if (!emit_name(r, label, tlds[i % tlds_count]))
			return;
	}
}

const struct family ramnit_classic = {"ramnit", "classic", false, generate};
const struct family ramnit_script_default = {"ramnit", "script_default", false, generate};
