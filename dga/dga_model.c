/* SPDX-License-Identifier: BSD-2-Clause */
#include "dga/dga_model.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dga/dense.h"
#include "dga/dga_builtin.h"
#include "dga/features.h"
#include "dga/forest.h"
#include "dga/popularity.h"
#include "dga/trees.h"
#include "resolver/base/hash.h"

static const char magic[8] = {'c', 'e', 'n', 'o', 't', 'e', 'D', 'G'};

enum { AT_CHECKSUM = 8, AT_VERSION = 16, AT_FEATURES = 20, AT_SECTIONS = 24, AT_TABLE = 32 };

/* --- numbers --- */

static uint32_t get_u32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void put_u32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static void get_many(const uint8_t *p, int32_t *to, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = (int32_t)get_u32(
			p + 4 * i); /* two's complement, as gcc and clang promise */
}

static void put_many(uint8_t *p, const int32_t *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		put_u32(p + 4 * i, (uint32_t)from[i]);
}

static uint64_t checksum(const uint8_t *bytes, size_t len)
{
	return hash_bytes(bytes + AT_VERSION, len - AT_VERSION, 0);
}

/* --- layout --- */

static uint32_t section_bytes(
	enum dga_section s, unsigned hash_bits, unsigned word_bits, unsigned tree_count)
{
	switch (s) {
	case DGA_NUMBERS:
		return 4 * DGA_NUMBERS_COUNT;
	case DGA_TRIPLES:
	case DGA_BENIGN_TRIPLES:
		return FEATURES_TRIPLES;
	case DGA_QUADS:
	case DGA_QUINTS:
		return 1u << hash_bits;
	case DGA_CLASS_WINDOWS:
		return FEATURES_CLASSES;
	case DGA_LENGTHS:
		return FEATURES_LENGTHS;
	case DGA_TOPS:
	case DGA_BENIGN_TOPS:
		return FEATURES_TOPS;
	case DGA_TOP_LENGTHS:
		return FEATURES_TOP_LENGTHS;
	case DGA_BENIGN_PAIRS:
		return FEATURES_PAIRS;
	case DGA_BENIGN_QUADS:
		return FEATURES_LETTER_QUADS / 2 + 1;
	case DGA_WORDS_TABLE:
		return 2u << word_bits;
	case DGA_WORDS_SIZES:
		return 2 * WORDS_TRIPLES;
	case DGA_TREES:
		return tree_count * TREES_BYTES;
	case DGA_CALIBRATION:
		return 4 * DGA_CURVES * DGA_KNOTS * 2;
	case DGA_TAIL:
		return 4 * DGA_RATES;
	case DGA_SECTIONS:
		break;
	}
	return 0;
}

void dga_model_layout(
	unsigned hash_bits, unsigned word_bits, unsigned tree_count, struct dga_layout *out)
{
	uint32_t at = DGA_MODEL_HEADER;
	for (unsigned s = 0; s < DGA_SECTIONS; s++) {
		at = (at + DGA_MODEL_ALIGN - 1) / DGA_MODEL_ALIGN * DGA_MODEL_ALIGN;
		out->at[s] = at;
		out->bytes[s] = section_bytes(s, hash_bits, word_bits, tree_count);
		at += out->bytes[s];
	}
	out->total = at;
}

/* b of 2^b = n, or 0 */
static unsigned power_of(uint32_t n)
{
	return n && !(n & (n - 1)) ? (unsigned)__builtin_ctz(n) : 0;
}

/* The sizes that a file can choose; then everything else must be as they say. */
static bool find_sections(const uint8_t *bytes, size_t len, struct dga *d)
{
	struct dga_layout is;
	const uint8_t *table = bytes + AT_TABLE;
	uint32_t trees = get_u32(table + 8 * DGA_TREES + 4);
	d->hash_bits = power_of(get_u32(table + 8 * DGA_QUADS + 4));
	d->word_bits = power_of(get_u32(table + 8 * DGA_WORDS_TABLE + 4) / 2);
	d->tree_count = trees / TREES_BYTES;
	if (d->hash_bits < DGA_HASH_BITS_MIN || d->hash_bits > DGA_HASH_BITS_MAX ||
		d->word_bits < DGA_WORD_BITS_MIN || d->word_bits > DGA_WORD_BITS_MAX ||
		trees / TREES_BYTES > DGA_TREES_MAX)
		return false;
	dga_model_layout(d->hash_bits, d->word_bits, d->tree_count, &is);
	if (len != is.total)
		return false;
	for (unsigned s = 0; s < DGA_SECTIONS; s++) {
		if (get_u32(table + 8 * s) != is.at[s] || get_u32(table + 8 * s + 4) != is.bytes[s])
			return false;
		d->sections[s] = bytes + is.at[s];
	}
	return true;
}

