/* SPDX-License-Identifier: BSD-2-Clause
 * Any bytes as a model file, as they are and with a checksum that fits, and any name scored with what is taken. The first octet is the
 * length of the name in front of the model.
 */
#include <stdlib.h>
#include <string.h>

#include "dga/dga_model.h"
#include "resolver/base/hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void score(const struct dga *d, const uint8_t *wire, size_t len)
{
	struct dname name;
	struct dga_verdict v;
	if (!dname_from_wire(wire, len, &name))
		return;
	dga_score(d, &name, &v);
	if ((v.class != DGA_NONE) != (v.score > dga_threshold(d)) && v.score)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size || size - 1 < data[0])
		return 0;
	const uint8_t *name = data + 1;
	size_t name_len = data[0], len = size - 1 - name_len;
	uint8_t *bytes = calloc(1, len ? len : 1);
	struct dga d;
	if (!bytes)
		abort();
	if (len)
		memcpy(bytes, name + name_len, len);
	if (!dga_model_from_bytes("fuzz", bytes, len, &d, NULL))
		score(&d, name, name_len);
	if (len > 16) {
		uint64_t sum = hash_bytes(bytes + 16, len - 16, 0);
		for (int i = 0; i < 8; i++)
			bytes[8 + i] = (uint8_t)(sum >> 8 * i);
		if (!dga_model_from_bytes("fuzz", bytes, len, &d, NULL))
			score(&d, name, name_len);
	}
	free(bytes);
	return 0;
}
