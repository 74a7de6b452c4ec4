/* SPDX-License-Identifier: BSD-2-Clause
 * The messages of AXFR and IXFR, in order and out of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "feeds/transfer/xfr_stream.h"
#include "resolver/base/wire.h"

enum { ID = 4711, TYPE_IXFR = 251, TYPE_AXFR = 252 };

/* A message being written. */
struct message {
	uint8_t wire[4096];
	size_t len;
};

/* What the stream gave: `W` or `D` at the start, then `+owner` and `-owner`. */
struct sunk {
	char log[1024];
};

static int on_begin(void *arg, bool is_whole, struct err *why)
{
	struct sunk *s = arg;
	(void)why;
	strcat(s->log, is_whole ? "W" : "D");
	return 0;
}

static int note(struct sunk *s, char sign, const struct zone_record *r)
{
	struct dname name;
	char text[DNAME_TEXT_MAX];
	assert_true(dname_from_key(r->key, r->key_len, &name));
	dname_to_text(name.bytes, text);
	*strchr(text, '.') = 0; /* the first label says enough */
	size_t n = strlen(s->log);
	snprintf(s->log + n, sizeof s->log - n, "%c%s", sign, text);
	return 0;
}

static int on_add(void *arg, const struct zone_record *r, struct err *why)
{
	(void)why;
	return note(arg, '+', r);
}

static int on_remove(void *arg, const struct zone_record *r, struct err *why)
{
	(void)why;
	return note(arg, '-', r);
}

static void put_name(struct message *m, const char *text)
{
	struct dname name;
	assert_int_equal(dname_from_text(text, strlen(text), &name), 0);
	memcpy(m->wire + m->len, name.bytes, name.len);
	m->len += name.len;
}

static void start(struct message *m, uint16_t type)
{
	memset(m, 0, sizeof *m);
	wire_put_u16(m->wire, ID);
	m->wire[2] = WIRE_QR | WIRE_AA;
	wire_put_u16(m->wire + 4, type != 0);
	m->len = WIRE_HEADER;
	if (!type)
		return;
	put_name(m, "z.test");
	wire_put_u16(m->wire + m->len, type);
	wire_put_u16(m->wire + m->len + 2, CLASS_IN);
	m->len += 4;
}

static void put(struct message *m, const char *owner, uint16_t type, const void *data, size_t len)
{
	put_name(m, owner);
	uint8_t *p = m->wire + m->len;
	wire_put_u16(p, type);
	wire_put_u16(p + 2, CLASS_IN);
	wire_put_u32(p + 4, 60);
	wire_put_u16(p + 8, (uint16_t)len);
	memcpy(p + 10, data, len);
	m->len += 10 + len;
	wire_put_u16(m->wire + 6, (uint16_t)(wire_u16(m->wire + 6) + 1));
}

static void put_soa(struct message *m, uint32_t serial)
{
	uint8_t data[22] = {0};
	wire_put_u32(data + 2, serial);
	wire_put_u32(data + 6, 60);
	put(m, "z.test", TYPE_SOA, data, sizeof data);
}

/* `9` an SOA of serial 9, a letter an address of that name. */
static void put_all(struct message *m, const char *what)
{
	for (; *what; what++) {
		char owner[] = {*what, '.', 'z', '.', 't', 'e', 's', 't', 0};
		if (*what >= '0' && *what <= '9')
			put_soa(m, (uint32_t)(*what - '0'));
		else
			put(m, owner, TYPE_A, "\1\2\3\4", 4);
	}
}

static struct xfr_stream make(bool has_serial, uint32_t serial)
{
	struct xfr_stream s;
	struct dname zone;
	assert_int_equal(dname_from_text("z.test", 6, &zone), 0);
	xfr_stream_init(&s, &zone, has_serial ? &serial : NULL, ID);
	return s;
}

