/* SPDX-License-Identifier: BSD-2-Clause
 * Any bytes as the kept answers of a cache file: the input stands between a good header and a good checksum, so that the answers themselves
 * are reached. What was taken must be found well-formed.
 */
#include <stdlib.h>
#include <string.h>

#include "resolver/base/hash.h"
#include "resolver/cache_store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool look(void *arg, const struct cache_item *item)
{
	unsigned *seen = arg;
	if (!item->left_s ||
		item->ttl_count != item->answers + item->authorities + item->additionals)
		abort();
	for (unsigned i = 0; i < item->ttl_count; i++)
		if (item->ttls[i] + 4u > item->records_len)
			abort();
	++*seen;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum { HEAD = 24, SUM = 8, MAX = 1 << 17 };
	static uint8_t file[HEAD + MAX + SUM] = "cenoteC2";
	struct config config = {.cache_max_ttl_s = 86400, .cache_stale_s = 86400};
	struct cache *c;
	struct err why;
	unsigned seen = 0;
	if (size > MAX || cache_new(1 << 20, &c, &why))
		return 0;
	uint64_t digest = cache_store_digest(&config);
	wire_put_u32(file + 16, (uint32_t)(digest >> 32));
	wire_put_u32(file + 20, (uint32_t)digest);
	memcpy(file + HEAD, data, size);
	uint64_t sum = hash_bytes(file, HEAD + size, 0);
	wire_put_u32(file + HEAD + size, (uint32_t)(sum >> 32));
	wire_put_u32(file + HEAD + size + 4, (uint32_t)sum);
	int n = cache_store_parse(c, &config, file, HEAD + size + SUM, 0);
	cache_each(c, look, &seen);
	if (n < 0 || seen > (unsigned)n)
		abort();
	cache_free(c);
	return 0;
}
