/* SPDX-License-Identifier: BSD-2-Clause
 * Vidro, a trojan that shares code with Kraken.
 *
 * Source: 360 Netlab, "DGA", vidro (2017).
 * Weeks since 16 May 2010 give the start of a hundred linear congruential generators, each of them a label; the labels
 * go round with the top-level domains until each has stood under each.
 */
#include "dga/families/emit.h"
#include "dga/families/families.h"

enum {
	LABELS = 100,
	LENGTH_MIN = 7,
	LENGTH_MORE = 6,
	TLDS_MAX = 16,
	DAY_S = 86400,
	WEEK_S = 7 * DAY_S
};

static uint32_t draw(uint32_t *state)
{
	*state = *state * UINT32_C(0x41c64e6d) + 0x3039;
	return *state >> 10;
}

static void generate(struct family_run *r)
{
	const char *tlds[TLDS_MAX];
	size_t count = family_texts(r, "tlds", tlds, TLDS_MAX);
	if (r->missing)
		return;
	int64_t weeks = (r->day * DAY_S - INT64_C(0x4befb280)) / WEEK_S;
	uint32_t start = (uint32_t)(weeks + 0x3ed) * UINT32_C(123456);
	for (uint32_t i = 0; i < LABELS * count; i++) {
		uint32_t state = start + i % LABELS;
		char label[LENGTH_MIN + LENGTH_MORE];
		uint32_t length = draw(&state) % LENGTH_MORE + LENGTH_MIN;
		for (uint32_t k = 0; k < length; k++)
			label[k] = (char)('a' + draw(&state) % 26);
		label[length] = 0;
		if (!emit_name(r, label, tlds[i % count]))
			return;
	}
}

const struct family vidro_v1 = {"vidro", "v1", true, generate};
