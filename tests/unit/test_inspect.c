/* SPDX-License-Identifier: BSD-2-Clause
 * What an answer leads to: chain names, hints, denied and private addresses. Policy and view are the real ones; the cache
 * only notes that it was stamped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "resolver/answer.h"
#include "resolver/cache.h"
#include "resolver/inspect.h"
#include "resolver/nameservers.h"
#include "resolver/stats.h"
#include "resolver/worker.h"

static struct config config;
static struct stats_worker stats;
static struct worker worker;
static struct query query;
static uint8_t *out;
static unsigned stamps;

void cache_stamp(struct worker *w, struct query *q)
{
	assert_ptr_equal(w, &worker);
	assert_ptr_equal(q, &query);
	stamps++;
}

/* No list here has rules on servers. */
void nameservers_gather(
	struct worker *w, const struct dname *name, struct nameservers_missing *missing)
{
	(void)w;
	(void)name;
	(void)missing;
	fail();
}

bool nameservers_wait(struct worker *w, struct query *q, const struct nameservers_missing *missing)
{
	(void)w;
	(void)q;
	(void)missing;
	fail();
	return false;
}

static struct dname name_of(const char *text)
{
	struct dname n;
	assert_int_equal(dname_from_text(text, strlen(text), &n), 0);
	return n;
}

static struct config_rule deny[2], allow[1], except[1];
static struct addr_prefix denied[2];

static int setup(void **state)
{
	(void)state;
	deny[0] = (struct config_rule){
		.name = name_of("bad.example"), .is_self = true, .is_below = true};
	deny[1] = (struct config_rule){.name = name_of("exact.example"), .is_self = true};
	allow[0] = (struct config_rule){.name = name_of("ok.bad.example"), .is_self = true};
	except[0] = (struct config_rule){
		.name = name_of("plex.direct"), .is_self = true, .is_below = true};
	assert_int_equal(addr_prefix_from_text("203.0.113.0/24", &denied[0]), 0);
	assert_int_equal(addr_prefix_from_text("2001:db8:bad::/48", &denied[1]), 0);
	config = (struct config){.deny = deny,
		.deny_count = 2,
		.allow = allow,
		.allow_count = 1,
		.rebinding_is_enabled = true,
		.rebinding_except = except,
		.rebinding_except_count = 1,
		.deny_addresses = denied,
		.deny_address_count = 2,
		.sinkhole_action = SINK_NULL};
	struct view *view = NULL;
	struct err why;
	if (view_new(7, &(struct view_parts){.config = &config}, NULL, &view, &why))
		fail_msg("%s", why.text);
	memset(&stats, 0, sizeof stats);
	worker = (struct worker){.view = view, .stats = &stats};
	stamps = 0;
	out = malloc(WIRE_MAX); /* of its own, so that the sanitizer sees its ends */
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	view_free((struct view *)(uintptr_t)worker.view);
	free(out);
	return 0;
}

static void begin(const char *name, uint16_t type)
{
	query = (struct query){.qname = name_of(name),
		.qtype = type,
		.qclass = CLASS_IN,
		.out = out,
		.out_max = WIRE_MAX,
		.ede = EDE_NONE,
		.list = -1,
		.monitored = -1,
		.source = ANSWER_FRESH,
		.outcome = OUTCOME_RECURSED,
		.is_secure = true};
	memset(out, 0xee, WIRE_MAX);
	query.out_len = query_records_at(&query);
}

static void add(const char *owner, uint16_t type, const void *data, size_t len)
{
	struct dname n = name_of(owner);
	uint8_t *p = out + query.out_len;
	memcpy(p, n.bytes, n.len);
	p += n.len;
	wire_put_u16(p, type);
	wire_put_u16(p + 2, CLASS_IN);
	wire_put_u32(p + 4, 300);
	wire_put_u16(p + 8, (uint16_t)len);
	memcpy(p + 10, data, len);
	query.out_len += n.len + 10U + (uint32_t)len;
	query.answer_count++;
}

static void add_name(const char *owner, uint16_t type, const char *target)
{
	struct dname n = name_of(target);
	add(owner, type, n.bytes, n.len);
}

static void add_address(const char *owner, const char *text)
{
	struct addr a;
	assert_int_equal(addr_from_text(text, &a), 0);
	bool is_v4 = addr_is_v4(&a) && !strchr(text, ':');
	add(owner, is_v4 ? TYPE_A : TYPE_AAAA, a.bytes + (is_v4 ? 12 : 0), is_v4 ? 4 : 16);
}

