/* SPDX-License-Identifier: BSD-2-Clause
 * ClientHellos: names and fingerprints of real ones, and nothing of what is cut or forged.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "resolver/evidence/sinkhole/knock_ja.h"
#include "resolver/evidence/sinkhole/knock_read.h"
#include "resolver/evidence/sinkhole/knock_tls.h"
#include "tests/unit/hellos.h"

static void expect(const uint8_t *bytes, size_t len, const char *ja3, const char *ja4)
{
	struct knock k;
	memset(&k, 0, sizeof k);
	knock_read(&k, bytes, len);
	assert_int_equal(k.kind, KNOCK_TLS);
	assert_string_equal(k.sni, "c2.example");
	assert_string_equal(k.ja3, ja3);
	assert_string_equal(k.ja4, ja4);
}

static void test_real_ones(void **state)
{
	(void)state;
	expect(hello_tls13, sizeof hello_tls13, hello_tls13_ja3, hello_tls13_ja4);
	expect(hello_tls12, sizeof hello_tls12, hello_tls12_ja3, hello_tls12_ja4);
}

/* The same message over several records (RFC 8446 5.1). */
static void test_split_records(void **state)
{
	(void)state;
	uint8_t split[sizeof hello_tls13 + 5 * 100];
	size_t at = 0;
	for (size_t from = 5; from < sizeof hello_tls13;) {
		size_t n = sizeof hello_tls13 - from < 30 ? sizeof hello_tls13 - from : 30;
		split[at++] = 22;
		split[at++] = 3;
		split[at++] = 1;
		split[at++] = 0;
		split[at++] = (uint8_t)n;
		memcpy(split + at, hello_tls13 + from, n);
		at += n;
		from += n;
	}
	expect(split, at, hello_tls13_ja3, hello_tls13_ja4);
}

static void test_every_cut(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof hello_tls13; n++) {
		struct knock k;
		memset(&k, 0, sizeof k);
		assert_false(knock_read_look(hello_tls13, n).is_whole);
		knock_read(&k, hello_tls13, n);
		assert_string_equal(k.ja3, "");
		assert_string_equal(k.ja4, "");
		/* A whole name or none. */
		assert_true(!k.sni[0] || !strcmp(k.sni, "c2.example"));
	}
	assert_true(knock_read_look(hello_tls13, sizeof hello_tls13).is_whole);
}

static void test_any_octet_changed(void **state)
{
	(void)state;
	uint8_t changed[sizeof hello_tls12];
	for (size_t i = 0; i < sizeof changed; i++)
		for (unsigned v = 0; v < 256; v += 51) {
			struct knock k;
			memcpy(changed, hello_tls12, sizeof changed);
			changed[i] = (uint8_t)v;
			knock_read(&k, changed, sizeof changed);
			assert_true(strlen(k.sni) < sizeof k.sni);
			assert_true(strlen(k.ja3) == 0 || strlen(k.ja3) == 32);
			assert_true(strlen(k.ja4) == 0 || strlen(k.ja4) == 36);
		}
}

static void fill(struct knock_tls_list *l, const uint16_t *values, size_t n)
{
	l->count = (uint16_t)n;
	memcpy(l->values, values, n * sizeof *values);
}

#define FILL(list, ...) \
	fill(list, (const uint16_t[]){__VA_ARGS__}, \
		sizeof((const uint16_t[]){__VA_ARGS__}) / sizeof(uint16_t))

/* The example of the description of JA3, with a made-up value (RFC 8701) in each list. */
static void test_ja3_as_published(void **state)
{
	(void)state;
	static struct knock_tls_hello h;
	char text[KNOCK_JA3_ROOM];
	h = (struct knock_tls_hello){.is_whole = true, .version = 769};
	FILL(&h.ciphers, 0x0a0a, 47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4);
	FILL(&h.extensions, 0x3a3a, 0, 10, 11);
	FILL(&h.groups, 0xfafa, 23, 24, 25);
	FILL(&h.point_formats, 0);
	knock_ja3(&h, text);
	assert_string_equal(text, "ada70206e40642a3e4461f35503241d5");
	h.is_whole = false;
	knock_ja3(&h, text);
	assert_string_equal(text, "");
}

/* The same for JA4. */
static void test_ja4_as_published(void **state)
{
	(void)state;
	static struct knock_tls_hello h;
	char text[KNOCK_JA4_ROOM];
	h = (struct knock_tls_hello){.is_whole = true,
		.has_sni = true,
		.version = 0x0303,
		.alpn_len = 2,
		.alpn_first = 'h',
		.alpn_last = '2'};
	FILL(&h.versions, 0x8a8a, 0x0304, 0x0303);
	FILL(&h.ciphers, 0x0a0a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9,
		0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035);
	FILL(&h.extensions, 0x1a1a, 0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d,
		0x0005, 0x0023, 0x0012, 0x002b, 0xff01, 0x000b, 0x000a, 0x0015);
	FILL(&h.signatures, 0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601);
	knock_ja4(&h, text);
	assert_string_equal(text, "t13d1516h2_8daaf6152771_e5627efa2ab1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_real_ones),
		cmocka_unit_test(test_split_records), cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_any_octet_changed), cmocka_unit_test(test_ja3_as_published),
		cmocka_unit_test(test_ja4_as_published)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
