/* SPDX-License-Identifier: BSD-2-Clause
 * The query log: pages from memory and disk, filters, restarts, limits, and a disk that takes nothing.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/querylog_harness.h"

/* --- pages ------------------------------------------------------------------------------------ */

static void test_the_newest_row_comes_first(void **state)
{
	(void)state;
	struct querylog_row rows[10];
	uint64_t next;
	assert_int_equal(querylog_read(log_, &all, rows, 10, &next), 0);
	assert_int_equal(next, 0);
	add(0, SOME);
	struct querylog_filter f = all;
	for (unsigned page = 0; page < SOME / 10; page++) {
		assert_int_equal(querylog_read(log_, &f, rows, 10, &f.before), 10);
		for (unsigned i = 0; i < 10; i++)
			assert_int_equal(number_of(&rows[i]), SOME - 1 - page * 10 - i);
		assert_true(f.before || page == SOME / 10 - 1);
	}
	assert_string_equal(rows[9].client, "192.0.2.0");
	assert_string_equal(rows[9].group, "default");
	assert_int_equal(rows[0].took_us, 90);
}

/* More than memory holds: pages go on in the files, with no row twice and none left out. */
static void test_memory_and_disk_are_one(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4 * MANY; i += MANY) {
		add(i, i + MANY);
		querylog_tick(log_);
	}
	assert_int_equal(count(&all, 1000), 4 * MANY);
	querylog_save(log_);
	assert_int_equal(count(&all, 999), 4 * MANY);
	struct querylog_info i = info();
	assert_int_equal(i.written, 4 * MANY);
	assert_int_equal(i.rows, 4 * MANY);
	assert_int_equal(i.pending + i.dropped, 0);
	assert_true(i.bytes > 4 * MANY * 20 && i.bytes < 4 * MANY * 60);
	assert_int_equal(i.oldest_ms, ROWS_WALL_S * 1000);
	reopen();
	assert_int_equal(count(&all, 1000), 4 * MANY);
}

static size_t with_name(const char *name)
{
	struct querylog_filter f = all;
	f.name = name;
	return count(&f, 100);
}

static size_t with_client(const char *client)
{
	struct querylog_filter f = all;
	f.client = client;
	return count(&f, 100);
}

static void test_filters(void **state)
{
	(void)state;
	struct querylog_filter f = all;
	add(0, 1000);
	struct querylog_kept row = rows_make(1000);
	row.client_kind = CLIENT_PSEUDONYM;
	row.pseudonym = 0x1f3a9c0d;
	row.outcome = OUTCOME_BLOCKED;
	row.qtype = TYPE_AAAA;
	row.list = "evil";
	add_row(&row);
	row = rows_make(1001);
	row.client_kind = CLIENT_WITHHELD;
	row.name = NULL;
	row.outcome = OUTCOME_SERVFAIL;
	row.is_monitored = true;
	add_row(&row);
	for (int is_disk = 0; is_disk < 2; is_disk++) {
		assert_int_equal(with_name("HOST99"), 11); /* 99, 990-999 */
		assert_int_equal(with_name("t99.ex"), 1);
		assert_int_equal(with_name("=host99.example"), 1);
		assert_int_equal(with_name("=host99.example."), 1);
		assert_int_equal(with_name("=host99"), 0);
		assert_int_equal(with_name(".example"), 1001);
		assert_int_equal(with_name(".host99.example"), 1);
		assert_int_equal(with_name(".xample"), 0);
		assert_int_equal(with_name("="), 0);
		assert_int_equal(with_name("."), 1001);
		assert_int_equal(with_name("nowhere"), 0);
		assert_int_equal(with_client("192.0.2.3"), 100);
		assert_int_equal(with_client("192.0.2.2/31"), 200);
		assert_int_equal(with_client("::/0"), 1000);
		assert_int_equal(with_client("2001:db8::1"), 0);
		assert_int_equal(with_client("client-1f3a9c0d"), 1);
		assert_int_equal(with_client("client-1f3a9c0e"), 0);
		assert_int_equal(with_client("client-"), 0);
		assert_int_equal(with_client("nobody"), 0);
		f = all;
		f.verdict = QUERYLOG_BLOCKED;
		assert_int_equal(count(&f, 10), 1);
		f.verdict = QUERYLOG_ALLOWED;
		assert_int_equal(count(&f, 10), 1000);
		f.verdict = QUERYLOG_FAILED;
		assert_int_equal(count(&f, 10), 1);
		f.verdict = QUERYLOG_MONITORED;
		assert_int_equal(count(&f, 10), 1);
		f = all;
		f.outcome = OUTCOME_SERVFAIL;
		assert_int_equal(count(&f, 10), 1);
		f = all;
		f.qtype = TYPE_AAAA;
		assert_int_equal(count(&f, 10), 1);
		f = all;
		f.list = "evil";
		assert_int_equal(count(&f, 10), 1);
		f.list = "evi";
		assert_int_equal(count(&f, 10), 0);
		f = all;
		f.from_ms = ROWS_WALL_S * 1000 + 10;
		f.to_ms = ROWS_WALL_S * 1000 + 20;
		assert_int_equal(count(&f, 3), 10);
		querylog_save(log_);
		reopen();
	}
}

