/* SPDX-License-Identifier: BSD-2-Clause
 * Pushdo (Cutwail), a downloader and spam botnet.
 *
 * Source: Damballa, Dell SecureWorks, Georgia Tech, "Unveiling the Latest Variant of Pushdo" (2013); J. Bader,
 * "domain_generation_algorithms", pushdo (2019).
 * The days since the year 0, in the malware's own calendar, are the first number of 30 names. The MD5 of a number gives
 * the name's length, its syllables and, plus one, the next number. A bot asks for the names of 45 days: today's, those
 * of the 30 days before, and of 14 to come.
 */
#include <string.h>

#include "dga/families/emit.h"
#include "dga/families/families.h"
#include "dga/families/hashed.h"

enum {
	NAMES = 30,
	DAYS_BEFORE = 30,
	DAYS_AFTER = 14,
	LENGTH_MIN = 9,
	LENGTH_MAX = 12,
	SYLLABLE_MAX = 3
};

struct letters {
	const char *text;
	size_t count;
};

struct alphabet {
	struct letters first, second, third_vowel, third; /* first and third: consonants */
	uint32_t vowel_mask, third_mask;
};

static struct letters letters_read(struct family_run *r, const char *key)
{
	const char *text = family_text(r, key, 26);
	return (struct letters){text, strlen(text)};
}

static char letter(const struct letters *of, uint32_t i)
{
	return of->text[i % of->count];
}

/* Two or three letters of an octet. */
static size_t syllable(const struct alphabet *a, uint8_t octet, char *to)
{
	to[0] = letter(&a->first, octet);
	to[1] = letter(&a->second, (uint8_t)(octet + 1));
	uint32_t next = octet + UINT32_C(2);
	if (to[1] == 'e' && next & a->vowel_mask) {
		to[2] = letter(&a->third_vowel, next);
		return 3;
	}
	if (!(next & a->third_mask))
		return 2;
	to[2] = letter(&a->third, next + 1);
	return 3;
}

/* Days since the year 0 as the malware counts them: the months up to this one without January, which is right in those
 * of 31 days, and every fourth year is a leap year. */
static uint32_t days_of_malware(int64_t day)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	struct family_date date = family_date(day);
	int leaps = date.year / 4;
	int count = date.day + 365 * (date.year - leaps) + 366 * leaps;
	for (int month = 2; month <= date.month; month++)
		count += days[month - 1] + (month == 2 && date.year % 4 == 0);
	return (uint32_t)count;
}

static bool emit_day(
	struct family_run *r, const struct alphabet *a, const char *tld, uint32_t number)
{
	for (int i = 0; i < NAMES; i++) {
		uint8_t hash[HASHED_MD5];
		char label[LENGTH_MAX + SYLLABLE_MAX];
		for (size_t k = 0; k < 4; k++)
			hash[k] = (uint8_t)(number >> 8 * k);
		if (!hashed_md5(r, hash, 4, hash))
			return false;
		size_t length = LENGTH_MIN + (hash[0] & 3u), filled = 0;
		for (size_t k = 0; k < HASHED_MD5 && filled < length; k++)
			filled += syllable(a, hash[k], label + filled);
		label[length] = 0;
		number = hash[0] | (uint32_t)hash[1] << 8 | (uint32_t)hash[2] << 16 |
			(uint32_t)hash[3] << 24;
		number++;
		if (!emit_name(r, label, tld))
			return false;
	}
	return true;
}

static void generate(struct family_run *r)
{
	struct alphabet a = {
		.first = letters_read(r, "conso_a"),
		.second = letters_read(r, "vowels_a"),
		.third_vowel = letters_read(r, "vowels_b"),
		.third = letters_read(r, "conso_b"),
		.vowel_mask = (uint32_t)family_number(r, "mod", 0, UINT8_MAX),
		.third_mask = (uint32_t)family_number(r, "mod2", 0, UINT8_MAX),
	};
	const char *tld = family_text(r, "tld", 63);
	if (r->missing)
		return;
	uint32_t today = days_of_malware(r->day);
	for (uint32_t i = 0; i <= DAYS_BEFORE; i++)
		if (!emit_day(r, &a, tld, today - i))
			return;
	for (uint32_t i = 1; i <= DAYS_AFTER; i++)
		if (!emit_day(r, &a, tld, today + i))
			return;
}

const struct family pushdo_com_v1 = {"pushdo", "com_v1", true, generate};
const struct family pushdo_kz_v1 = {"pushdo", "kz_v1", true, generate};
const struct family pushdo_kz_v2 = {"pushdo", "kz_v2", true, generate};
const struct family pushdo_kz_v3 = {"pushdo", "kz_v3", true, generate};
