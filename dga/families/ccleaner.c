/* SPDX-License-Identifier: BSD-2-Clause
 * The back door in CCleaner 5.33 of 2017.
 *
 * Source: Talos, "CCleanup: A Vast Number of Machines at Risk" (2017); 360 Netlab, "DGA", ccleaner (2017).
 * Year and month seed the rand() of Microsoft's C library. One name a month: `ab`, the product of the second and third
 * numbers and the first one, in hex.
 */
#include <inttypes.h>
#include <stdio.h>

#include "dga/families/emit.h"
#include "dga/families/families.h"

static uint32_t draw(uint32_t *state)
{
	*state = *state * 214013 + 2531011;
	return *state >> 16 & 0x7fff;
}

static void generate(struct family_run *r)
{
	const char *tld = family_text(r, "tld", 63);
	if (r->missing)
		return;
	struct family_date date = family_date(r->day);
	uint32_t state = (uint32_t)(date.year * 10000 + date.month);
	uint32_t first = draw(&state), second = draw(&state), third = draw(&state);
	char label[24];
	snprintf(label, sizeof label, "ab%" PRIx32 "%" PRIx32, second * third, first);
	emit_name(r, label, tld);
}

const struct family ccleaner_v1 = {"ccleaner", "v1", true, generate};
