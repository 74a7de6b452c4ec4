/* SPDX-License-Identifier: BSD-2-Clause
 * A downloader without a name of its own, whose names stand under the pages of a code hoster.
 *
 * Source: J. Bader, "domain_generation_algorithms", unnamed_downloader; no analysis is published.
 * All orders of the seed's five letters, the letters sorted first; a letter that stands twice makes names come twice.
 */
#include <string.h>

#include "dga/families/emit.h"
#include "dga/families/families.h"

enum { LETTERS = 5, ORDERS = 120 };

static void sort(char *letters)
{
	for (size_t i = 1; i < LETTERS; i++)
		for (size_t k = i; k && letters[k - 1] > letters[k]; k--) {
			char kept = letters[k];
			letters[k] = letters[k - 1];
			letters[k - 1] = kept;
		}
}

/* The digits of the number to the bases 5!/5, 4!/4, ... choose one of the letters left. */
static void order_put(const char *sorted, unsigned number, char label[static LETTERS + 1])
{
	char left[LETTERS + 1];
	memcpy(left, sorted, sizeof left);
	unsigned orders = ORDERS;
	for (size_t i = 0; i < LETTERS; i++) {
		orders /= (unsigned)(LETTERS - i);
		size_t chosen = number / orders;
		number %= orders;
		label[i] = left[chosen];
		memmove(left + chosen, left + chosen + 1, LETTERS - chosen);
	}
	label[LETTERS] = 0;
}

static void generate(struct family_run *r)
{
	const char *seed = family_text(r, "seed", LETTERS);
	const char *suffix = family_text(r, "suffix", 128);
	if (strlen(seed) != LETTERS)
		family_wrong(r, "seed");
	if (r->missing)
		return;
	char sorted[LETTERS + 1];
	memcpy(sorted, seed, sizeof sorted);
	sort(sorted);
	for (unsigned i = 0; i < ORDERS; i++) {
		char label[LETTERS + 1];
		order_put(sorted, i, label);
		if (!emit_name(r, label, suffix))
			return;
	}
}

const struct family unnamed_downloader_v1 = {"unnamed_downloader", "v1", false, generate};
