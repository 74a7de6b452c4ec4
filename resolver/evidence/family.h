/* SPDX-License-Identifier: BSD-2-Clause
 * Whose bot is it? A generator that nobody has named is told by the shape of its names.
 *
 * Threads: one at a time.
 * Method: a generator draws its labels from one alphabet, within one range of lengths, below a few top-level domains. A case whose names fit a
 *         family that was seen before is of that family, whoever the client is; else it begins one, called after its shape: the
 *         same shape gives the same name on every machine.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/evidence/cases.h"

enum { FAMILY_TOPS_MAX = 16, FAMILIES_MAX = 256, FAMILY_NAMES_MIN = 3 };

/* What the names of one generator have in common. */
struct family_shape {
	uint8_t class; /* enum dga_class: of most names */
	uint8_t alphabet; /* 0: letters; 1: hex digits; 2: letters and digits; 3: with hyphens */
	uint8_t length_min, length_max; /* of the label that was registered */
	uint8_t length_mean; /* rounded */
	uint8_t top_count;
	uint32_t tops
		[FAMILY_TOPS_MAX]; /* hashes of the top-level domains, the most frequent first */
};

/* Of the suspects among these; false when there are fewer than FAMILY_NAMES_MIN. */
bool family_shape_of(const struct case_line *lines, size_t n, struct family_shape *out);
/* Has the name this shape, as far as one name shows? */
bool family_fits(const struct family_shape *shape, const struct dname *name);

struct families {
	struct {
		struct family_shape shape;
		char name[CASE_FAMILY_TEXT];
	} known[FAMILIES_MAX]; /* a ring: the oldest one is forgotten */
	uint32_t count; /* in all, since the start */
};

/* The name of the family with this shape: one that was seen before, else a new one. Valid until the next call. */
const char *family_name(struct families *f, const struct family_shape *shape);
/* A case that was kept has this name. */
void family_learn(struct families *f, const struct family_shape *shape, const char *name);
