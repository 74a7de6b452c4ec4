/* SPDX-License-Identifier: BSD-2-Clause
 * Capture files of each kind, made octet by octet: what they hold, where they are cut, and what is none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <zlib.h>

#include "resolver/base/wire.h"
#include "resolver/replay/capture_internal.h"
#include "tests/unit/folder.h"

static struct folder folder;
static uint8_t file[400000];
static size_t file_len;
static struct capture_message got[64];
static size_t got_count;

static int start(void **state)
{
	(void)state;
	folder_make(&folder);
	file_len = 0;
	return 0;
}

static int stop(void **state)
{
	(void)state;
	folder_remove(&folder);
	return 0;
}

static void put(const void *bytes, size_t n)
{
	assert_true(file_len + n <= sizeof file);
	memcpy(file + file_len, bytes, n);
	file_len += n;
}

static void put_u32(uint32_t v, bool is_big)
{
	uint8_t b[4] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24)};
	if (is_big)
		wire_put_u32(b, v);
	put(b, sizeof b);
}

static bool keep(void *arg, const struct capture_message *m)
{
	(void)arg;
	if (got_count < 64)
		got[got_count] = *m;
	got_count++;
	return true;
}

static int read_file(size_t len, struct capture_counts *counts, struct err *why)
{
	got_count = 0;
	return capture_each(folder_write(&folder, "capture", file, len), keep, NULL, counts, why);
}

/* --- messages ------------------------------------------------------------------------------------ */

/* A question for www.example.com, type AAAA, or its answer. Returns its length. */
static size_t dns_message(uint8_t *out, bool is_answer, unsigned rcode, unsigned answers)
{
	static const uint8_t question[] = "\3WWW\7example\3com\0\0\34\0\1";
	memset(out, 0, 12);
	out[2] = is_answer ? 0x80 : 1;
	out[3] = (uint8_t)rcode;
	out[5] = 1;
	out[7] = (uint8_t)answers;
	memcpy(out + 12, question, sizeof question - 1);
	return 12 + sizeof question - 1;
}

static size_t udp_packet(uint8_t *out, bool is_answer, unsigned rcode, unsigned answers)
{
	size_t n = dns_message(out + 8, is_answer, rcode, answers) + 8;
	wire_put_u16(out, is_answer ? 53 : 40000);
	wire_put_u16(out + 2, is_answer ? 40000 : 53);
	wire_put_u16(out + 4, (uint16_t)n);
	wire_put_u16(out + 6, 0);
	return n;
}

static size_t ipv4_packet(uint8_t *out, bool is_answer, unsigned rcode, unsigned answers)
{
	static const uint8_t client[] = {192, 0, 2, 7}, server[] = {192, 0, 2, 53};
	size_t n = udp_packet(out + 20, is_answer, rcode, answers) + 20;
	memset(out, 0, 20);
	out[0] = 0x45;
	wire_put_u16(out + 2, (uint16_t)n);
	out[9] = 17;
	memcpy(out + 12, is_answer ? server : client, 4);
	memcpy(out + 16, is_answer ? client : server, 4);
	return n;
}

/* With a hop-by-hop header before the datagram. */
static size_t ipv6_packet(uint8_t *out, bool is_answer)
{
	size_t n = udp_packet(out + 48, is_answer, 3, 0) + 48;
	memset(out, 0, 48);
	out[0] = 0x60;
	wire_put_u16(out + 4, (uint16_t)(n - 40));
	out[6] = 0;
	out[40] = 17;
	out[is_answer ? 24 : 8] = 0x20;
	out[is_answer ? 39 : 23] = 7;
	return n;
}

static void expect_message(const struct capture_message *m, const char *client, int rcode)
{
	char text[DNAME_TEXT_MAX], address[ADDR_TEXT_MAX];
	assert_string_equal(dname_to_text(m->name.bytes, text), "www.example.com");
	assert_string_equal(addr_to_text(&m->client, address), client);
	assert_int_equal(m->type, TYPE_AAAA);
	assert_int_equal(m->rcode, rcode);
	assert_int_equal(m->has_question, rcode < 0);
}

