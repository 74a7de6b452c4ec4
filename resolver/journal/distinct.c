/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/journal/distinct.h"

#include <math.h>
#include <string.h>

enum {
	RANK_MAX = 64 - DISTINCT_BITS + 1,
	RANK_BITS = 6,
	MORE_BITS =
		7, /* tell apart what shares a register and a rank: one of 255 is lost one time in 24 */
	NIBBLE_MAX = 15,
	KIND_FEW = 0,
	KIND_DENSE = 1,
};

void distinct_clear(struct distinct *d)
{
	d->is_dense = false;
	d->count = 0;
}

static void raise_register(struct distinct *d, unsigned i, uint8_t rank)
{
	if (d->registers[i] < rank)
		d->registers[i] = rank;
}

static void add_few(struct distinct *d, uint32_t one)
{
	raise_register(d, one >> (RANK_BITS + MORE_BITS), one & ((1U << RANK_BITS) - 1));
}

static void make_dense(struct distinct *d)
{
	uint32_t few[DISTINCT_SPARSE];
	memcpy(few, d->few, d->count * sizeof few[0]);
	memset(d->registers, 0, sizeof d->registers);
	d->is_dense = true;
	for (unsigned i = 0; i < d->count; i++)
		add_few(d, few[i]);
}

static void insert_few(struct distinct *d, uint32_t one)
{
	unsigned low = 0, high = d->count;
	while (low < high) {
		unsigned middle = (low + high) / 2;
		if (d->few[middle] < one)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < d->count && d->few[low] == one)
		return;
	if (d->count == DISTINCT_SPARSE) {
		make_dense(d);
		add_few(d, one);
		return;
	}
	memmove(d->few + low + 1, d->few + low, (d->count - low) * sizeof d->few[0]);
	d->few[low] = one;
	d->count++;
}

void distinct_add(struct distinct *d, uint64_t hash)
{
	unsigned i = (unsigned)(hash >> (64 - DISTINCT_BITS));
	uint64_t rest = hash << DISTINCT_BITS;
	unsigned rank = rest ? (unsigned)__builtin_clzll(rest) + 1 : RANK_MAX;
	if (d->is_dense) {
		raise_register(d, i, (uint8_t)rank);
		return;
	}
	/* The lowest bits: the rank says nothing of them. */
	uint32_t more = (uint32_t)hash & ((1U << MORE_BITS) - 1);
	insert_few(d, i << (RANK_BITS + MORE_BITS) | more << RANK_BITS | rank);
}

void distinct_merge(struct distinct *to, const struct distinct *from)
{
	if (from->is_dense) {
		if (!to->is_dense)
			make_dense(to);
		for (unsigned i = 0; i < DISTINCT_REGISTERS; i++) {
			uint8_t a = to->registers[i], b = from->registers[i];
			to->registers[i] = a < b ? b : a;
		}
		return;
	}
	for (unsigned i = 0; i < from->count; i++) {
		if (to->is_dense)
			add_few(to, from->few[i]);
		else
			insert_few(to, from->few[i]);
	}
}

/* --- the estimate: Ertl, New cardinality estimation algorithms for HyperLogLog sketches, algorithm 6 ------ */

static double sigma(double x)
{
	double y = 1, z = x, before;
	do {
		x *= x;
		before = z;
		z += x * y;
		y += y;
	} while (z != before);
	return z;
}

static double tau(double x)
{
	double y = 1, z = 1 - x, before;
	if (x <= 0 || x >= 1)
		return 0;
	do {
		x = sqrt(x);
		before = z;
		y /= 2;
		z -= (1 - x) * (1 - x) * y;
	} while (z != before);
	return z / 3;
}

