/* SPDX-License-Identifier: BSD-2-Clause
 * Every class of malformed packet, and what a good one leaves in the query.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "resolver/parse.h"
#include "tests/unit/fixture.h"
#include "tests/unit/packet.h"

static struct query query;
static struct packet packet;

/* Runs the stage on a copy of exactly the packet's size, so that a read past its end is seen. */
static enum step run(void)
{
	memset(&query, 0, sizeof query);
	query.qname.len = 1;
	query.ede = EDE_NONE;
	uint8_t *exact = malloc(packet.len ? packet.len : 1);
	assert_non_null(exact);
	memcpy(exact, packet.bytes, packet.len);
	query.packet = exact;
	query.packet_len = (uint32_t)packet.len;
	enum step step = parse(NULL, &query);
	query.packet = NULL;
	free(exact);
	return step;
}

static void expect_refusal(enum query_outcome outcome, uint16_t rcode, bool has_question)
{
	assert_int_equal(run(), STEP_NEXT);
	assert_int_equal(query.outcome, outcome);
	assert_int_equal(query.rcode, rcode);
	assert_int_equal(query.has_question, has_question);
	assert_true(query.payload >= 512);
}

static void expect_formerr(bool has_question)
{
	expect_refusal(OUTCOME_FORMERR, RCODE_FORMERR, has_question);
}

static void expect_good(void)
{
	assert_int_equal(run(), STEP_NEXT);
	assert_int_equal(query.rcode, RCODE_NOERROR);
	assert_true(query.has_question);
}

static void start(unsigned additionals)
{
	packet_header(&packet, 0x1234, 0x0100, 1, 0, 0, additionals);
	packet_question(&packet, "www.example.com", TYPE_A);
}

/* --- the header ------------------------------------------------------------------------------- */

static void test_good_question(void **state)
{
	(void)state;
	packet_header(&packet, 0xbeef, 0x0130, 1, 0, 0, 0);
	packet_question(&packet, "www.Example.COM", TYPE_AAAA);
	expect_good();
	assert_int_equal(query.id, 0xbeef);
	assert_int_equal(query.opcode, 0);
	assert_true(query.has_rd && query.has_ad && query.has_cd);
	assert_false(query.has_edns || query.has_do);
	assert_int_equal(query.payload, 512);
	assert_int_equal(query.qtype, TYPE_AAAA);
	assert_int_equal(query.qclass, CLASS_IN);
	struct dname lower = fixture_name("www.example.com");
	assert_true(dname_equal(&query.qname, &lower));
	assert_int_equal(query.qname.labels, 3);
	assert_memory_equal(query.qname_as_sent, "\3www\7Example\3COM", 17);
}

static void test_flags_one_by_one(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		unsigned flags = (i & 1 ? 0x0100 : 0) | (i & 2 ? 0x0020 : 0) | (i & 4 ? 0x0010 : 0);
		/* AA, RA, Z and the rcode say nothing in a query. */
		packet_header(&packet, i, flags | 0x04cf, 1, 0, 0, 0);
		packet_question(&packet, "a.example", TYPE_A);
		expect_good();
		assert_int_equal(query.has_rd, (i & 1) != 0);
		assert_int_equal(query.has_ad, (i & 2) != 0);
		assert_int_equal(query.has_cd, (i & 4) != 0);
	}
}

static void test_too_short_for_a_header(void **state)
{
	(void)state;
	start(0);
	for (size_t n = 0; n < WIRE_HEADER; n++) {
		packet.len = n;
		assert_int_equal(run(), STEP_DROP);
		assert_int_equal(query.outcome, OUTCOME_DROPPED_MALFORMED);
	}
}

static void test_every_cut_is_formerr(void **state)
{
	(void)state;
	start(1);
	packet_opt(&packet, 4096, 0x8000, "\0\12\0\10abcdefgh", 12);
	size_t whole = packet.len;
	for (size_t n = WIRE_HEADER; n < whole; n++) {
		packet.len = n;
		expect_formerr(n >= WIRE_HEADER + 21);
	}
	packet.len = whole;
	expect_good();
}

static void test_responses_are_never_answered(void **state)
{
	(void)state;
	for (unsigned flags = 0x8000; flags < 0x10000; flags += 0x0100) {
		packet_header(&packet, 1, flags, 1, 0, 0, 0);
		packet_question(&packet, "a.example", TYPE_A);
		assert_int_equal(run(), STEP_DROP);
		assert_int_equal(query.outcome, OUTCOME_DROPPED_MALFORMED);
	}
}