static int feed(struct xfr_stream *s, const struct message *m, struct sunk *sunk, struct err *why)
{
	struct xfr_stream_sink sink = {sunk, on_begin, on_add, on_remove};
	return xfr_stream_message(s, m->wire, m->len, &sink, why);
}

/* IXFR from serial 5, or AXFR; messages are divided by `|`. */
static int run(
	const char *script, bool has_serial, enum xfr_stream_result *result, char log[static 1024])
{
	struct xfr_stream s = make(has_serial, 5);
	struct message m;
	struct sunk sunk = {""};
	struct err why = {""};
	char copy[256];
	int rc = 0;
	bool is_first = true;
	snprintf(copy, sizeof copy, "%s", script);
	for (char *save, *part = strtok_r(copy, "|", &save); part && !rc;
		part = strtok_r(NULL, "|", &save)) {
		start(&m, !is_first ? 0 : has_serial ? TYPE_IXFR : TYPE_AXFR);
		put_all(&m, part);
		rc = feed(&s, &m, &sunk, &why);
		is_first = false;
	}
	*result = s.result;
	memcpy(log, sunk.log, sizeof sunk.log);
	assert_true(!rc || why.text[0]);
	xfr_stream_clear(&s);
	return rc;
}

static void good_streams(void **state)
{
	static const struct {
		const char *script;
		bool has_serial;
		enum xfr_stream_result result;
		const char *log;
	} cases[] = {
		{"7ab7", false, XFR_STREAM_WHOLE, "W+a+b"},
		{"7|a|b|7", false, XFR_STREAM_WHOLE, "W+a+b"},
		{"77", false, XFR_STREAM_WHOLE, "W"},
		{"7a", false, XFR_STREAM_GOES_ON, "W+a"},
		{"7", false, XFR_STREAM_GOES_ON, ""},
		{"5", true, XFR_STREAM_UNCHANGED, ""},
		{"5ab5", true, XFR_STREAM_UNCHANGED, ""},
		{"75a7b7", true, XFR_STREAM_DELTA, "D-a+b"},
		{"75677", true, XFR_STREAM_GOES_ON, NULL},
		{"75a6b6c7d7", true, XFR_STREAM_DELTA, "D-a+b-c+d"},
		{"7|5|a|7|b|7", true, XFR_STREAM_DELTA, "D-a+b"},
		{"7577", true, XFR_STREAM_DELTA, "D"},
		{"7ab7", true, XFR_STREAM_WHOLE, "W+a+b"},
		{"77", true, XFR_STREAM_WHOLE, "W"},
	};
	char log[1024];
	enum xfr_stream_result result;
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int rc = run(cases[i].script, cases[i].has_serial, &result, log);
		if (!cases[i].log) {
			assert_true(rc < 0); /* 5 -> 6, then a delta from 7 */
			continue;
		}
		assert_int_equal(rc, 0);
		assert_int_equal(result, cases[i].result);
		assert_string_equal(log, cases[i].log);
	}
}

static void broken_streams(void **state)
{
	static const struct {
		const char *script;
		bool has_serial;
	} cases[] = {
		{"a7", false}, /* does not begin with the SOA */
		{"7a8", false}, /* ends with another */
		{"7a7b", false}, /* goes on behind the end */
		{"7a7|b", false}, {"75a5b7", true}, /* a delta that leads nowhere */
		{"75a4b7", true}, /* ... backwards */
		{"75a8b7", true}, /* ... too far */
		{"76a7b7", true}, /* begins elsewhere: a whole zone that ends wrongly */
		{"75a6b5c7d7", true}, /* two deltas that do not meet */
		{"75a7b7c", true}, {"4", true}, /* older than ours */
	};
	char log[1024];
	enum xfr_stream_result result;
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_true(run(cases[i].script, cases[i].has_serial, &result, log) < 0);
}

static void refuse(struct message *m, const char *words)
{
	struct xfr_stream s = make(false, 0);
	struct sunk sunk = {""};
	struct err why = {""};
	assert_true(feed(&s, m, &sunk, &why) < 0);
	if (!strstr(why.text, words))
		fail_msg("\"%s\" does not say \"%s\"", why.text, words);
	xfr_stream_clear(&s);
}

