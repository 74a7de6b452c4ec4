/* SPDX-License-Identifier: BSD-2-Clause
 * The packet that leaves, read back by another library: sinkhole answers, header bits, OPT, truncation.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h> /* or ldns makes a bool of its own */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <ldns/ldns.h>

#include "resolver/reply.h"
#include "tests/unit/fixture.h"

enum { EDE_TEXT_MAX = 128 };

static struct fixture f;
static struct addr addresses[40];

static int start(void **state)
{
	(void)state;
	fixture_init(&f);
	memset(f.out, 0xee, sizeof f.out);
	f.config.sinkhole_addresses = addresses;
	return 0;
}

static void set_addresses(const char *const *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_int_equal(addr_from_text(text[i], &addresses[i]), 0);
	f.config.sinkhole_address_count = n;
}

/* Runs the stage and reads what it wrote. Free with ldns_pkt_free. */
static ldns_pkt *run(void)
{
	ldns_pkt *p = NULL;
	assert_int_equal(reply(&f.worker, &f.q), STEP_NEXT);
	assert_int_equal(ldns_wire2pkt(&p, f.out, f.q.out_len), LDNS_STATUS_OK);
	assert_true(ldns_pkt_qr(p));
	assert_true(ldns_pkt_ra(p));
	assert_int_equal(ldns_pkt_size(p), f.q.out_len);
	return p;
}

/* The records of a list as one line each, with single blanks. */
static const char *lines_of(const ldns_rr_list *list)
{
	static char text[4096];
	size_t n = 0;
	for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
		char *rr = ldns_rr2str(ldns_rr_list_rr(list, i));
		assert_non_null(rr);
		for (const char *c = rr; *c && n + 1 < sizeof text; c++)
			text[n++] = *c == '\t' ? ' ' : *c;
		free(rr);
	}
	text[n] = 0;
	return text;
}

static void block(const char *name, uint16_t type, enum sink_action action)
{
	fixture_ask(&f, name, type);
	f.q.outcome = OUTCOME_BLOCKED;
	f.q.action = action;
	f.q.list = 3;
	f.q.ede = EDE_BLOCKED;
	f.q.ede_text = "botnets (botnet)";
	f.q.has_edns = true;
	f.q.payload = 1232;
}

/* A resolver's answer of `len` octets of records: TXT, opaque. */
static void answer(uint32_t len)
{
	uint8_t *p = f.out + query_records_at(&f.q);
	f.q.source = ANSWER_FRESH;
	f.q.outcome = OUTCOME_RECURSED;
	f.q.out_len = query_records_at(&f.q) + len;
	while (len) {
		uint32_t data = len - 12 > 255 ? 255 : len - 12;
		if (len - 12 - data > 0 && len - 12 - data < 24)
			data -= 24;
		wire_put_u16(p, 0xc00c);
		wire_put_u16(p + 2, TYPE_TXT);
		wire_put_u16(p + 4, CLASS_IN);
		wire_put_u32(p + 6, 300);
		wire_put_u16(p + 10, (uint16_t)data);
		memset(p + 12, 'x', data);
		if (data)
			p[12] = (uint8_t)(data - 1);
		p += 12 + data;
		len -= 12 + data;
		f.q.answer_count++;
	}
}

/* --- sinkhole answers ------------------------------------------------------------------------- */

#define SOA "blocked.example. 60 IN SOA cenote.invalid. nobody.invalid. 1 3600 600 86400 60\n"

