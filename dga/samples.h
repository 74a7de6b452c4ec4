/* SPDX-License-Identifier: BSD-2-Clause
 * Names to learn from and to measure with, read from (gzipped) text files. The one includer of zlib.h.
 *
 * Threads: none of this is shared.
 * Owns: everything until samples_free.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dga/label.h"
#include "resolver/base/err.h"

enum {
	SAMPLES_FAMILIES_MAX = 1000,
	SAMPLES_MAX = 20000000, /* names in all */
	SAMPLES_HELD =
		10, /* one label in so many is kept for measuring, whatever its top-level domain */
	SAMPLES_BENIGN = 0, /* the family of benign names */
};

struct sample {
	uint32_t at; /* in `text`: the label, then the top-level domain, length octet first */
	uint8_t len; /* 0: a name that cannot be judged */
	bool is_held; /* for measuring only */
	uint16_t family;
};

struct samples_family {
	char name[64];
	size_t names, held; /* `held` of `names` are for measuring */
	size_t bad; /* lines that are no names */
	bool is_left_out;
};

struct samples {
	struct sample *all;
	size_t count, room;
	uint8_t *text;
	size_t text_len, text_room;
	struct samples_family *families; /* [0] is the benign list */
	size_t family_count;
};

/* Reads both; `left_out` as in struct dga_training. After a failure there is nothing to free. */
int samples_load(const char *benign, const char *families, const char *left_out,
	struct samples *out, struct err *why);
void samples_free(struct samples *s);

/* The label of a sample that can be judged; valid until samples_free. */
struct label samples_label(const struct samples *s, const struct sample *sample);