/* An HTTPS record of priority 1 with up to two parameters. */
static void add_https(const char *owner, const char *target, const char *hint4, const char *hint6)
{
	struct dname n = name_of(target);
	uint8_t data[512] = {0, 1};
	size_t len = 2;
	struct addr a;
	memcpy(data + len, n.bytes, n.len);
	len += n.len;
	memcpy(data + len, "\0\x01\0\x03\x02h2", 7); /* alpn */
	len += 7;
	if (hint4) {
		assert_int_equal(addr_from_text(hint4, &a), 0);
		memcpy(data + len, "\0\x04\0\x08\x01\x01\x01\x01", 8);
		memcpy(data + len + 8, a.bytes + 12, 4);
		len += 12;
	}
	if (hint6) {
		assert_int_equal(addr_from_text(hint6, &a), 0);
		memcpy(data + len, "\0\x06\0\x10", 4);
		memcpy(data + len + 4, a.bytes, 16);
		len += 20;
	}
	add(owner, TYPE_HTTPS, data, len);
}

static void add_rrsig(const char *owner, uint16_t covered)
{
	uint8_t data[40] = {0};
	wire_put_u16(data, covered);
	add(owner, TYPE_RRSIG, data, sizeof data);
}

static void expect_clean(void)
{
	unsigned before = stamps;
	uint32_t len = query.out_len;
	assert_int_equal(inspect(&worker, &query), STEP_NEXT);
	assert_true(query.is_clean);
	assert_true(query.is_secure);
	assert_int_equal(stamps, before + 1);
	assert_int_equal(query.out_len, len);
}

static void expect_blocked(enum query_outcome outcome)
{
	unsigned before = stamps;
	assert_int_equal(inspect(&worker, &query), STEP_REPLY);
	assert_int_equal(query.outcome, outcome);
	assert_int_equal(query.source, ANSWER_NONE);
	assert_int_equal(query.answer_count + query.authority_count + query.additional_count, 0);
	assert_int_equal(query.out_len, query_records_at(&query));
	assert_int_equal(query.list, LISTDB_OWN_DENY);
	assert_int_equal(query.action, SINK_NULL);
	assert_non_null(query.ede_text);
	assert_false(query.is_clean);
	assert_false(query.is_secure);
	assert_int_equal(stamps, before);
}

static void expect_unclean(void)
{
	unsigned before = stamps;
	assert_int_equal(inspect(&worker, &query), STEP_NEXT);
	assert_false(query.is_clean);
	assert_int_equal(stamps, before);
}

static void begin_judged(uint32_t serial, enum dga_class class)
{
	begin("www.example.com", TYPE_A);
	add_address("www.example.com", "192.0.2.1");
	query.dga_serial = serial;
	query.dga_class = class;
}

/* In block mode a stamp says that the classifier has nothing against the name, either. */
static void suspects_are_not_stamped(void **state)
{
	(void)state;
	struct view *v = (struct view *)(uintptr_t)worker.view;
	config.dga_mode = LIST_MODE_MONITOR;
	v->dga = (const struct dga *)(uintptr_t)8; /* there is one: it is not asked here */
	begin_judged(7, DGA_RANDOM);
	expect_clean();
	config.dga_mode = LIST_MODE_BLOCK;
	begin_judged(7, DGA_NONE);
	expect_clean();
	begin_judged(7, DGA_RANDOM); /* let through, for this client */
	expect_unclean();
	begin_judged(6, DGA_NONE); /* while it was parked the view has changed */
	expect_unclean();
	begin_judged(0, DGA_NONE);
	expect_unclean();
	v->dga = NULL;
	begin_judged(0, DGA_NONE);
	expect_clean();
}

static void clean_answers_are_stamped(void **state)
{
	(void)state;
	begin("www.example.com", TYPE_A);
	add_name("www.example.com", TYPE_CNAME, "cdn.example.net");
	add_address("cdn.example.net", "192.0.2.1");
	expect_clean();
	/* A hit on it costs nothing: it does not even look. */
	query.source = ANSWER_CACHE;
	memset(out, 0xff, 300);
	assert_int_equal(inspect(&worker, &query), STEP_NEXT);
	query.source = ANSWER_STALE;
	assert_int_equal(inspect(&worker, &query), STEP_NEXT);
	assert_int_equal(stamps, 1);
	/* But a fresh answer is looked at, whatever the cache said of the one before it. */
	begin("www.example.com", TYPE_A);
	add_name("www.example.com", TYPE_CNAME, "bad.example");
	query.is_clean = true;
	assert_int_equal(inspect(&worker, &query), STEP_REPLY);
	assert_int_equal(query.outcome, OUTCOME_BLOCKED_CHAIN);
	begin("www.example.com", TYPE_HTTPS);
	add_https("www.example.com", ".", "192.0.2.1", "2001:db8::1");
	query.source = ANSWER_CACHE;
	expect_clean();
	begin("nothing.example.com", TYPE_A);
	query.rcode = RCODE_NXDOMAIN;
	query.source = ANSWER_STALE;
	expect_clean();
}

