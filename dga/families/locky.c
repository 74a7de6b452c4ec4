/* SPDX-License-Identifier: BSD-2-Clause
 * Locky, a ransomware.
 *
 * Source: Forcepoint Security Labs, "Locky's new DGA - seeding new domains" (2016); J. Bader,
 * "domain_generation_algorithms", locky (2016), for the seeds and the third variant.
 * One step (multiply, turn right, add) takes in year, seed, half of the day, month and counter one after the other; in
 * variant 3 seven times over. Its further values give length, letters and top-level domain.
 */
#include "dga/families/emit.h"
#include "dga/families/families.h"

#define FACTOR UINT32_C(0xb11924e1)
#define ADDEND UINT32_C(0x27100001)

enum {
	NAMES_MAX = 64,
	V3_NAMES = 12,
	LENGTH_MORE = 11,
	V2_LENGTH_MIN = 5,
	V3_LENGTH_MIN = 7,
	ROUNDS = 7,
	TLDS_MAX = 32
};

struct locky {
	uint32_t seed;
	unsigned shift; /* 1 to 31 */
	struct family_date date;
	const char *tlds[TLDS_MAX];
	size_t tlds_count;
};

static uint32_t turn_left(uint32_t v, unsigned by)
{
	return by ? v << by | v >> (32 - by) : v;
}

static uint32_t step(const struct locky *l, uint32_t v)
{
	return turn_left(v * FACTOR, 32 - l->shift);
}

static bool parameters_read(struct family_run *r, struct locky *l)
{
	l->seed = (uint32_t)family_number(r, "seed", 0, UINT32_MAX);
	l->shift = (unsigned)family_number(r, "shift", 1, 31);
	l->date = family_date(r->day);
	l->tlds_count = family_texts(r, "tlds", l->tlds, TLDS_MAX);
	return !r->missing;
}

static bool emit_state(
	struct family_run *r, const struct locky *l, uint32_t state, uint32_t length_min)
{
	char label[V3_LENGTH_MIN + LENGTH_MORE];
	uint32_t length = state % LENGTH_MORE + length_min;
	for (unsigned i = 0; i < length; i++) {
		state = step(l, turn_left(state, i)) + ADDEND;
		label[i] = (char)('a' + state % 25);
	}
	label[length] = 0;
	return emit_name(r, label, l->tlds[(step(l, state) + ADDEND) % l->tlds_count]);
}

static void v2(struct family_run *r)
{
	struct locky l;
	uint32_t count = (uint32_t)family_number(r, "mod", 1, NAMES_MAX);
	if (!parameters_read(r, &l))
		return;
	uint32_t of_day = step(&l, (uint32_t)l.date.year + 0x1bf5);
	if (l.seed)
		of_day = step(&l, of_day + l.seed + ADDEND);
	of_day = step(&l, of_day + (uint32_t)(l.date.day / 2) + ADDEND);
	of_day = step(&l, of_day + (uint32_t)l.date.month + UINT32_C(0x2709a354));
	for (uint32_t i = 0; i < count; i++) {
		uint32_t state = turn_left(i, 21) + of_day + turn_left(l.seed, 17) + ADDEND;
		if (!emit_state(r, &l, step(&l, state) + ADDEND, V2_LENGTH_MIN))
			return;
	}
}

static uint32_t v3_round(const struct locky *l, uint32_t state, uint32_t year, uint32_t counter)
{
	uint32_t a = (step(l, year + state + 0x1bf5) + ADDEND) ^ state;
	uint32_t b = (step(l, a + l->seed) + ADDEND) ^ a;
	uint32_t c = b - step(l, (uint32_t)(l->date.day / 2) + b) - ADDEND;
	uint32_t d = c + step(l, (uint32_t)l->date.month + c - 0x65cad) + ADDEND;
	return (step(l, d + turn_left(l->seed, 17) + turn_left(counter, 21)) + ADDEND) ^ d;
}

static void v3(struct family_run *r)
{
	struct locky l;
	if (!parameters_read(r, &l))
		return;
	for (uint32_t i = 0; i < V3_NAMES; i++) {
		uint32_t state = 0;
		for (uint32_t round = 0; round < ROUNDS; round++)
			state = v3_round(&l, state, (uint32_t)l.date.year + round, i);
		if (!emit_state(r, &l, state, V3_LENGTH_MIN))
			return;
	}
}

const struct family locky_v2 = {"locky", "v2", true, v2};
const struct family locky_v3 = {"locky", "v3", true, v3};
