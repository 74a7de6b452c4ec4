/* SPDX-License-Identifier: BSD-2-Clause
 * Chinad, a denial-of-service bot.
 *
 * Source: 360 Netlab, "DGA", chinad (2016).
 * SHA-1 of year, month, day and counter, padded with zeros to sixteen octets. The octets of the hash, each word of it
 * backwards, stand for sixteen letters or digits and one of seven top-level domains.
 */
#include "dga/families/emit.h"
#include "dga/families/families.h"
#include "dga/families/hashed.h"

enum { NAMES = 256, LENGTH = 16, TLDS = 7 };

static void generate(struct family_run *r)
{
	const char *tlds[TLDS];
	if (family_texts(r, "tlds", tlds, TLDS) != TLDS)
		family_wrong(r, "tlds");
	if (r->missing)
		return;
	struct family_date date = family_date(r->day);
	for (int i = 0; i < NAMES; i++) {
		uint8_t input[16] = {(uint8_t)(date.year + 0x30), (uint8_t)date.month,
			(uint8_t)date.day, (uint8_t)i};
		uint8_t hash[HASHED_SHA1];
		char label[LENGTH + 1];
		if (!hashed_sha1(r, input, sizeof input, hash))
			return;
		for (size_t k = 0; k < LENGTH; k++)
			label[k] = "abcdefghijklmnopqrstuvwxyz0123456789"[hash[k ^ 3] % 36];
		label[LENGTH] = 0;
		if (!emit_name(r, label, tlds[hash[LENGTH ^ 3] % TLDS]))
			return;
	}
}

const struct family chinad_v1 = {"chinad", "v1", true, generate};
