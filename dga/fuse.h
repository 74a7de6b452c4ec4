/* SPDX-License-Identifier: BSD-2-Clause
 * A set of 64-bit keys as a binary fuse filter: 18 bits a key, no key of the set missed, one of 65,536 others taken for one.
 *
 * Threads: pure; a filter is constant once built.
 * Source: T. M. Graf, D. Lemire, "Binary Fuse Filters: Fast and Smaller Than Xor Filters", ACM JEA 27 (2022), the three-wise kind: a key's
 *         fingerprint is the exclusive or of one cell in each of three neighbouring segments.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	FUSE_SEGMENT_BITS_MAX = 18,
	FUSE_STARTS_MAX = 1 << 12, /* of the largest set that is ever made: far fewer */
	FUSE_TRIES = 100, /* seeds; one in ten fails at worst */
};

struct fuse {
	uint32_t seed; /* below FUSE_TRIES */
	unsigned segment_bits; /* 2^so many cells in a segment */
	uint32_t starts; /* segments that a key's three cells may begin in; there are two more */
	const uint8_t *cells; /* 16 bits each, little-endian */
};

/* Octets of the cells of such a filter. */
static inline size_t fuse_bytes(const struct fuse *f)
{
	return ((size_t)f->starts + 2) << f->segment_bits << 1;
}

struct fuse_place {
	uint32_t cells[3];
	uint16_t fingerprint;
};

/* The finishing step of MurmurHash3 (public domain): every bit of `x` matters for every bit of the result. */
static inline uint64_t fuse_mix(uint64_t x)
{
	x = (x ^ x >> 33) * 0xff51afd7ed558ccdull;
	x = (x ^ x >> 33) * 0xc4ceb9fe1a85ec53ull;
	return x ^ x >> 33;
}

static inline struct fuse_place fuse_place(const struct fuse *f, uint64_t key)
{
	uint64_t a = fuse_mix(key + f->seed * 0x9e3779b97f4a7c15ull);
	uint64_t b = a * 0xd6e8feb86659fd93ull; /* its upper half depends on all of `a` */
	uint32_t mask = (1u << f->segment_bits) - 1;
	uint32_t start = (uint32_t)((a >> 32) * f->starts >> 32);
	return (struct fuse_place){
		.cells = {start << f->segment_bits | ((uint32_t)a & mask),
			(start + 1) << f->segment_bits | ((uint32_t)(b >> 46) & mask),
			(start + 2) << f->segment_bits | ((uint32_t)(b >> 28) & mask)},
		.fingerprint = (uint16_t)(a >> 18 ^ b >> 12),
	};
}

static inline uint16_t fuse_cell(const uint8_t *cells, uint32_t i)
{
	return (uint16_t)(cells[2 * (size_t)i] | cells[2 * (size_t)i + 1] << 8);
}

static inline bool fuse_has(const struct fuse *f, uint64_t key)
{
	struct fuse_place p = fuse_place(f, key);
	return p.fingerprint ==
		(fuse_cell(f->cells, p.cells[0]) ^ fuse_cell(f->cells, p.cells[1]) ^
			fuse_cell(f->cells, p.cells[2]));
}

/* The sizes for `n` keys, n > 0; seed and cells stay open. */
void fuse_plan(struct fuse *f, size_t n);
/* Finds a seed and writes the fuse_bytes(f) octets of `cells`, f->cells. The keys must differ. The same keys in the same order give the
 * same cells. 0, -ENOMEM, or -EINVAL when no seed would do (the keys do not differ). */
int fuse_build(struct fuse *f, uint8_t *cells, const uint64_t *keys, size_t n);
