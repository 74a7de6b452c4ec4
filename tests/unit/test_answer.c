/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { NS_TTL = 3600, PTR = 0xc0, QUESTION = 12 };

/* A packet under construction; names are given in wire form as string literals. */
struct packet {
	uint8_t bytes[WIRE_MAX];
	uint32_t len;
};

static uint8_t out[WIRE_MAX];

static void add(struct packet *p, const void *bytes, size_t n)
{
	assert_true(p->len + n <= sizeof p->bytes);
	memcpy(p->bytes + p->len, bytes, n);
	p->len += (uint32_t)n;
}

static void add_u16(struct packet *p, uint16_t v)
{
	uint8_t b[2];
	wire_put_u16(b, v);
	add(p, b, 2);
}

static void add_u32(struct packet *p, uint32_t v)
{
	uint8_t b[4];
	wire_put_u32(b, v);
	add(p, b, 4);
}

#define NAME(text) (text), sizeof(text)

static void question(struct packet *p, const char *name, size_t n, uint16_t type)
{
	const uint8_t header[WIRE_HEADER] = {[2] = WIRE_QR, [5] = 1};
	p->len = 0;
	add(p, header, sizeof header);
	add(p, name, n);
	add_u16(p, type);
	add_u16(p, CLASS_IN);
}

/* Returns the offset of the rdata. */
static uint32_t record(struct packet *p, unsigned section, const char *owner, size_t owner_len,
	uint16_t type, uint32_t ttl_s, const void *data, size_t n)
{
	add(p, owner, owner_len);
	add_u16(p, type);
	add_u16(p, CLASS_IN);
	add_u32(p, ttl_s);
	add_u16(p, (uint16_t)n);
	add(p, data, n);
	uint8_t *count = p->bytes + 6 + 2 * section;
	wire_put_u16(count, (uint16_t)(wire_u16(count) + 1));
	return p->len - (uint32_t)n;
}

static void opt(struct packet *p)
{
	record(p, 2, "", 1, TYPE_OPT, 0x8000, "", 0);
}

static struct query query_for(const struct packet *p, size_t name_len, uint16_t type)
{
	struct query q = {.qtype = type, .qclass = CLASS_IN, .out = out, .out_max = sizeof out};
	assert_int_not_equal(dname_from_wire(p->bytes + QUESTION, name_len, &q.qname), 0);
	memset(out, 0xee, sizeof out);
	return q;
}

/* The i-th record of the reply, with its owner (and the name at the start of its rdata, for types that have one). */
static struct answer_record nth(const struct query *q, unsigned i, struct dname *owner)
{
	struct answer_cursor c = {0};
	struct answer_record r;
	do
		assert_true(answer_next(q, &c, &r));
	while (i--);
	size_t at = r.owner_at;
	assert_true(dname_from_packet(q->out, q->out_len, &at, owner));
	assert_int_equal(at, r.type_at);
	return r;
}

static void assert_name(const struct query *q, uint32_t at, const char *text)
{
	struct dname d;
	char have[DNAME_TEXT_MAX];
	size_t next = at;
	assert_true(dname_from_packet(q->out, q->out_len, &next, &d));
	assert_string_equal(dname_to_text(d.bytes, have), text);
}

#define WWW "\3www\7example\3com"

static void test_plain_answer_is_copied(void **state)
{
	(void)state;
	struct packet p;
	question(&p, NAME(WWW), TYPE_A);
	record(&p, 0, "\xc0\x0c", 2, TYPE_A, 300, "\xc0\0\2\1", 4);
	record(&p, 1, "\xc0\x10", 2, TYPE_NS, 200, "\3ns1\xc0\x10", 6);
	uint32_t end = p.len;
	opt(&p);
	struct query q = query_for(&p, sizeof WWW, TYPE_A);
	assert_true(answer_take(&q, p.bytes, p.len, 0, 86400));
	assert_int_equal(q.out_len, end);
	assert_memory_equal(q.out + query_records_at(&q), p.bytes + query_records_at(&q),
		end - query_records_at(&q));
	assert_int_equal(q.answer_count, 1);
	assert_int_equal(q.authority_count, 1);
	assert_int_equal(q.additional_count, 0);
	assert_int_equal(q.min_ttl_s, 200);
	assert_int_equal(q.source, ANSWER_FRESH);
	assert_int_equal(q.rcode, RCODE_NOERROR);
	struct dname owner;
	struct answer_record r = nth(&q, 1, &owner);
	assert_int_equal(r.section, 1);
	assert_name(&q, r.data_at, "ns1.example.com");
}

