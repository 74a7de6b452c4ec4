/* SPDX-License-Identifier: BSD-2-Clause
 * The evidence as the daemon has it: its thread, the table for the path, the state over a restart.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "resolver/base/clock.h"
#include "resolver/base/mdb.h"
#include "resolver/base/rcu.h"
#include "resolver/evidence/evidence.h"
#include "tests/unit/folder.h"

enum { WAIT_S = 60 };

static struct folder folder;
static struct config config;

static int start(void **state)
{
	(void)state;
	folder_make(&folder);
	config = (struct config){.state_directory = folder.path,
		.evidence_false_positive = 1e-6,
		.evidence_miss = .01,
		.evidence_half_life_s = 86400,
		.evidence_keep_s = 365 * 86400,
		.evidence_clients = 1000,
		.evidence_ipv4_bits = 32,
		.evidence_ipv6_bits = 64};
	return 0;
}

static int stop(void **state)
{
	(void)state;
	folder_remove(&folder);
	return 0;
}

static struct evidence *open_it(void)
{
	struct evidence *e;
	struct err why = {""};
	if (evidence_open(&config, 2, &e, &why) || evidence_start(e, &why))
		fail_msg("%s", why.text);
	return e;
}

static void close_it(struct evidence *e)
{
	evidence_stop(e);
	evidence_free(e);
}

static void put(struct evidence *e, unsigned worker, const char *client, unsigned i,
	enum evidence_kind kind)
{
	struct evidence_event v = {.at_ms = clock_wall_ms(),
		.kind = kind,
		.qtype = 1,
		.score = 9000,
		.class = DGA_RANDOM};
	char name[64];
	int n = snprintf(
		name, sizeof name, "%cqxkvj%cwzhtpl%u.biz", 'a' + i % 26, 'a' + i / 26 % 26, i % 7);
	assert_int_equal(addr_from_text(client, &v.client), 0);
	assert_int_equal(dname_from_text(name, (size_t)n, &v.name), 0);
	evidence_put(e, worker, &v);
}

static void wait_for(struct evidence *e, bool (*is_so)(const struct evidence_info *))
{
	struct evidence_info info;
	for (time_t end = time(NULL) + WAIT_S; time(NULL) < end;) {
		evidence_info(e, &info);
		if (is_so(&info))
			return;
		nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
	}
	fail_msg("it did not become so within %d s", WAIT_S);
}

static bool has_case(const struct evidence_info *i)
{
	return i->live_cases == 1;
}

static bool has_no_live_case(const struct evidence_info *i)
{
	return !i->live_cases;
}

static bool has_ten_events(const struct evidence_info *i)
{
	return i->engine.events == 10;
}

/* What a worker sees. */
static bool is_suspect(struct evidence *e, const char *client)
{
	struct addr a;
	assert_int_equal(addr_from_text(client, &a), 0);
	rcu_register_thread();
	rcu_reader_enter();
	const struct suspects *s = atomic_load_explicit(evidence_suspects(e), memory_order_acquire);
	bool is = suspects_find(s, &a) != NULL;
	rcu_reader_leave((void *)(uintptr_t)evidence_suspects(e));
	rcu_unregister_thread();
	return is;
}

static bool becomes_suspect(struct evidence *e, const char *client, bool is)
{
	for (time_t end = time(NULL) + WAIT_S; time(NULL) < end;) {
		if (is_suspect(e, client) == is)
			return true;
		nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
	}
	return false;
}