/* A call has an end also when nothing is found: the next one goes on where it was. */
static void test_a_long_search_comes_in_parts(void **state)
{
	(void)state;
	add(0, MANY);
	querylog_save(log_);
	reopen();
	clock_thaw();
	struct querylog_filter f = all;
	struct querylog_row row;
	f.name = "=host0.example";
	unsigned calls = 0;
	size_t n = 0;
	do {
		n += querylog_read(log_, &f, &row, 1, &f.before);
		calls++;
	} while (f.before && calls < 1000);
	assert_int_equal(n, 1);
	clock_freeze(1000000, ROWS_WALL_S);
}

static void test_following(void **state)
{
	(void)state;
	struct querylog_row rows[100];
	uint64_t after = UINT64_MAX, from_start = 0, lost = 0;
	add(0, 5);
	assert_int_equal(querylog_follow(log_, &all, rows, 100, &after, &lost), 0);
	add(5, 305);
	for (unsigned page = 0; page < 3; page++) {
		assert_int_equal(querylog_follow(log_, &all, rows, 100, &after, &lost), 100);
		for (unsigned i = 0; i < 100; i++)
			assert_int_equal(number_of(&rows[i]), 5 + page * 100 + i);
	}
	assert_int_equal(querylog_follow(log_, &all, rows, 100, &after, &lost), 0);
	/* What does not pass is passed over, once. */
	struct querylog_filter f = all;
	f.name = "=host310.example";
	add(305, 400);
	assert_int_equal(querylog_follow(log_, &f, rows, 100, &after, &lost), 1);
	assert_int_equal(querylog_follow(log_, &all, rows, 100, &after, &lost), 0);
	/* Saved rows stay in memory; who is late begins with the oldest there. */
	querylog_save(log_);
	assert_int_equal(querylog_follow(log_, &all, rows, 100, &from_start, &lost), 100);
	assert_int_equal(number_of(&rows[0]), 0);
	assert_int_equal(lost, 0);
	add(400, 400 + 2 * MANY);
	assert_int_equal(querylog_follow(log_, &all, rows, 1, &from_start, &lost), 1);
	assert_true(number_of(&rows[0]) > 400);
	assert_int_equal(lost, number_of(&rows[0]) - 100);
}

/* --- over restarts ---------------------------------------------------------------------------- */

static uint64_t newest_id(void)
{
	struct querylog_row row;
	uint64_t next;
	assert_int_equal(querylog_read(log_, &all, &row, 1, &next), 1);
	return row.id;
}

static void test_numbers_rise_over_restarts(void **state)
{
	(void)state;
	add(0, 3);
	querylog_save(log_);
	uint64_t last = newest_id();
	reopen();
	add(0, 3);
	assert_true(newest_id() > last);
	last = newest_id();
	clock_advance(1000000);
	reopen(); /* killed: the rows are lost, but not their numbers */
	assert_int_equal(count(&all, 10), 3);
	add(0, 1);
	assert_true(newest_id() > last);
	querylog_save(log_);
	last = newest_id();
	clock_freeze(1000000, ROWS_WALL_S - 86400); /* and a clock goes back */
	reopen();
	add(0, 1);
	assert_int_equal(newest_id(), last + 1);
	querylog_save(log_);
	reopen();
	assert_int_equal(count(&all, 10), 5);
}

/* What is due is written without being asked: a kill loses what came after. */
static void test_rows_are_saved_in_time(void **state)
{
	(void)state;
	querylog_tick(log_);
	add(0, 10);
	querylog_tick(log_);
	assert_int_equal(info().pending, 10);
	clock_advance(60 * 1000000);
	querylog_tick(log_);
	assert_int_equal(info().pending, 0);
	assert_int_equal(info().written, 10);
	add(10, 15);
	reopen();
	assert_int_equal(count(&all, 100), 10);
}

static void test_a_day_a_file(void **state)
{
	(void)state;
	for (unsigned day = 0; day < 4; day++) {
		add(day, day + 1);
		querylog_save(log_);
		clock_advance(UINT64_C(86400000000));
		querylog_tick(log_);
	}
	assert_int_equal(files(".log", NULL), 4);
	add(4, 5);
	querylog_save(log_);
	reopen();
	add(5, 6);
	querylog_save(log_); /* goes on with the file of that day */
	assert_int_equal(files(".log", NULL), 5);
	assert_int_equal(count(&all, 2), 6);
}

/* --- limits ----------------------------------------------------------------------------------- */

