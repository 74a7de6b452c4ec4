/* SPDX-License-Identifier: BSD-2-Clause
 * PadCrypt, a ransomware with a chat.
 *
 * Source: J. Bader, "The DGA of PadCrypt" (2016).
 * SHA-256 of `day-month-year`, a separator and the counter. Sixteen hex digits of the hash are the label, letters for
 * its decimal digits; the hash's last digit chooses the top-level domain, the first one if there are not so many.
 */
#include <stdio.h>
#include <string.h>

#include "dga/families/emit.h"
#include "dga/families/families.h"
#include "dga/families/hashed.h"

enum { NAMES_MAX = 1000, SKIPPED_DIGITS = 3, LABEL_DIGITS = 16, TLDS_MAX = 16 };

static void generate(struct family_run *r)
{
	int count = (int)family_number(r, "count", 1, NAMES_MAX);
	const char *separator = family_text(r, "separator", 4);
	const char *letters = family_text(r, "digit_mapping", 10);
	const char *tlds[TLDS_MAX];
	size_t tlds_count = family_texts(r, "tlds", tlds, TLDS_MAX);
	if (!r->missing && strlen(letters) != 10)
		family_wrong(r, "digit_mapping");
	if (r->missing)
		return;
	struct family_date date = family_date(r->day);
	for (int i = 0; i < count; i++) {
		char hashed[64], hex[2 * HASHED_SHA256 + 1], label[LABEL_DIGITS + 1] = "";
		snprintf(hashed, sizeof hashed, "%d-%d-%d%s%d", date.day, date.month, date.year,
			separator, i);
		if (!hashed_sha256_hex(r, hashed, hex))
			return;
		for (size_t k = 0; k < LABEL_DIGITS; k++) {
			char digit = hex[SKIPPED_DIGITS + k];
			label[k] = digit <= '9' ? letters[digit - '0'] : digit;
		}
		char last = hex[2 * HASHED_SHA256 - 1];
		size_t tld = (size_t)(last <= '9' ? last - '0' : last - 'a' + 10);
		if (!emit_name(r, label, tlds[tld < tlds_count ? tld : 0]))
			return;
	}
}

const struct family padcrypt_2_2_86_1 = {"padcrypt", "2.2.86.1", true, generate};
const struct family padcrypt_2_2_97_0 = {"padcrypt", "2.2.97.0", true, generate};