static void test_from_two_workers_to_a_case(void **state)
{
	(void)state;
	static struct evidence_case c[4];
	struct evidence *e = open_it();
	assert_false(is_suspect(e, "192.0.2.7"));
	for (unsigned i = 0; i < 10; i++)
		put(e, i % 2, "192.0.2.7", i, EVIDENCE_NXDOMAIN);
	wait_for(e,
		has_ten_events); /* what comes after the case is closed would be the next one's */
	wait_for(e, has_case);
	assert_true(becomes_suspect(e, "192.0.2.7", true));
	assert_false(is_suspect(e, "192.0.2.8"));
	assert_int_equal(evidence_cases(e, CASE_STATE_COUNT, 0, c, 4), 1);
	assert_int_equal(evidence_cases(e, CASE_CLOSED, 0, c, 4), 0);
	assert_int_equal(evidence_cases(e, CASE_OPEN, 1, c, 4), 0);
	assert_int_equal(evidence_case(e, 1, c), 0);
	assert_int_equal(evidence_case(e, 2, c), CEN_ENOTFOUND);
	struct evidence_brief brief[2];
	struct addr client;
	assert_int_equal(addr_from_text("192.0.2.8", &client), 0);
	assert_int_equal(evidence_client_cases(e, &client, brief, 2), 0);
	assert_int_equal(evidence_client_case(e, &client), 0);
	assert_int_equal(addr_from_text("192.0.2.7", &client), 0);
	assert_int_equal(evidence_client_case(e, &client), 1);
	assert_int_equal(evidence_client_cases(e, &client, brief, 2), 1);
	assert_true(brief[0].id == 1 && brief[0].state == CASE_OPEN);
	assert_string_equal(brief[0].family, c->families[0]);
	assert_int_equal(evidence_decide(e, 2, CASE_CLOSED, "", c), CEN_ENOTFOUND);
	assert_int_equal(evidence_decide(e, 1, CASE_CLOSED, "set up anew", c), 0);
	assert_true(becomes_suspect(e, "192.0.2.7", false));
	wait_for(e, has_no_live_case);
	assert_int_equal(evidence_client_case(e, &client), 0);
	assert_int_equal(evidence_client_cases(e, &client, brief, 2), 1);
	assert_int_equal(brief[0].state, CASE_CLOSED);
	close_it(e);
}

static void test_state_survives_a_restart(void **state)
{
	(void)state;
	static struct evidence_case before, after;
	struct evidence *e = open_it();
	for (unsigned i = 0; i < 8; i++)
		put(e, 0, "192.0.2.7", i, EVIDENCE_NXDOMAIN);
	/* Not yet a case. */
	put(e, 1, "192.0.2.8", 0, EVIDENCE_NXDOMAIN);
	put(e, 1, "192.0.2.8", 1, EVIDENCE_NXDOMAIN);
	wait_for(e, has_ten_events);
	assert_int_equal(evidence_case(e, 1, &before), 0);
	close_it(e);
	e = open_it();
	assert_true(is_suspect(e, "192.0.2.7")); /* from the first query on */
	assert_int_equal(evidence_case(e, 1, &after), 0);
	assert_int_equal(after.line_count, before.line_count);
	assert_int_equal(after.sum, before.sum);
	assert_string_equal(after.families[0], before.families[0]);
	assert_true(dname_equal(&after.lines[0].name, &before.lines[0].name));
	/* The other one goes on where it was: three more names are enough, which alone are not. */
	for (unsigned i = 2; i < 5; i++)
		put(e, 0, "192.0.2.8", i, EVIDENCE_NXDOMAIN);
	assert_true(becomes_suspect(e, "192.0.2.8", true));
	assert_int_equal(evidence_case(e, 2, &after), 0);
	assert_int_equal(after.line_count, 5);
	close_it(e);
}

static void expect_set_aside(const char *words)
{
	struct evidence_info info;
	struct evidence *e = open_it();
	evidence_info(e, &info);
	assert_non_null(strstr(info.problem, words));
	assert_int_equal(info.cases, 0);
	close_it(e);
	assert_int_equal(access(folder_file(&folder, "evidence.mdb.damaged"), F_OK), 0);
	/* The new one works. */
	e = open_it();
	evidence_info(e, &info);
	assert_string_equal(info.problem, "");
	close_it(e);
}

