/* SPDX-License-Identifier: BSD-2-Clause
 * How many different ones: HyperLogLog (Flajolet, Fusy, Gandouet, Meunier 2007) with 2,048 registers, standard error 1.04 / sqrt(2048) = 2.3 %.
 * The estimate is Ertl's (2017), which corrects the bias of small and of large numbers without tables. Up to 255 are
 * kept one by one and counted exactly.
 *
 * Threads: plain data.
 * Rule: sketches that are merged have hashes of the same seed. What is written may be cut: a register more than 15 above the smallest
 *       is written as 15 above, which moves the estimate by less than 0.01 %.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	DISTINCT_BITS = 11,
	DISTINCT_REGISTERS = 1 << DISTINCT_BITS,
	DISTINCT_SPARSE = 255,
	DISTINCT_BYTES_MAX = 2 + DISTINCT_REGISTERS / 2,
};

struct distinct {
	bool is_dense;
	uint8_t count; /* of `few` */
	union {
		uint32_t few[DISTINCT_SPARSE]; /* rising: register, seven more bits, rank */
		uint8_t registers[DISTINCT_REGISTERS];
	};
};

void distinct_clear(struct distinct *d);
void distinct_add(struct distinct *d, uint64_t hash);
void distinct_merge(struct distinct *to, const struct distinct *from);
/* Rounded to a whole number; at most UINT32_MAX. */
uint32_t distinct_estimate(const struct distinct *d);

/* Return the octets used. */
size_t distinct_write(const struct distinct *d, uint8_t out[static DISTINCT_BYTES_MAX]);
/* Takes any octets; 0: not such a sketch. */
size_t distinct_read(struct distinct *d, const uint8_t *bytes, size_t len);
