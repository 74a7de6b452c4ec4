/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "resolver/base/wire.h"
#include "resolver/journal/event.h"
#include "tests/unit/api_harness.h"

static void put_name(struct dname *to, const char *name)
{
	assert_int_equal(dname_from_text(name, strlen(name), to), 0);
}

static int fill(void **state)
{
	reset(state);
	struct querylog *log = &journal.log;
	log->count = 3;
	log->rows[0] = (struct querylog_row){.id = 7,
		.at_ms = 1700000000123,
		.client = "192.0.2.7",
		.qtype = TYPE_HTTPS,
		.outcome = OUTCOME_BLOCKED,
		.reply = JOURNAL_REPLY_IP,
		.dga_score = 9500,
		.dga_class = DGA_HASH,
		.took_us = 55,
		.transport = TRANSPORT_TCP,
		.is_secure = true,
		.list = "botnets",
		.family = "necurs",
		.group = "kids"};
	put_name(&log->rows[0].name, "<b>\\000\\255\\\".example");
	log->rows[1] = log->rows[0];
	log->rows[1].id = 8;
	log->rows[1].outcome = OUTCOME_CACHED;
	put_name(&log->rows[1].name, "b.example");
	/* All that can be withheld. */
	log->rows[2] = (struct querylog_row){
		.id = 9, .at_ms = 1, .qtype = 65280, .rcode = 16, .outcome = OUTCOME_SERVFAIL};
	return 0;
}

static json_t *get_local(const char *target)
{
	unsigned status;
	json_t *v = ask(true, EDGE_GET, target, NULL, &status);
	assert_int_equal(status, 200);
	return v;
}

static void rows_tell_all(void **state)
{
	(void)state;
	json_t *v = get_local("/api/v1/querylog");
	const json_t *rows = json_object_get(v, "rows");
	assert_int_equal(json_array_size(rows), 3);
	assert_true(json_is_null(json_object_get(v, "next")));
	const json_t *row = json_array_get(rows, 2);
	assert_int_equal(number(row, "id"), 7);
	assert_string_equal(text(row, "at"), "2023-11-14T22:13:20.123Z");
	assert_string_equal(text(row, "client"), "192.0.2.7");
	assert_string_equal(text(row, "name"), "\\060b\\062\\000\\255\\034.example");
	assert_string_equal(text(row, "type"), "HTTPS");
	assert_string_equal(text(row, "outcome"), "blocked");
	assert_string_equal(text(row, "verdict"), "blocked");
	assert_string_equal(text(row, "rcode"), "NOERROR");
	assert_string_equal(text(row, "reply"), "ip");
	assert_string_equal(text(row, "list"), "botnets");
	assert_string_equal(text(row, "family"), "necurs");
	assert_true(json_number_value(json_object_get(row, "score")) == 9.5);
	assert_string_equal(text(row, "class"), "hash");
	assert_int_equal(number(row, "took_us"), 55);
	assert_string_equal(text(row, "transport"), "tcp");
	assert_true(json_is_true(json_object_get(row, "secure")));
	assert_string_equal(text(row, "group"), "kids");
	row = json_array_get(rows, 0);
	static const char *const withheld[] = {
		"client", "name", "list", "family", "score", "group"};
	for (size_t i = 0; i < sizeof withheld / sizeof *withheld; i++)
		assert_true(json_is_null(json_object_get(row, withheld[i])));
	assert_string_equal(text(row, "type"), "TYPE65280");
	assert_string_equal(text(row, "rcode"), "BADVERS");
	assert_string_equal(text(row, "verdict"), "failed");
	json_decref(v);
}

static void pages_follow_each_other(void **state)
{
	(void)state;
	json_t *v = get_local("/api/v1/querylog?limit=2");
	assert_int_equal(number(v, "next"), 8);
	json_decref(v);
	v = get_local("/api/v1/querylog?limit=2&before=8");
	assert_int_equal(json_array_size(json_object_get(v, "rows")), 1);
	assert_true(json_is_null(json_object_get(v, "next")));
	json_decref(v);
}

static void filters_are_handed_on(void **state)
{
	(void)state;
	const struct querylog_filter *f = &journal.log.asked;
	json_decref(get_local("/api/v1/querylog"));
	assert_true(f->outcome == -1 && f->qtype == -1 && f->verdict == QUERYLOG_ANY);
	assert_true(!f->from_ms && !f->to_ms && !f->before);
	json_decref(get_local("/api/v1/querylog?client=10.0.0.0/8&name=.b.example&list=ads&verdict="
			      "monitored&outcome=servfail&type=AAAA&from=1000&to=2000&before=5"));
	assert_string_equal(journal.log.texts[0], "10.0.0.0/8");
	assert_string_equal(journal.log.texts[1], ".b.example");
	assert_string_equal(journal.log.texts[2], "ads");
	assert_int_equal(f->verdict, QUERYLOG_MONITORED);
	assert_int_equal(f->outcome, OUTCOME_SERVFAIL);
	assert_int_equal(f->qtype, TYPE_AAAA);
	assert_int_equal(f->from_ms, 1000000);
	assert_int_equal(f->to_ms, 2000000);
	assert_int_equal(f->before, 5);
	json_decref(get_local("/api/v1/querylog?from=1000"));
	assert_int_equal(f->to_ms, 0);
	/* The verdict is called in the filter what it is called in a row. */
	json_decref(get_local("/api/v1/querylog?verdict=answered"));
	assert_int_equal(f->verdict, QUERYLOG_ALLOWED);
}

static void nonsense_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {"verdict=good", "outcome=none", "type=0", "limit=0",
		"limit=1001", "before=0", "before=x", "from=x", "from=5&to=4",
		"client=11111111112222222222333333333344444444445555555555666666666677777777778",
		"list=11111111112222222222333333333344444444445555555555666666666677777777778"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char target[128];
		snprintf(target, sizeof target, "/api/v1/querylog?%s", bad[i]);
		expect(true, EDGE_GET, target, NULL, 400);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(rows_tell_all, fill, clean),
		cmocka_unit_test_setup_teardown(pages_follow_each_other, fill, clean),
		cmocka_unit_test_setup_teardown(filters_are_handed_on, fill, clean),
		cmocka_unit_test_setup_teardown(nonsense_is_refused, fill, clean),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
