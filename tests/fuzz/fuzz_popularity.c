/* SPDX-License-Identifier: BSD-2-Clause
 * Any bytes as a set of popular domains, as they are and with a checksum that fits, and any name looked for in what is taken. The first octet is the
 * length of the name in front of the set.
 */
#include <stdlib.h>
#include <string.h>

#include "dga/popularity_file.h"
#include "resolver/base/hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const uint8_t *bytes, size_t len, const struct dname *name)
{
	struct popularity *p;
	if (popularity_from_bytes("fuzz", bytes, len, &p, NULL))
		return;
	bool has = popularity_has(p, name);
	if (has != popularity_has(p, name) || !popularity_count(p))
		abort();
	popularity_close(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dname name;
	if (!size || size - 1 < data[0] || !dname_from_wire(data + 1, data[0], &name))
		return 0;
	size_t len = size - 1 - data[0];
	uint8_t *bytes = calloc(1, len ? len : 1);
	if (!bytes)
		abort();
	if (len)
		memcpy(bytes, data + 1 + data[0], len);
	look(bytes, len, &name);
	if (len > 16) {
		uint64_t sum = hash_bytes(bytes + 16, len - 16, 0);
		for (int i = 0; i < 8; i++)
			bytes[8 + i] = (uint8_t)(sum >> 8 * i);
		look(bytes, len, &name);
	}
	free(bytes);
	return 0;
}
