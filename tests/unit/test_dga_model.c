/* SPDX-License-Identifier: BSD-2-Clause
 * Model files: good ones are mapped, all others refused with a sentence.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "dga/dense.h"
#include "dga/dga_builtin.h"
#include "dga/dga_model.h"
#include "dga/trees.h"

enum { HASH_BITS = DGA_HASH_BITS_MIN, WORD_BITS = 6, TREES = 2 };

static struct dga_layout layout;

static uint8_t *new_bytes(void)
{
	dga_model_layout(HASH_BITS, WORD_BITS, TREES, &layout);
	uint8_t *bytes = calloc(1, layout.total + DGA_MODEL_ALIGN); /* a section may be moved */
	assert_non_null(bytes);
	return bytes;
}

/* Numbers that a reader takes. */
static struct dga good(void)
{
	struct dga d = {0};
	for (int p = 0; p < DGA_PARTS; p++)
		d.numbers[DGA_UNITS + p] = 1000000;
	d.numbers[DGA_BASE] = -7;
	d.numbers[DGA_SLOPE] = 1024;
	for (int c = 0; c < DGA_CURVES; c++)
		for (int k = 0; k < DGA_KNOTS; k++)
			d.knots[c][k][0] = d.knots[c][k][1] = 100 * k - 1000;
	for (int r = 0; r < DGA_RATES; r++)
		d.tail[r] = 100 * r;
	return d;
}

/* Any octets will do as tables, but trees must ask for features there are. */
static uint8_t *make(void)
{
	uint8_t *bytes = new_bytes();
	struct dga d = good();
	memset(bytes, 1, layout.total);
	dga_model_seal(&d, &layout, bytes);
	return bytes;
}

static int read_bytes(const uint8_t *bytes, size_t len, struct err *why)
{
	struct dga d;
	return dga_model_from_bytes("x", bytes, len, &d, why);
}

static void what_is_sealed_is_read(void **state)
{
	(void)state;
	uint8_t *bytes = make();
	struct dga d;
	assert_int_equal(dga_model_from_bytes("x", bytes, layout.total, &d, NULL), 0);
	assert_int_equal(d.hash_bits, HASH_BITS);
	assert_int_equal(d.word_bits, WORD_BITS);
	assert_int_equal(d.tree_count, TREES);
	assert_int_equal(d.numbers[DGA_UNITS], 1000000);
	assert_int_equal(d.numbers[DGA_BASE], -7);
	assert_int_equal(d.knots[2][3][1], -700);
	assert_int_equal(dga_threshold(&d), 600);
	assert_int_equal(dga_model_threshold(&d, 0.5), 0);
	assert_int_equal(dga_model_threshold(&d, 0.1), 0);
	assert_int_equal(dga_model_threshold(&d, 1e-3), 400);
	assert_in_range(dga_model_threshold(&d, 2e-3), 339, 341);
	assert_int_equal(dga_model_threshold(&d, 1e-9), 1000);
	assert_ptr_equal(d.sections[DGA_TREES], bytes + layout.at[DGA_TREES]);
	free(bytes);
}

static void curves_go_through_their_knots(void **state)
{
	(void)state;
	struct dga d = good();
	d.knots[2][DGA_KNOTS - 1][1] += 100;
	for (int k = 0; k < DGA_KNOTS; k++)
		assert_int_equal(
			dga_calibrated(&d, d.knots[2][k][0], DGA_CURVE_TREES), d.knots[2][k][1]);
	assert_int_equal(dga_calibrated(&d, -950, DGA_CURVE_TREES), -950);
	assert_int_equal(dga_calibrated(&d, -3000, DGA_CURVE_TREES), -3000);
	/* On with the slope of the last piece, which is 2. */
	assert_int_equal(dga_calibrated(&d, d.knots[2][DGA_KNOTS - 1][0] + 10, DGA_CURVE_TREES),
		d.knots[2][DGA_KNOTS - 1][1] + 20);
	assert_int_equal(dga_calibrated(&d, DGA_MILLI_MAX, DGA_CURVE_TREES), DGA_SCORE_MAX);
	assert_int_equal(dga_calibrated(&d, INT32_MIN, DGA_CURVE_LINEAR), -DGA_SCORE_MAX);
}

static void the_built_in_model_is_good_and_small(void **state)
{
	(void)state;
	size_t len;
	struct dga d;
	const uint8_t *bytes = dga_builtin(DGA_BUILTIN_MODEL, &len);
	assert_in_range(len, 1 << 16, DGA_MODEL_BYTES_MAX);
	assert_int_equal(dga_model_from_bytes("x", bytes, len, &d, NULL), 0);
	assert_in_range(d.threshold_milli, 1000, 100000);
}

static void damaged_octets_are_found(void **state)
{
	(void)state;
	uint8_t *bytes = make();
	struct err why;
	/* Every octet of the header and of what is small, some of the tables. */
	for (size_t i = 0; i < layout.total; i += i < 1024 || i > layout.total - 1024 ? 1 : 997) {
		bytes[i] ^= 0x40;
		int e = read_bytes(bytes, layout.total, &why);
		if (e != CEN_ECORRUPT && e != CEN_EVERSION)
			fail_msg("octet %zu: %d", i, e);
		bytes[i] ^= 0x40;
	}
	for (size_t len = 0; len < layout.total; len += len < 1024 ? 1 : 4999) {
		uint8_t *cut = malloc(len + 1);
		assert_non_null(cut);
		memcpy(cut, bytes, len);
		assert_int_equal(read_bytes(cut, len, &why), CEN_ECORRUPT);
		free(cut);
	}
	free(bytes);
}

