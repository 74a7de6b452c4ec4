/* SPDX-License-Identifier: BSD-2-Clause
 * Qadars, a banking trojan.
 *
 * Source: J. Bader, "The DGA of Qadars" (2016).
 * A multiplicative generator starts at the last Monday, in seconds since 1970, and adds the seed at each step: twelve
 * letters or digits and one of three top-level domains.
 */
#include "dga/families/emit.h"
#include "dga/families/families.h"

enum { NAMES = 200, LENGTH = 12, TLDS_MAX = 16, DAY_S = 86400 };

static uint32_t step(uint32_t state, uint32_t seed)
{
	return (seed - state * UINT32_C(1043968403)) & 0x7fffffff;
}

static void generate(struct family_run *r)
{
	uint32_t seed = (uint32_t)family_number(r, "seed", 0, UINT32_MAX);
	const char *tlds[TLDS_MAX];
	size_t count = family_texts(r, "tlds", tlds, TLDS_MAX);
	if (r->missing)
		return;
	int64_t monday = r->day - family_date(r->day).weekday;
	uint32_t state = (uint32_t)(monday * DAY_S);
	for (int i = 0; i < NAMES; i++) {
		char label[LENGTH + 1];
		for (size_t k = 0; k < LENGTH; k++) {
			state = step(state, seed);
			label[k] = "abcdefghijklmnopqrstuvwxyz0123456789"[state % 36];
		}
		label[LENGTH] = 0;
		state = step(state, seed);
		if (!emit_name(r, label, tlds[state % count]))
			return;
	}
}

const struct family qadars_v1 = {"qadars", "v1", true, generate};
