/* SPDX-License-Identifier: BSD-2-Clause
 * A model's bytes: a header, a table of sections, the sections. All numbers are little-endian.
 *
 * Threads: pure.
 * Owns: dga_model_from_bytes borrows the bytes for the model's life.
 *
 *    0  magic "cenoteDG"
 *    8  u64 checksum: XXH3 of everything behind it
 *   16  u32 DGA_MODEL_VERSION
 *   20  u32 FEATURES_VERSION
 *   24  u32 number of sections, DGA_SECTIONS
 *   28  u32 zero
 *   32  for each section: u32 where it begins, u32 its octets
 *
 * Sections begin at multiples of 64, in the order of enum dga_section, without gaps but those. What is in them: see there.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "dga/dga.h"
#include "dga/label.h"
#include "dga/words.h"

enum dga_section {
	/* i32 each: enum dga_number */
	DGA_NUMBERS,
	/* Signed octets: parts of the linear score, in units of their own (features.h says for what) */
	DGA_TRIPLES,
	DGA_QUADS,
	DGA_QUINTS,
	DGA_CLASS_WINDOWS,
	DGA_LENGTHS,
	DGA_TOPS,
	DGA_TOP_LENGTHS,
	/* Signed octets, eighths of a bit: how much likelier than an even draw a benign name goes on so */
	DGA_BENIGN_PAIRS,
	DGA_BENIGN_TRIPLES,
	/* Four bits: the same of letters alone, in whole bits and DGA_QUAD_ZERO more; the even entry in the lower half */
	DGA_BENIGN_QUADS,
	/* Octets: how frequent a top-level domain is among benign names, half bits */
	DGA_BENIGN_TOPS,
	/* Words of benign names (words.h): u16 slots, and u16 sets of sizes */
	DGA_WORDS_TABLE,
	DGA_WORDS_SIZES,
	/* Trees, trees.h */
	DGA_TREES,
	/* DGA_CURVES times DGA_KNOTS pairs of i32: raw score and log-likelihood ratio, milli-nats, both rising */
	DGA_CALIBRATION,
	/* DGA_RATES i32: the score that a share of benign names is over: 1e-1, 10^-1.5, ..., 1e-6 */
	DGA_TAIL,
	DGA_SECTIONS,
};

enum { DGA_PARTS = DGA_TOP_LENGTHS - DGA_TRIPLES + 1 }; /* tables of the linear score */

enum dga_number {
	DGA_UNITS, /* DGA_PARTS of them: of each table of the linear score, nano-nats */
	DGA_BASE = DGA_UNITS + DGA_PARTS, /* linear score of a name without features, milli-nats */
	DGA_GATE, /* below this linear score trees are not asked; milli-nats */
	DGA_START, /* what trees begin with, milli-nats ... */
	DGA_SLOPE, /* ... and how much of the linear score, 1/1024 */
	DGA_NUMBERS_COUNT,
};

enum {
	DGA_MODEL_VERSION = 3,
	DGA_MODEL_HEADER = 32 + 8 * DGA_SECTIONS,
	DGA_MODEL_ALIGN = 64,
	DGA_MODEL_BYTES_MAX = 1 << 20,
	DGA_HASH_BITS_MIN = 8,
	DGA_HASH_BITS_MAX = 18,
	DGA_WORD_BITS_MIN = 4,
	DGA_WORD_BITS_MAX = 17,
	DGA_TREES_MAX = 1000,
	DGA_KNOTS = 24,
	DGA_RATES = 11,
	DGA_UNIT_MAX =
		100000000, /* nano-nats: no sum of a name's weights leaves 32 bits of milli-nats */
	DGA_MILLI_MAX = 1000000, /* of every score in the file */
	DGA_SCORE_MAX = 30000, /* of a calibrated score */
	DGA_QUAD_ZERO = 11,
};

/* Which curve makes a ratio of a raw score: that of names that trees are not asked about, of names made of words, of all others. */
enum dga_curve { DGA_CURVE_LINEAR, DGA_CURVE_WORDS, DGA_CURVE_TREES, DGA_CURVES };

struct forest;
struct popularity;

struct dga {
	const uint8_t *sections[DGA_SECTIONS];
	unsigned hash_bits, word_bits, tree_count;
	int32_t numbers[DGA_NUMBERS_COUNT];
	int32_t knots[DGA_CURVES][DGA_KNOTS][2];
	int32_t tail[DGA_RATES];
	int32_t threshold_milli; /* in force */
	void *mapped; /* NULL: the bytes are borrowed */
	size_t mapped_bytes;
	struct forest *forest; /* owned; the same trees, quicker; NULL: only those in the section */
	struct popularity *popular; /* owned; NULL: none */
};

static inline struct words dga_model_words(const struct dga *d)
{
	return (struct words){
		d->sections[DGA_WORDS_TABLE], d->sections[DGA_WORDS_SIZES], d->word_bits};
}

/* Where sections of a model of these sizes stand. */
struct dga_layout {
	uint32_t at[DGA_SECTIONS], bytes[DGA_SECTIONS];
	size_t total;
};

void dga_model_layout(
	unsigned hash_bits, unsigned word_bits, unsigned tree_count, struct dga_layout *out);
/* Checks every field. `name` stands for the file in sentences. The threshold is that of 1e-4. */
int dga_model_from_bytes(
	const char *name, const uint8_t *bytes, size_t len, struct dga *out, struct err *why);
/* Completes a model whose tables are in place: header, numbers, curves, tail, checksum. */
void dga_model_seal(const struct dga *d, const struct dga_layout *layout, uint8_t *bytes);
/* The score that the share `rate` of benign names is over, by the model's own table; log-linear between its entries. */
int32_t dga_model_threshold(const struct dga *d, double rate);

/* The steps of a score (dga.c), milli-nats. */
struct dga_judgement {
	int32_t linear;
	int32_t raw; /* what trees make of it, or the same */
	enum dga_curve curve;
	/* Of trees' names only: how words lay the label out. */
	uint8_t words, in_words; /* characters */
};

/* Of a label that label_find has found. */
void dga_judge(const struct dga *d, const struct label *l, struct dga_judgement *out);
int32_t dga_calibrated(const struct dga *d, int32_t raw, enum dga_curve curve);
/* The score of a judged label; never 0. */
int32_t dga_judged_score(const struct dga *d, const struct dga_judgement *j);
int32_t dga_label_score(const struct dga *d, const struct label *l);
/* The raw score of facts that dense_of has found. */
int32_t dga_raw(const struct dga *d, int32_t linear, const int16_t *x);
