/* SPDX-License-Identifier: BSD-2-Clause
 * Vawtrak (Neverquest, Snifula), a banking trojan.
 *
 * Source: Threat Geek, "Vawtrak DGA Round 2" (2016); J. Bader, "domain_generation_algorithms", vawtrak (2016).
 * A linear congruential generator of 31 bits draws length and letters: any letter in variant 1; in variants 2 and 3
 * vowels with none or one or two consonants between them, an increment added before each.
 */
#include "dga/families/emit.h"
#include "dga/families/families.h"

enum { LENGTH_MIN = 7, LENGTH_MORE = 5, V1_NAMES = 96, NAMES = 150, NAMES_MAX = 10000 };

static uint32_t draw(uint32_t *state)
{
	*state = (*state * UINT32_C(1103515245) + 12345) & 0x7fffffff;
	return *state;
}

static void any_letters(uint32_t *state, uint32_t length, char *label)
{
	for (uint32_t i = 0; i < length; i++)
		label[i] = (char)('a' + draw(state) % 26);
}

static void syllables(uint32_t *state, uint32_t increment, uint32_t length, char *label)
{
	uint32_t consonants = draw(state) % 2; /* before the next vowel */
	for (uint32_t i = 0; i < length; i++) {
		*state += increment;
		uint32_t number = draw(state);
		if (consonants) {
			label[i] = "cdfghlmnrstw"[number % 12];
			consonants--;
		} else {
			label[i] = "aeiou"[number % 5];
			consonants = draw(state) % 2 + 1;
		}
	}
}

static void generate(struct family_run *r, bool is_v1)
{
	uint32_t state = (uint32_t)family_number(r, "seed", 0, UINT32_MAX);
	uint32_t increment = is_v1 ? 0 : (uint32_t)family_number(r, "increment", 0, UINT32_MAX);
	const char *tld = family_text(r, "tld", 63);
	int64_t count = family_number_or(r, "count", 1, NAMES_MAX, is_v1 ? V1_NAMES : NAMES);
	if (r->missing)
		return;
	for (int64_t i = 0; i < count; i++) {
		char label[LENGTH_MIN + LENGTH_MORE];
		uint32_t length = draw(&state) % LENGTH_MORE + LENGTH_MIN;
		if (is_v1)
			any_letters(&state, length, label);
		else
			syllables(&state, increment, length, label);
		label[length] = 0;
		if (!emit_name(r, label, tld))
			return;
	}
}

static void first(struct family_run *r)
{
	generate(r, true);
}

static void later(struct family_run *r)
{
	generate(r, false);
}

const struct family vawtrak_v1 = {"vawtrak", "v1", false, first};
const struct family vawtrak_v2 = {"vawtrak", "v2", false, later};
const struct family vawtrak_v3 = {"vawtrak", "v3", false, later};
