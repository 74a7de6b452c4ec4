/* SPDX-License-Identifier: BSD-2-Clause
 * Names: every limit from both sides, and every way in and out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "resolver/base/dname.h"
#include "resolver/base/err.h"

static struct dname name_of(const char *text)
{
	struct dname d;
	int r = dname_from_text(text, strlen(text), &d);
	if (r)
		print_error("not a name: %s\n", text);
	assert_int_equal(r, 0);
	return d;
}

static void assert_refused(const char *text)
{
	struct dname d = {.len = 99};
	if (dname_from_text(text, strlen(text), &d) != CEN_EFORMAT)
		fail_msg("taken as a name: %s", text);
	assert_int_equal(d.len, 99); /* set only on success */
}

static void assert_text(const char *in, const char *out)
{
	struct dname d = name_of(in);
	char text[DNAME_TEXT_MAX];
	assert_string_equal(dname_to_text(d.bytes, text), out);
	struct dname again = name_of(text);
	assert_true(dname_equal(&d, &again));
}

static void text_is_read_and_written(void **state)
{
	(void)state;
	assert_text("Example.COM", "example.com");
	assert_text("example.com.", "example.com");
	assert_text(".", ".");
	assert_text("a", "a");
	assert_text("_dmarc.x-1.example", "_dmarc.x-1.example");
	assert_text("*.example", "\\042.example");
	assert_text("a\\.b.example", "a\\046b.example");
	assert_text("a\\046b.example", "a\\046b.example");
	assert_text("\\000\\255\\065.example", "\\000\\255a.example");
	assert_text("\\\\.example", "\\092.example");
	assert_text("a\\ b", "a\\032b");
	struct dname d = name_of("www.Example.com");
	assert_memory_equal(d.bytes, "\3www\7example\3com", 17);
	assert_int_equal(d.len, 17);
	assert_int_equal(d.labels, 3);
	struct dname root = name_of(".");
	assert_int_equal(root.len, 1);
	assert_int_equal(root.labels, 0);
	assert_int_equal(root.bytes[0], 0);
}

static void bad_text_is_refused(void **state)
{
	(void)state;
	assert_refused("");
	assert_refused("..");
	assert_refused("a..");
	assert_refused(".a");
	assert_refused("a..b");
	assert_refused("a b");
	assert_refused("a\tb");
	assert_refused("a\x7f");
	assert_refused("\\");
	assert_refused("a\\");
	assert_refused("\\1");
	assert_refused("\\12");
	assert_refused("\\256");
	assert_refused("\\12x");
	assert_refused("\\\n");
	assert_refused("\\\xc3\xbc");
}

static void text_is_bounded_by_its_length(void **state)
{
	(void)state;
	struct dname d;
	assert_int_equal(dname_from_text("example.com#rest", 11, &d), 0);
	assert_int_equal(d.len, 13);
	assert_int_equal(dname_from_text("a\\0461", 5, &d), 0);
	assert_int_equal(dname_from_text("a\\0461", 4, &d), CEN_EFORMAT);
	assert_int_equal(dname_from_text("a\0b", 3, &d), CEN_EFORMAT);
	assert_int_equal(dname_from_text("\xc3\xbc\0b", 4, &d), CEN_EFORMAT);
}

static void labels_end_at_63_octets(void **state)
{
	(void)state;
	char text[80];
	memset(text, 'a', sizeof text);
	struct dname d;
	assert_int_equal(dname_from_text(text, 63, &d), 0);
	assert_int_equal(d.len, 65);
	assert_int_equal(dname_from_text(text, 64, &d), CEN_EFORMAT);
	/* Escapes count as the octet they stand for. */
	char escaped[64 * 4];
	for (size_t i = 0; i < sizeof escaped; i++)
		escaped[i] = "\\001"[i % 4];
	assert_int_equal(dname_from_text(escaped, 63 * 4, &d), 0);
	assert_int_equal(dname_from_text(escaped, 64 * 4, &d), CEN_EFORMAT);
}

/* Three labels of 63 and one of `last`: 3 * 64 + 1 + last + 1 octets. */
static size_t long_text(char out[300], unsigned last)
{
	memset(out, 'a', 300);
	out[63] = out[127] = out[191] = '.';
	return 192 + last;
}

