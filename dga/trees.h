/* SPDX-License-Identifier: BSD-2-Clause
 * Trees that ask the same question everywhere at one depth ("oblivious"): a tree is TREES_DEPTH comparisons that make the number of
 * a leaf.
 *
 * Threads: pure.
 * Format: TREES_DEPTH octets, the features; TREES_DEPTH i16, the thresholds, bit d of the leaf being x[feature d] > threshold d;
 *         TREES_LEAVES i16, milli-nats.
 * Source: Kohavi and Li, "Oblivious decision trees, graphs, and top-down pruning" (IJCAI 1995).
 */
#pragma once

#include <stdint.h>

enum {
	TREES_DEPTH = 6,
	TREES_LEAVES = 1 << TREES_DEPTH,
	TREES_AT_THRESHOLDS = TREES_DEPTH,
	TREES_AT_LEAVES = 3 * TREES_DEPTH,
	TREES_BYTES = 3 * TREES_DEPTH + 2 * TREES_LEAVES,
};

static inline int16_t trees_i16(const uint8_t *p)
{
	return (int16_t)(uint16_t)(p[0] | p[1] << 8);
}

static inline unsigned trees_leaf(const uint8_t *tree, const int16_t *x)
{
	unsigned leaf = 0;
	for (unsigned d = 0; d < TREES_DEPTH; d++)
		leaf |= (unsigned)(x[tree[d]] > trees_i16(tree + TREES_AT_THRESHOLDS + 2 * d)) << d;
	return leaf;
}

/* The sum of what all trees say. */
static inline int32_t trees_sum(const uint8_t *trees, unsigned count, const int16_t *x)
{
	int32_t sum = 0;
	for (const uint8_t *tree = trees; count; count--, tree += TREES_BYTES)
		sum += trees_i16(tree + TREES_AT_LEAVES + 2 * trees_leaf(tree, x));
	return sum;
}