static void test_a_damaged_state_is_set_aside(void **state)
{
	(void)state;
	static const char junk[100000] = "this is no database";
	folder_write(&folder, "evidence.mdb", junk, sizeof junk);
	expect_set_aside("evidence.mdb");
}

static void test_an_empty_state_is_set_aside(void **state)
{
	(void)state;
	folder_write(&folder, "evidence.mdb", "", 0);
	expect_set_aside("evidence.mdb");
}

/* Of a cenote to come: not read, and not lost. */
static void test_a_newer_state_is_set_aside(void **state)
{
	(void)state;
	static const char *const tables[] = {"meta", "cases", "clients"};
	static const uint8_t version[4] = {0, 0, 0, 2};
	struct mdb_book *book;
	struct err why = {""};
	close_it(open_it());
	if (mdb_book_open(folder_file(&folder, "evidence.mdb"), 1 << 24, tables, 3, &book, &why) ||
		mdb_book_begin(book, &why) ||
		mdb_book_put(book, 0,
			(struct mdb_bytes){.at = (const uint8_t *)"version", .len = 7},
			(struct mdb_bytes){.at = version, .len = 4}, &why) ||
		mdb_book_commit(book, &why))
		fail_msg("%s", why.text);
	mdb_book_close(book);
	expect_set_aside("it has version 2, this cenote reads 1");
}

/* Does the state file hold these octets anywhere? */
static bool is_kept(const void *octets, size_t len)
{
	FILE *f = fopen(folder_file(&folder, "evidence.mdb"), "rb");
	static char all[4 << 20];
	assert_non_null(f);
	size_t n = fread(all, 1, sizeof all, f);
	assert_true(n < sizeof all);
	assert_int_equal(fclose(f), 0);
	return memmem(all, n, octets, len) != NULL;
}

static struct evidence *open_as(enum querylog_privacy privacy, bool has_pseudonyms)
{
	config.evidence_privacy = privacy;
	config.evidence_has_pseudonyms = has_pseudonyms;
	return open_it();
}

static void test_privacy(void **state)
{
	(void)state;
	static const struct {
		enum querylog_privacy privacy;
		bool has_client, has_name;
	} levels[] = {{QUERYLOG_ALL, true, true}, {QUERYLOG_NO_CLIENT, false, true},
		{QUERYLOG_NO_NAME, true, false}, {QUERYLOG_NOTHING, false, false}};
	static struct evidence_case c;
	struct addr client;
	assert_int_equal(addr_from_text("192.0.2.7", &client), 0);
	for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
		struct evidence *e = open_as(levels[i].privacy, false);
		for (unsigned n = 0; n < 10; n++)
			put(e, 0, "192.0.2.7", n, EVIDENCE_NXDOMAIN);
		put(e, 0, "192.0.2.8", 0, EVIDENCE_NXDOMAIN);
		wait_for(e, has_case);
		/* Judged by address and name all the same. */
		assert_true(becomes_suspect(e, "192.0.2.7", true));
		close_it(e);
		e = open_it();
		assert_int_equal(evidence_case(e, 1, &c), 0);
		assert_int_equal(addr_equal(&c.client, &client), levels[i].has_client);
		assert_int_equal(c.client_bits != 0, levels[i].has_client);
		assert_int_equal(c.lines[0].name.len > 1, levels[i].has_name);
		assert_int_equal(is_suspect(e, "192.0.2.7"), levels[i].has_client);
		/* A case of nobody known is nobody's, not even of who has the address that is all zeros. */
		assert_false(is_suspect(e, "::1"));
		assert_false(is_suspect(e, "::"));
		assert_int_equal(
			evidence_unseal(e, 1, &c), levels[i].has_client ? 0 : CEN_EREFUSED);
		close_it(e);
		assert_int_equal(is_kept(client.bytes, sizeof client.bytes), levels[i].has_client);
		assert_int_equal(is_kept("\3biz", 5), levels[i].has_name);
		assert_int_equal(unlink(folder_file(&folder, "evidence.mdb")), 0);
	}
}

