/* SPDX-License-Identifier: BSD-2-Clause
 * Kraken (Oderoor, Bobax), a spam botnet.
 *
 * Source: J. Bader, "Kraken's Two Domain Generation Algorithms" (2015).
 * Each counter gives two names, from two seeds: one for bots that found a certain file, one for those that did not. A
 * linear congruential generator draws length and letters. Variant 1 starts it from products of the counter; variant 2
 * from the seed and three times the counter, and lets it run for as many steps as weeks have gone by.
 */
#include "dga/families/emit.h"
#include "dga/families/families.h"

enum {
	COUNTERS = 1000,
	LENGTH_MORE = 6,
	V1_LENGTH_MIN = 6,
	V2_LENGTH_MIN = 7,
	TLDS = 4,
	DAY_S = 86400,
	WEEK_S = 7 * DAY_S
};

struct kraken {
	uint32_t seeds[2]; /* of even and odd names */
	const char *tlds[TLDS];
};

static uint32_t step(uint32_t state)
{
	return state * UINT32_C(1103515245) + 12435; /* not the usual 12345 */
}

static uint32_t bits(uint32_t state)
{
	return state >> 8 & 0x7fff;
}

static bool parameters_read(struct family_run *r, struct kraken *k)
{
	k->seeds[0] = (uint32_t)family_number(r, "seed_even_index", INT32_MIN, UINT32_MAX);
	k->seeds[1] = (uint32_t)family_number(r, "seed_odd_index", INT32_MIN, UINT32_MAX);
	if (family_texts(r, "tlds", k->tlds, TLDS) != TLDS)
		family_wrong(r, "tlds");
	return !r->missing;
}

static int32_t draw_three(uint32_t *state, int32_t drawn[static 3])
{
	for (size_t i = 0; i < 3; i++) {
		*state = step(*state);
		drawn[i] = (int32_t)bits(*state);
	}
	return drawn[0] * drawn[1]; /* of 15 bits each */
}

static bool emit_letters(struct family_run *r, uint32_t state, size_t length, const char *tld)
{
	char label[V2_LENGTH_MIN + LENGTH_MORE];
	for (size_t i = 0; i < length; i++) {
		state = step(state);
		label[i] = (char)('a' + bits(state) % 26);
	}
	label[length] = 0;
	return emit_name(r, label, tld);
}

/* The signed quotient of a product that wrapped round. */
static uint32_t ninth(uint32_t product)
{
	int64_t is_signed = product > INT32_MAX ? (int64_t)product - (INT64_C(1) << 32) : product;
	return (uint32_t)(is_signed / 9);
}

static uint32_t v1_start(const struct kraken *k, uint32_t counter, unsigned parity)
{
	if (parity)
		return ninth(counter * (counter + 7) * (counter + 12)) + counter * (counter + 1) +
			k->seeds[1];
	return ninth((counter + 2) * (counter + 7) * counter) + (counter * 3 + 1) * counter +
		k->seeds[0];
}

static void v1(struct family_run *r)
{
	struct kraken k;
	uint32_t first = (uint32_t)family_number(r, "first_counter", 0, INT32_MAX);
	if (!parameters_read(r, &k))
		return;
	for (uint32_t i = 0; i < 2 * COUNTERS; i++) {
		int32_t drawn[3];
		uint32_t counter = first + i / 2, state = v1_start(&k, counter, i % 2);
		int32_t rest = (draw_three(&state, drawn) - drawn[2]) % LENGTH_MORE;
		size_t length = (size_t)(rest < 0 ? rest + LENGTH_MORE : rest) + V1_LENGTH_MIN;
		if (!emit_letters(r, state, length, k.tlds[counter % TLDS]))
			return;
	}
}

/* Of nine counters six are of this week, two of the week before and one of no week. */
static int64_t v2_steps(uint32_t counter, int64_t weeks)
{
	if (counter % 9 == 8)
		return 0;
	return counter % 9 >= 6 ? weeks - 1 : weeks;
}

static void v2(struct family_run *r)
{
	struct kraken k;
	if (!parameters_read(r, &k))
		return;
	int64_t weeks = (r->day * DAY_S - 1207000000) / WEEK_S + 2;
	if (r->day * DAY_S < 1207000000)
		weeks = 0; /* April 2008: before its time */
	for (uint32_t i = 0; i < 2 * COUNTERS; i++) {
		int32_t drawn[3];
		uint32_t counter = i / 2, state = 3 * counter + k.seeds[i % 2];
		for (int64_t left = v2_steps(counter, weeks); left > 0; left--)
			state = bits(step(state));
		size_t length = (size_t)((draw_three(&state, drawn) + drawn[2]) % LENGTH_MORE) +
			V2_LENGTH_MIN;
		if (!emit_letters(r, state, length, k.tlds[counter % TLDS]))
			return;
	}
}

const struct family kraken_v1 = {"kraken", "v1", false, v1};
const struct family kraken_v2 = {"kraken", "v2", true, v2};