static void test_other_opcodes(void **state)
{
	(void)state;
	for (unsigned opcode = 1; opcode < 16; opcode++) {
		packet_header(&packet, 7, opcode << 11 | 0x0100, 1, 0, 0, 0);
		packet_question(&packet, "a.example", TYPE_SOA);
		expect_refusal(OUTCOME_NOTIMP, RCODE_NOTIMP, false);
		assert_int_equal(query.opcode, opcode);
		assert_int_equal(query.id, 7);
		assert_true(query.has_rd);
	}
}

static void test_counts(void **state)
{
	(void)state;
	static const unsigned bad[][3] = {{0, 0, 0}, {2, 0, 0}, {65535, 0, 0}, {1, 1, 0}, {1, 0, 1},
		{1, 65535, 0}, {1, 0, 256}};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		packet_header(&packet, 1, 0x0100, bad[i][0], bad[i][1], bad[i][2], 0);
		packet_question(&packet, "a.example", TYPE_A);
		expect_formerr(false);
	}
	/* TC */
	packet_header(&packet, 1, 0x0300, 1, 0, 0, 0);
	packet_question(&packet, "a.example", TYPE_A);
	expect_formerr(false);
}

/* --- the name --------------------------------------------------------------------------------- */

static void ask_octets(const void *name, size_t len)
{
	packet_header(&packet, 1, 0x0100, 1, 0, 0, 0);
	packet_bytes(&packet, name, len);
	packet_u16(&packet, TYPE_A);
	packet_u16(&packet, CLASS_IN);
}

static void test_root(void **state)
{
	(void)state;
	ask_octets("", 1);
	expect_good();
	assert_int_equal(query.qname.len, 1);
	assert_int_equal(query.qname.labels, 0);
	assert_int_equal(query.qname_as_sent[0], 0);
}

static void test_label_lengths(void **state)
{
	(void)state;
	uint8_t name[70] = {63};
	memset(name + 1, 'x', 63);
	ask_octets(name, 65);
	expect_good();
	assert_int_equal(query.qname.labels, 1);
	/* 64 and more are no lengths: 01 and 10 are reserved, 11 is a pointer (RFC 6891 5). */
	for (unsigned length = 64; length < 256; length++) {
		name[0] = (uint8_t)length;
		ask_octets(name, sizeof name);
		expect_formerr(false);
	}
}

static void test_pointer_in_the_question(void **state)
{
	(void)state;
	ask_octets("\xc0\x0c", 2); /* to itself */
	expect_formerr(false);
	ask_octets("\xc0\x00", 2); /* into the header */
	expect_formerr(false);
	ask_octets("\1a\xc0\x0c", 4);
	expect_formerr(false);
	ask_octets("\xc0", 1);
	expect_formerr(false);
}

/* `n` labels of one octet and one of `last`. */
static size_t name_of(uint8_t *name, unsigned n, unsigned last)
{
	size_t len = 0;
	for (unsigned i = 0; i < n; i++) {
		name[len++] = 1;
		name[len++] = 'A';
	}
	if (last) {
		name[len++] = (uint8_t)last;
		memset(name + len, 'Z', last);
		len += last;
	}
	name[len++] = 0;
	return len;
}

static void test_name_lengths(void **state)
{
	(void)state;
	uint8_t name[300];
	size_t len = name_of(name, 127, 0); /* 255 octets, the most labels there can be */
	assert_int_equal(len, 255);
	ask_octets(name, len);
	expect_good();
	assert_int_equal(query.qname.len, 255);
	assert_int_equal(query.qname.labels, 127);
	assert_memory_equal(query.qname_as_sent, name, 255);
	assert_int_equal(query.qname.bytes[1], 'a');

	len = name_of(name, 126, 1);
	assert_int_equal(len, 255);
	ask_octets(name, len);
	expect_good();
	assert_int_equal(query.qname.labels, 127);

	len = name_of(name, 126, 2);
	assert_int_equal(len, 256);
	ask_octets(name, len);
	expect_formerr(false);

	len = name_of(name, 128, 0);
	assert_int_equal(len, 257);
	ask_octets(name, len);
	expect_formerr(false);

	len = name_of(name, 110, 63);
	ask_octets(name, len);
	expect_formerr(false);
}

static void test_every_octet_keeps_its_case(void **state)
{
	(void)state;
	for (unsigned c = 0; c < 256; c++) {
		uint8_t name[4] = {2, 'q', (uint8_t)c, 0};
		ask_octets(name, sizeof name);
		expect_good();
		assert_memory_equal(query.qname_as_sent, name, sizeof name);
		unsigned lower = c >= 'A' && c <= 'Z' ? c + 32 : c;
		assert_int_equal(query.qname.bytes[2], lower);
	}
}

