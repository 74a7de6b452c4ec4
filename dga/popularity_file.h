/* SPDX-License-Identifier: BSD-2-Clause
 * The bytes of a popularity set: a header of 64 octets, all numbers little-endian, and the cells of a binary fuse filter.
 *
 * Threads: pure.
 *
 *    0  magic "cenotePO"
 *    8  u64 checksum: XXH3 of everything behind it
 *   16  u32 POPULARITY_VERSION
 *   20  u32 domains
 *   24  u32 the filter's seed
 *   28  u32 b: a segment has 2^b cells
 *   32  u32 segments a domain may begin in
 *   36  zeros
 *   64  cells (fuse.h)
 *
 * A key is the XXH3 of a registrable domain in wire form, lower case.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "dga/fuse.h"
#include "dga/popularity.h"

enum {
	POPULARITY_VERSION = 1,
	POPULARITY_HEADER = 64,
	POPULARITY_BYTES_MAX = 16 << 20, /* no set of POPULARITY_NAMES_MAX has more */
};

bool popularity_file_is_one(const uint8_t *bytes, size_t len);
/* Writes the header in front of the cells, with the checksum over all `len`. */
void popularity_file_seal(const struct fuse *f, uint32_t count, uint8_t *bytes, size_t len);
/* Checks every field. The filter's cells are within `bytes`. `name` stands for the file in sentences. */
int popularity_file_read(const char *name, const uint8_t *bytes, size_t len, struct fuse *f,
	uint32_t *count, struct err *why);

/* The key of the domain that `name` lies in. */
uint64_t popularity_file_key(const struct dname *name);
/* The same for who knows where in `name` it begins. */
uint64_t popularity_file_domain_key(const struct dname *name, size_t at);

/* The bytes of the set of the first `max` domains of a list, to be freed; a longer list is an error when `is_whole` is wanted.
 * Returns how many went in. */
int64_t popularity_file_make(
	const char *list, size_t max, bool is_whole, uint8_t **bytes, size_t *len, struct err *why);
