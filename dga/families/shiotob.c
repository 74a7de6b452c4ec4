/* SPDX-License-Identifier: BSD-2-Clause
 * Shiotob (URLZone, Bebloh), a banking trojan.
 *
 * Source: J. Bader, "The DGA of Shiotob" (2015).
 * Every name is made from the one before: its octets are mixed with one another, the name's length and the sum of its
 * letters, then stand for places in a row of letters and digits. The top-level domains com and net take turns.
 */
#include <stdio.h>
#include <string.h>

#include "dga/families/emit.h"
#include "dga/families/families.h"

enum {
	NAMES = 2001,
	NAMES_MAX = 10000,
	MIXED = 65,
	LENGTH_MIN = 10,
	NAME_MAX_BYTES = 63,
	TLD_BYTES = 4
};

/* The name as the malware has it: both halves of the mixing work on MIXED octets, those past its end 0. */
struct name {
	uint8_t octets[MIXED];
	size_t length; /* without the top-level domain */
	bool is_net;
};

static bool name_read(struct name *n, const char *text)
{
	size_t length = strlen(text);
	*n = (struct name){0};
	if (length <= TLD_BYTES || length > NAME_MAX_BYTES)
		return false;
	const char *tld = text + length - TLD_BYTES;
	n->is_net = !strcmp(tld, ".net");
	n->length = length - TLD_BYTES;
	memcpy(n->octets, text, length);
	return n->is_net || !strcmp(tld, ".com");
}

static void name_mix(struct name *n)
{
	unsigned sum = '.'; /* the dot counts, the letters after it do not */
	for (size_t i = 0; i < n->length; i++)
		sum += n->octets[i];
	for (size_t i = 0; i < MIXED; i++)
		for (size_t k = 0; k + i < MIXED; k++)
			n->octets[k + i] ^= (uint8_t)(n->length * n->octets[k] ^ sum);
}

static void name_next(struct name *n, char label[static NAME_MAX_BYTES + 1])
{
	name_mix(n);
	size_t length = (uint8_t)(n->octets[2] * n->length ^ n->octets[0]) / 16;
	if (length < LENGTH_MIN)
		length = n->length;
	for (size_t i = 0; i < length; i++)
		label[i] = "qwertyuiopasdfghjklzxcvbnm123945678"[n->octets[i] / 8];
	label[length] = 0;
}

static void generate(struct family_run *r)
{
	const char *first = family_text(r, "seed_domain", NAME_MAX_BYTES);
	int64_t count = family_number_or(r, "count", 1, NAMES_MAX, NAMES);
	struct name n;
	if (!name_read(&n, first))
		family_wrong(r, "seed_domain");
	if (r->missing || !family_emit(r, first))
		return;
	for (int64_t i = 1; i < count; i++) {
		char label[NAME_MAX_BYTES + 1], text[NAME_MAX_BYTES + 1 + TLD_BYTES];
		const char *tld = n.is_net ? "com" : "net";
		name_next(&n, label);
		if (!emit_name(r, label, tld))
			return;
		snprintf(text, sizeof text, "%s.%s", label, tld);
		if (!name_read(&n, text))
			return;
	}
}

const struct family shiotob_v1 = {"shiotob", "v1", false, generate};