/* --- class and type --------------------------------------------------------------------------- */

static void ask_type(unsigned type, unsigned rclass)
{
	packet_header(&packet, 1, 0x0100, 1, 0, 0, 0);
	packet_put_name(&packet, "a.example");
	packet_u16(&packet, type);
	packet_u16(&packet, rclass);
}

static void test_classes(void **state)
{
	(void)state;
	static const unsigned classes[] = {
		0, 2, 3 /* CH */, 4 /* HS */, 254 /* NONE */, 255 /* ANY */, 256, 65535};
	for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
		ask_type(TYPE_A, classes[i]);
		expect_refusal(OUTCOME_REFUSED, RCODE_REFUSED, true);
		assert_int_equal(query.qclass, classes[i]);
	}
}

/* All 65536 types: which ones may go upstream. */
static void test_types(void **state)
{
	(void)state;
	for (unsigned type = 0; type < 65536; type++) {
		ask_type(type, CLASS_IN);
		bool is_transfer = type == 251 || type == 252;
		bool is_meta = type == 0 || type == 41 || (type >= 128 && type <= 254);
		if (is_transfer)
			expect_refusal(OUTCOME_REFUSED, RCODE_REFUSED, true);
		else if (is_meta)
			expect_formerr(true);
		else
			expect_good();
		assert_int_equal(query.qtype, type);
	}
}

/* --- EDNS ------------------------------------------------------------------------------------- */

static void test_edns(void **state)
{
	(void)state;
	start(1);
	packet_opt(&packet, 1232, 0x8000, "", 0);
	expect_good();
	assert_true(query.has_edns && query.has_do);
	assert_int_equal(query.payload, 1232);
	/* The other flags and the extended rcode say nothing in a query. */
	start(1);
	packet_opt(&packet, 65535, 0xff007fff, "", 0);
	expect_good();
	assert_true(query.has_edns && !query.has_do);
	assert_int_equal(query.payload, 65535);
}

static void test_small_payload_is_512(void **state)
{
	(void)state;
	static const unsigned payloads[][2] = {
		{0, 512}, {1, 512}, {511, 512}, {512, 512}, {513, 513}};
	for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++) {
		start(1);
		packet_opt(&packet, payloads[i][0], 0, "", 0);
		expect_good();
		assert_int_equal(query.payload, payloads[i][1]);
	}
}

static void test_unknown_options(void **state)
{
	(void)state;
	start(1);
	/* a cookie, an empty option, an option of the private range */
	packet_opt(&packet, 4096, 0, "\0\12\0\4abcd\xff\xfe\0\0\xfd\xe9\0\1x", 8 + 4 + 5);
	expect_good();
}

static void test_options_that_do_not_fit(void **state)
{
	(void)state;
	static const struct {
		const char *data;
		size_t len;
	} bad[] = {{"\0", 1}, {"\0\12\0", 3}, {"\0\12\0\1", 4}, {"\0\12\0\3ab", 6},
		{"\0\12\xff\xff", 4}, {"\0\12\0\1x\0\12\0\1", 9}};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		start(1);
		packet_opt(&packet, 4096, 0, bad[i].data, bad[i].len);
		/* More room behind the record must not be taken for its data. */
		packet_bytes(&packet, "xxxxxxxx", 8);
		expect_formerr(true);
	}
}

static void test_two_opts(void **state)
{
	(void)state;
	start(2);
	packet_opt(&packet, 4096, 0, "", 0);
	packet_opt(&packet, 4096, 0, "", 0);
	expect_formerr(true);
	assert_true(query.has_edns);
	/* RFC 6891 6.1.1 comes before 6.1.3. */
	start(2);
	packet_opt(&packet, 4096, 1 << 16, "", 0);
	packet_opt(&packet, 4096, 0, "", 0);
	expect_formerr(true);
}

static void test_opt_below_the_root(void **state)
{
	(void)state;
	start(1);
	packet_put_name(&packet, "a");
	packet_bytes(&packet, "\0\x29\x10\0\0\0\0\0\0\0", 10);
	expect_formerr(true);
	assert_false(query.has_edns);
	/* A pointer to the root is not the root's one octet (RFC 6891 6.1.2: MUST be 0). */
	start(1);
	packet_bytes(&packet, "\xc0\x1c\0\x29\x10\0\0\0\0\0\0\0", 12);
	expect_formerr(true);
}

