/* SPDX-License-Identifier: BSD-2-Clause
 * What is saved, and what is there after it was opened again, whatever the clock does meanwhile.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <dlfcn.h>
#include <lmdb.h>
#include <sys/resource.h>

#include "resolver/base/clock.h"
#include "resolver/evidence/evidence_store.h"
#include "tests/unit/folder.h"

enum { DAY_S = 86400, NOW_S = 1700000000 };

/* LMDB, that panics while it is broken: until a file is opened. */
static bool is_broken;

int mdb_txn_begin(MDB_env *env, MDB_txn *parent, unsigned flags, MDB_txn **out)
{
	int (*real)(MDB_env *, MDB_txn *, unsigned, MDB_txn **);
	*(void **)&real = dlsym(RTLD_NEXT, "mdb_txn_begin");
	return is_broken ? MDB_PANIC : real(env, parent, flags, out);
}

int mdb_env_open(MDB_env *env, const char *path, unsigned flags, mdb_mode_t mode)
{
	int (*real)(MDB_env *, const char *, unsigned, mdb_mode_t);
	*(void **)&real = dlsym(RTLD_NEXT, "mdb_env_open");
	is_broken = false;
	return real(env, path, flags, mode);
}

static const struct engine_options options = {.false_positive = 1e-6,
	.miss = .01,
	.half_life_s = DAY_S,
	.clients = 1000,
	.cases = 10,
	.ipv4_bits = 32,
	.ipv6_bits = 64};

static struct folder folder;
static struct engine *engine;
static struct evidence_store *store;

static void open_with(uint32_t cases)
{
	char problem[256];
	struct engine_options with = options;
	with.cases = cases;
	assert_int_equal(engine_new(&with, &engine, NULL), 0);
	evidence_store_open(folder.path, engine, &store, problem, sizeof problem);
	assert_string_equal(problem, "");
	assert_non_null(store);
}

static void open_it(void)
{
	open_with(options.cases);
}

static void close_it(void)
{
	evidence_store_close(store);
	engine_free(engine);
}

static int start(void **state)
{
	(void)state;
	folder_make(&folder);
	clock_freeze(1000000, NOW_S);
	open_it();
	return 0;
}

static int stop(void **state)
{
	(void)state;
	close_it();
	clock_thaw();
	folder_remove(&folder);
	return 0;
}

static struct addr client_of(uint8_t last)
{
	const uint8_t v4[4] = {192, 0, 2, last};
	struct addr a;
	addr_from_v4(v4, &a);
	return a;
}

/* Generated names, now. */
static void ask_from(uint8_t client, unsigned from, unsigned end)
{
	for (unsigned i = from; i < end; i++) {
		struct evidence_event e = {.at_ms = clock_wall_ms(),
			.client = client_of(client),
			.kind = EVIDENCE_NXDOMAIN,
			.qtype = 1,
			.score = 9000,
			.class = DGA_RANDOM};
		char name[64];
		int n = snprintf(name, sizeof name, "qxk%cjwzhtpl.biz", 'a' + i);
		assert_int_equal(dname_from_text(name, (size_t)n, &e.name), 0);
		(void)engine_feed(engine, &e);
	}
}

static void ask(uint8_t client, unsigned names)
{
	ask_from(client, 0, names);
}

static void save(void)
{
	struct err why = {""};
	if (evidence_store_save(store, engine, true, &why))
		fail_msg("%s", why.text);
}

static bool is_known(uint8_t client)
{
	struct addr a = client_of(client);
	return clients_find(engine_clients(engine), &a) != NULL;
}

static void test_a_clock_that_was_set_back(void **state)
{
	(void)state;
	static const uint64_t clocks[] = {NOW_S, NOW_S - DAY_S, NOW_S + DAY_S, 5, NOW_S};
	for (uint8_t i = 0; i < sizeof clocks / sizeof *clocks; i++) {
		clock_freeze(2000000, clocks[i]);
		ask(i, 2);
		save();
	}
	close_it();
	open_it();
	/* By a clock that is right again, what came in 1970 is long past. */
	for (uint8_t i = 0; i < sizeof clocks / sizeof *clocks; i++)
		if (is_known(i) != (clocks[i] != 5))
			fail_msg("what came at %u", (unsigned)clocks[i]);
}

static void test_what_has_faded_is_forgotten(void **state)
{
	(void)state;
	ask(1, 2);
	ask(2, 8); /* a case */
	evidence_store_mark(store, 1);
	ask(3, 2);
	save();
	clock_freeze(3000000, NOW_S + 10 * DAY_S);
	ask(3, 1);
	save();
	assert_true(is_known(1)); /* it still has its place in memory */
	close_it();
	open_it();
	assert_false(is_known(1));
	assert_true(is_known(2));
	assert_true(is_known(3));
	assert_int_equal(case_book_count(engine_book(engine)), 1);
}