static void other_sources_are_left_alone(void **state)
{
	(void)state;
	begin("www.example.com", TYPE_A);
	add_name("www.example.com", TYPE_CNAME, "bad.example");
	query.source = ANSWER_LOCAL;
	assert_int_equal(inspect(&worker, &query), STEP_NEXT);
	query.source = ANSWER_NONE;
	assert_int_equal(inspect(&worker, &query), STEP_NEXT);
	assert_int_equal(query.answer_count, 1);
	assert_int_equal(stamps, 0);
}

static void chain_targets_block(void **state)
{
	(void)state;
	begin("www.example.com", TYPE_A);
	add_name("www.example.com", TYPE_CNAME, "a.example.net");
	add_name("a.example.net", TYPE_CNAME, "b.example.net");
	add_name("b.example.net", TYPE_CNAME, "Tracker.BAD.example");
	add_address("tracker.bad.example", "192.0.2.1");
	expect_blocked(OUTCOME_BLOCKED_CHAIN);
	/* The same from the cache, and without an address. */
	begin("www.example.com", TYPE_AAAA);
	add_name("www.example.com", TYPE_CNAME, "exact.example");
	query.source = ANSWER_CACHE;
	expect_blocked(OUTCOME_BLOCKED_CHAIN);
	begin("www.example.com", TYPE_AAAA);
	add_name("www.example.com", TYPE_CNAME, "below.exact.example");
	query.source = ANSWER_CACHE;
	expect_clean();
	begin("x.d.example", TYPE_A);
	add_name("d.example", TYPE_DNAME, "bad.example");
	add_name("x.d.example", TYPE_CNAME, "x.bad.example");
	expect_blocked(OUTCOME_BLOCKED_CHAIN);
	begin("x.d.example", TYPE_DNAME);
	add_name("d.example", TYPE_DNAME, "bad.example");
	expect_blocked(OUTCOME_BLOCKED_CHAIN);
	begin("www.example.com", TYPE_HTTPS);
	add_https("www.example.com", ".", NULL, NULL);
	add_https("www.example.com", "svc.bad.example", NULL, NULL);
	expect_blocked(OUTCOME_BLOCKED_CHAIN);
}

static void compressed_target_blocks(void **state)
{
	(void)state;
	/* The target is `x` and a pointer to the question's `bad.example` (offset 12 + 4). */
	begin("wwx.bad.example", TYPE_A);
	add("wwx.bad.example", TYPE_CNAME, "\x01x\xc0\x10", 4);
	expect_blocked(OUTCOME_BLOCKED_CHAIN);
}

static void allow_beats_deny(void **state)
{
	(void)state;
	begin("www.example.com", TYPE_A);
	add_name("www.example.com", TYPE_CNAME, "ok.bad.example");
	add_address("ok.bad.example", "192.0.2.1");
	expect_unclean(); /* held by a list: not for every group */
	assert_int_equal(query.answer_count, 2);
	/* The question itself is allowed: the chain and the addresses are not judged. */
	begin("www.example.com", TYPE_A);
	query.is_allowed = true;
	add_name("www.example.com", TYPE_CNAME, "bad.example");
	add_address("bad.example", "203.0.113.1");
	expect_unclean();
	assert_int_equal(query.answer_count, 2);
	begin("www.example.com", TYPE_A);
	query.is_allowed = true;
	add_address("www.example.com", "192.0.2.1");
	expect_clean();
}

