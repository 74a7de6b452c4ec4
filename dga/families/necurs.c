/* SPDX-License-Identifier: BSD-2-Clause
 * Necurs, a rootkit and spam botnet.
 *
 * Source: J. Bader, "The DGAs of Necurs" (2015).
 * A 64-bit mixing function takes in year, month, day (four days give the same set), counter and a magic number one
 * after the other; its further values give length, letters and one of 43 top-level domains.
 */
#include "dga/families/emit.h"
#include "dga/families/families.h"

enum { NAMES = 2048, LENGTH_MIN = 7, LENGTH_MORE = 15, TLDS_MAX = 64 };

static uint64_t mix(uint64_t value)
{
	uint64_t rounds = (value & 0x7f) + 21;
	for (uint64_t i = 0; i < rounds; i++)
		value += (value * 7 ^ value << 15) + 8 * i - (value >> 5);
	return value;
}

static void generate(struct family_run *r)
{
	uint64_t magic = (uint64_t)family_number(r, "magic", 0, UINT32_MAX);
	const char *tlds[TLDS_MAX];
	size_t count = family_texts(r, "tlds", tlds, TLDS_MAX);
	if (r->missing)
		return;
	struct family_date date = family_date(r->day);
	uint64_t of_month = mix(mix((uint64_t)date.year) + (uint64_t)date.month + 43690);
	uint64_t of_day = mix(of_month + (uint64_t)(date.day >> 2));
	for (uint64_t i = 0; i < NAMES; i++) {
		uint64_t state = mix(mix(of_day + i) + magic);
		char label[LENGTH_MIN + LENGTH_MORE];
		size_t length = (size_t)(state % LENGTH_MORE) + LENGTH_MIN;
		for (size_t k = 0; k < length; k++) {
			state = mix(state + k);
			label[k] = (char)('a' + state % 25);
			state = mix(state + 0xabbedf);
		}
		label[length] = 0;
		if (!emit_name(r, label, tlds[state % count]))
			return;
	}
}

const struct family necurs_v1 = {"necurs", "v1", true, generate};