static void strange_messages(void **state)
{
	struct message m;
	(void)state;
	start(&m, TYPE_AXFR);
	put_all(&m, "7a7");
	m.wire[0] ^= 1;
	refuse(&m, "not an answer");
	start(&m, TYPE_AXFR);
	put_all(&m, "7a7");
	m.wire[2] &= 0x7f;
	refuse(&m, "not an answer");
	start(&m, TYPE_AXFR);
	m.wire[3] = RCODE_REFUSED;
	refuse(&m, "the primary answers REFUSED");
	start(&m, TYPE_IXFR);
	put_all(&m, "7a7");
	refuse(&m, "another question");
	start(&m, TYPE_AXFR);
	refuse(&m, "no records");
	start(&m, TYPE_AXFR);
	put_all(&m, "7");
	put(&m, "a.y.test", TYPE_A, "\1\2\3\4", 4);
	refuse(&m, "outside of the zone");
	start(&m, TYPE_AXFR);
	put_all(&m, "7");
	put(&m, "a.z.test", TYPE_A, "\1\2\3", 3);
	refuse(&m, "data are malformed");
	start(&m, TYPE_AXFR);
	put_all(&m, "7");
	put(&m, "a.z.test", TYPE_OPT, "", 0);
	refuse(&m, "no zone holds");
	start(&m, TYPE_AXFR);
	put(&m, "a.z.test", TYPE_SOA, "\0\0aaaabbbbccccddddeeee", 22);
	refuse(&m, "not the zone's");
	start(&m, TYPE_AXFR);
	put_all(&m, "7a7");
	m.len--;
	refuse(&m, "malformed");
}

/* Where a name is compressed, in lower case or not, the octets are the same. */
static void names_are_uncompressed(void **state)
{
	struct xfr_stream s = make(false, 0);
	struct message m;
	struct sunk sunk = {""};
	struct err why = {""};
	uint8_t mail[] = {0, 10, 2, 'M', 'x', 0xc0, WIRE_HEADER};
	(void)state;
	start(&m, TYPE_AXFR);
	put_all(&m, "7");
	put(&m, "a.z.test", TYPE_CNAME, "\2AB\xc0\x0c", 5);
	put(&m, "b.z.test", TYPE_MX, mail, sizeof mail);
	put(&m, "c.z.test", TYPE_CNAME, "\xc0\xff", 2);
	assert_int_equal(feed(&s, &m, &sunk, &why), CEN_EFORMAT);
	assert_string_equal(sunk.log, "W+a+b");
	/* 2ab + z.test; preference, 2mx + z.test. */
	assert_int_equal(s.bytes, strlen("xtestxzxa") + 11 + strlen("xtestxzxb") + 13);
	xfr_stream_clear(&s);
}

static void the_request(void **state)
{
	uint8_t wire[XFR_STREAM_REQUEST_MAX];
	struct xfr_stream s = make(true, 5);
	(void)state;
	size_t len = xfr_stream_request(&s, wire);
	assert_int_equal(len, WIRE_HEADER + 8 + 4 + 2 + 10 + 22);
	assert_int_equal(wire_u16(wire + 8), 1);
	assert_int_equal(wire_u16(wire + WIRE_HEADER + 8), TYPE_IXFR);
	assert_int_equal(wire_u32(wire + len - 20), 5);
	s = make(false, 0);
	assert_int_equal(xfr_stream_request(&s, wire), WIRE_HEADER + 8 + 4);
	assert_int_equal(wire_u16(wire + WIRE_HEADER + 8), TYPE_AXFR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_streams),
		cmocka_unit_test(broken_streams),
		cmocka_unit_test(strange_messages),
		cmocka_unit_test(names_are_uncompressed),
		cmocka_unit_test(the_request),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