static void a_newer_version_is_named(void **state)
{
	(void)state;
	uint8_t *bytes = make();
	struct err why;
	bytes[16]++;
	assert_int_equal(read_bytes(bytes, layout.total, &why), CEN_EVERSION);
	assert_non_null(strstr(why.text, "x: DGA model of version 4.3"));
	bytes[16]--;
	bytes[20]++;
	assert_int_equal(read_bytes(bytes, layout.total, &why), CEN_EVERSION);
	free(bytes);
}

static void assert_refused(const struct dga *d, const char *words)
{
	uint8_t *bytes = new_bytes();
	struct err why;
	dga_model_seal(d, &layout, bytes);
	assert_int_equal(read_bytes(bytes, layout.total, &why), CEN_ECORRUPT);
	if (!strstr(why.text, words))
		fail_msg("%s", why.text);
	free(bytes);
}

static void numbers_out_of_bounds_are_refused(void **state)
{
	(void)state;
	static const struct {
		enum dga_number number;
		int32_t value;
	} bad[] = {{DGA_UNITS, -1}, {DGA_UNITS + DGA_PARTS - 1, DGA_UNIT_MAX + 1},
		{DGA_BASE, INT32_MIN}, {DGA_BASE, INT32_MAX}, {DGA_GATE, DGA_MILLI_MAX + 1},
		{DGA_START, -DGA_MILLI_MAX - 1}, {DGA_SLOPE, -1}, {DGA_SLOPE, INT32_MAX}};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct dga d = good();
		d.numbers[bad[i].number] = bad[i].value;
		assert_refused(&d, "outside their bounds");
	}
	struct dga d = good();
	d.knots[0][1][0] = d.knots[0][0][0];
	assert_refused(&d, "outside their bounds");
	d = good();
	d.knots[1][1][1] = d.knots[1][0][1];
	assert_refused(&d, "outside their bounds");
	d = good();
	d.knots[1][DGA_KNOTS - 1][0] = INT32_MAX;
	assert_refused(&d, "outside their bounds");
	d = good();
	d.tail[3] = d.tail[2] - 1;
	assert_refused(&d, "outside their bounds");
}

static void trees_ask_for_features_there_are(void **state)
{
	(void)state;
	uint8_t *bytes = make();
	struct dga d = good();
	struct err why;
	bytes[layout.at[DGA_TREES] + TREES_BYTES + 5] = DENSE_COUNT - 1;
	dga_model_seal(&d, &layout, bytes);
	assert_int_equal(read_bytes(bytes, layout.total, &why), 0);
	bytes[layout.at[DGA_TREES] + TREES_BYTES + 5] = DENSE_COUNT;
	dga_model_seal(&d, &layout, bytes);
	assert_int_equal(read_bytes(bytes, layout.total, &why), CEN_ECORRUPT);
	free(bytes);
}

static void sections_out_of_place_are_refused(void **state)
{
	(void)state;
	uint8_t *bytes = make();
	struct dga d = good();
	struct err why;
	for (unsigned s = 0; s < DGA_SECTIONS; s++) {
		struct dga_layout odd = layout;
		odd.at[s] += 64;
		dga_model_seal(&d, &odd, bytes);
		if (!read_bytes(bytes, layout.total, &why))
			fail_msg("section %u moved", s);
		odd = layout;
		odd.bytes[s] *= 2;
		dga_model_seal(&d, &odd, bytes);
		if (!read_bytes(bytes, layout.total, &why))
			fail_msg("section %u twice as large", s);
	}
	free(bytes);
}

/* Writes a file and opens it. */
static int open_file(const uint8_t *bytes, size_t len, struct dga **out, struct err *why)
{
	char path[] = "/tmp/cenote-test-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	close(fd);
	const struct dga_options as = {.model = path, .popular = "", .threshold = 1e-4};
	int e = dga_open(&as, out, why);
	unlink(path);
	return e;
}

static void files_are_mapped_or_refused(void **state)
{
	(void)state;
	uint8_t *bytes = make();
	struct err why;
	struct dga *d = NULL;
	assert_int_equal(open_file(bytes, layout.total, &d, &why), 0);
	assert_int_equal(dga_threshold(d), 600);
	dga_close(d);
	d = NULL;
	assert_int_equal(open_file(bytes, 0, &d, &why), CEN_ECORRUPT);
	assert_int_equal(open_file(bytes, layout.total - 1, &d, &why), CEN_ECORRUPT);
	assert_non_null(strstr(why.text, "damaged"));
	struct dga_options as = {.model = "/", .popular = "", .threshold = 1e-4};
	assert_int_equal(dga_open(&as, &d, &why), CEN_ECORRUPT);
	as.model = "/no/such/file";
	assert_int_equal(dga_open(&as, &d, &why), -ENOENT);
	assert_non_null(strstr(why.text, "/no/such/file"));
	assert_null(d);
	dga_close(NULL);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_sealed_is_read),
		cmocka_unit_test(curves_go_through_their_knots),
		cmocka_unit_test(the_built_in_model_is_good_and_small),
		cmocka_unit_test(damaged_octets_are_found),
		cmocka_unit_test(a_newer_version_is_named),
		cmocka_unit_test(numbers_out_of_bounds_are_refused),
		cmocka_unit_test(trees_ask_for_features_there_are),
		cmocka_unit_test(sections_out_of_place_are_refused),
		cmocka_unit_test(files_are_mapped_or_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
