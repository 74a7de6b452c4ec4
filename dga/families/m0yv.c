/* SPDX-License-Identifier: BSD-2-Clause
 * M0yv, a file infector.
 *
 * Source: Malpedia, "win.m0yv"; J. Bader, "Sinkholing the Domain Generation Algorithm of m0yv" (a video).
 * Each of 128 names seeds the rand() of Microsoft's C library with the seed XOR its number: five letters and up to four
 * more. The dated variant first turns the seed by a week counted down to the end of the year.
 */
#include "dga/families/emit.h"
#include "dga/families/families.h"

enum { NAMES = 128, LETTERS_MIN = 5, LETTERS_MORE = 5 };

static uint32_t draw(uint32_t *state)
{
	*state = *state * 214013 + 2531011;
	return *state >> 16 & 0x7fff;
}

static void emit_all(struct family_run *r, uint32_t seed, const char *tld)
{
	for (uint32_t i = 0; i < NAMES; i++) {
		uint32_t state = seed ^ i;
		char label[LETTERS_MIN + LETTERS_MORE];
		uint32_t length = LETTERS_MIN + draw(&state) % LETTERS_MORE;
		for (uint32_t k = 0; k < length; k++)
			label[k] = (char)('a' + draw(&state) % 26);
		label[length] = 0;
		if (!emit_name(r, label, tld))
			return;
	}
}

static void same_every_day(struct family_run *r)
{
	uint32_t seed = (uint32_t)family_number(r, "seed", 0, UINT32_MAX);
	const char *tld = family_text(r, "tld", 63);
	if (!r->missing)
		emit_all(r, seed, tld);
}

static void dated(struct family_run *r)
{
	uint32_t seed = (uint32_t)family_number(r, "seed", 0, UINT32_MAX);
	const char *tld = family_text(r, "tld", 63);
	if (r->missing)
		return;
	struct family_date date = family_date(r->day);
	seed += (uint32_t)date.year;
	int weeks = (61 * date.month - 2 * date.day) / 14; /* a month counts as 30.5 days */
	for (int i = 0; i < weeks; i++) {
		seed++;
		seed = seed << 1 | seed >> 31;
	}
	emit_all(r, seed, tld);
}

const struct family m0yv_time_independent = {"m0yv", "time_independent", false, same_every_day};
const struct family m0yv_time_dependent = {"m0yv", "time_dependent", true, dated};