uint32_t distinct_estimate(const struct distinct *d)
{
	uint32_t counts[RANK_MAX + 1] = {0};
	const double m = DISTINCT_REGISTERS;
	if (!d->is_dense)
		return d->count;
	for (unsigned i = 0; i < DISTINCT_REGISTERS; i++)
		counts[d->registers[i]]++;
	if (counts[0] == DISTINCT_REGISTERS)
		return 0;
	double z = m * tau(1 - counts[RANK_MAX] / m);
	for (unsigned k = RANK_MAX - 1; k; k--)
		z = (z + counts[k]) / 2;
	z += m * sigma(counts[0] / m);
	double n = m * m / (2 * log(2) * z);
	return n < UINT32_MAX ? (uint32_t)(n + .5) : UINT32_MAX;
}

/* --- octets ----------------------------------------------------------------------------------- */

/* What few take on disk. */
enum { FEW_BYTES = (DISTINCT_BITS + MORE_BITS + RANK_BITS) / 8 };

size_t distinct_write(const struct distinct *d, uint8_t out[static DISTINCT_BYTES_MAX])
{
	uint8_t *at = out;
	if (!d->is_dense) {
		*at++ = KIND_FEW;
		*at++ = d->count;
		for (unsigned i = 0; i < d->count; i++, at += FEW_BYTES) {
			at[0] = (uint8_t)(d->few[i] >> 16);
			at[1] = (uint8_t)(d->few[i] >> 8);
			at[2] = (uint8_t)d->few[i];
		}
		return (size_t)(at - out);
	}
	uint8_t base = RANK_MAX;
	for (unsigned i = 0; i < DISTINCT_REGISTERS; i++)
		base = d->registers[i] < base ? d->registers[i] : base;
	*at++ = KIND_DENSE;
	*at++ = base;
	for (unsigned i = 0; i < DISTINCT_REGISTERS; i += 2, at++) {
		unsigned a = d->registers[i] - base, b = d->registers[i + 1] - base;
		*at = (uint8_t)((a < NIBBLE_MAX ? a : NIBBLE_MAX) << 4 |
			(b < NIBBLE_MAX ? b : NIBBLE_MAX));
	}
	return (size_t)(at - out);
}

static size_t read_few(struct distinct *d, const uint8_t *bytes, size_t len)
{
	size_t n = bytes[1], used = 2 + n * FEW_BYTES;
	if (len < used)
		return 0;
	d->is_dense = false;
	d->count = (uint8_t)n;
	for (size_t i = 0; i < n; i++) {
		const uint8_t *at = bytes + 2 + i * FEW_BYTES;
		d->few[i] = (uint32_t)(at[0] << 16 | at[1] << 8 | at[2]);
		unsigned rank = d->few[i] & ((1U << RANK_BITS) - 1);
		if (!rank || rank > RANK_MAX || (i && d->few[i] <= d->few[i - 1]))
			return 0;
	}
	return used;
}

static size_t read_dense(struct distinct *d, const uint8_t *bytes, size_t len)
{
	uint8_t base = bytes[1], least = NIBBLE_MAX, most = 0;
	if (len < DISTINCT_BYTES_MAX || base > RANK_MAX)
		return 0;
	d->is_dense = true;
	for (unsigned i = 0; i < DISTINCT_REGISTERS / 2; i++) {
		uint8_t a = bytes[2 + i] >> 4, b = bytes[2 + i] & NIBBLE_MAX;
		uint8_t low = a < b ? a : b, high = a < b ? b : a;
		least = low < least ? low : least;
		most = high > most ? high : most;
		d->registers[2 * i] = (uint8_t)(base + a);
		d->registers[2 * i + 1] = (uint8_t)(base + b);
	}
	return least || base + most > RANK_MAX ? 0 : DISTINCT_BYTES_MAX;
}

size_t distinct_read(struct distinct *d, const uint8_t *bytes, size_t len)
{
	size_t used = 0;
	distinct_clear(d);
	if (len >= 2 && bytes[0] == KIND_FEW)
		used = read_few(d, bytes, len);
	else if (len >= 2 && bytes[0] == KIND_DENSE)
		used = read_dense(d, bytes, len);
	if (!used)
		distinct_clear(d);
	return used;
}
