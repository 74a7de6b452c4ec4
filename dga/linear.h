/* SPDX-License-Identifier: BSD-2-Clause
 * The linear score: the first stage, which knows n-grams.
 *
 * Threads: pure.
 */
#pragma once

#include <stdint.h>

#include "dga/dga_model.h"

/* The score and what was found on the way to it, so that nobody looks for it again. Places are those of the label's characters, and one
 * more for its end. */
struct linear {
	int32_t score; /* milli-nats */
	int32_t parts
		[DGA_PARTS]; /* sums of the octets of each table, DGA_TRIPLES being the first */
	uint32_t top; /* entry of the top-level domain */
	uint8_t symbols[DNAME_LABEL_MAX + 1];
	uint16_t triples[DNAME_LABEL_MAX + 1]; /* entries: of the window that ends there */
	int8_t octets[DNAME_LABEL_MAX + 1]; /* what they say */
};

/* Of a label that label_find has found. */
void linear_of(const struct dga *d, const struct label *l, struct linear *out);
/* Milli-nats of what one table, or some behind each other, add to the score. */
int64_t linear_milli(
	const struct dga *d, const struct linear *x, enum dga_section from, enum dga_section to);