static void denied_addresses_block(void **state)
{
	(void)state;
	static const char *const bad[] = {"203.0.113.200", "2001:db8:bad::1", "::ffff:203.0.113.1",
		"64:ff9b::203.0.113.1", "2002:cb00:7101::1"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		begin("www.example.com", strchr(bad[i], ':') ? TYPE_AAAA : TYPE_A);
		add_address("www.example.com", strchr(bad[i], ':') ? "2001:db8::1" : "192.0.2.1");
		add_address("www.example.com", bad[i]);
		expect_blocked(OUTCOME_BLOCKED_ADDRESS);
		assert_int_equal(query.ede, EDE_BLOCKED);
	}
	begin("www.example.com", TYPE_HTTPS);
	add_https("www.example.com", ".", "203.0.113.4", NULL);
	expect_blocked(OUTCOME_BLOCKED_ADDRESS);
	begin("www.example.com", TYPE_HTTPS);
	add_https("www.example.com", ".", NULL, "2001:db8:bad::4");
	expect_blocked(OUTCOME_BLOCKED_ADDRESS);
	/* A name server's address beside the answer is no answer. */
	begin("example.com", TYPE_NS);
	add_name("example.com", TYPE_NS, "ns.example.com");
	add_address("ns.example.com", "203.0.113.1");
	query.answer_count = 1;
	query.additional_count = 1;
	expect_clean();
}

/* What would have been blocked is counted, once, and stays unclean for those who are not paused. */
static void a_pause_lets_through(void **state)
{
	(void)state;
	uint16_t own = worker.view->lists[LISTDB_OWN_DENY].counter;
	begin("www.example.com", TYPE_A);
	query.is_paused = true;
	add_name("www.example.com", TYPE_CNAME, "tracker.bad.example");
	add_address("tracker.bad.example", "192.0.2.1");
	expect_unclean();
	assert_int_equal(query.answer_count, 2);
	assert_int_equal(query.outcome, OUTCOME_RECURSED);
	assert_int_equal(query.monitored, own);
	assert_int_equal(stats.list_monitored[own], 1);
	begin("www.example.com", TYPE_A);
	query.is_paused = true;
	add_address("www.example.com", "203.0.113.1");
	expect_unclean();
	assert_int_equal(stats.list_monitored[own], 2);
	/* Stage `policy` has counted the question. */
	begin("www.example.com", TYPE_A);
	query.is_paused = true;
	query.monitored = 0;
	add_name("www.example.com", TYPE_CNAME, "bad.example");
	expect_unclean();
	assert_int_equal(stats.list_monitored[own], 2);
	begin("www.example.com", TYPE_A);
	query.is_paused = true;
	add_address("www.example.com", "192.0.2.1");
	expect_clean();
}

/* It is no list's work. */
static void a_pause_keeps_private_addresses_out(void **state)
{
	(void)state;
	begin("www.example.com", TYPE_A);
	query.is_paused = true;
	add_address("www.example.com", "192.168.1.1");
	assert_int_equal(inspect(&worker, &query), STEP_REPLY);
	assert_int_equal(query.outcome, OUTCOME_REBINDING);
}

static void private_addresses_are_removed(void **state)
{
	(void)state;
	begin("www.example.com", TYPE_A);
	add_address("www.example.com", "192.0.2.1");
	add_address("www.example.com", "192.168.1.1");
	add_rrsig("www.example.com", TYPE_A);
	assert_int_equal(inspect(&worker, &query), STEP_NEXT);
	assert_int_equal(query.answer_count, 1);
	assert_false(query.is_secure);
	assert_false(query.is_clean);
	assert_int_equal(stamps, 0);
	assert_int_equal(stats.rebinding_removed, 1);
	assert_int_equal(query.outcome, OUTCOME_RECURSED);
	struct answer_cursor c = {0};
	struct answer_record r;
	assert_true(answer_next(&query, &c, &r));
	assert_int_equal(r.type, TYPE_A);
	assert_memory_equal(out + r.data_at, "\xc0\0\x02\x01", 4);
	assert_false(answer_next(&query, &c, &r));
	assert_false(c.is_bad);
	assert_int_equal(query.out_len, r.end_at);
}

static void only_private_is_nodata(void **state)
{
	(void)state;
	static const char *const bad[] = {"10.0.0.1", "127.0.0.1", "0.0.0.0", "::1", "fd00::1",
		"::ffff:192.168.0.1", "64:ff9b::10.0.0.1"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		bool is_v6 = strchr(bad[i], ':');
		begin("www.example.com", is_v6 ? TYPE_AAAA : TYPE_A);
		/* An alias to an exempt name does not help: the question decides. */
		add_name("www.example.com", TYPE_CNAME, "a.plex.direct");
		add_address("a.plex.direct", bad[i]);
		assert_int_equal(inspect(&worker, &query), STEP_REPLY);
		assert_int_equal(query.outcome, OUTCOME_REBINDING);
		assert_int_equal(query.rcode, RCODE_NOERROR);
		assert_int_equal(query.ede, EDE_BLOCKED);
		assert_string_equal(query.ede_text, "private address for a public name");
		assert_int_equal(query.answer_count, 0);
		assert_int_equal(query.source, ANSWER_NONE);
		assert_int_equal(query.list, -1);
		assert_int_equal(stats.rebinding_removed, i + 1);
	}
	/* An allowed question is no exception, nor are hints. */
	begin("www.example.com", TYPE_HTTPS);
	query.is_allowed = true;
	add_https("www.example.com", ".", NULL, "fe80::1");
	assert_int_equal(inspect(&worker, &query), STEP_REPLY);
	assert_int_equal(query.outcome, OUTCOME_REBINDING);
	/* Beside the answer: the record goes, the answer stays. */
	begin("example.com", TYPE_MX);
	add("example.com", TYPE_MX,
		"\0\x0a\x01m\x07"
		"example\x03"
		"com",
		17);
	add_address("m.example.com", "10.0.0.1");
	query.answer_count = 1;
	query.additional_count = 1;
	assert_int_equal(inspect(&worker, &query), STEP_NEXT);
	assert_int_equal(query.answer_count, 1);
	assert_int_equal(query.additional_count, 0);
}