static void test_badvers_beats_type_and_class(void **state)
{
	(void)state;
	static const unsigned questions[][2] = {
		{TYPE_A, 1}, {252, 1}, {41, 1}, {0, 1}, {TYPE_A, 3}, {255, 255}};
	for (unsigned version = 1; version < 256; version += 127)
		for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
			ask_type(questions[i][0], questions[i][1]);
			wire_put_u16(packet.bytes + 10, 1);
			packet_opt(&packet, 4096, version << 16 | 0x8000, "", 0);
			expect_refusal(OUTCOME_BADVERS, RCODE_BADVERS, true);
			assert_true(query.has_edns && query.has_do);
		}
	/* What another version puts into its data is not ours to judge. */
	start(1);
	packet_opt(&packet, 4096, 1 << 16, "???", 3);
	expect_refusal(OUTCOME_BADVERS, RCODE_BADVERS, true);
}

/* --- the additional section ------------------------------------------------------------------- */

static void put_record(const char *owner, unsigned type, const void *data, size_t len)
{
	packet_put_name(&packet, owner);
	packet_u16(&packet, type);
	packet_u16(&packet, CLASS_IN);
	packet_u32(&packet, 300);
	packet_u16(&packet, (unsigned)len);
	packet_bytes(&packet, data, len);
}

static void test_records_around_the_opt(void **state)
{
	(void)state;
	start(4);
	put_record("ns.example", TYPE_A, "\300\0\2\1", 4);
	packet_bytes(&packet, "\xc0\x0c\0\1\0\1\0\0\0\0\0\0", 12); /* compressed owner */
	packet_opt(&packet, 1400, 0x8000, "", 0);
	put_record("key", 250, "not a real signature", 20); /* TSIG: ignored */
	expect_good();
	assert_true(query.has_do);
	assert_int_equal(query.payload, 1400);
}

static void test_additional_that_does_not_fit(void **state)
{
	(void)state;
	start(1);
	put_record("ns.example", TYPE_A, "\300\0\2\1", 4);
	packet.len--;
	expect_formerr(true);
	start(1);
	expect_formerr(true);
	start(65535);
	for (unsigned i = 0; i < 10; i++)
		put_record("", TYPE_A, "", 0);
	expect_formerr(true);
	start(1);
	packet_bytes(&packet, "\x40", 1); /* no label, no pointer */
	packet_bytes(&packet, "\0\0\0\0\0\0\0\0\0\0\0\0", 12);
	expect_formerr(true);
	start(1);
	packet_bytes(&packet, "\xc0", 1);
	expect_formerr(true);
}

/* No RFC speaks of them; Unbound and others look away, too. */
static void test_trailing_octets_are_ignored(void **state)
{
	(void)state;
	start(0);
	packet_bytes(&packet, "garbage", 7);
	expect_good();
	assert_false(query.has_edns);
	start(1);
	packet_opt(&packet, 1232, 0, "", 0);
	packet_opt(&packet, 4096, 0x8000, "", 0); /* not counted in ARCOUNT */
	expect_good();
	assert_int_equal(query.payload, 1232);
	assert_false(query.has_do);
}

static void test_largest_packet(void **state)
{
	(void)state;
	start(0);
	unsigned n = 0;
	for (; packet.len + 11 <= WIRE_MAX; n++)
		put_record("", TYPE_TXT, "", 0);
	wire_put_u16(packet.bytes + 10, (uint16_t)n);
	expect_good();
	wire_put_u16(packet.bytes + 10, (uint16_t)(n + 1));
	expect_formerr(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_question),
		cmocka_unit_test(test_flags_one_by_one),
		cmocka_unit_test(test_too_short_for_a_header),
		cmocka_unit_test(test_every_cut_is_formerr),
		cmocka_unit_test(test_responses_are_never_answered),
		cmocka_unit_test(test_other_opcodes),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_root),
		cmocka_unit_test(test_label_lengths),
		cmocka_unit_test(test_pointer_in_the_question),
		cmocka_unit_test(test_name_lengths),
		cmocka_unit_test(test_every_octet_keeps_its_case),
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_edns),
		cmocka_unit_test(test_small_payload_is_512),
		cmocka_unit_test(test_unknown_options),
		cmocka_unit_test(test_options_that_do_not_fit),
		cmocka_unit_test(test_two_opts),
		cmocka_unit_test(test_opt_below_the_root),
		cmocka_unit_test(test_badvers_beats_type_and_class),
		cmocka_unit_test(test_records_around_the_opt),
		cmocka_unit_test(test_additional_that_does_not_fit),
		cmocka_unit_test(test_trailing_octets_are_ignored),
		cmocka_unit_test(test_largest_packet),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