/* A signature stands between names that point to each other, and one name lives only in a removed record. */
static void signed_packet(struct packet *p)
{
	question(p, NAME(WWW), TYPE_A);
	/* www CNAME Host.<RRSIG's signer>... : the target's labels are in the CNAME, then used by the A record. */
	uint32_t cname = record(p, 0, "\xc0\x0c", 2, TYPE_CNAME, 600, "\4Host\3cdn\3net\0", 14);
	record(p, 0, "\xc0\x0c", 2, TYPE_RRSIG, 600, "0123456789abcdefgh\3cdn\3net\0sig", 30);
	uint8_t owner[2] = {PTR, (uint8_t)cname};
	record(p, 0, (char *)owner, 2, TYPE_A, 60, "\xc0\0\2\7", 4);
	record(p, 0, (char *)owner, 2, TYPE_RRSIG, 60, "0123456789abcdefgh\3cdn\3net\0sig", 30);
	/* The owner of this NSEC is the only place where "zed.example.com" is spelled. */
	uint32_t nsec = p->len;
	record(p, 1, "\3zed\xc0\x10", 6, TYPE_NSEC, 30, "\3zzz\7example\3com\0\0\1\2", 20);
	uint8_t zed[2] = {(uint8_t)(PTR | nsec >> 8), (uint8_t)nsec};
	uint8_t ns[6] = {2, 'n', 's', zed[0], zed[1]};
	record(p, 1, (char *)zed, 2, TYPE_NS, 900, ns, 5);
	record(p, 2, (char *)zed, 2, TYPE_AAAA, 20, "0123456789abcdef", 16);
	opt(p);
}

static void test_signatures_go_and_names_stay(void **state)
{
	(void)state;
	struct packet p;
	signed_packet(&p);
	struct query q = query_for(&p, sizeof WWW, TYPE_A);
	assert_true(answer_take(&q, p.bytes, p.len, 0, 86400));
	assert_int_equal(q.answer_count, 2);
	assert_int_equal(q.authority_count, 1);
	assert_int_equal(q.additional_count, 1);
	assert_int_equal(q.min_ttl_s, 60);
	assert_true(q.out_len < p.len);
	struct dname owner;
	struct answer_record r = nth(&q, 0, &owner);
	assert_name(&q, r.owner_at, "www.example.com");
	assert_name(&q, r.data_at, "host.cdn.net");
	assert_memory_equal(q.out + r.data_at, "\4Host", 5);
	r = nth(&q, 1, &owner);
	assert_int_equal(r.type, TYPE_A);
	assert_name(&q, r.owner_at, "host.cdn.net");
	assert_int_equal(r.type_at - r.owner_at, 2);
	assert_memory_equal(q.out + r.data_at, "\xc0\0\2\7", 4);
	r = nth(&q, 2, &owner);
	assert_int_equal(r.section, 1);
	assert_name(&q, r.owner_at, "zed.example.com");
	assert_int_equal(r.type_at - r.owner_at, 6);
	assert_name(&q, r.data_at, "ns.zed.example.com");
	assert_int_equal(r.data_len, 5);
	r = nth(&q, 3, &owner);
	assert_name(&q, r.owner_at, "zed.example.com");
	assert_int_equal(r.type_at - r.owner_at, 2);
	assert_int_equal(r.end_at, q.out_len);
}

static void test_do_keeps_signatures(void **state)
{
	(void)state;
	struct packet p;
	signed_packet(&p);
	struct query q = query_for(&p, sizeof WWW, TYPE_A);
	q.has_do = true;
	assert_true(answer_take(&q, p.bytes, p.len, 0, 86400));
	assert_int_equal(q.answer_count, 4);
	assert_int_equal(q.authority_count, 2);
	assert_int_equal(q.additional_count, 1);
	assert_int_equal(q.out_len, p.len - 11);
	assert_int_equal(q.min_ttl_s, 30);
}

