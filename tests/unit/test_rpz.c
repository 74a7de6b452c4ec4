/* SPDX-License-Identifier: BSD-2-Clause
 * Records of a response policy zone: each trigger, each action, and what is refused.
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

#include "feeds/format/rpz.h"
#include "resolver/base/wire.h"

static const char *const verbs[RULE_VERBS] = {[RULE_MATCH] = "match",
	[RULE_PASSTHRU] = "passthru",
	[RULE_DROP] = "drop",
	[RULE_TCP_ONLY] = "tcp-only",
	[RULE_NODATA] = "nodata",
	[RULE_DATA] = "data"};
static const char *const triggers[RULE_TRIGGERS] = {[RULE_NAME] = "name",
	[RULE_ANSWER] = "answer",
	[RULE_CLIENT] = "client",
	[RULE_NS_NAME] = "ns-name",
	[RULE_NS_ADDRESS] = "ns-address"};

static void name_of(const char *text, struct dname *out)
{
	assert_int_equal(dname_from_text(text, strlen(text), out), 0);
}

/* "name =bad.example match", "answer 192.0.2.0/24 data alias x.example"; or the reason in brackets. */
static void describe(const struct rule *r, char *to, size_t size)
{
	struct dname name;
	char text[DNAME_TEXT_MAX];
	int n = snprintf(to, size, "%s ", triggers[r->trigger]);
	if (r->trigger == RULE_NAME || r->trigger == RULE_NS_NAME) {
		assert_true(dname_from_key(r->key, r->len, &name));
		assert_int_equal(name.labels, r->labels);
		assert_int_equal(r->len - r->parent_len - 1, name.bytes[0]);
		assert_true(r->is_self != r->is_below);
		n += snprintf(to + n, size - (size_t)n, "%s%s", r->is_self ? "=" : "*.",
			dname_to_text(name.bytes, text));
	} else {
		bool is_v4 = addr_is_v4(&r->prefix.addr);
		n += snprintf(to + n, size - (size_t)n, "%s/%d",
			addr_to_text(&r->prefix.addr, text), r->prefix.bits - (is_v4 ? 96 : 0));
	}
	n += snprintf(to + n, size - (size_t)n, " %s", verbs[r->verb]);
	struct detail_cursor c = detail_start(r->about, r->about_len);
	assert_true(detail_is_good(r->about, r->about_len));
	for (struct detail_item i; detail_next(&c, &i);) {
		if (i.kind == DETAIL_RECORD)
			n += snprintf(to + n, size - (size_t)n, " type %u ttl %u len %d",
				wire_u16(i.at), wire_u32(i.at + 2), i.len - 6);
		else
			n += snprintf(to + n, size - (size_t)n, " %s %s",
				i.kind == DETAIL_ALIAS ? "alias" : "below",
				dname_to_text(i.at, text));
	}
}

static void check_record(
	const char *owner_text, uint16_t type, const void *data, size_t len, const char *want)
{
	struct dname zone, owner;
	struct rule rule;
	struct detail_writer about;
	char got[4096];
	name_of("policy.example", &zone);
	name_of(owner_text, &owner);
	struct rpz_record record = {&owner, type, 300, data, len};
	enum format_skip reason = rpz_rule(&zone, &record, NULL, &rule, &about);
	if (reason != FORMAT_TAKEN)
		snprintf(got, sizeof got, "(%s)", format_skip_name(reason));
	else
		describe(&rule, got, sizeof got);
	if (strcmp(got, want))
		fail_msg("%s: %s, not %s", owner_text, got, want);
}

/* `owner` in front of the zone. */
static void check(const char *owner, const char *target, const char *want)
{
	struct dname name;
	char text[DNAME_TEXT_MAX];
	name_of(target, &name);
	snprintf(text, sizeof text, "%s.policy.example", owner);
	check_record(text, TYPE_CNAME, name.bytes, name.len, want);
}