static void test_all_types_agree(void **state)
{
	(void)state;
	static const char *const two[] = {"192.0.2.1", "2001:db8::1"};
	static const struct {
		enum sink_action action;
		int rcode;
		const char *a, *aaaa; /* NULL: negative, as all other types are */
		const char *soa;
	} wanted[] = {
		{SINK_NULL, 0, "blocked.example. 60 IN A 0.0.0.0\n",
			"blocked.example. 60 IN AAAA ::\n", SOA},
		{SINK_ADDRESS, 0, "blocked.example. 60 IN A 192.0.2.1\n",
			"blocked.example. 60 IN AAAA 2001:db8::1\n", SOA},
		{SINK_NXDOMAIN, 3, NULL, NULL, SOA}, {SINK_NODATA, 0, NULL, NULL, SOA},
		{SINK_REFUSED, 5, NULL, NULL, ""},
		{SINK_DROP, 5, NULL, NULL, ""}, /* the question itself would not be here */
	};
	static const uint16_t types[] = {TYPE_A, TYPE_AAAA, TYPE_HTTPS, TYPE_SVCB, TYPE_TXT,
		TYPE_SOA, TYPE_NS, TYPE_CNAME, TYPE_MX, TYPE_DS, 4711};
	set_addresses(two, 2);
	for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
		for (size_t k = 0; k < sizeof types / sizeof types[0]; k++) {
			const char *records = types[k] == TYPE_A ? wanted[i].a
				: types[k] == TYPE_AAAA		 ? wanted[i].aaaa
								 : NULL;
			block("blocked.example", types[k], wanted[i].action);
			f.q.is_secure = true;
			ldns_pkt *p = run();
			assert_int_equal(ldns_pkt_get_rcode(p), wanted[i].rcode);
			assert_string_equal(lines_of(ldns_pkt_answer(p)), records ? records : "");
			assert_string_equal(
				lines_of(ldns_pkt_authority(p)), records ? "" : wanted[i].soa);
			assert_int_equal(ldns_pkt_arcount(p), 0);
			assert_false(ldns_pkt_ad(p) || ldns_pkt_aa(p) || ldns_pkt_tc(p));
			ldns_pkt_free(p);
		}
}

static void test_addresses_of_one_family(void **state)
{
	(void)state;
	static const char *const v4[] = {"192.0.2.1", "192.0.2.2"};
	set_addresses(v4, 2);
	block("blocked.example", TYPE_A, SINK_ADDRESS);
	ldns_pkt *p = run();
	assert_string_equal(lines_of(ldns_pkt_answer(p)),
		"blocked.example. 60 IN A 192.0.2.1\nblocked.example. 60 IN A 192.0.2.2\n");
	ldns_pkt_free(p);
	block("blocked.example", TYPE_AAAA, SINK_ADDRESS);
	p = run();
	assert_int_equal(ldns_pkt_get_rcode(p), 0);
	assert_int_equal(ldns_pkt_ancount(p), 0);
	assert_string_equal(lines_of(ldns_pkt_authority(p)), SOA);
	ldns_pkt_free(p);
}

static void test_at_most_sixteen_addresses(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 40; i++)
		addr_from_v4((const uint8_t[]){192, 0, 2, (uint8_t)i}, &addresses[i]);
	f.config.sinkhole_address_count = 40;
	block("blocked.example", TYPE_A, SINK_ADDRESS);
	f.q.has_edns = false;
	f.q.payload = 512;
	ldns_pkt *p = run();
	assert_int_equal(ldns_pkt_ancount(p), 16);
	assert_false(ldns_pkt_tc(p));
	ldns_pkt_free(p);
}

static void test_ttl_is_configured(void **state)
{
	(void)state;
	f.config.sinkhole_ttl_s = 7;
	block("blocked.example", TYPE_A, SINK_NULL);
	ldns_pkt *p = run();
	assert_string_equal(lines_of(ldns_pkt_answer(p)), "blocked.example. 7 IN A 0.0.0.0\n");
	ldns_pkt_free(p);
	block(".", TYPE_TXT, SINK_NODATA);
	p = run();
	assert_string_equal(lines_of(ldns_pkt_authority(p)),
		". 7 IN SOA cenote.invalid. nobody.invalid. 1 3600 600 86400 7\n");
	ldns_pkt_free(p);
}

/* What was found in the answer takes its place as a whole. */
static void test_blocked_chain_and_rebinding(void **state)
{
	(void)state;
	static const enum query_outcome outcomes[] = {
		OUTCOME_BLOCKED_CHAIN, OUTCOME_BLOCKED_ADDRESS, OUTCOME_REBINDING};
	for (size_t i = 0; i < 3; i++) {
		block("blocked.example", TYPE_AAAA, SINK_NODATA);
		answer(300);
		f.q.authority_count = f.q.additional_count = 2;
		f.q.outcome = outcomes[i];
		f.q.rcode = RCODE_NXDOMAIN; /* of where the chain led */
		f.q.is_secure = true;
		f.q.has_do = true;
		ldns_pkt *p = run();
		assert_int_equal(ldns_pkt_get_rcode(p), 0);
		assert_int_equal(ldns_pkt_ancount(p), 0);
		assert_string_equal(lines_of(ldns_pkt_authority(p)), SOA);
		assert_false(ldns_pkt_ad(p));
		ldns_pkt_free(p);
	}
}

/* --- header and question ---------------------------------------------------------------------- */