/* --- pcap ---------------------------------------------------------------------------------------- */

static void pcap_head(bool is_big, bool has_ns, uint32_t link)
{
	put_u32(has_ns ? 0xa1b23c4d : 0xa1b2c3d4, is_big);
	for (unsigned i = 0; i < 4; i++)
		put_u32(0, is_big);
	put_u32(link, is_big);
}

static void pcap_record(bool is_big, uint32_t fraction, const uint8_t *frame, size_t len)
{
	put_u32(1700000000, is_big);
	put_u32(fraction, is_big);
	put_u32((uint32_t)len, is_big);
	put_u32((uint32_t)len, is_big);
	put(frame, len);
}

static void test_pcap_of_each_order_and_clock(void **state)
{
	(void)state;
	uint8_t packet[512];
	for (unsigned kind = 0; kind < 4; kind++) {
		struct capture_counts counts;
		bool is_big = kind & 1, has_ns = kind & 2;
		file_len = 0;
		pcap_head(is_big, has_ns, 101);
		pcap_record(is_big, has_ns ? 123000000 : 123000, packet,
			ipv4_packet(packet, false, 0, 0));
		pcap_record(is_big, 0, packet, ipv4_packet(packet, true, 3, 0));
		assert_int_equal(read_file(file_len, &counts, NULL), 0);
		assert_int_equal(got_count, 2);
		assert_int_equal(got[0].at_ms, 1700000000123);
		expect_message(&got[0], "192.0.2.7", -1);
		expect_message(&got[1], "192.0.2.7", 3);
		assert_false(counts.is_cut);
	}
}

static enum capture_found read_frame(uint32_t link, const uint8_t *frame, size_t len)
{
	return capture_frame(link, frame, len, &got[0]);
}

static void test_links(void **state)
{
	(void)state;
	uint8_t frame[600] = {0};
	size_t n = ipv4_packet(frame + 14, true, 0, 1);
	wire_put_u16(frame + 12, 0x0800);
	assert_int_equal(read_frame(1, frame, 14 + n + 6), CAPTURE_MESSAGE); /* padded */
	expect_message(&got[0], "192.0.2.7", 0);
	assert_true(got[0].has_answer);
	/* Two VLAN tags. */
	memset(frame, 0, sizeof frame);
	n = ipv6_packet(frame + 22, false);
	wire_put_u16(frame + 12, 0x88a8);
	wire_put_u16(frame + 16, 0x8100);
	wire_put_u16(frame + 20, 0x86dd);
	assert_int_equal(read_frame(1, frame, 22 + n), CAPTURE_MESSAGE);
	expect_message(&got[0], "2000::7", -1);
	memset(frame, 0, sizeof frame);
	n = ipv6_packet(frame + 16, true);
	wire_put_u16(frame + 14, 0x86dd);
	assert_int_equal(read_frame(113, frame, 16 + n), CAPTURE_MESSAGE);
	expect_message(&got[0], "2000::7", 3);
	memset(frame, 0, sizeof frame);
	n = ipv4_packet(frame + 20, false, 0, 0);
	wire_put_u16(frame, 0x0800);
	assert_int_equal(read_frame(276, frame, 20 + n), CAPTURE_MESSAGE);
	n = ipv4_packet(frame + 4, false, 0, 0);
	assert_int_equal(read_frame(0, frame, 4 + n), CAPTURE_MESSAGE);
	assert_int_equal(read_frame(147, frame, 4 + n), CAPTURE_OTHER);
	/* Not DNS, a fragment, a stream, and every cut. */
	n = ipv4_packet(frame, false, 0, 0);
	wire_put_u16(frame + 22, 5353);
	assert_int_equal(read_frame(101, frame, n), CAPTURE_OTHER);
	n = ipv4_packet(frame, false, 0, 0);
	wire_put_u16(frame + 6, 0x2000);
	assert_int_equal(read_frame(101, frame, n), CAPTURE_FRAGMENT);
	n = ipv4_packet(frame, false, 0, 0);
	frame[9] = 6;
	assert_int_equal(read_frame(101, frame, n), CAPTURE_STREAM);
	n = ipv4_packet(frame, false, 0, 0);
	for (size_t cut = 0; cut < n; cut++)
		assert_int_not_equal(read_frame(101, frame, cut), CAPTURE_MESSAGE);
}

