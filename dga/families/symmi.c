/* SPDX-License-Identifier: BSD-2-Clause
 * Symmi (MewsSpy, Graftor), a trojan whose names stand under a dynamic-DNS zone.
 *
 * Source: J. Bader, "The DGA of Symmi" (2015).
 * Half of the month, month and year seed the rand() of Microsoft's C library. It draws the length, then pairs of
 * letters: a vowel and a consonant, or the other way round. The last letter of either row is never taken.
 */
#include "dga/families/emit.h"
#include "dga/families/families.h"

enum { NAMES = 64, LABEL_MAX = 63 };

static uint32_t draw(uint32_t *state)
{
	*state = *state * 214013 + 2531011;
	return *state >> 16 & 0x7fff;
}

static char letter(uint32_t *state, bool is_consonant)
{
	uint32_t number = draw(state);
	return is_consonant ? "bcdfghklmnpqrstvwxz"[number % 18] : "aeiouy"[number % 5];
}

static void generate(struct family_run *r)
{
	uint32_t constant = (uint32_t)family_number(r, "seed_const", 0, UINT32_MAX);
	int period = (int)family_number(r, "days_period", 1, 31);
	uint32_t shortest = (uint32_t)family_number(r, "min_length", 1, LABEL_MAX);
	uint32_t longest = (uint32_t)family_number(r, "max_length", shortest, LABEL_MAX);
	const char *suffix = family_text(r, "suffix", 128);
	if (r->missing)
		return;
	struct family_date date = family_date(r->day);
	uint32_t state =
		(uint32_t)(10000 * (date.day / period * 100 + date.month) + date.year) + constant;
	for (int i = 0; i < NAMES; i++) {
		char label[LABEL_MAX + 1];
		uint32_t length = shortest + draw(&state) % (longest - shortest + 1);
		bool is_consonant = false;
		for (uint32_t k = 0; k < length; k++) {
			is_consonant = k % 2 ? !is_consonant : draw(&state) & 0x100;
			label[k] = letter(&state, is_consonant);
		}
		label[length] = 0;
		if (!emit_name(r, label, suffix))
			return;
	}
}

const struct family symmi_v1 = {"symmi", "v1", true, generate};