/* What was kept before goes, too. */
static void test_privacy_that_comes_later(void **state)
{
	(void)state;
	static struct evidence_case c;
	struct evidence *e = open_as(QUERYLOG_ALL, false);
	for (unsigned n = 0; n < 10; n++)
		put(e, 0, "192.0.2.7", n, EVIDENCE_NXDOMAIN);
	wait_for(e, has_case);
	close_it(e);
	close_it(open_as(QUERYLOG_NOTHING, false));
	e = open_as(QUERYLOG_ALL, false);
	assert_int_equal(evidence_case(e, 1, &c), 0);
	assert_int_equal(c.client_bits, 0);
	assert_int_equal(c.lines[0].name.len, 1);
	struct evidence_info info;
	evidence_info(e, &info);
	assert_int_equal(info.clients, 0);
	close_it(e);
}

static void test_pseudonyms_are_unsealed(void **state)
{
	(void)state;
	static struct evidence_case c, open;
	struct addr client;
	char alias[PSEUDONYM_TEXT];
	assert_int_equal(addr_from_text("192.0.2.7", &client), 0);
	struct evidence *e = open_as(QUERYLOG_ALL, true);
	for (unsigned n = 0; n < 10; n++)
		put(e, 0, "192.0.2.7", n, EVIDENCE_NXDOMAIN);
	wait_for(e, has_case);
	assert_int_equal(evidence_case(e, 1, &c), 0);
	assert_int_equal(strncmp(c.alias, "client-", 7), 0);
	assert_int_equal(c.client_bits, 0);
	/* Who asks by the address learns nothing. */
	struct evidence_brief brief;
	assert_int_equal(evidence_client_cases(e, &client, &brief, 1), 0);
	assert_int_equal(evidence_client_case(e, &client), 0);
	memcpy(alias, c.alias, sizeof alias);
	assert_int_equal(evidence_unseal(e, 2, &open), CEN_ENOTFOUND);
	assert_int_equal(evidence_unseal(e, 1, &open), 0);
	assert_true(addr_equal(&open.client, &client));
	assert_int_equal(open.unsealed_count, 1);
	close_it(e);
	/* The trace stays, the alias is the same, the client is known. */
	e = open_it();
	assert_true(is_suspect(e, "192.0.2.7"));
	assert_int_equal(evidence_case(e, 1, &c), 0);
	assert_string_equal(c.alias, alias);
	assert_int_equal(c.unsealed_count, 1);
	assert_true(c.unsealed_ms > 0);
	assert_int_equal(evidence_unseal(e, 1, &open), 0);
	assert_int_equal(open.unsealed_count, 2);
	close_it(e);
}

static void test_no_folder_is_no_failure(void **state)
{
	(void)state;
	struct evidence_info info;
	config.state_directory = (char *)(uintptr_t) "/nonexistent/folder";
	struct evidence *e = open_it();
	for (unsigned i = 0; i < 10; i++)
		put(e, 0, "192.0.2.7", i, EVIDENCE_NXDOMAIN);
	wait_for(e, has_case);
	evidence_info(e, &info);
	assert_string_not_equal(info.problem, "");
	close_it(e);
}

static void test_knocks_and_a_full_queue(void **state)
{
	(void)state;
	struct knock k = {.at_ms = 1700000000000, .kind = KNOCK_HTTP, .host = "c2.example:80"};
	struct evidence_info info;
	struct evidence *e;
	assert_int_equal(evidence_open(&config, 2, &e, NULL), 0);
	assert_int_equal(addr_from_text("192.0.2.7", &k.from.addr), 0);
	for (unsigned i = 0; i < 1000; i++)
		evidence_knock(e, &k);
	evidence_info(e, &info);
	assert_int_equal(info.lost_knocks, 1000 - 256);
	assert_int_equal(evidence_start(e, NULL), 0);
	close_it(e);
}