/* --- checks --- */

static bool is_milli(int32_t v)
{
	return v >= -DGA_MILLI_MAX && v <= DGA_MILLI_MAX;
}

static bool has_sane_numbers(const struct dga *d)
{
	for (unsigned p = 0; p < DGA_PARTS; p++)
		if (d->numbers[DGA_UNITS + p] < 0 || d->numbers[DGA_UNITS + p] > DGA_UNIT_MAX)
			return false;
	return is_milli(d->numbers[DGA_BASE]) && is_milli(d->numbers[DGA_GATE]) &&
		is_milli(d->numbers[DGA_START]) && d->numbers[DGA_SLOPE] >= 0 &&
		d->numbers[DGA_SLOPE] <= 16 * 1024;
}

static bool is_rising(const int32_t knots[DGA_KNOTS][2])
{
	for (unsigned k = 0; k < DGA_KNOTS; k++) {
		if (!is_milli(knots[k][0]) || !is_milli(knots[k][1]))
			return false;
		if (k && (knots[k][0] <= knots[k - 1][0] || knots[k][1] <= knots[k - 1][1]))
			return false;
	}
	return true;
}

static bool has_sane_curves(const struct dga *d)
{
	for (unsigned c = 0; c < DGA_CURVES; c++)
		if (!is_rising(d->knots[c]))
			return false;
	for (unsigned r = 0; r < DGA_RATES; r++)
		if (!is_milli(d->tail[r]) || (r && d->tail[r] < d->tail[r - 1]))
			return false;
	return true;
}

static bool has_sane_trees(const struct dga *d)
{
	for (unsigned t = 0; t < d->tree_count; t++)
		for (unsigned k = 0; k < TREES_DEPTH; k++)
			if (d->sections[DGA_TREES][t * TREES_BYTES + k] >= DENSE_COUNT)
				return false;
	return true;
}

/* Version before checksum, whose place or kind a newer file may have changed. */
static int check_header(const char *name, const uint8_t *bytes, size_t len, struct err *why)
{
	if (len < DGA_MODEL_HEADER || memcmp(bytes, magic, sizeof magic) != 0)
		return err_set(why, CEN_ECORRUPT, "%s: not a DGA model", name);
	uint32_t version = get_u32(bytes + AT_VERSION), features = get_u32(bytes + AT_FEATURES);
	if (version != DGA_MODEL_VERSION || features != FEATURES_VERSION)
		return err_set(why, CEN_EVERSION,
			"%s: DGA model of version %u.%u, this cenote reads version %d.%d; train it "
			"again",
			name, version, features, DGA_MODEL_VERSION, FEATURES_VERSION);
	uint64_t sum =
		get_u32(bytes + AT_CHECKSUM) | (uint64_t)get_u32(bytes + AT_CHECKSUM + 4) << 32;
	if (sum != checksum(bytes, len))
		return err_set(why, CEN_ECORRUPT,
			"%s: damaged DGA model (its checksum does not fit its %zu bytes)", name,
			len);
	return 0;
}

int dga_model_from_bytes(
	const char *name, const uint8_t *bytes, size_t len, struct dga *out, struct err *why)
{
	struct dga d = {0};
	int e = check_header(name, bytes, len, why);
	if (e)
		return e;
	if (get_u32(bytes + AT_SECTIONS) != DGA_SECTIONS || !find_sections(bytes, len, &d))
		return err_set(
			why, CEN_ECORRUPT, "%s: DGA model with sizes outside its bounds", name);
	get_many(d.sections[DGA_NUMBERS], d.numbers, DGA_NUMBERS_COUNT);
	get_many(d.sections[DGA_CALIBRATION], d.knots[0][0], (size_t)DGA_CURVES * DGA_KNOTS * 2);
	get_many(d.sections[DGA_TAIL], d.tail, DGA_RATES);
	if (!has_sane_numbers(&d) || !has_sane_curves(&d) || !has_sane_trees(&d))
		return err_set(
			why, CEN_ECORRUPT, "%s: DGA model with numbers outside their bounds", name);
	d.threshold_milli = dga_model_threshold(&d, 1e-4);
	*out = d;
	return 0;
}

