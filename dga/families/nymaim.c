/* SPDX-License-Identifier: BSD-2-Clause
 * Nymaim, a downloader, as it was before its lists of words.
 *
 * Source: CERT Polska, "Nymaim revisited" (2017); J. Bader, "domain_generation_algorithms", nymaim (2018).
 * A generator of the xorshift kind whose four words start as constants plus year, weekday and the sum of day and month
 * draws lengths and letters. The last letter but one chooses the top-level domain.
 */
#include "dga/families/emit.h"
#include "dga/families/families.h"

enum { NAMES = 128, LENGTH_MIN = 6, LENGTH_MORE = 6, WORDS = 4 };

static uint32_t draw(uint32_t words[static WORDS], uint32_t below)
{
	uint32_t first = words[0] ^ words[0] << 11;
	uint32_t last = words[3] ^ words[3] >> 19 ^ first ^ first >> 8;
	uint32_t sum = words[2] + last;
	for (size_t i = 0; i + 1 < WORDS; i++)
		words[i] += words[i + 1]; /* not the usual shift of the words */
	words[3] = last;
	return sum / 100 % below;
}

static const char *tld_of(char letter)
{
	if (letter < 'j')
		return "com";
	if (letter < 'n')
		return "org";
	if (letter < 'r')
		return "biz";
	return letter < 'v' ? "net" : "info";
}

static void generate(struct family_run *r)
{
	int64_t constants[WORDS];
	if (family_numbers(r, "constants", 0, UINT32_MAX, constants, WORDS) != WORDS)
		family_wrong(r, "constants");
	if (r->missing)
		return;
	struct family_date date = family_date(r->day);
	int weekday = (date.weekday + 1) % 7; /* 0: Sunday */
	uint32_t of_day =
		(uint32_t)(date.year + weekday) + ((uint32_t)(date.month + date.day) << 16);
	uint32_t words[WORDS];
	for (size_t i = 0; i < WORDS; i++)
		words[i] = (uint32_t)constants[i] + of_day;
	for (int i = 0; i < NAMES; i++) {
		char label[LENGTH_MIN + LENGTH_MORE];
		uint32_t length = draw(words, LENGTH_MORE) + LENGTH_MIN;
		for (uint32_t k = 0; k < length; k++)
			label[k] = (char)('a' + draw(words, 26));
		label[length] = 0;
		if (!emit_name(r, label, tld_of(label[length - 2])))
			return;
	}
}

const struct family nymaim_v1 = {"nymaim", "v1", true, generate};