static void names_end_at_255_octets(void **state)
{
	(void)state;
	char text[300];
	struct dname d;
	assert_int_equal(dname_from_text(text, long_text(text, 61), &d), 0);
	assert_int_equal(d.len, 255);
	assert_int_equal(d.bytes[254], 0);
	assert_int_equal(dname_from_text(text, long_text(text, 62), &d), CEN_EFORMAT);

	uint8_t wire[300] = {0};
	memset(wire, 'A', sizeof wire);
	wire[0] = wire[64] = wire[128] = 63;
	wire[192] = 61;
	wire[254] = 0;
	assert_int_equal(dname_from_wire(wire, sizeof wire, &d), 255);
	assert_int_equal(d.len, 255);
	assert_int_equal(d.bytes[1], 'a');
	assert_int_equal(dname_from_wire(wire, 254, &d), 0);
	wire[192] = 62;
	wire[255] = 0;
	assert_int_equal(dname_from_wire(wire, sizeof wire, &d), 0);
}

static void names_end_at_127_labels(void **state)
{
	(void)state;
	char text[2 * 128];
	for (size_t i = 0; i < sizeof text; i += 2)
		memcpy(text + i, "x.", 2);
	text[2 * 127 - 1] = 0;
	struct dname d = name_of(text);
	assert_int_equal(d.labels, 127);
	assert_int_equal(d.len, 255);
	uint8_t offsets[DNAME_LABELS_MAX];
	assert_int_equal(dname_offsets(&d, offsets), 127);
	assert_int_equal(offsets[126], 252);
	char out[DNAME_TEXT_MAX];
	assert_string_equal(dname_to_text(d.bytes, out), text);
	uint8_t key[DNAME_MAX];
	assert_int_equal(dname_key(&d, key), 254);
	text[2 * 127 - 1] = '.';
	text[2 * 128 - 1] = 0;
	assert_refused(text);
}

static void the_longest_text_fits(void **state)
{
	(void)state;
	uint8_t wire[DNAME_MAX];
	memset(wire, 1, sizeof wire);
	wire[0] = wire[64] = wire[128] = 63;
	wire[192] = 61;
	wire[254] = 0;
	char text[DNAME_TEXT_MAX];
	dname_to_text(wire, text);
	assert_int_equal(strlen(text), 250 * 4 + 3);
	struct dname d = name_of(text);
	assert_memory_equal(d.bytes, wire, 255);
}

static void utf8_becomes_a_labels(void **state)
{
	(void)state;
	assert_text("b\xc3\xbc"
		    "cher.example",
		"xn--bcher-kva.example");
	/* Upper case is mapped, and sharp s is kept (non-transitional). */
	assert_text("B\xc3\x9c"
		    "CHER.Example",
		"xn--bcher-kva.example");
	assert_text("stra\xc3\x9f"
		    "e.de",
		"xn--strae-oqa.de");
	/* Decomposed: u and U+0308. */
	assert_text("bu\xcc\x88"
		    "cher.example",
		"xn--bcher-kva.example");
	/* The ideographic full stop is a dot. */
	assert_text("www\xe3\x80\x82"
		    "example",
		"www.example");
	assert_text("\xe4\xbe\x8b\xe3\x80\x82\xe4\xbe\x8b", "xn--fsq.xn--fsq");
	assert_text("\xe4\xbe\x8b\xe3\x80\x82", "xn--fsq");
	/* A-labels and what only looks like one pass as they are. */
	assert_text("xn--bcher-kva.example", "xn--bcher-kva.example");
	assert_text("XN--0.example", "xn--0.example");
	assert_refused("\xff.example");
	assert_refused("\xc3.example");
	assert_refused("b\xc3\xbc\\046.example"); /* an escape beside UTF-8: which is meant? */
	assert_refused("\xe3\x80\x82");
}

static void put_umlaut(char *to)
{
	to[0] = '\xc3';
	to[1] = '\xbc';
}

static void overlong_utf8_is_refused(void **state)
{
	(void)state;
	char text[4000];
	size_t n = 0;
	for (int i = 0; i < 64; i++, n += 2)
		put_umlaut(text + n);
	struct dname d;
	assert_int_equal(dname_from_text(text, 2 * 56, &d), 0);
	assert_int_equal(dname_from_text(text, n, &d), CEN_EFORMAT);
	for (n = 0; n < sizeof text; n += 2)
		put_umlaut(text + n);
	assert_int_equal(dname_from_text(text, sizeof text, &d), CEN_EFORMAT);
}

static void every_octet_is_lowered_in_every_place(void **state)
{
	(void)state;
	uint8_t from[256 + 8], to[256 + 8];
	for (size_t i = 0; i < sizeof from; i++)
		from[i] = (uint8_t)i;
	for (size_t start = 0; start < 8; start++) {
		for (size_t n = 0; n <= 256; n++) {
			memset(to, 0xee, sizeof to);
			dname_copy_lower(to, from + start, n);
			for (size_t i = 0; i < n; i++) {
				uint8_t c = from[start + i];
				assert_int_equal(to[i], c >= 'A' && c <= 'Z' ? c + 32 : c);
			}
			assert_int_equal(to[n], 0xee);
		}
	}
}