static void test_type_asked_for_itself_stays_in_the_answer_only(void **state)
{
	(void)state;
	struct packet p;
	question(&p, NAME(WWW), TYPE_NSEC);
	record(&p, 0, "\xc0\x0c", 2, TYPE_NSEC, 30, "\1z\0\0\1\2", 6);
	record(&p, 0, "\xc0\x0c", 2, TYPE_RRSIG, 30, "0123456789abcdefgh\0sig", 22);
	record(&p, 1, "\xc0\x0c", 2, TYPE_NSEC, 30, "\1z\0\0\1\2", 6);
	opt(&p);
	struct query q = query_for(&p, sizeof WWW, TYPE_NSEC);
	assert_true(answer_take(&q, p.bytes, p.len, 0, 86400));
	assert_int_equal(q.answer_count, 1);
	assert_int_equal(q.authority_count, 0);
	struct dname owner;
	assert_int_equal(nth(&q, 0, &owner).type, TYPE_NSEC);
}

#define SOA_DATA(minimum) "\2ns\xc0\x10\4host\xc0\x10\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0" minimum

static void test_negative_ttl_is_the_soas(void **state)
{
	(void)state;
	struct packet p;
	question(&p, NAME(WWW), TYPE_AAAA);
	record(&p, 1, "\xc0\x10", 2, TYPE_SOA, 3600, SOA_DATA("\x03\x84"), 32);
	opt(&p);
	struct query q = query_for(&p, sizeof WWW, TYPE_AAAA);
	assert_true(answer_take(&q, p.bytes, p.len, 0, 86400));
	assert_int_equal(q.min_ttl_s, 900);
	p.bytes[3] = RCODE_NXDOMAIN;
	assert_true(answer_take(&q, p.bytes, p.len, 0, 86400));
	assert_int_equal(q.rcode, RCODE_NXDOMAIN);
	assert_int_equal(q.min_ttl_s, 900);
	assert_true(answer_take(&q, p.bytes, p.len, 1000, 86400));
	assert_int_equal(q.min_ttl_s, 1000);
	assert_true(answer_take(&q, p.bytes, p.len, 0, 120));
	assert_int_equal(q.min_ttl_s, 120);
}

static void test_negative_without_soa_is_not_kept(void **state)
{
	(void)state;
	struct packet p;
	question(&p, NAME(WWW), TYPE_AAAA);
	opt(&p);
	struct query q = query_for(&p, sizeof WWW, TYPE_AAAA);
	assert_true(answer_take(&q, p.bytes, p.len, 0, 86400));
	assert_int_equal(q.min_ttl_s, 0);
	assert_int_equal(q.out_len, query_records_at(&q));
}

static void test_ttl_with_the_top_bit_is_zero(void **state)
{
	(void)state;
	struct packet p;
	question(&p, NAME(WWW), TYPE_A);
	record(&p, 0, "\xc0\x0c", 2, TYPE_A, 0x80000001u, "\xc0\0\2\1", 4);
	struct query q = query_for(&p, sizeof WWW, TYPE_A);
	assert_true(answer_take(&q, p.bytes, p.len, 0, 86400));
	assert_int_equal(q.min_ttl_s, 0);
}

static void test_letter_case_of_the_question(void **state)
{
	(void)state;
	struct packet p;
	question(&p, NAME("\3wWw\7eXAMPLE\3com"), TYPE_A);
	record(&p, 0, "\xc0\x0c", 2, TYPE_A, 300, "\xc0\0\2\1", 4);
	struct query q = query_for(&p, sizeof WWW, TYPE_A);
	assert_true(answer_take(&q, p.bytes, p.len, 0, 86400));
	assert_memory_equal(q.out + QUESTION, WWW, sizeof WWW);
}