static void triggers_by_name(void **state)
{
	(void)state;
	check("bad.example.com", ".", "name =bad.example.com match");
	check("BAD.example.com", ".", "name =bad.example.com match");
	check("*.bad.example.com", ".", "name *.bad.example.com match");
	check("ns.example.com.rpz-nsdname", ".", "ns-name =ns.example.com match");
	check("*.example.com.rpz-nsdname", ".", "ns-name *.example.com match");
	check("a.*.example.com", ".", "name =a.\\042.example.com match");
	check("com", ".", "(a public suffix)");
	check("*.com", ".", "(a public suffix)");
	check("*.co.uk", "rpz-passthru.", "(a public suffix)");
	check("*", ".", "(a public suffix)");
	check("com.rpz-nsdname", ".", "(a public suffix)");
	check("rpz-nsdname", ".", "(a public suffix)");
	/* Labels of triggers count only at the end. */
	check("rpz-ip.example.com", ".", "name =rpz-ip.example.com match");
}

static void triggers_by_address(void **state)
{
	(void)state;
	check("24.0.2.0.192.rpz-ip", ".", "answer 192.0.2.0/24 match");
	check("32.1.2.0.192.rpz-ip", ".", "answer 192.0.2.1/32 match");
	check("24.0.2.0.192.rpz-client-ip", ".", "client 192.0.2.0/24 match");
	check("32.53.2.0.192.rpz-nsip", ".", "ns-address 192.0.2.53/32 match");
	check("48.zz.1.db8.2001.rpz-ip", ".", "answer 2001:db8:1::/48 match");
	check("128.1.zz.db8.2001.rpz-client-ip", ".", "client 2001:db8::1/128 match");
	check("128.57.zz.db8.2001.rpz-nsip", ".", "ns-address 2001:db8::57/128 match");
	check("128.8.7.6.5.4.3.2.2001.rpz-ip", ".", "answer 2001:2:3:4:5:6:7:8/128 match");
	check("128.1.0.0.0.0.0.db8.2001.rpz-ip", ".", "answer 2001:db8::1/128 match");
	check("64.zz.a.b.c.d.rpz-ip", ".", "answer d:c:b:a::/64 match");
	check("16.zz.2002.rpz-ip", ".", "answer 2002::/16 match");
	check("128.1.zz.rpz-client-ip", ".", "client ::1/128 match");
	check("1.0.0.0.0.rpz-client-ip", ".", "client 0.0.0.0/1 match");
	check("8.0.0.0.10.rpz-ip", ".", "answer 10.0.0.0/8 match");
	check("7.0.0.0.10.rpz-ip", ".", "(too wide)");
	check("3.zz.2000.rpz-ip", ".", "(too wide)");
	check("1.0.0.0.0.rpz-nsip", ".", "(too wide)");
	static const char *const malformed[] = {"rpz-ip", "24.rpz-ip", "0.0.0.0.0.rpz-client-ip",
		"33.1.2.0.192.rpz-ip", "24.1.2.0.192.rpz-ip", "24.0.2.0.256.rpz-ip",
		"024.0.2.0.192.rpz-ip", "24.00.2.0.192.rpz-ip", "x.0.2.0.192.rpz-ip",
		"24.2.0.192.rpz-ip", "24.0.0.2.0.192.rpz-ip", "129.1.zz.db8.2001.rpz-ip",
		"64.1.zz.db8.2001.rpz-ip", "128.zz.1.zz.2001.rpz-ip", "128.g.zz.2001.rpz-ip",
		"128.10000.zz.2001.rpz-ip", "128.zz.8.7.6.5.4.3.2.1.rpz-ip",
		"128.8.7.6.5.4.3.2.rpz-ip", "128.1.0.0.0.0.0.0.0.2001.rpz-ip",
		"128.8.7.6.zz.5.4.3.2.2001.rpz-ip", "*.0.2.0.192.rpz-ip", "128.rpz-ip"};
	for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++)
		check(malformed[i], ".", "(malformed)");
}