static void bad_wire_is_refused(void **state)
{
	(void)state;
	struct dname d;
	assert_int_equal(dname_from_wire((const uint8_t *)"\1a", 2, &d), 0);
	assert_int_equal(dname_from_wire((const uint8_t *)"\2a\0", 3, &d), 0);
	assert_int_equal(dname_from_wire((const uint8_t *)"", 0, &d), 0);
	assert_int_equal(dname_from_wire((const uint8_t *)"\xc0\x0c", 2, &d), 0);
	assert_int_equal(dname_from_wire((const uint8_t *)"\x40z", 2, &d), 0);
	uint8_t wire[70] = {64};
	assert_int_equal(dname_from_wire(wire, sizeof wire, &d), 0);
	assert_int_equal(dname_from_wire((const uint8_t *)"\0", 1, &d), 1);
	assert_int_equal(d.len, 1);
}

static void compressed_names_are_read(void **state)
{
	(void)state;
	/* 0: example, 8: COM, 12: root; 13: www + pointer to 0; 19: pointer to 13 */
	static const uint8_t packet[] = "\7example\3COM\0\3www\xc0\x00\xc0\x0d";
	struct dname d;
	size_t at = 13;
	assert_true(dname_from_packet(packet, sizeof packet - 1, &at, &d));
	assert_int_equal(at, 19);
	struct dname www = name_of("www.example.com");
	assert_true(dname_equal(&d, &www));
	assert_true(dname_from_packet(packet, sizeof packet - 1, &at, &d));
	assert_int_equal(at, 21);
	assert_true(dname_equal(&d, &www));
	at = 0;
	assert_true(dname_from_packet(packet, sizeof packet - 1, &at, &d));
	assert_int_equal(at, 13);
	at = 13;
	assert_true(dname_skip(packet, sizeof packet - 1, &at));
	assert_int_equal(at, 19);
	at = 0;
	assert_true(dname_skip(packet, sizeof packet - 1, &at));
	assert_int_equal(at, 13);
}

static void assert_packet_refused(const void *packet, size_t len, size_t from)
{
	struct dname d;
	size_t at = from;
	assert_false(dname_from_packet(packet, len, &at, &d));
	assert_int_equal(at, from);
}

static void bad_compression_is_refused(void **state)
{
	(void)state;
	assert_packet_refused("\xc0\x00", 2, 0); /* to itself */
	assert_packet_refused("\1a\xc0\x00", 4, 0); /* a loop through a label */
	assert_packet_refused("\xc0\x02\xc0\x00", 4, 2); /* two that point to each other */
	assert_packet_refused("\xc0\x02\1a\0", 5, 0); /* forwards */
	assert_packet_refused("\1a\0\xc0", 4, 3); /* half a pointer */
	assert_packet_refused("\xc0\xff", 2, 0); /* out of the packet */
	assert_packet_refused("\x80z\0", 3, 0);
	assert_packet_refused("\x40z\0", 3, 0);
	assert_packet_refused("\3ab", 3, 0);
	assert_packet_refused("\1a", 2, 0);
	assert_packet_refused("\1a\0", 3, 3);
	assert_packet_refused("\1a\0", 3, 4);

	size_t at = 0;
	assert_false(dname_skip((const uint8_t *)"\1a", 2, &at));
	assert_false(dname_skip((const uint8_t *)"\xc0", 1, &at));
	assert_false(dname_skip((const uint8_t *)"\x80z\0", 3, &at));
	assert_false(dname_skip((const uint8_t *)"\5abc", 4, &at));
	assert_int_equal(at, 0);
}

/* A ladder of pointers, each to the one before: 127 are followed, 128 are not. */
static void pointers_are_counted(void **state)
{
	(void)state;
	uint8_t packet[1 + 2 * 200] = {0};
	for (size_t i = 0; i < 200; i++) {
		size_t target = i ? 2 * i - 1 : 0;
		packet[1 + 2 * i] = (uint8_t)(0xc0 | target >> 8);
		packet[2 + 2 * i] = (uint8_t)target;
	}
	struct dname d;
	size_t at = 1 + 2 * 126;
	assert_true(dname_from_packet(packet, sizeof packet, &at, &d));
	assert_int_equal(at, 1 + 2 * 127);
	assert_int_equal(d.len, 1);
	assert_false(dname_from_packet(packet, sizeof packet, &at, &d));
}

