/* SPDX-License-Identifier: BSD-2-Clause
 * Qakbot, a banking trojan and worm.
 *
 * Source: J. Bader, "The DGA of Qakbot" (2016).
 * The CRC-32 of `third.month.year.seed` (third of the month, month's name) seeds a Mersenne Twister, which draws the
 * top-level domain, a length and the letters. A bot that sees an analyst's tools adds one to the seed, to mislead.
 */
#include <stdio.h>

#include "dga/families/emit.h"
#include "dga/families/families.h"
#include "dga/families/mersenne.h"

enum { NAMES = 5000, LENGTH_MIN = 8, LENGTH_MAX = 25, TLDS_MAX = 16 };

/* Of IEEE 802.3, bit by bit: it is some twenty octets. */
static uint32_t crc32_of(const char *text)
{
	uint32_t crc = UINT32_MAX;
	for (; *text; text++) {
		crc ^= (uint8_t)*text;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0xedb88320) : 0);
	}
	return ~crc;
}

/* Of 28 bits, as far as the malware uses them. */
static uint32_t draw(struct mersenne *m, uint32_t low, uint32_t high)
{
	uint64_t bits = mersenne_next(m) & 0xfffffff;
	return low + (uint32_t)(bits * (high - low + 1) >> 28);
}

static uint32_t start_of(const struct family_date *date, uint32_t seed)
{
	static const char months[][4] = {
		"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"};
	char text[48];
	int third = date->day > 20 ? 2 : date->day > 10 ? 1 : 0;
	snprintf(text, sizeof text, "%d.%s.%d.%08x", third, months[date->month - 1], date->year,
		(unsigned)seed);
	return crc32_of(text);
}

static void generate(struct family_run *r)
{
	uint32_t seed = (uint32_t)family_number(r, "seed", 0, UINT32_MAX);
	bool is_misled = family_is_true(r, "sandbox");
	const char *tlds[TLDS_MAX];
	size_t count = family_texts(r, "tlds", tlds, TLDS_MAX);
	if (r->missing)
		return;
	struct family_date date = family_date(r->day);
	struct mersenne random;
	mersenne_seed(&random, start_of(&date, seed) + is_misled);
	for (int i = 0; i < NAMES; i++) {
		char label[LENGTH_MAX + 1];
		uint32_t tld = draw(&random, 0, (uint32_t)count - 1);
		uint32_t length = draw(&random, LENGTH_MIN, LENGTH_MAX);
		for (uint32_t k = 0; k < length; k++)
			label[k] = (char)draw(&random, 'a', 'z');
		label[length] = 0;
		if (!emit_name(r, label, tlds[tld]))
			return;
	}
}

const struct family qakbot_v1 = {"qakbot", "v1", true, generate};
