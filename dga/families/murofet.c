/* SPDX-License-Identifier: BSD-2-Clause
 * Murofet (Licat), of the ZeuS family.
 *
 * Source: J. Bader, "Three Variants of Murofet's DGA" (2015).
 * MD5 of year, month, day (weekly in variants 1 and 3) and counter; every octet of the hash gives letters, each variant
 * in its own way. Gameover ZeuS, as long as it had its peer-to-peer network, asked for the names of variant 1. Variant 2 takes counters in pairs and may mask what is hashed with a key. The counter chooses the
 * top-level domain: the last one whose place, counted from the end, divides it.
 */
#include "dga/families/murofet.h"

#include "dga/families/emit.h"
#include "dga/families/families.h"
#include "dga/families/hashed.h"

enum { TLDS_MAX = 16, LABEL_MAX = 3 * HASHED_MD5 + 1 };

/* What is hashed, octets in this order; `length` tells how many. */
struct input {
	uint8_t bytes[8];
	size_t length;
};

static struct input input_make(
	const struct family_date *date, int day, size_t gap, uint32_t counter)
{
	struct input h = {.length = 7 + gap};
	h.bytes[0] = (uint8_t)(date->year + 0x30);
	h.bytes[1] = (uint8_t)date->month;
	h.bytes[2] = (uint8_t)day;
	for (size_t i = 0; i < 4; i++)
		h.bytes[3 + gap + i] = (uint8_t)(counter >> 8 * i);
	return h;
}

static const char *tld_of(uint32_t counter, const char **tlds, size_t count)
{
	size_t i = 0;
	while (counter % (count - i))
		i++;
	return tlds[i];
}

/* Two letters an octet, of five bits each, unless they are equal; those past z fall out. */
static void label_v1(const uint8_t hash[static HASHED_MD5], char *label)
{
	for (size_t i = 0; i < HASHED_MD5; i++) {
		unsigned low = hash[i] & 31, high = hash[i] >> 3;
		if (low == high)
			continue;
		if (low < 26)
			*label++ = (char)('a' + low);
		if (high < 26)
			*label++ = (char)('a' + high);
	}
	*label = 0;
}

/* One letter an octet: the sum of its halves; past z it falls out. */
static void label_v2(const uint8_t hash[static HASHED_MD5], char *label)
{
	for (size_t i = 0; i < HASHED_MD5; i++) {
		unsigned sum = (hash[i] & 15u) + (hash[i] >> 4);
		if (sum < 26)
			*label++ = (char)('a' + sum);
	}
	*label = 0;
}

/* A letter from a to p, then one from q to z or a number of two digits. */
static void label_v3(const uint8_t hash[static HASHED_MD5], char *label)
{
	for (size_t i = 0; i < HASHED_MD5; i++) {
		unsigned low = 'a' + (hash[i] & 15u), high = hash[i] >> 4;
		*label++ = (char)low;
		if (high < 10) {
			*label++ = (char)('q' + high);
		} else {
			*label++ = (char)('1' + high - 10);
			*label++ = (char)('0' + low % 10);
		}
	}
	*label = 0;
}

static void weekly(
	struct family_run *r, uint32_t names, void label_of(const uint8_t *hash, char *label))
{
	const char *tlds[TLDS_MAX];
	size_t count = family_texts(r, "tlds", tlds, TLDS_MAX);
	if (r->missing)
		return;
	struct family_date date = family_date(r->day);
	for (uint32_t i = 0; i < names; i++) {
		struct input h = input_make(&date, date.day / 7 * 7, 0, i);
		uint8_t hash[HASHED_MD5];
		char label[LABEL_MAX];
		if (!hashed_md5(r, h.bytes, h.length, hash))
			return;
		label_of(hash, label);
		if (!emit_name(r, label, tld_of(i, tlds, count)))
			return;
	}
}

static void v1(struct family_run *r)
{
	weekly(r, 1020, label_v1);
}

static void v3(struct family_run *r)
{
	weekly(r, 1000, label_v3);
}

void murofet_pairs(struct family_run *r, const char **tlds, size_t count)
{
	uint32_t key =
		family_is_null(r, "key") ? 0 : (uint32_t)family_number(r, "key", 0, UINT32_MAX);
	if (r->missing)
		return;
	struct family_date date = family_date(r->day);
	for (uint32_t i = 0; i < 1020; i++) {
		struct input h = input_make(&date, date.day, 1, i & ~UINT32_C(1));
		for (size_t k = 0; k < h.length; k++)
			h.bytes[k] ^= (uint8_t)(key >> k % 4 * 8);
		uint8_t hash[HASHED_MD5];
		char label[LABEL_MAX];
		if (!hashed_md5(r, h.bytes, h.length, hash))
			return;
		label_v2(hash, label);
		if (!emit_name(r, label, tld_of(i, tlds, count)))
			return;
	}
}

static void v2(struct family_run *r)
{
	const char *tlds[TLDS_MAX];
	size_t count = family_texts(r, "tlds", tlds, TLDS_MAX);
	if (!r->missing)
		murofet_pairs(r, tlds, count);
}

const struct family murofet_v1 = {"murofet", "v1", true, v1};
const struct family murofet_v2 = {"murofet", "v2", true, v2};
const struct family murofet_v3 = {"murofet", "v3", true, v3};