static void test_a_cut_pcap(void **state)
{
	(void)state;
	uint8_t packet[512];
	struct capture_counts counts;
	struct err why;
	pcap_head(false, false, 101);
	pcap_record(false, 0, packet, ipv4_packet(packet, false, 0, 0));
	size_t one = file_len;
	pcap_record(false, 0, packet, ipv4_packet(packet, false, 0, 0));
	for (size_t cut = 24; cut <= file_len; cut++) {
		assert_int_equal(read_file(cut, &counts, &why), 0);
		assert_int_equal(got_count, cut == file_len ? 2 : cut >= one ? 1 : 0);
		assert_int_equal(counts.is_cut, cut != 24 && cut != one && cut != file_len);
	}
	assert_int_equal(read_file(20, &counts, &why), CEN_EFORMAT);
	/* A length that is none. */
	wire_put_u32(file + one + 8, UINT32_MAX);
	assert_int_equal(read_file(file_len, &counts, &why), CEN_EFORMAT);
	assert_int_equal(got_count, 1);
	assert_non_null(strstr(why.text, "record 2"));
}

/* --- dnstap -------------------------------------------------------------------------------------- */

static size_t varint(uint8_t *out, uint64_t v)
{
	size_t n = 0;
	for (; v > 127; v >>= 7)
		out[n++] = (uint8_t)(v | 0x80);
	out[n++] = (uint8_t)v;
	return n;
}

static size_t number_field(uint8_t *out, unsigned field, uint64_t v)
{
	size_t n = varint(out, (uint64_t)field << 3);
	return n + varint(out + n, v);
}

static size_t bytes_field(uint8_t *out, unsigned field, const uint8_t *bytes, size_t len)
{
	size_t n = varint(out, (uint64_t)field << 3 | 2);
	n += varint(out + n, len);
	memcpy(out + n, bytes, len);
	return n + len;
}

static size_t dnstap_frame(uint8_t *out, unsigned type, bool is_answer)
{
	static const uint8_t client[] = {192, 0, 2, 7};
	uint8_t dns[512], message[1024];
	size_t dns_len = dns_message(dns, is_answer, 3, 0), n = 0;
	n += number_field(message + n, 1, type);
	n += bytes_field(message + n, 4, client, sizeof client);
	n += number_field(message + n, is_answer ? 12 : 8, 1700000000);
	n += varint(message + n, (is_answer ? 13U : 9U) << 3 | 5);
	memcpy(message + n, (const uint8_t[]){0x40, 0x78, 0x7d, 0x01}, 4); /* 25,000,000 ns */
	n += 4;
	n += bytes_field(message + n, is_answer ? 14 : 10, dns, dns_len);
	size_t len = number_field(out, 15, 1);
	return len + bytes_field(out + len, 14, message, n);
}

static void test_dnstap(void **state)
{
	(void)state;
	uint8_t frame[2048];
	struct capture_counts counts;
	struct err why;
	put("\0\0\0\0\0\0\0\4\0\0\0\2", 12); /* START */
	static const struct {
		unsigned type;
		bool is_answer;
	} frames[] = {{5, false}, {6, true}, {3, false}, {4, true}};
	for (size_t i = 0; i < 4; i++) {
		size_t n = dnstap_frame(frame, frames[i].type, frames[i].is_answer);
		put_u32((uint32_t)n, true);
		put(frame, n);
	}
	put_u32(3, true);
	put("abc", 3);
	put("\0\0\0\0\0\0\0\4\0\0\0\3after the end", 25); /* STOP */
	assert_int_equal(read_file(file_len, &counts, &why), 0);
	assert_int_equal(got_count, 2);
	assert_int_equal(got[0].at_ms, 1700000000025);
	expect_message(&got[0], "192.0.2.7", -1);
	expect_message(&got[1], "192.0.2.7", 3);
	assert_int_equal(counts.other, 2);
	assert_int_equal(counts.malformed, 1);
	assert_int_equal(counts.first_bad, 5);
	for (size_t cut = 4; cut < file_len; cut++) {
		assert_int_equal(read_file(cut, &counts, &why), 0);
		assert_true(got_count <= 2);
	}
	size_t n = dnstap_frame(frame, 6, true);
	for (size_t cut = 0; cut < n; cut++)
		assert_int_not_equal(capture_dnstap_frame(frame, cut, &got[0]), CAPTURE_MESSAGE);
}

