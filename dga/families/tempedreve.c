/* SPDX-License-Identifier: BSD-2-Clause
 * Tempedreve, a file infector.
 *
 * Source: AnubisNetworks, "Tempedreve botnet report" (2015), on the form without date; J. Bader,
 * "domain_generation_algorithms", tempedreve (2017).
 * One name a day: a linear congruential step of the day since 1970 seeds a second such generator, which shuffles the
 * alphabet and then picks from it. A bot tries today's name and all those before, back to a fixed day.
 */
#include "dga/families/emit.h"
#include "dga/families/families.h"

enum { LETTERS = 26, LENGTH_MIN = 7, LENGTH_MORE = 5, TLDS = 4 };

static uint32_t step(uint32_t state)
{
	return state * UINT32_C(16843009) + 65805;
}

static void shuffle(char letters[static LETTERS], uint32_t state)
{
	for (size_t i = 0; i < LETTERS; i++) {
		char *other = &letters[state % LETTERS];
		char kept = *other;
		*other = letters[i];
		letters[i] = kept;
		state = step(state);
	}
}

static uint32_t label_of(int64_t day, char label[static LENGTH_MIN + LENGTH_MORE])
{
	char letters[LETTERS + 1] = "abcdefghijklmnopqrstuvwxyz";
	uint32_t seed = (uint32_t)day * UINT32_C(1664525) + UINT32_C(1013904223), state = seed;
	shuffle(letters, seed);
	size_t length = seed % LENGTH_MORE + LENGTH_MIN;
	for (size_t i = 0; i < length; i++) {
		label[i] = letters[state % LETTERS];
		state = step(state);
	}
	label[length] = 0;
	return seed;
}

static void generate(struct family_run *r)
{
	const char *tlds[TLDS];
	int64_t last = family_text_day(r, "end_date");
	if (family_texts(r, "tlds", tlds, TLDS) != TLDS)
		family_wrong(r, "tlds");
	if (r->missing)
		return;
	for (int64_t day = r->day; day >= last; day--) {
		char label[LENGTH_MIN + LENGTH_MORE];
		uint32_t seed = label_of(day, label);
		if (!emit_name(r, label, tlds[seed % TLDS]))
			return;
	}
}

const struct family tempedreve_v1 = {"tempedreve", "v1", true, generate};