static void test_other_question_is_refused(void **state)
{
	(void)state;
	struct packet p;
	question(&p, NAME(WWW), TYPE_A);
	struct query q = query_for(&p, sizeof WWW, TYPE_A);
	assert_true(answer_take(&q, p.bytes, p.len, 0, 86400));
	q.qtype = TYPE_AAAA;
	assert_false(answer_take(&q, p.bytes, p.len, 0, 86400));
	q.qtype = TYPE_A;
	q.qname.bytes[1] = 'x';
	assert_false(answer_take(&q, p.bytes, p.len, 0, 86400));
	q.qname.bytes[1] = 'w';
	p.bytes[2] |= WIRE_TC;
	assert_false(answer_take(&q, p.bytes, p.len, 0, 86400));
	p.bytes[2] = 0;
	assert_false(answer_take(&q, p.bytes, p.len, 0, 86400));
	p.bytes[2] = WIRE_QR;
	p.bytes[5] = 2;
	assert_false(answer_take(&q, p.bytes, p.len, 0, 86400));
}

static void test_other_class_is_refused(void **state)
{
	(void)state;
	struct packet p;
	question(&p, NAME(WWW), TYPE_A);
	uint32_t data_at = record(&p, 0, "\xc0\x0c", 2, TYPE_A, 60, "\xc0\0\2\1", 4);
	struct query q = query_for(&p, sizeof WWW, TYPE_A);
	assert_true(answer_take(&q, p.bytes, p.len, 0, NS_TTL));
	wire_put_u16(p.bytes + data_at - 8, 3); /* CH */
	assert_false(answer_take(&q, p.bytes, p.len, 0, NS_TTL));
}

/* Every prefix of a packet is refused, and so are counts that promise more. */
static void test_cut_packets_are_refused(void **state)
{
	(void)state;
	struct packet p;
	signed_packet(&p);
	struct query q = query_for(&p, sizeof WWW, TYPE_A);
	for (uint32_t n = 0; n < p.len; n++) {
		uint8_t *exact = malloc(n + 1);
		assert_non_null(exact);
		memcpy(exact, p.bytes, n);
		assert_false(answer_take(&q, exact, n, 0, 86400));
		free(exact);
	}
	p.bytes[7]++;
	assert_false(answer_take(&q, p.bytes, p.len, 0, 86400));
}

static void test_pointer_tricks_are_refused(void **state)
{
	(void)state;
	static const char owners[][3] = {
		"\xc0\x21", /* to itself */
		"\xc0\x40", /* forwards */
		"\xc0\x03", /* into the header */
		"\xc0\x1e", /* into the question's type */
		"\x80\x00", /* a label type that does not exist */
	};
	for (size_t i = 0; i < sizeof owners / sizeof owners[0]; i++) {
		struct packet p;
		question(&p, NAME(WWW), TYPE_A);
		assert_int_equal(p.len, 0x21);
		record(&p, 0, owners[i], 2, TYPE_A, 300, "\xc0\0\2\1", 4);
		record(&p, 0, "\xc0\x0c", 2, TYPE_RRSIG, 1, "x", 1);
		struct query q = query_for(&p, sizeof WWW, TYPE_A);
		assert_false(answer_take(&q, p.bytes, p.len, 0, 86400));
	}
}

/* RFC 3597 4: a target of SRV may arrive compressed and must not leave so when it is written again. */
static void test_srv_target_is_spelled_out(void **state)
{
	(void)state;
	struct packet p;
	question(&p, NAME(WWW), TYPE_SRV);
	record(&p, 0, "\xc0\x0c", 2, TYPE_SRV, 300, "\0\1\0\2\0\3\3srv\xc0\x10", 12);
	record(&p, 0, "\xc0\x0c", 2, TYPE_RRSIG, 1, "x", 1);
	struct query q = query_for(&p, sizeof WWW, TYPE_SRV);
	assert_true(answer_take(&q, p.bytes, p.len, 0, 86400));
	struct dname owner;
	struct answer_record r = nth(&q, 0, &owner);
	assert_int_equal(r.data_len, 6 + 17);
	assert_memory_equal(q.out + r.data_at + 6, "\3srv\7example\3com", 17);
}

