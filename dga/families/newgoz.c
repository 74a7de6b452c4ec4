/* SPDX-License-Identifier: BSD-2-Clause
 * NewGOZ, the Gameover ZeuS that came back without its peer-to-peer network.
 *
 * Source: J. Bader, "The DGA of newGOZ" (2014).
 * MD5 of counter, year, month and day with a key between them. The hash is read as four 32-bit numbers; their digits to
 * the base 36, at most seven of each, are the label. The counter chooses one of four top-level domains.
 */
#include <string.h>

#include "dga/families/emit.h"
#include "dga/families/families.h"
#include "dga/families/hashed.h"

enum { NAMES = 1000, KEY_BYTES = 4, DIGITS_MAX = 7 };

/* The number to the base 36, without the digits over the seventh. */
static char *digits_put(char *to, uint32_t number)
{
	char digits[DIGITS_MAX];
	size_t count = 0;
	do {
		digits[count++] = "0123456789abcdefghijklmnopqrstuvwxyz"[number % 36];
		number /= 36;
	} while (number && count < DIGITS_MAX);
	while (count)
		*to++ = digits[--count];
	return to;
}

static uint32_t little_endian(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint8_t *short_put(uint8_t *to, int number)
{
	to[0] = (uint8_t)number;
	to[1] = (uint8_t)(number >> 8);
	return to + 2;
}

static uint8_t *key_put(uint8_t *to, uint32_t key)
{
	for (int i = KEY_BYTES - 1; i >= 0; i--)
		*to++ = (uint8_t)(key >> 8 * i);
	return to;
}

/* The numbers in little endian, the key as it is written. */
static bool hash_of(
	struct family_run *r, uint32_t counter, uint32_t key, uint8_t hash[static HASHED_MD5])
{
	uint8_t hashed[4 + 3 * 2 + 3 * KEY_BYTES];
	struct family_date date = family_date(r->day);
	uint8_t *at = short_put(short_put(hashed, (int)counter), 0);
	at = key_put(short_put(at, date.year), key);
	at = key_put(short_put(at, date.month), key);
	key_put(short_put(at, date.day), key);
	return hashed_md5(r, hashed, sizeof hashed, hash);
}

static const char *tld_of(uint32_t counter)
{
	if (counter % 4 == 0)
		return "com";
	if (counter % 3 == 0)
		return "org";
	return counter % 2 == 0 ? "biz" : "net";
}

/* Eight hex digits. */
static bool key_read(const char *text, uint32_t *key)
{
	*key = 0;
	for (size_t i = 0; i < 2 * KEY_BYTES; i++) {
		const char *hex = "0123456789abcdefABCDEF";
		const char *digit = text[i] ? strchr(hex, text[i]) : NULL;
		if (!digit)
			return false;
		uint32_t value = (uint32_t)(digit - hex);
		*key = *key << 4 | (value < 16 ? value : value - 6);
	}
	return !text[2 * KEY_BYTES];
}

static void generate(struct family_run *r)
{
	uint32_t key;
	const char *text = family_text(r, "key", 2 * KEY_BYTES);
	if (!key_read(text, &key))
		family_wrong(r, "key");
	if (r->missing)
		return;
	for (uint32_t i = 0; i < NAMES; i++) {
		uint8_t hash[HASHED_MD5];
		char label[4 * DIGITS_MAX + 1];
		if (!hash_of(r, i, key, hash))
			return;
		char *end = label;
		for (size_t k = 0; k < HASHED_MD5; k += 4)
			end = digits_put(end, little_endian(hash + k));
		*end = 0;
		if (!emit_name(r, label, tld_of(i)))
			return;
	}
}

const struct family newgoz_v1 = {"newgoz", "v1", true, generate};