/* --- CSV ----------------------------------------------------------------------------------------- */

static int read_text(const char *text, struct capture_counts *counts, struct err *why)
{
	file_len = 0;
	put(text, strlen(text));
	return read_file(file_len, counts, why);
}

static void test_csv(void **state)
{
	(void)state;
	struct capture_counts counts;
	struct err why;
	assert_int_equal(read_text("Time,\"client\",qname,Type,rcode,more\r\n"
				   "1700000000.25,192.0.2.7,WWW.Example.com.,AAAA,nxdomain,\"a "
				   "\"\"b\"\", c\"\r\n"
				   "2023-11-14T22:13:20.5Z,2001:db8::7,www.example.com,TYPE28,0,x\n"
				   "\n"
				   "1700000000,nobody,www.example.com,A,,x\n"
				   "1700000000,192.0.2.7,www.example.com,A\n"
				   "1700000000,192.0.2.7,www.example.com,28,,last",
				 &counts, &why),
		0);
	assert_int_equal(got_count, 3);
	assert_int_equal(got[0].at_ms, 1700000000250);
	assert_int_equal(got[0].rcode, RCODE_NXDOMAIN);
	assert_true(got[0].has_question);
	assert_false(got[0].has_answer);
	assert_int_equal(got[1].at_ms, 1700000000500);
	assert_true(got[1].has_answer);
	assert_int_equal(got[1].type, TYPE_AAAA);
	assert_int_equal(got[2].rcode, -1);
	assert_int_equal(counts.malformed, 2);
	assert_int_equal(counts.first_bad, 3);
	assert_int_equal(read_text("time,client,name,rcode,answer\n1,192.0.2.7,a.com,NOERROR,\n1,"
				   "192.0.2.7,a.com,NOERROR,192.0.2.1\n",
				 &counts, &why),
		0);
	assert_false(got[0].has_answer);
	assert_true(got[1].has_answer);
}

static void test_what_is_none(void **state)
{
	(void)state;
	struct capture_counts counts;
	struct err why;
	assert_int_equal(read_text("what,is,this\n1,2,3\n", &counts, &why), CEN_EFORMAT);
	assert_non_null(strstr(why.text, "no columns `client` and `name`"));
	assert_int_equal(read_text("abc", &counts, &why), CEN_EFORMAT);
	assert_int_equal(read_text("", &counts, &why), CEN_EFORMAT);
	assert_int_equal(read_text("\x0a\x0d\x0d\x0a....", &counts, &why), CEN_EFORMAT);
	assert_non_null(strstr(why.text, "pcapng"));
	assert_int_equal(capture_each("/nonexistent", keep, NULL, &counts, &why), -ENOENT);
	/* A line without an end. */
	memset(file, 'a', sizeof file);
	memcpy(file, "client,name\n", 12);
	assert_int_equal(read_file(sizeof file, &counts, &why), CEN_EFORMAT);
	assert_non_null(strstr(why.text, "line 2"));
}

static void test_compressed(void **state)
{
	(void)state;
	struct capture_counts counts;
	struct err why;
	const char *path = folder_file(&folder, "q.csv.gz");
	gzFile f = gzopen(path, "wb");
	assert_non_null(f);
	assert_true(gzputs(f, "time,client,name\n1,192.0.2.7,www.example.com\n") > 0);
	assert_int_equal(gzclose(f), Z_OK);
	got_count = 0;
	assert_int_equal(capture_each(path, keep, NULL, &counts, &why), 0);
	assert_int_equal(got_count, 1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {T(test_pcap_of_each_order_and_clock), T(test_links),
		T(test_a_cut_pcap), T(test_dnstap), T(test_csv), T(test_what_is_none),
		T(test_compressed)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
