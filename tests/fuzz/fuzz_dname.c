/* SPDX-License-Identifier: BSD-2-Clause
 * Names from text, wire, packets and keys: whatever is taken is a valid name and survives every way out and in.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/base/dname.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void must(bool is_true)
{
	if (!is_true)
		abort();
}

static void check_lower(const struct dname *d)
{
	for (size_t i = 0; i < d->len; i++)
		must(d->bytes[i] == dname_lower(d->bytes[i]) || d->bytes[i] <= DNAME_LABEL_MAX);
}

static void check_name(const struct dname *d)
{
	struct dname again;
	must(d->len >= 1 && d->bytes[d->len - 1] == 0);
	must(dname_from_wire(d->bytes, d->len, &again) == d->len);
	must(again.labels == d->labels && dname_equal(&again, d));
	check_lower(d);

	char text[DNAME_TEXT_MAX];
	dname_to_text(d->bytes, text);
	must(strlen(text) < sizeof text);
	must(dname_from_text(text, strlen(text), &again) == 0);
	must(dname_equal(&again, d) && again.labels == d->labels);

	uint8_t key[DNAME_MAX];
	size_t n = dname_key(d, key);
	must(n == d->len - 1u && dname_from_key(key, n, &again));
	must(dname_equal(&again, d) && again.labels == d->labels);

	uint8_t offsets[DNAME_LABELS_MAX];
	must(dname_offsets(d, offsets) == d->labels);
	for (unsigned i = 0; i <= d->labels; i++) {
		dname_parent(d, i, &again);
		must(again.labels == d->labels - i && dname_is_at_or_below(d, &again));
		must(again.len == d->len - (i < d->labels ? offsets[i] : d->len - 1u));
		must(i == 0 || !dname_is_at_or_below(&again, d));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct dname d;
	if (len == 0)
		return 0;
	size_t start = bytes[0] % len, at = start, skipped = start;
	const uint8_t *rest = bytes + 1;
	size_t n = len - 1;
	if (dname_from_text((const char *)rest, n, &d) == 0)
		check_name(&d);
	size_t used = dname_from_wire(rest, n, &d);
	must(used <= n && used <= DNAME_MAX);
	if (used)
		check_name(&d);
	if (dname_from_packet(bytes, len, &at, &d)) {
		check_name(&d);
		must(at > start && at <= len);
		must(dname_skip(bytes, len, &skipped) && skipped == at);
	} else {
		must(at == start);
		must(!dname_skip(bytes, len, &skipped) || (skipped > start && skipped <= len));
	}
	if (dname_from_key(rest, n, &d)) {
		uint8_t key[DNAME_MAX];
		must(dname_key(&d, key) == n && !memcmp(key, rest, n));
	}
	return 0;
}
