/* SPDX-License-Identifier: BSD-2-Clause
 * A model's bytes: a header of 64 octets, all numbers little-endian, and a table of signed octets.
 *
 * Threads: pure.
 * Owns: dga_model_from_bytes borrows the bytes for the model's life.
 *
 *    0  magic "cenoteDG"
 *    8  u64 checksum: XXH3 of everything behind it
 *   16  u32 DGA_MODEL_VERSION
 *   20  u32 FEATURES_VERSION
 *   24  u32 b: the table has 2^b weights
 *   28  u32 value of a weight's unit, nano-nats
 *   32  i32 score of a name without features, milli-nats
 *   36  i32 threshold, milli-nats
 *   40  zeros
 *   64  weights
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "dga/dga.h"
#include "dga/label.h"

enum {
	DGA_MODEL_VERSION = 1,
	DGA_MODEL_HEADER = 64,
	DGA_MODEL_BITS_MIN = 8,
	DGA_MODEL_BITS_MAX = 18,
	DGA_MODEL_BYTES_MAX = DGA_MODEL_HEADER + (1 << DGA_MODEL_BITS_MAX),
	DGA_MODEL_UNIT_MAX =
		100000000, /* nano-nats: no sum of a name's weights leaves 32 bits of milli-nats */
	DGA_MODEL_MILLI_MAX = 1000000, /* of base and threshold */
};

struct dga {
	const int8_t *weights;
	unsigned bits;
	uint32_t unit_nano;
	int32_t base_milli, threshold_milli;
	void *mapped; /* NULL: the bytes are borrowed */
	size_t mapped_bytes;
	struct popularity *popular; /* owned; NULL: none */
};

/* Checks every field. `name` stands for the file in sentences. */
int dga_model_from_bytes(
	const char *name, const uint8_t *bytes, size_t len, struct dga *out, struct err *why);
/* Writes the header in front of the weights, which are in place, from the numbers of `d`, with the checksum over all `len`. */
void dga_model_seal(const struct dga *d, uint8_t *bytes, size_t len);

/* The score of a label that label_find has found, in milli-nats (dga.c). */
int32_t dga_label_score(const struct dga *d, const struct label *l);