static void test_header_bits(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 128; i++) {
		fixture_ask(&f, "a.example", TYPE_TXT);
		f.q.id = (uint16_t)(i * 517);
		f.q.has_rd = i & 1;
		f.q.has_cd = i & 2;
		f.q.has_ad = i & 4;
		f.q.has_edns = f.q.has_do = i & 8;
		f.q.is_secure = i & 16;
		answer(60);
		f.q.source = i & 32 ? ANSWER_LOCAL : ANSWER_FRESH;
		f.q.outcome = i & 32 ? OUTCOME_LOCAL : OUTCOME_RECURSED;
		f.q.rcode = i & 64 ? RCODE_NXDOMAIN : RCODE_NOERROR;
		ldns_pkt *p = run();
		assert_int_equal(ldns_pkt_id(p), f.q.id);
		assert_int_equal(ldns_pkt_get_opcode(p), 0);
		assert_int_equal(ldns_pkt_rd(p), (i & 1) != 0);
		assert_int_equal(ldns_pkt_cd(p), (i & 2) != 0);
		/* RFC 6840 5.7 and 5.8 */
		assert_int_equal(ldns_pkt_ad(p), (i & 16) && (i & 12));
		assert_int_equal(ldns_pkt_aa(p), (i & 32) != 0);
		assert_int_equal(ldns_pkt_get_rcode(p), i & 64 ? 3 : 0);
		assert_false(ldns_pkt_tc(p));
		assert_int_equal(f.out[3] & 0x40, 0); /* Z */
		assert_int_equal(ldns_pkt_edns(p), (i & 8) != 0);
		assert_int_equal(ldns_pkt_edns_do(p), (i & 8) != 0);
		assert_int_equal(ldns_pkt_ancount(p), 1);
		ldns_pkt_free(p);
	}
}

static void test_section_counts(void **state)
{
	(void)state;
	fixture_ask(&f, "a.example", TYPE_TXT);
	f.q.has_edns = true;
	f.q.payload = 1232;
	answer(1000);
	f.q.authority_count = 1;
	f.q.additional_count = 2;
	f.q.answer_count = (uint16_t)(f.q.answer_count - 3);
	unsigned answers = f.q.answer_count;
	ldns_pkt *p = run();
	assert_int_equal(ldns_pkt_ancount(p), answers);
	assert_int_equal(ldns_pkt_nscount(p), 1);
	assert_int_equal(wire_u16(f.out + 10), 3); /* and the OPT */
	ldns_pkt_free(p);
}

static void test_letter_case_comes_back(void **state)
{
	(void)state;
	block("www.blocked.example", TYPE_A, SINK_NULL);
	memcpy(f.q.qname_as_sent, "\3wWw\7BLOCKed\7eXample", 21);
	ldns_pkt *p = run();
	assert_memory_equal(f.out + WIRE_HEADER, "\3wWw\7BLOCKed\7eXample\0\0\1\0\1", 25);
	assert_string_equal(lines_of(ldns_pkt_question(p)), "wWw.BLOCKed.eXample. IN A\n");
	/* The owner points to the question. */
	assert_string_equal(lines_of(ldns_pkt_answer(p)), "wWw.BLOCKed.eXample. 60 IN A 0.0.0.0\n");
	ldns_pkt_free(p);
}

static void test_without_a_question(void **state)
{
	(void)state;
	struct query *q = fixture_query(&f);
	q->id = 0x4711;
	q->opcode = 4;
	q->has_rd = q->has_edns = true;
	q->outcome = OUTCOME_NOTIMP;
	q->rcode = RCODE_NOTIMP;
	assert_int_equal(reply(&f.worker, q), STEP_NEXT);
	assert_int_equal(q->out_len, WIRE_HEADER);
	assert_memory_equal(f.out, "\x47\x11\xa1\x84\0\0\0\0\0\0\0\0", WIRE_HEADER);
}

static void test_badvers(void **state)
{
	(void)state;
	fixture_ask(&f, "a.example", TYPE_A);
	f.q.has_edns = f.q.has_do = true;
	f.q.outcome = OUTCOME_BADVERS;
	f.q.rcode = RCODE_BADVERS;
	ldns_pkt *p = run();
	assert_int_equal(ldns_pkt_get_rcode(p), 0);
	assert_int_equal(ldns_pkt_edns_extended_rcode(p), 1);
	assert_int_equal(ldns_pkt_edns_version(p), 0);
	assert_int_equal(ldns_pkt_edns_udp_size(p), 1232);
	assert_true(ldns_pkt_edns_do(p));
	assert_int_equal(ldns_pkt_qdcount(p), 1);
	ldns_pkt_free(p);
}

