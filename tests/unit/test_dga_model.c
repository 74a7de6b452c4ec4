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

#include "dga/dga_builtin.h"
#include "dga/dga_model.h"

enum { BITS = DGA_MODEL_BITS_MIN, BYTES = DGA_MODEL_HEADER + (1 << BITS) };

static void make(uint8_t bytes[static BYTES])
{
	struct dga d = {
		.bits = BITS, .unit_nano = 1000000, .base_milli = -7, .threshold_milli = 500};
	memset(bytes, 1, BYTES);
	dga_model_seal(&d, bytes, BYTES);
}

static int read_bytes(const uint8_t *bytes, size_t len, struct err *why)
{
	struct dga d;
	return dga_model_from_bytes("x", bytes, len, &d, why);
}

static void what_is_sealed_is_read(void **state)
{
	(void)state;
	uint8_t bytes[BYTES];
	struct dga d;
	make(bytes);
	assert_int_equal(dga_model_from_bytes("x", bytes, BYTES, &d, NULL), 0);
	assert_int_equal(d.bits, BITS);
	assert_int_equal(d.unit_nano, 1000000);
	assert_int_equal(d.base_milli, -7);
	assert_int_equal(dga_threshold(&d), 500);
	assert_ptr_equal(d.weights, bytes + DGA_MODEL_HEADER);
}

static void the_built_in_model_is_good_and_small(void **state)
{
	(void)state;
	size_t len;
	struct dga d;
	const uint8_t *bytes = dga_builtin(DGA_BUILTIN_MODEL, &len);
	assert_in_range(len, 1 << 16, 512 << 10);
	assert_int_equal(dga_model_from_bytes("x", bytes, len, &d, NULL), 0);
	assert_in_range(d.threshold_milli, 1000, 100000);
}

static void every_damaged_octet_is_found(void **state)
{
	(void)state;
	uint8_t bytes[BYTES];
	struct err why;
	for (size_t i = 0; i < BYTES; i++) {
		make(bytes);
		bytes[i] ^= 0x40;
		int e = read_bytes(bytes, BYTES, &why);
		if (e != CEN_ECORRUPT && e != CEN_EVERSION)
			fail_msg("octet %zu: %d", i, e);
	}
	for (size_t len = 0; len < BYTES; len++) {
		make(bytes);
		assert_int_equal(read_bytes(bytes, len, &why), CEN_ECORRUPT);
	}
}

static void a_newer_version_is_named(void **state)
{
	(void)state;
	uint8_t bytes[BYTES];
	struct err why;
	make(bytes);
	bytes[16] = DGA_MODEL_VERSION + 1;
	assert_int_equal(read_bytes(bytes, BYTES, &why), CEN_EVERSION);
	assert_non_null(strstr(why.text, "x: DGA model of version 2.1"));
	make(bytes);
	bytes[20]++;
	assert_int_equal(read_bytes(bytes, BYTES, &why), CEN_EVERSION);
}

static void assert_out_of_bounds(struct dga d)
{
	uint8_t bytes[BYTES] = {0};
	struct err why;
	dga_model_seal(&d, bytes, BYTES);
	assert_int_equal(read_bytes(bytes, BYTES, &why), CEN_ECORRUPT);
	assert_non_null(strstr(why.text, "outside its bounds"));
}

static void values_out_of_bounds_are_refused(void **state)
{
	(void)state;
	const struct dga good = {.bits = BITS, .unit_nano = 1000000, .threshold_milli = 500};
	static const unsigned bits[] = {0, 7, 9, 18, 19, 32, UINT32_MAX};
	for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++) {
		struct dga d = good;
		d.bits = bits[i];
		assert_out_of_bounds(d);
	}
	struct dga d = good;
	d.unit_nano = DGA_MODEL_UNIT_MAX + 1;
	assert_out_of_bounds(d);
	d = good;
	d.base_milli = INT32_MIN;
	assert_out_of_bounds(d);
	d = good;
	d.threshold_milli = -1;
	assert_out_of_bounds(d);
}

/* Writes a file and opens it. */
static int open_file(const uint8_t *bytes, size_t len, struct dga **out, struct err *why)
{
	char path[] = "/tmp/cenote-test-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	close(fd);
	int e = dga_open(&(const struct dga_options){.model = path, .threshold = 1e-4}, out, why);
	unlink(path);
	return e;
}

static void files_are_mapped_or_refused(void **state)
{
	(void)state;
	uint8_t bytes[BYTES];
	struct err why;
	struct dga *d = NULL;
	make(bytes);
	assert_int_equal(open_file(bytes, BYTES, &d, &why), 0);
	assert_int_equal(dga_threshold(d), 500);
	dga_close(d);
	d = NULL;
	assert_int_equal(open_file(bytes, 0, &d, &why), CEN_ECORRUPT);
	assert_int_equal(open_file(bytes, BYTES - 1, &d, &why), CEN_ECORRUPT);
	assert_non_null(strstr(why.text, "damaged"));
	assert_int_equal(
		dga_open(&(const struct dga_options){.model = "/", .threshold = 1e-4}, &d, &why),
		CEN_ECORRUPT);
	assert_int_equal(
		dga_open(&(const struct dga_options){.model = "/no/such/file", .threshold = 1e-4},
			&d, &why),
		-ENOENT);
	assert_non_null(strstr(why.text, "/no/such/file"));
	assert_null(d);
	dga_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_sealed_is_read),
		cmocka_unit_test(the_built_in_model_is_good_and_small),
		cmocka_unit_test(every_damaged_octet_is_found),
		cmocka_unit_test(a_newer_version_is_named),
		cmocka_unit_test(values_out_of_bounds_are_refused),
		cmocka_unit_test(files_are_mapped_or_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
