/* SPDX-License-Identifier: BSD-2-Clause
 * Orchard, a botnet that mines Monero.
 *
 * Source: J. Bader, "A DGA Seeded by the Bitcoin Genesis Block" (2022); 360 Netlab, "A new botnet Orchard generates DGA
 * domains with Bitcoin transaction information" (2022).
 * MD5 of the date and a salt, or of what a block chain explorer answers about an address, which nobody knows before;
 * the hash in hex is cut into four labels, each under each top-level domain.
 */
#include <inttypes.h>
#include <stdio.h>

#include "dga/families/emit.h"
#include "dga/families/families.h"
#include "dga/families/hashed.h"

enum { LABEL_DIGITS = 8, TLDS_MAX = 16, TEXT_MAX = 64 };

static void emit_all(struct family_run *r, const char *hashed, const char **tlds, size_t count)
{
	char hex[2 * HASHED_MD5 + 1];
	if (!hashed_md5_hex(r, hashed, hex))
		return;
	for (size_t at = 0; at < 2 * HASHED_MD5; at += LABEL_DIGITS)
		for (size_t i = 0; i < count; i++) {
			char label[LABEL_DIGITS + 1];
			snprintf(label, sizeof label, "%.*s", LABEL_DIGITS, hex + at);
			if (!emit_name(r, label, tlds[i]))
				return;
		}
}

static void dated(struct family_run *r)
{
	const char *salt = family_text(r, "salt", TEXT_MAX);
	const char *tlds[TLDS_MAX];
	size_t count = family_texts(r, "tlds", tlds, TLDS_MAX);
	if (r->missing)
		return;
	struct family_date date = family_date(r->day);
	char hashed[TEXT_MAX + 40];
	snprintf(hashed, sizeof hashed, "%04d-%02d-%02d%s", date.year, date.month, date.day, salt);
	emit_all(r, hashed, tlds, count);
}

static void of_address(struct family_run *r)
{
	const char *address = family_text(r, "address", TEXT_MAX);
	int64_t balance = family_number(r, "final_balance", 0, INT64_MAX);
	int64_t transactions = family_number(r, "n_tx", 0, INT64_MAX);
	const char *tlds[TLDS_MAX];
	size_t count = family_texts(r, "tlds", tlds, TLDS_MAX);
	if (r->missing)
		return;
	char hashed[TEXT_MAX + 160];
	/* Nothing is ever paid from the address: all it received is its balance. */
	snprintf(hashed, sizeof hashed,
		"{\"%s\":{\"final_balance\":%" PRId64 ",\"n_tx\":%" PRId64
		",\"total_received\":%" PRId64 "}}",
		address, balance, transactions, balance);
	emit_all(r, hashed, tlds, count);
}

const struct family orchard_date = {"orchard", "date", true, dated};
const struct family orchard_blockchain = {"orchard", "blockchain", false, of_address};