/* Counts that an earlier stage left behind do not go out without their records. */
static void test_failure_has_no_records(void **state)
{
	(void)state;
	fixture_ask(&f, "a.example", TYPE_A);
	answer(100);
	f.q.source = ANSWER_NONE;
	f.q.authority_count = 3;
	f.q.outcome = OUTCOME_SERVFAIL;
	f.q.rcode = RCODE_SERVFAIL;
	ldns_pkt *p = run();
	assert_int_equal(ldns_pkt_get_rcode(p), 2);
	assert_int_equal(ldns_pkt_ancount(p) + ldns_pkt_nscount(p), 0);
	ldns_pkt_free(p);
}

static void test_nobody_waits_for_a_refresh(void **state)
{
	(void)state;
	fixture_ask(&f, "a.example", TYPE_A);
	memset(f.out, 0xee, 512);
	f.q.transport = TRANSPORT_NONE;
	assert_int_equal(reply(&f.worker, &f.q), STEP_NEXT);
	for (unsigned i = 0; i < 512; i++)
		assert_int_equal(f.out[i], 0xee);
}

/* --- extended errors -------------------------------------------------------------------------- */

/* The one option of the OPT record; -1 when there is none. */
static int ede_of(const ldns_pkt *p, char text[static EDE_TEXT_MAX])
{
	const ldns_rdf *data = ldns_pkt_edns_data(p);
	text[0] = 0;
	if (!data || ldns_rdf_size(data) == 0)
		return -1;
	const uint8_t *d = ldns_rdf_data(data);
	size_t len = ldns_rdf_size(data);
	assert_true(len >= 6 && len - 6 < EDE_TEXT_MAX);
	assert_int_equal(wire_u16(d), 15);
	assert_int_equal(wire_u16(d + 2), len - 4);
	memcpy(text, d + 6, len - 6);
	text[len - 6] = 0;
	return wire_u16(d + 4);
}

static void test_ede(void **state)
{
	(void)state;
	char text[EDE_TEXT_MAX];
	block("blocked.example", TYPE_A, SINK_NULL);
	ldns_pkt *p = run();
	assert_int_equal(ede_of(p, text), EDE_BLOCKED);
	assert_string_equal(text, "botnets (botnet)");
	ldns_pkt_free(p);

	block("blocked.example", TYPE_A, SINK_NULL);
	f.q.ede_text = NULL;
	f.q.ede = EDE_OTHER; /* 0 is a code, too */
	p = run();
	assert_int_equal(ede_of(p, text), 0);
	assert_string_equal(text, "");
	ldns_pkt_free(p);

	block("blocked.example", TYPE_A, SINK_NULL);
	f.q.ede = EDE_NONE;
	p = run();
	assert_int_equal(ede_of(p, text), -1);
	assert_true(ldns_pkt_edns(p));
	ldns_pkt_free(p);

	/* A generated name is on no list: what decided is said. */
	block("blocked.example", TYPE_A, SINK_NULL);
	f.q.outcome = OUTCOME_BLOCKED_GENERATED;
	f.q.ede_text = NULL;
	f.q.dga_class = DGA_HASH;
	f.q.dga_score = 12345;
	p = run();
	assert_int_equal(ede_of(p, text), EDE_BLOCKED);
	assert_string_equal(text, "generated name (hash, score 12.3)");
	assert_string_equal(lines_of(ldns_pkt_answer(p)), "blocked.example. 60 IN A 0.0.0.0\n");
	ldns_pkt_free(p);

	/* Not for those who do not speak EDNS. */
	block("blocked.example", TYPE_A, SINK_NULL);
	f.q.has_edns = false;
	p = run();
	assert_false(ldns_pkt_edns(p));
	ldns_pkt_free(p);
}

/* As the room gets less: first the text goes, then the code, and only then the records. */
static void test_text_goes_before_records(void **state)
{
	(void)state;
	char text[EDE_TEXT_MAX];
	static const char words[] = "sixteen octets..";
	for (uint32_t room = 0; room < 60; room++) {
		fixture_ask(&f, "a.example", TYPE_TXT);
		f.q.has_edns = true;
		f.q.payload = 700;
		f.q.ede = EDE_STALE;
		f.q.ede_text = words;
		answer(700 - query_records_at(&f.q) - room);
		uint16_t records = f.q.answer_count;
		ldns_pkt *p = run();
		assert_true(f.q.out_len <= 700);
		assert_int_equal(ldns_pkt_tc(p), room < 11);
		assert_int_equal(ldns_pkt_ancount(p), room < 11 ? 0 : records);
		assert_true(ldns_pkt_edns(p));
		/* A truncated reply has room for all of it again. */
		int wanted = room < 11 || room >= 17 ? EDE_STALE : -1;
		assert_int_equal(ede_of(p, text), wanted);
		assert_string_equal(text, room < 11 || room >= 33 ? words : "");
		ldns_pkt_free(p);
	}
}