static void test_big_answer_is_rewritten_in_full(void **state)
{
	(void)state;
	static struct packet p;
	question(&p, NAME(WWW), TYPE_NS);
	unsigned n = 0;
	for (; p.len < 60000; n++) {
		char data[16];
		int len = snprintf(data, sizeof data, "%cn%06u\xc0\x10", 7, n);
		record(&p, 0, "\xc0\x0c", 2, TYPE_NS, 300, data, (size_t)len);
		record(&p, 0, "\xc0\x0c", 2, TYPE_RRSIG, 300, "xxxx", 4);
	}
	opt(&p);
	struct query q = query_for(&p, sizeof WWW, TYPE_NS);
	assert_true(answer_take(&q, p.bytes, p.len, 0, 86400));
	assert_int_equal(q.answer_count, n);
	struct dname owner;
	struct answer_record r = nth(&q, n - 1, &owner);
	char last[32];
	snprintf(last, sizeof last, "n%06u.example.com", n - 1);
	assert_name(&q, r.data_at, last);
	assert_int_equal(r.end_at, q.out_len);
	q.out_max = 1000;
	assert_false(answer_take(&q, p.bytes, p.len, 0, 86400));
}

static bool is_of_type(void *arg, const struct query *q, const struct answer_record *r)
{
	const uint16_t *type = arg;
	struct dname owner;
	size_t at = r->owner_at;
	assert_true(dname_from_packet(q->out, q->out_len, &at, &owner));
	return r->type == *type;
}

static void test_remove(void **state)
{
	(void)state;
	struct packet p;
	signed_packet(&p);
	struct query q = query_for(&p, sizeof WWW, TYPE_A);
	q.has_do = true;
	assert_true(answer_take(&q, p.bytes, p.len, 0, 86400));
	uint16_t type = TYPE_TXT;
	uint32_t before = q.out_len;
	assert_int_equal(answer_remove(&q, is_of_type, &type), 0);
	assert_int_equal(q.out_len, before);
	type = TYPE_CNAME;
	assert_int_equal(answer_remove(&q, is_of_type, &type), 1);
	assert_int_equal(q.answer_count, 3);
	struct dname owner;
	struct answer_record r = nth(&q, 1, &owner);
	assert_int_equal(r.type, TYPE_A);
	assert_name(&q, r.owner_at, "host.cdn.net");
	type = TYPE_NSEC;
	assert_int_equal(answer_remove(&q, is_of_type, &type), 1);
	r = nth(&q, 3, &owner);
	assert_int_equal(r.type, TYPE_NS);
	assert_name(&q, r.owner_at, "zed.example.com");
	assert_name(&q, r.data_at, "ns.zed.example.com");
}

static void test_remove_of_malformed_changes_nothing(void **state)
{
	(void)state;
	struct packet p;
	signed_packet(&p);
	struct query q = query_for(&p, sizeof WWW, TYPE_A);
	q.has_do = true;
	assert_true(answer_take(&q, p.bytes, p.len, 0, 86400));
	q.additional_count++;
	static uint8_t before[WIRE_MAX];
	memcpy(before, q.out, q.out_len);
	uint16_t type = TYPE_CNAME;
	uint32_t len = q.out_len;
	assert_int_equal(answer_remove(&q, is_of_type, &type), -1);
	assert_int_equal(q.out_len, len);
	assert_memory_equal(q.out, before, len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_answer_is_copied),
		cmocka_unit_test(test_signatures_go_and_names_stay),
		cmocka_unit_test(test_do_keeps_signatures),
		cmocka_unit_test(test_type_asked_for_itself_stays_in_the_answer_only),
		cmocka_unit_test(test_negative_ttl_is_the_soas),
		cmocka_unit_test(test_negative_without_soa_is_not_kept),
		cmocka_unit_test(test_ttl_with_the_top_bit_is_zero),
		cmocka_unit_test(test_letter_case_of_the_question),
		cmocka_unit_test(test_other_question_is_refused),
		cmocka_unit_test(test_other_class_is_refused),
		cmocka_unit_test(test_cut_packets_are_refused),
		cmocka_unit_test(test_pointer_tricks_are_refused),
		cmocka_unit_test(test_srv_target_is_spelled_out),
		cmocka_unit_test(test_big_answer_is_rewritten_in_full),
		cmocka_unit_test(test_remove),
		cmocka_unit_test(test_remove_of_malformed_changes_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