static bool has_a_kept_case(const struct evidence_info *i)
{
	return i->live_cases == 1 && i->saves;
}

static uint64_t wanted; /* of the next two */

static bool has_events(const struct evidence_info *i)
{
	return i->engine.events == wanted;
}

static bool has_saves(const struct evidence_info *i)
{
	return i->saves == wanted;
}

/* A bot goes on all day: a memory card does not take a write for each of its names. */
static void test_an_open_case_is_not_written_all_the_time(void **state)
{
	(void)state;
	static struct evidence_case c;
	struct evidence_info info;
	clock_freeze(1000000, 1700000000);
	struct evidence *e = open_it();
	for (unsigned i = 0; i < 10; i++)
		put(e, 0, "192.0.2.7", i, EVIDENCE_NXDOMAIN);
	wait_for(e, has_a_kept_case);
	evidence_info(e, &info);
	uint64_t saves = info.saves;
	assert_true(becomes_suspect(e, "192.0.2.7", true));
	const struct suspects *table = atomic_load(evidence_suspects(e));
	for (unsigned i = 0; i < 20; i++) {
		put(e, 0, "192.0.2.7", i, EVIDENCE_MEETING);
		wanted = 11 + i;
		wait_for(e, has_events);
		/* Nor is the path's table made anew, of all cases, for each. */
		assert_ptr_equal(atomic_load(evidence_suspects(e)), table);
	}
	evidence_info(e, &info);
	assert_int_equal(info.saves, saves);
	clock_advance(10000000);
	wanted = saves + 1;
	wait_for(e, has_saves);
	/* What somebody decided is written at once. */
	assert_int_equal(evidence_decide(e, 1, CASE_CLOSED, "", &c), 0);
	wanted = saves + 2;
	wait_for(e, has_saves);
	close_it(e);
	clock_thaw();
}

static bool has_one_unproven(const struct evidence_info *i)
{
	return i->engine.unproven == 1;
}

static bool has_one_excepted(const struct evidence_info *i)
{
	return i->engine.excepted == 1 && i->clients == 1;
}

static bool has_one_client(const struct evidence_info *i)
{
	return i->clients == 1;
}

static void test_who_is_a_client_follows_a_reload(void **state)
{
	(void)state;
	struct knock k = {.at_ms = clock_wall_ms(), .kind = KNOCK_SILENT};
	struct addr_prefix access;
	struct evidence *e = open_it();
	assert_int_equal(addr_from_text("192.0.2.7", &k.from.addr), 0);
	assert_int_equal(addr_prefix_from_text("192.0.2.0/24", &access), 0);
	evidence_knock(e, &k);
	wait_for(e, has_one_unproven);
	struct config next = config;
	next.access = &access;
	next.access_count = 1;
	evidence_reconfigure(e, &next);
	evidence_knock(e, &k);
	wait_for(e, has_one_client);
	/* Nor is one that is not to be judged. */
	next.evidence_except = &access;
	next.evidence_except_count = 1;
	evidence_reconfigure(e, &next);
	put(e, 0, "192.0.2.8", 0, EVIDENCE_NXDOMAIN);
	wait_for(e, has_one_excepted);
	close_it(e);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {T(test_from_two_workers_to_a_case),
		T(test_state_survives_a_restart), T(test_a_damaged_state_is_set_aside),
		T(test_an_empty_state_is_set_aside), T(test_no_folder_is_no_failure),
		T(test_knocks_and_a_full_queue), T(test_a_newer_state_is_set_aside),
		T(test_privacy), T(test_privacy_that_comes_later), T(test_pseudonyms_are_unsealed),
		T(test_who_is_a_client_follows_a_reload),
		T(test_an_open_case_is_not_written_all_the_time)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
