/* SPDX-License-Identifier: BSD-2-Clause
 * DNSChanger (Alureon, TDSS).
 *
 * Source: J. Bader, "The DGA in Alureon/DNSChanger" (2016).
 * The rand() of Microsoft's C library draws five names. No seed is known: none is built in.
 */
#include "dga/families/emit.h"
#include "dga/families/families.h"

enum { NAMES = 5, LABEL_MAX = 63 };

static void generate(struct family_run *r)
{
	uint32_t state = (uint32_t)family_number(r, "seed", INT32_MIN, UINT32_MAX);
	size_t length = (size_t)family_number(r, "length", 1, LABEL_MAX);
	const char *tld = family_text(r, "tld", 63);
	if (r->missing)
		return;
	for (int i = 0; i < NAMES; i++) {
		char label[LABEL_MAX + 1];
		for (size_t k = 0; k < length; k++) {
			state = state * 214013 + 2531011;
			label[k] = (char)('a' + (state >> 16 & 0x7fff) % 26);
		}
		label[length] = 0;
		if (!emit_name(r, label, tld))
			return;
	}
}

const struct family dnschanger_v1 = {"dnschanger", "v1", false, generate};