/* --- truncation ------------------------------------------------------------------------------- */

static bool is_truncated(uint32_t records_len)
{
	uint32_t whole = query_records_at(&f.q) + records_len + (f.q.has_edns ? 11 : 0);
	answer(records_len);
	uint64_t before = f.stats.truncated;
	ldns_pkt *p = run();
	bool is_cut = ldns_pkt_tc(p);
	if (is_cut)
		assert_int_equal(ldns_pkt_ancount(p) + ldns_pkt_nscount(p), 0);
	else
		assert_int_equal(f.q.out_len, whole);
	assert_int_equal(f.stats.truncated - before, is_cut);
	ldns_pkt_free(p);
	return is_cut;
}

/* The reply is cut when it would be larger than `limit`. */
static void expect_limit(enum transport transport, bool has_edns, uint16_t payload, uint32_t limit)
{
	for (int over = -1; over <= 1; over++) {
		fixture_ask(&f, "a.example", TYPE_TXT);
		f.q.transport = transport;
		f.q.has_edns = has_edns;
		f.q.payload = payload;
		uint32_t rest = query_records_at(&f.q) + (has_edns ? 11 : 0);
		if (limit == WIRE_MAX && over > 0)
			continue; /* longer than a message can be */
		assert_int_equal(is_truncated((uint32_t)((int)(limit - rest) + over)), over > 0);
	}
}

static void test_truncation(void **state)
{
	(void)state;
	expect_limit(TRANSPORT_UDP, false, 512, 512);
	expect_limit(TRANSPORT_UDP, true, 512, 512);
	expect_limit(TRANSPORT_UDP, true, 700, 700);
	expect_limit(TRANSPORT_UDP, true, 1232, 1232);
	expect_limit(TRANSPORT_UDP, true, 1233, 1232);
	expect_limit(TRANSPORT_UDP, true, 65535, 1232);
	f.config.udp_payload_bytes = 4096;
	expect_limit(TRANSPORT_UDP, true, 65535, 4096);
	expect_limit(TRANSPORT_UDP, true, 1400, 1400);
}

static void test_tcp_is_never_truncated(void **state)
{
	(void)state;
	expect_limit(TRANSPORT_TCP, false, 512, WIRE_MAX);
	expect_limit(TRANSPORT_TCP, true, 512, WIRE_MAX);
	fixture_ask(&f, "a.example", TYPE_TXT);
	f.q.transport = TRANSPORT_TCP;
	assert_false(is_truncated(600));
}

/* The longest question and the longest error fit into the smallest reply. */
static void test_smallest_reply(void **state)
{
	(void)state;
	char name[DNAME_TEXT_MAX] = "", text[EDE_TEXT_MAX], words[VIEW_LIST_TEXT];
	for (size_t n = 0; n < 254; n += 2)
		memcpy(name + n, "a.", 3);
	memset(words, 'w', sizeof words - 1);
	words[sizeof words - 1] = 0;
	fixture_ask(&f, name, TYPE_TXT);
	f.q.has_edns = true;
	f.q.ede = EDE_STALE;
	f.q.ede_text = words;
	answer(5000);
	ldns_pkt *p = run();
	assert_true(ldns_pkt_tc(p));
	assert_true(f.q.out_len <= 512);
	assert_int_equal(ede_of(p, text), EDE_STALE);
	assert_string_equal(text, words);
	ldns_pkt_free(p);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, start)
	const struct CMUnitTest tests[] = {
		TEST(test_all_types_agree),
		TEST(test_addresses_of_one_family),
		TEST(test_at_most_sixteen_addresses),
		TEST(test_ttl_is_configured),
		TEST(test_blocked_chain_and_rebinding),
		TEST(test_header_bits),
		TEST(test_section_counts),
		TEST(test_letter_case_comes_back),
		TEST(test_without_a_question),
		TEST(test_badvers),
		TEST(test_failure_has_no_records),
		TEST(test_nobody_waits_for_a_refresh),
		TEST(test_ede),
		TEST(test_text_goes_before_records),
		TEST(test_truncation),
		TEST(test_tcp_is_never_truncated),
		TEST(test_smallest_reply),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