static void test_old_rows_go(void **state)
{
	(void)state;
	querylog_limit(log_, 64 * MIB, 2, 60);
	add(0, 100);
	querylog_save(log_);
	clock_advance(UINT64_C(86400000000));
	add(100, 200);
	querylog_save(log_);
	assert_int_equal(count(&all, 100), 200);
	assert_int_equal(files(".log", NULL), 2);
	/* Rows are not shown any more at once, and soon they are gone. */
	clock_advance(UINT64_C(86401000000));
	assert_int_equal(count(&all, 100), 100);
	querylog_tick(log_);
	assert_int_equal(files(".log", NULL), 1);
	querylog_limit(log_, 64 * MIB, 1, 60);
	assert_int_equal(count(&all, 100), 0);
	clock_advance(UINT64_C(10000000));
	querylog_tick(log_);
	assert_int_equal(files(".log", NULL), 0);
	assert_int_equal(info().bytes, 0);
}

static void test_the_size_has_a_bound(void **state)
{
	(void)state;
	uint64_t most = 0;
	querylog_limit(log_, MIB, 30, 60);
	for (unsigned i = 0; i < 100000; i += 1000) {
		add(i, i + 1000);
		querylog_save(log_);
		most = info().bytes > most ? info().bytes : most;
	}
	assert_in_range(most, MIB / 2, MIB);
	size_t kept = count(&all, 1000);
	assert_in_range(kept, 10000, 90000);
	struct querylog_row row;
	uint64_t next;
	querylog_read(log_, &all, &row, 1, &next);
	assert_int_equal(number_of(&row), 99999);
}

/* A folder that cannot be made: rows wait in memory, are dropped and counted when there is no room for them, and what is left is written when it can be. */
static void test_a_disk_that_takes_nothing(void **state)
{
	(void)state;
	folder_write(&folder, "querylog", "in the way", 10);
	for (unsigned i = 0; i < 4 * MANY; i += 1000) {
		add(i, i + 1000);
		clock_advance(2000000);
		querylog_tick(log_);
	}
	struct querylog_info i = info();
	assert_true(i.failed_writes > 0 && i.dropped > 0 && i.pending > 0);
	assert_int_equal(i.written, 0);
	assert_int_equal(i.dropped + i.pending, 4 * MANY);
	assert_true(i.problem[0]);
	assert_int_equal(count(&all, 1000), i.pending);
	assert_int_equal(unlink(folder_file(&folder, "querylog")), 0);
	clock_advance(2000000);
	querylog_tick(log_);
	querylog_save(log_);
	assert_int_equal(info().written, i.pending);
	assert_int_equal(info().pending, 0);
	assert_string_equal(info().problem, "");
	reopen();
	assert_int_equal(count(&all, 1000), i.pending);
}

/* --- threads ---------------------------------------------------------------------------------- */

static void *write_rows(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < MANY; i += 100) {
		add(i, i + 100);
		querylog_tick(log_);
		if (i % 5000 == 0)
			querylog_save(log_);
	}
	querylog_save(log_);
	return NULL;
}

static void test_readers_beside_the_writer(void **state)
{
	(void)state;
	static struct querylog_row rows[500];
	pthread_t writer;
	uint64_t after = 0, last = 0, lost;
	size_t seen = 0;
	assert_int_equal(pthread_create(&writer, NULL, write_rows, NULL), 0);
	while (seen < MANY) {
		size_t n = querylog_follow(log_, &all, rows, 500, &after, &lost);
		for (size_t i = 0; i < n; i++) {
			assert_true(!last || rows[i].id > last);
			last = rows[i].id;
		}
		seen += n;
		uint64_t next;
		n = querylog_read(log_, &all, rows, 500, &next);
		for (size_t i = 1; i < n; i++)
			assert_true(rows[i].id < rows[i - 1].id);
		if (info().written == MANY)
			break;
	}
	pthread_join(writer, NULL);
	assert_int_equal(count(&all, 500), MANY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_the_newest_row_comes_first, start, stop),
		cmocka_unit_test_setup_teardown(test_memory_and_disk_are_one, start, stop),
		cmocka_unit_test_setup_teardown(test_filters, start, stop),
		cmocka_unit_test_setup_teardown(test_a_long_search_comes_in_parts, start, stop),
		cmocka_unit_test_setup_teardown(test_following, start, stop),
		cmocka_unit_test_setup_teardown(test_numbers_rise_over_restarts, start, stop),
		cmocka_unit_test_setup_teardown(test_rows_are_saved_in_time, start, stop),
		cmocka_unit_test_setup_teardown(test_a_day_a_file, start, stop),
		cmocka_unit_test_setup_teardown(test_old_rows_go, start, stop),
		cmocka_unit_test_setup_teardown(test_the_size_has_a_bound, start, stop),
		cmocka_unit_test_setup_teardown(test_a_disk_that_takes_nothing, start, stop),
		cmocka_unit_test_setup_teardown(test_readers_beside_the_writer, start, stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
