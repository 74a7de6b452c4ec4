/* SPDX-License-Identifier: BSD-2-Clause
 * Pykspa, a worm that spreads over Skype.
 *
 * Source: J. Bader, "The DGA of Pykspa" (2015) and "The Faulty Precursor of Pykspa's DGA" (2015).
 * Days since 1970, divided by a period, give a number. The improved variant hashes it with MD6 and runs the hash
 * through a stream cipher of 128 linear congruential generators for its seed; set 1 is used, set 2 is noise. The
 * precursor takes the number as it is.
 */
#include <string.h>

#include "dga/families/emit.h"
#include "dga/families/families.h"
#include "dga/families/md6.h"

enum {
	NAMES_MAX = 10000,
	IMPROVED_NAMES = 200,
	PRECURSOR_NAMES = 5000,
	LABEL_MAX = 15,
	TLDS_MAX = 16,
	PERIOD_MAX = 366
};

enum { GENERATORS = 128, PAD = 2 * GENERATORS, HASH_DIGITS = 2 * MD6_BYTES, PASSES = 10 };

/* The stream cipher. All generators feed one sum, whose low octet is the key stream. */
struct cipher {
	uint32_t generators[GENERATORS];
	uint32_t sum;
};

static void cipher_step(struct cipher *c, size_t i)
{
	c->generators[i] = c->generators[i] * UINT32_C(22695477) + 1;
	uint32_t turn = c->sum & 15;
	c->sum += c->generators[i] >> 16 & 0x7fff;
	if (turn)
		c->sum = c->sum << turn | c->sum >> (32 - turn);
}

/* Generators from pairs of octets; the i-th steps i + 1 times. */
static void cipher_start(struct cipher *c, const uint8_t pad[static PAD])
{
	c->sum = 0;
	for (size_t i = 0; i < GENERATORS; i++)
		c->generators[i] = (uint32_t)pad[2 * i] << 8 | pad[2 * i + 1];
	for (size_t i = 0; i < GENERATORS; i++)
		for (size_t times = 0; times <= i; times++)
			cipher_step(c, i);
}

/* The next octet of the key stream. The octet that it is for goes into the state. */
static uint8_t cipher_next(struct cipher *c, uint8_t plain)
{
	for (size_t i = 0; i < GENERATORS; i++)
		cipher_step(c, i);
	uint8_t stream = (uint8_t)c->sum;
	c->sum += plain;
	c->generators[GENERATORS - 1] += plain;
	return stream;
}

static uint32_t improved_seed(uint32_t number)
{
	uint8_t octets[4], hash[MD6_BYTES], pad[PAD] = {0}, hex[HASH_DIGITS];
	for (size_t i = 0; i < sizeof octets; i++)
		octets[i] = (uint8_t)(number >> 8 * i);
	md6_256(octets, sizeof octets, hash);
	for (size_t i = 0; i < HASH_DIGITS; i++)
		hex[i] = (uint8_t) "0123456789abcdef"[hash[i / 2] >> (i % 2 ? 0 : 4) & 15];
	memcpy(pad, hex, HASH_DIGITS);
	struct cipher c;
	cipher_start(&c, pad);
	for (size_t i = 0; i < PAD; i++)
		pad[i] = cipher_next(&c, pad[i]);
	for (size_t i = 0; i < (PAD + 1) * PASSES; i++) { /* begins with the last octet */
		size_t at = (i + PAD - 1) % PAD;
		pad[at] = cipher_next(&c, pad[at]);
	}
	cipher_start(&c, pad);
	const uint8_t *digits = hex + number % 50;
	uint32_t seed = 0;
	for (size_t i = 0; i < 4; i++)
		seed |= (uint32_t)(digits[i] ^ cipher_next(&c, digits[i])) << 8 * i;
	return seed;
}

static void improved_label(uint32_t seed, uint32_t length, char *label)
{
	for (uint32_t i = 0; i < length; i++) {
		uint32_t factor = seed % 5 + seed % 123456 + i * ((seed & 1) + seed % 4567);
		label[i] = (char)('a' + (length * length + length * i + seed * factor) % 26);
		seed += (UINT32_C(7837632) * seed * length + 82344) % (541 * length + 4);
	}
	label[length] = 0;
}

static void improved(struct family_run *r)
{
	uint32_t period = (uint32_t)family_number(r, "period_days", 1, PERIOD_MAX);
	uint32_t count = (uint32_t)family_number_or(r, "count", 1, NAMES_MAX, IMPROVED_NAMES);
	const char *tlds[TLDS_MAX];
	size_t tlds_count = family_texts(r, "tlds", tlds, TLDS_MAX);
	if (r->missing)
		return;
	uint32_t seed = improved_seed((uint32_t)r->day / period);
	for (uint32_t i = 0; i < count; i++) {
		char label[LABEL_MAX + 1];
		seed += seed % (i + 1) + 1;
		improved_label(seed, (seed + i) % 7 + 6, label);
		if (!emit_name(r, label, tlds[seed % 4 % tlds_count]))
			return;
	}
}

/* The seed loses its bits on the way: long labels repeat a pattern. */
static void precursor_label(uint32_t seed, uint32_t length, char *label)
{
	for (uint32_t i = 0; i < length; i++) {
		uint32_t factor = seed % 5 + seed % 123456 + i * (seed % 4567 + seed % 19);
		label[i] = (char)('a' + (length * length + length * i + seed * factor) % 26);
		seed = (seed + i) >> (i * i % 32);
	}
	label[length] = 0;
}

static void precursor(struct family_run *r)
{
	uint32_t period = (uint32_t)family_number(r, "period_days", 1, PERIOD_MAX);
	uint32_t count = (uint32_t)family_number_or(r, "count", 1, NAMES_MAX, PRECURSOR_NAMES);
	const char *tlds[TLDS_MAX];
	size_t tlds_count = family_texts(r, "tlds", tlds, TLDS_MAX);
	if (r->missing)
		return;
	uint32_t seed = (uint32_t)r->day / period;
	for (uint32_t i = 0; i < count; i++) {
		char label[LABEL_MAX + 1];
		seed = seed * seed + i;
		precursor_label(seed, seed % 10 + 6, label);
		if (!emit_name(r, label, tlds[seed % tlds_count]))
			return;
	}
}

const struct family pykspa_improved = {"pykspa", "improved", true, improved};
const struct family pykspa_precursor = {"pykspa", "precursor", true, precursor};
