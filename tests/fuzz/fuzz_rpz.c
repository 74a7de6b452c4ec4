/* SPDX-License-Identifier: BSD-2-Clause
 * Records of a policy zone: two octets of type, the owner in wire form, the rest is data.
 */
#include <stdlib.h>
#include <string.h>

#include "feeds/format/rpz.h"
#include "resolver/base/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void must(bool is_true)
{
	if (!is_true)
		abort();
}

static void check_rule(const struct rule *r, const struct detail_writer *about)
{
	struct dname name;
	must(r->trigger < RULE_TRIGGERS && r->trigger != RULE_PATTERN && r->verb < RULE_VERBS);
	must(!r->pattern_len && !r->is_removal && !r->is_important);
	must(r->about == about->bytes && r->about_len == about->len);
	must(detail_is_good(r->about, r->about_len));
	must((r->verb == RULE_DATA) == (r->about_len > 0));
	if (r->trigger == RULE_NAME || r->trigger == RULE_NS_NAME) {
		must(dname_from_key(r->key, r->len, &name));
		must(name.labels == r->labels && name.labels >= 2);
		must(r->parent_len == r->len - name.bytes[0] - 1);
		must(r->is_self != r->is_below);
		return;
	}
	must(r->prefix.bits >= 1 && r->prefix.bits <= 128);
	for (unsigned i = r->prefix.bits; i < 128; i++)
		must(!(r->prefix.addr.bytes[i / 8] & 0x80 >> i % 8));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const char zones[][16] = {".", "rpz", "policy.example"};
	for (size_t i = 0; i < sizeof zones / sizeof *zones && len > 2; i++) {
		struct dname zone, owner;
		must(!dname_from_text(zones[i], strlen(zones[i]), &zone));
		size_t used = dname_from_wire(bytes + 2, len - 2, &owner);
		if (!used)
			return 0;
		/* Exactly as long, so that ASan sees a read past the end. */
		size_t n = len - 2 - used;
		uint8_t *data = malloc(n ? n : 1);
		must(data != NULL);
		memcpy(data, bytes + 2 + used, n);
		struct rpz_record record = {&owner, wire_u16(bytes), 60, data, n};
		struct rule rule;
		struct detail_writer about;
		enum format_skip reason = rpz_rule(&zone, &record, NULL, &rule, &about);
		must(reason < FORMAT_SKIPS);
		if (reason == FORMAT_TAKEN)
			check_rule(&rule, &about);
		free(data);
	}
	return 0;
}