int32_t dga_model_threshold(const struct dga *d, double rate)
{
	/* The first entry is that of 1e-1; two entries a decade. */
	double place = -2 * log10(rate) - 2;
	if (!(place > 0))
		return d->tail[0];
	if (place >= DGA_RATES - 1)
		return d->tail[DGA_RATES - 1];
	int below = (int)place;
	double part = place - below;
	return (int32_t)lrint(d->tail[below] + part * (d->tail[below + 1] - d->tail[below]));
}

void dga_model_seal(const struct dga *d, const struct dga_layout *layout, uint8_t *bytes)
{
	memset(bytes, 0, DGA_MODEL_HEADER);
	memcpy(bytes, magic, sizeof magic);
	put_u32(bytes + AT_VERSION, DGA_MODEL_VERSION);
	put_u32(bytes + AT_FEATURES, FEATURES_VERSION);
	put_u32(bytes + AT_SECTIONS, DGA_SECTIONS);
	for (unsigned s = 0; s < DGA_SECTIONS; s++) {
		put_u32(bytes + AT_TABLE + 8 * s, layout->at[s]);
		put_u32(bytes + AT_TABLE + 8 * s + 4, layout->bytes[s]);
	}
	put_many(bytes + layout->at[DGA_NUMBERS], d->numbers, DGA_NUMBERS_COUNT);
	put_many(bytes + layout->at[DGA_CALIBRATION], d->knots[0][0],
		(size_t)DGA_CURVES * DGA_KNOTS * 2);
	put_many(bytes + layout->at[DGA_TAIL], d->tail, DGA_RATES);
	uint64_t sum = checksum(bytes, layout->total);
	put_u32(bytes + AT_CHECKSUM, (uint32_t)sum);
	put_u32(bytes + AT_CHECKSUM + 4, (uint32_t)(sum >> 32));
}

/* --- opening --- */

static int map_file(const char *file, struct dga *d, struct err *why)
{
	struct stat st;
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st)) {
		int e = errno;
		if (fd >= 0)
			close(fd);
		return err_set(why, -e, "%s: %s", file, strerror(e));
	}
	if (!S_ISREG(st.st_mode) || st.st_size < DGA_MODEL_HEADER ||
		st.st_size > DGA_MODEL_BYTES_MAX) {
		close(fd);
		return err_set(why, CEN_ECORRUPT, "%s: not a DGA model (a file of %d to %d bytes)",
			file, DGA_MODEL_HEADER, DGA_MODEL_BYTES_MAX);
	}
	size_t len = (size_t)st.st_size;
	void *mapped = mmap(NULL, len, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	int failed = errno;
	close(fd);
	if (mapped == MAP_FAILED)
		return err_set(why, -failed, "%s: cannot be mapped: %s", file, strerror(failed));
	int e = dga_model_from_bytes(file, mapped, len, d, why);
	if (e) {
		munmap(mapped, len);
		return e;
	}
	d->mapped = mapped;
	d->mapped_bytes = len;
	return 0;
}

int dga_open(const struct dga_options *options, struct dga **out, struct err *why)
{
	const char *file = options->model;
	struct dga *d = calloc(1, sizeof *d);
	if (!d)
		return err_set(why, -ENOMEM, "out of memory while opening the DGA model");
	size_t len;
	const uint8_t *builtin = dga_builtin(DGA_BUILTIN_MODEL, &len);
	int e = file ? map_file(file, d, why)
		     : dga_model_from_bytes("the built-in DGA model", builtin, len, d, why);
	if (!e) {
		d->threshold_milli = dga_model_threshold(d, options->threshold);
		d->forest = forest_make(d->sections[DGA_TREES], d->tree_count);
		if (!d->forest)
			e = err_set(why, -ENOMEM, "out of memory while opening the DGA model");
	}
	const char *popular = options->popular;
	if (!e && (!popular || popular[0]))
		e = popularity_open(popular, &d->popular, why);
	if (e)
		dga_close(d);
	else
		*out = d;
	return e;
}

void dga_close(struct dga *d)
{
	if (!d)
		return;
	if (d->mapped)
		munmap(d->mapped, d->mapped_bytes);
	forest_free(d->forest);
	popularity_close(d->popular);
	free(d);
}
