/* SPDX-License-Identifier: BSD-2-Clause
 * The hash of names: seeded, extended label by label from the right, so that all suffixes of a name
 * cost one pass.
 *
 * Threads: pure. The one file that includes xxhash.h for the query path.
 * Source: XXH3 64-bit, each label hashed with the hash of its parent as the seed. The first seed is random
 * and secret per generation, so that nobody outside can aim for a collision.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

/* The hash of the name that has `label` (wire form: length byte first, lower case) in front of the
 * name whose hash is `parent`. The root's hash is the seed itself. */
static inline uint64_t hash_label(uint64_t parent, const uint8_t *label)
{
	return XXH3_64bits_withSeed(label, (size_t)label[0] + 1, parent);
}

/* For tables that nobody outside can aim at. */
static inline uint64_t hash_bytes(const void *bytes, size_t len, uint64_t seed)
{
	return XXH3_64bits_withSeed(bytes, len, seed);
}