static void exempt_names_keep_private(void **state)
{
	(void)state;
	begin("1-2-3-4.abc.plex.direct", TYPE_A);
	add_address("1-2-3-4.abc.plex.direct", "192.168.1.1");
	expect_clean();
	config.rebinding_is_enabled = false;
	begin("www.example.com", TYPE_A);
	add_address("www.example.com", "192.168.1.1");
	expect_clean();
}

static void malformed_answers_fail(void **state)
{
	(void)state;
	static const struct {
		uint16_t type;
		const char *data;
		size_t len;
	} bad[] = {{TYPE_A, "\x01\x02\x03", 3}, {TYPE_A, "\x01\x02\x03\x04\x05", 5},
		{TYPE_AAAA, "\x01\x02\x03\x04", 4}, {TYPE_CNAME, "", 0},
		{TYPE_CNAME,
			"\x03"
			"ab",
			3},
		{TYPE_CNAME,
			"\x01"
			"a\0\0",
			4},
		{TYPE_CNAME, "\xff\xff", 2}, {TYPE_HTTPS, "\0", 1}, {TYPE_HTTPS, "\0\x01", 2},
		{TYPE_HTTPS,
			"\0\x01\x05"
			"a",
			4},
		{TYPE_HTTPS, "\0\x01\0\0\x04\0", 6},
		{TYPE_HTTPS, "\0\x01\0\0\x04\0\x03\x01\x01\x01", 10},
		{TYPE_HTTPS, "\0\x01\0\0\x04\0\0", 7},
		{TYPE_HTTPS, "\0\x01\0\0\x06\0\x04\x01\x01\x01\x01", 11},
		{TYPE_HTTPS, "\0\x01\0\0\x01\0\x09\x02h2", 10}};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		begin("www.example.com", bad[i].type);
		add("www.example.com", bad[i].type, bad[i].data, bad[i].len);
		if (inspect(&worker, &query) != STEP_REPLY)
			fail_msg("case %zu", i);
		assert_int_equal(query.rcode, RCODE_SERVFAIL);
		assert_int_equal(query.outcome, OUTCOME_SERVFAIL);
		assert_int_equal(query.answer_count, 0);
		assert_false(query.is_clean);
	}
	begin("www.example.com", TYPE_A);
	add_address("www.example.com", "192.0.2.1");
	query.answer_count = 2; /* one that is not there */
	assert_int_equal(inspect(&worker, &query), STEP_REPLY);
	assert_int_equal(query.rcode, RCODE_SERVFAIL);
	assert_int_equal(stamps, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(clean_answers_are_stamped, setup, teardown),
		cmocka_unit_test_setup_teardown(suspects_are_not_stamped, setup, teardown),
		cmocka_unit_test_setup_teardown(other_sources_are_left_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(chain_targets_block, setup, teardown),
		cmocka_unit_test_setup_teardown(compressed_target_blocks, setup, teardown),
		cmocka_unit_test_setup_teardown(allow_beats_deny, setup, teardown),
		cmocka_unit_test_setup_teardown(denied_addresses_block, setup, teardown),
		cmocka_unit_test_setup_teardown(a_pause_lets_through, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_pause_keeps_private_addresses_out, setup, teardown),
		cmocka_unit_test_setup_teardown(private_addresses_are_removed, setup, teardown),
		cmocka_unit_test_setup_teardown(only_private_is_nodata, setup, teardown),
		cmocka_unit_test_setup_teardown(exempt_names_keep_private, setup, teardown),
		cmocka_unit_test_setup_teardown(malformed_answers_fail, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