/* Nothing new: what is on the disk stays as it is. */
static void test_saved_twice(void **state)
{
	(void)state;
	ask(1, 2);
	save();
	clock_freeze(4000000, NOW_S + 3600);
	save();
	save();
	close_it();
	open_it();
	assert_true(is_known(1));
}

/* What spoke against the client went with the case, also when the machine stops before its own record is written. */
static void test_a_closed_case_does_not_come_back(void **state)
{
	(void)state;
	for (unsigned is_last = 0; is_last < 2; is_last++) {
		struct err why = {""};
		uint8_t client = (uint8_t)(1 + is_last);
		ask(client, 15);
		evidence_store_mark(store, is_last + 1);
		save();
		clock_freeze(5000000, NOW_S + (is_last + 1) * UINT64_C(3600));
		assert_non_null(
			engine_decide(engine, is_last + 1, CASE_CLOSED, "", clock_wall_ms()));
		evidence_store_mark(store, is_last + 1);
		assert_int_equal(evidence_store_save(store, engine, is_last, &why), 0);
		close_it();
		open_it();
		assert_int_equal(is_known(client), !is_last);
		ask_from(client, 15, 16);
		assert_int_equal(case_book_count(engine_book(engine)), is_last + 1);
		save();
	}
}

/* More changed than is kept in mind, or all have to be written anew: what is gone from memory goes from the disk, too. */
static void test_all_are_written(void **state)
{
	(void)state;
	ask(1, 8);
	ask(2, 8);
	evidence_store_mark(store, 1);
	evidence_store_mark(store, 2);
	save();
	assert_non_null(engine_decide(engine, 1, CASE_CLOSED, "", clock_wall_ms()));
	assert_int_equal(case_book_expire(engine_book(engine), clock_wall_ms() + 1), 1);
	for (uint64_t id = 1000; id < 3000; id++)
		evidence_store_mark(store, id);
	evidence_store_mark(store, 1);
	save();
	close_it();
	open_it();
	assert_null(case_book_find(engine_book(engine), 1));
	assert_non_null(case_book_find(engine_book(engine), 2));
}

/* The configuration has room for fewer than there are: the newest are kept, and of them those that are open. */
static void test_more_than_there_is_room_for(void **state)
{
	(void)state;
	close_it();
	open_with(20);
	for (uint8_t i = 1; i <= 12; i++) {
		ask(i, 8);
		evidence_store_mark(store, i);
	}
	assert_non_null(engine_decide(engine, 7, CASE_CLOSED, "", clock_wall_ms()));
	save();
	close_it();
	for (unsigned i = 0; i < 2; i++) {
		open_with(i ? 20 : 10);
		assert_int_equal(case_book_count(engine_book(engine)), 10);
		assert_null(case_book_find(engine_book(engine), 1));
		assert_null(case_book_find(engine_book(engine), 7));
		assert_non_null(case_book_find(engine_book(engine), 2));
		assert_non_null(case_book_find(engine_book(engine), 12));
		save();
		close_it();
	}
	open_it();
}

/* Too many files are open, as one example: the file is not damaged for that. */
static void test_what_cannot_be_read_now_stays(void **state)
{
	(void)state;
	char problem[256];
	struct rlimit limit, none;
	ask(1, 8);
	evidence_store_mark(store, 1);
	save();
	close_it();
	assert_int_equal(engine_new(&options, &engine, NULL), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	evidence_store_open(folder.path, engine, &store, problem, sizeof problem);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_null(store);
	assert_string_not_equal(problem, "");
	close_it();
	open_it();
	assert_int_equal(case_book_count(engine_book(engine)), 1);
}

/* As after a failed write of LMDB's first pages (an error of the disk): it refuses all until it is opened anew. */
static void test_a_book_that_refuses_is_opened_anew(void **state)
{
	(void)state;
	struct err why = {""};
	ask(1, 8);
	evidence_store_mark(store, 1);
	is_broken = true;
	assert_int_not_equal(evidence_store_save(store, engine, true, &why), 0);
	ask(2, 8);
	evidence_store_mark(store, 2);
	save();
	close_it();
	open_it();
	assert_int_equal(case_book_count(engine_book(engine)), 2);
	assert_true(is_known(1));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {T(test_a_clock_that_was_set_back),
		T(test_what_has_faded_is_forgotten), T(test_saved_twice),
		T(test_a_closed_case_does_not_come_back), T(test_all_are_written),
		T(test_more_than_there_is_room_for), T(test_what_cannot_be_read_now_stays),
		T(test_a_book_that_refuses_is_opened_anew)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