static void compression_cannot_exceed_255(void **state)
{
	(void)state;
	/* 62 + 1 octets four times with a last pointer back: 4 * 63 + 1 = 253, and a label in front. */
	uint8_t packet[600] = {0};
	size_t n = 0;
	for (int i = 0; i < 4; i++) {
		packet[n] = 62;
		memset(packet + n + 1, 'b', 62);
		n += 63;
	}
	packet[n++] = 0;
	size_t one = n;
	memcpy(packet + n, "\1a\xc0\x00", 4);
	n += 4;
	size_t two = n;
	memcpy(packet + n, "\2aa\xc0\x00", 5);
	n += 5;
	struct dname d;
	size_t at = one;
	assert_true(dname_from_packet(packet, n, &at, &d));
	assert_int_equal(d.len, 255);
	assert_int_equal(at, two);
	assert_packet_refused(packet, n, two);
	at = 0;
	packet[252] = 3; /* 252 + 4 octets and the root: too long even to skip */
	packet[256] = 0;
	assert_false(dname_skip(packet, n, &at));
}

static void ancestry_ends_at_labels(void **state)
{
	(void)state;
	struct dname name = name_of("a.example.com"), com = name_of("com"), root = name_of(".");
	struct dname trap = name_of("xample.com"), other = name_of("b.a.example.com");
	struct dname same_len = name_of("b.example.com");
	assert_true(dname_is_at_or_below(&name, &name));
	assert_true(dname_is_at_or_below(&name, &com));
	assert_true(dname_is_at_or_below(&name, &root));
	assert_true(dname_is_at_or_below(&root, &root));
	assert_false(dname_is_at_or_below(&name, &trap));
	assert_false(dname_is_at_or_below(&name, &other));
	assert_false(dname_is_at_or_below(&name, &same_len));
	assert_false(dname_is_at_or_below(&root, &com));
	/* A label that holds the ancestor's bytes is not the ancestor. */
	struct dname odd = name_of("x\\003com");
	assert_false(dname_is_at_or_below(&odd, &com));
}

static void parents_are_cut(void **state)
{
	(void)state;
	struct dname name = name_of("a.b.example.com"), out, want = name_of("example.com");
	dname_parent(&name, 2, &out);
	assert_true(dname_equal(&out, &want));
	assert_int_equal(out.labels, 2);
	dname_parent(&name, 4, &out);
	assert_int_equal(out.len, 1);
	assert_int_equal(out.labels, 0);
	dname_parent(&name, 0, &out);
	assert_true(dname_equal(&out, &name));
	dname_parent(&name, 2, &name); /* in place */
	assert_true(dname_equal(&name, &want));
}

static void keys_go_both_ways(void **state)
{
	(void)state;
	struct dname name = name_of("www.example.com"), out;
	uint8_t key[DNAME_MAX];
	assert_int_equal(dname_key(&name, key), 16);
	assert_memory_equal(key, "\3com\7example\3www", 16);
	assert_true(dname_from_key(key, 16, &out));
	assert_true(dname_equal(&name, &out));
	assert_int_equal(out.labels, 3);
	struct dname root = name_of(".");
	assert_int_equal(dname_key(&root, key), 0);
	assert_true(dname_from_key(key, 0, &out));
	assert_int_equal(out.len, 1);

	assert_false(dname_from_key((const uint8_t *)"\3co", 3, &out));
	assert_false(dname_from_key((const uint8_t *)"\0", 1, &out));
	assert_false(dname_from_key((const uint8_t *)"\1a\0", 3, &out));
	uint8_t long_key[256];
	memset(long_key, 1, sizeof long_key);
	assert_true(dname_from_key(long_key, 254, &out));
	assert_int_equal(out.len, 255);
	assert_false(dname_from_key(long_key, 256, &out));
	memset(long_key, 64, sizeof long_key);
	assert_false(dname_from_key(long_key, 65, &out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_read_and_written),
		cmocka_unit_test(bad_text_is_refused),
		cmocka_unit_test(text_is_bounded_by_its_length),
		cmocka_unit_test(labels_end_at_63_octets),
		cmocka_unit_test(names_end_at_255_octets),
		cmocka_unit_test(names_end_at_127_labels),
		cmocka_unit_test(the_longest_text_fits),
		cmocka_unit_test(utf8_becomes_a_labels),
		cmocka_unit_test(overlong_utf8_is_refused),
		cmocka_unit_test(every_octet_is_lowered_in_every_place),
		cmocka_unit_test(bad_wire_is_refused),
		cmocka_unit_test(compressed_names_are_read),
		cmocka_unit_test(bad_compression_is_refused),
		cmocka_unit_test(pointers_are_counted),
		cmocka_unit_test(compression_cannot_exceed_255),
		cmocka_unit_test(ancestry_ends_at_labels),
		cmocka_unit_test(parents_are_cut),
		cmocka_unit_test(keys_go_both_ways),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