static void actions(void **state)
{
	(void)state;
	check("b.example.com", "*.", "name =b.example.com nodata");
	check("b.example.com", "rpz-passthru.", "name =b.example.com passthru");
	check("b.example.com", "b.example.com.", "name =b.example.com passthru");
	check("b.example.com", "RPZ-Drop.", "name =b.example.com drop");
	check("b.example.com", "rpz-tcp-only.", "name =b.example.com tcp-only");
	check("b.example.com", "rpz-later.", "(not supported)");
	check("b.example.com", "garden.example.", "name =b.example.com data alias garden.example");
	check("*.b.example.com", "*.garden.example.",
		"name *.b.example.com data below garden.example");
	check("24.0.2.0.192.rpz-ip", "24.0.2.0.192.", "answer 192.0.2.0/24 passthru");
	check("24.0.2.0.192.rpz-ip", "24.0.2.0.192.rpz-ip.", "answer 192.0.2.0/24 passthru");
	check("24.0.2.0.192.rpz-client-ip", "rpz-drop.", "client 192.0.2.0/24 drop");
	check("ns.example.com.rpz-nsdname", "ns.example.com.", "ns-name =ns.example.com passthru");
	check_record("b.example.com.policy.example", TYPE_A, "\xc0\0\2\1", 4,
		"name =b.example.com data type 1 ttl 300 len 4");
	check_record("24.0.2.0.192.rpz-ip.policy.example", TYPE_TXT, "\2hi", 3,
		"answer 192.0.2.0/24 data type 16 ttl 300 len 3");
	check_record("b.example.com.policy.example", 65280, "", 0,
		"name =b.example.com data type 65280 ttl 300 len 0");
}

static void what_is_no_rule(void **state)
{
	(void)state;
	static uint8_t big[RULE_ABOUT_MAX];
	const char *owner = "b.example.com.policy.example";
	check_record("policy.example", TYPE_SOA, "", 0, "(part of the format, no rule)");
	check_record("policy.example", TYPE_NS, "", 0, "(part of the format, no rule)");
	check_record("policy.example", TYPE_A, "\xc0\0\2\1", 4, "(part of the format, no rule)");
	check_record(owner, TYPE_RRSIG, "", 0, "(part of the format, no rule)");
	check_record(owner, TYPE_DNAME, "", 1, "(not supported)");
	check_record(owner, TYPE_NS, "", 1, "(not supported)");
	check_record(owner, TYPE_ANY, "", 0, "(not supported)");
	check_record(owner, TYPE_CNAME, "\1x", 2, "(malformed)");
	check_record(owner, TYPE_CNAME, "\0\0", 2, "(malformed)");
	check_record(owner, TYPE_CNAME, "\xc0\x0c", 2, "(malformed)");
	check_record(owner, TYPE_TXT, big, sizeof big, "(line too long)");
	check_record("b.example.com", TYPE_CNAME, "", 1, "(malformed)"); /* not in the zone */
	check_record("example", TYPE_CNAME, "", 1, "(malformed)");
}

static void what_goes_away(void **state)
{
	struct dname zone, owner;
	struct rule rule;
	(void)state;
	name_of("policy.example", &zone);
	name_of("*.bad.example.com.policy.example", &owner);
	assert_int_equal(rpz_trigger(&zone, &owner, NULL, &rule), FORMAT_TAKEN);
	assert_int_equal(rule.trigger, RULE_NAME);
	assert_true(rule.is_below && !rule.is_self && rule.labels == 3 && !rule.about_len);
	assert_int_equal(rpz_trigger(&zone, &zone, NULL, &rule), FORMAT_MALFORMED);
	/* A file that does not say which zone it is. */
	name_of(".", &zone);
	name_of("bad.example.com", &owner);
	assert_int_equal(rpz_trigger(&zone, &owner, NULL, &rule), FORMAT_TAKEN);
	assert_true(rule.is_self && rule.labels == 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(triggers_by_name),
		cmocka_unit_test(triggers_by_address),
		cmocka_unit_test(actions),
		cmocka_unit_test(what_is_no_rule),
		cmocka_unit_test(what_goes_away),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
