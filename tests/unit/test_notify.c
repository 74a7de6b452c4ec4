/* SPDX-License-Identifier: BSD-2-Clause
 * NOTIFY messages: from whom, about what, and what is answered.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "feeds/transfer/notify.h"
#include "resolver/base/wire.h"

enum { NOW = 1800000000, NOTIFY = 4 << 3, NOTAUTH = 9 };

struct setup {
	struct dname name;
	struct addr primary, stranger;
	struct tsig_key key, other;
	struct notify_zone zone;
	uint8_t wire[NOTIFY_MAX];
	size_t len, index;
};

static struct tsig_key make_key(const char *secret)
{
	struct config_tsig_key from = {.name = (char *)"k.test", .secret = (char *)secret};
	struct tsig_key key;
	assert_int_equal(tsig_key_load(&from, &key, NULL), 0);
	return key;
}

static struct setup make(void)
{
	struct setup s = {.key = make_key("c2VjcmV0"), .other = make_key("b3RoZXI=")};
	assert_int_equal(dname_from_text("z.test", 6, &s.name), 0);
	assert_int_equal(addr_from_text("192.0.2.1", &s.primary), 0);
	assert_int_equal(addr_from_text("192.0.2.2", &s.stranger), 0);
	return s;
}

/* `serial` 0: without the SOA. */
static void write_message(
	struct setup *s, const char *name, uint8_t flags, uint16_t type, uint32_t serial)
{
	struct dname zone;
	uint8_t *p = s->wire + WIRE_HEADER;
	memset(s->wire, 0, sizeof s->wire);
	wire_put_u16(s->wire, 99);
	s->wire[2] = flags;
	wire_put_u16(s->wire + 4, 1);
	assert_int_equal(dname_from_text(name, strlen(name), &zone), 0);
	memcpy(p, zone.bytes, zone.len);
	p += zone.len;
	wire_put_u16(p, type);
	wire_put_u16(p + 2, CLASS_IN);
	p += 4;
	if (serial) {
		static const uint8_t head[] = {
			0xc0, WIRE_HEADER, 0, TYPE_SOA, 0, CLASS_IN, 0, 0, 0, 0, 0, 22, 0, 0};
		wire_put_u16(s->wire + 6, 1);
		memcpy(p, head, sizeof head);
		wire_put_u32(p + sizeof head, serial);
		p += sizeof head + 20;
	}
	s->len = (size_t)(p - s->wire);
}

static enum notify_outcome judge(struct setup *s, const struct addr *from)
{
	s->zone.zone = &s->name;
	s->zone.primary = &s->primary;
	return notify_answer(&s->zone, 1, from, s->wire, &s->len, NOW, &s->index);
}

static void primaries_are_listened_to(void **state)
{
	struct setup s = make();
	(void)state;
	s.zone.has_serial = true;
	s.zone.serial = 5;
	write_message(&s, "Z.test", NOTIFY, TYPE_SOA, 0);
	assert_int_equal(judge(&s, &s.primary), NOTIFY_NEWS);
	assert_int_equal(wire_u16(s.wire), 99);
	assert_int_equal(s.wire[2], NOTIFY | WIRE_QR | WIRE_AA);
	assert_int_equal(s.wire[3], 0);
	assert_int_equal(s.len, WIRE_HEADER + 8 + 4);
	write_message(&s, "z.test", NOTIFY, TYPE_SOA, 6);
	assert_int_equal(judge(&s, &s.primary), NOTIFY_NEWS);
	assert_int_equal(s.len, WIRE_HEADER + 8 + 4);
	write_message(&s, "z.test", NOTIFY, TYPE_SOA, 5);
	assert_int_equal(judge(&s, &s.primary), NOTIFY_KNOWN);
	write_message(&s, "z.test", NOTIFY, TYPE_SOA, 4);
	assert_int_equal(judge(&s, &s.primary), NOTIFY_KNOWN);
}

static void assert_rcode(struct setup *s, const struct addr *from, unsigned rcode)
{
	assert_int_equal(judge(s, from), NOTIFY_REFUSED);
	assert_int_equal(s->wire[3], rcode);
	assert_true(s->wire[2] & WIRE_QR);
	assert_false(s->wire[2] & WIRE_AA);
}

static void others_are_not(void **state)
{
	struct setup s = make();
	(void)state;
	write_message(&s, "z.test", NOTIFY, TYPE_SOA, 0);
	assert_rcode(&s, &s.stranger, RCODE_REFUSED);
	write_message(&s, "y.test", NOTIFY, TYPE_SOA, 0);
	assert_rcode(&s, &s.primary, NOTAUTH);
	write_message(&s, "z.test", NOTIFY, TYPE_A, 0);
	assert_rcode(&s, &s.primary, RCODE_FORMERR);
	write_message(&s, "z.test", 0, TYPE_SOA, 0);
	assert_rcode(&s, &s.primary, RCODE_NOTIMP);
	write_message(&s, "z.test", NOTIFY | WIRE_QR, TYPE_SOA, 0);
	assert_int_equal(judge(&s, &s.primary), NOTIFY_IGNORED);
	s.len = 11;
	assert_int_equal(judge(&s, &s.primary), NOTIFY_IGNORED);
}

static void signatures_count_more_than_addresses(void **state)
{
	struct setup s = make();
	struct tsig client = {0};
	struct err why = {""};
	(void)state;
	s.zone.key = &s.key;
	write_message(&s, "z.test", NOTIFY, TYPE_SOA, 0);
	assert_int_equal(tsig_sign(&client, &s.key, s.wire, &s.len, NOW, &why), 0);
	assert_int_equal(judge(&s, &s.stranger), NOTIFY_NEWS);
	/* The answer is signed, too. */
	assert_int_equal(tsig_verify(&client, s.wire, s.len, NOW, &why), 0);
	write_message(&s, "z.test", NOTIFY, TYPE_SOA, 0);
	assert_int_equal(tsig_sign(&client, &s.other, s.wire, &s.len, NOW, &why), 0);
	assert_rcode(&s, &s.primary, NOTAUTH);
	/* No key is known for the zone. */
	s.zone.key = NULL;
	write_message(&s, "z.test", NOTIFY, TYPE_SOA, 0);
	assert_int_equal(tsig_sign(&client, &s.key, s.wire, &s.len, NOW, &why), 0);
	assert_rcode(&s, &s.primary, NOTAUTH);
	tsig_clear(&client);
}

static void any_cut_is_survived(void **state)
{
	struct setup s = make();
	(void)state;
	for (size_t i = 0; i < 60; i++) {
		write_message(&s, "z.test", NOTIFY, TYPE_SOA, 6);
		if (i < s.len)
			s.len = i;
		judge(&s, &s.primary);
		assert_true(s.len <= NOTIFY_MAX);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(primaries_are_listened_to),
		cmocka_unit_test(others_are_not),
		cmocka_unit_test(signatures_count_more_than_addresses),
		cmocka_unit_test(any_cut_is_survived),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
