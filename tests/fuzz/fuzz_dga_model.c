/* SPDX-License-Identifier: BSD-2-Clause
 * Any bytes as a model file, and any name scored and explained with what is taken. The first octet is the length of the name that
 * follows; the next one says what the rest is: 0: a model file; 1: changes of a small good model, each of three octets for the place
 * (little-endian) and one for the value; 2: the same, with a checksum that fits.
 */
#include <stdlib.h>
#include <string.h>

#include "dga/dga_model.h"
#include "dga/forest.h"
#include "resolver/base/hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HASH_BITS = DGA_HASH_BITS_MIN, WORD_BITS = DGA_WORD_BITS_MIN, TREES = 3, CHANGE = 4 };

static int32_t use(const struct dga *d, const uint8_t *wire, size_t len)
{
	struct dname name;
	struct dga_verdict v;
	struct dga_explanation e;
	if (!dname_from_wire(wire, len, &name))
		return 0;
	dga_score(d, &name, &v);
	if (v.score < -DGA_SCORE_MAX || v.score > DGA_SCORE_MAX)
		abort();
	if ((v.class != DGA_NONE) != (v.score > dga_threshold(d)) && v.score)
		abort();
	dga_explain(d, &name, &e);
	if (e.verdict.score != v.score || e.part_count > DGA_PARTS_MAX)
		abort();
	return v.score;
}

static uint8_t *make(const uint8_t *changes, size_t len, bool has_checksum, size_t *total)
{
	struct dga_layout layout;
	struct dga d = {.numbers = {[DGA_SLOPE] = 1024}};
	dga_model_layout(HASH_BITS, WORD_BITS, TREES, &layout);
	uint8_t *bytes = malloc(layout.total);
	if (!bytes)
		abort();
	for (int p = 0; p < DGA_PARTS; p++)
		d.numbers[DGA_UNITS + p] = 10000000;
	for (int c = 0; c < DGA_CURVES; c++)
		for (int k = 0; k < DGA_KNOTS; k++)
			d.knots[c][k][0] = d.knots[c][k][1] = 1000 * k - 12000;
	memset(bytes, 3, layout.total);
	dga_model_seal(&d, &layout, bytes);
	for (size_t i = 0; i + CHANGE <= len; i += CHANGE) {
		size_t at = changes[i] | (size_t)changes[i + 1] << 8 | (size_t)changes[i + 2] << 16;
		bytes[at % layout.total] = changes[i + 3];
	}
	uint64_t sum = hash_bytes(bytes + 16, layout.total - 16, 0);
	for (int i = 0; has_checksum && i < 8; i++)
		bytes[8 + i] = (uint8_t)(sum >> 8 * i);
	*total = layout.total;
	return bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2 || size - 2 < data[0])
		return 0;
	const uint8_t *name = data + 1, *rest = name + data[0] + 1;
	size_t len = size - 2 - data[0], total = len;
	uint8_t mode = rest[-1], *bytes;
	struct dga d;
	if (mode == 0) {
		bytes = malloc(len ? len : 1);
		if (!bytes)
			abort();
		if (len)
			memcpy(bytes, rest, len);
	} else {
		bytes = make(rest, len, mode == 2, &total);
	}
	if (!dga_model_from_bytes("fuzz", bytes, total, &d, NULL)) {
		int32_t slow = use(&d, name, data[0]);
		d.forest = forest_make(d.sections[DGA_TREES], d.tree_count);
		if (!d.forest || use(&d, name, data[0]) != slow)
			abort();
		forest_free(d.forest);
	}
	free(bytes);
	return 0;
}
