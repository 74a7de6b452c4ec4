/* SPDX-License-Identifier: BSD-2-Clause
 * The history's file: kept over restarts, never too large, set aside when it is damaged, done without when there is none.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "resolver/base/mdb.h"
#include "resolver/base/wire.h"
#include "resolver/journal/history_store.h"
#include "tests/unit/history_harness.h"

enum { START = HARNESS_START_S, HOUR = 3600, DAY = 86400 };

#define ASK history_harness_ask
#define PASS history_harness_pass
#define QUERIES history_harness_queries

/* Ends the process with something in the file. */
static void end_with(struct history_harness *x, uint64_t queries)
{
	ASK(x, "192.0.2.1", "a.example", OUTCOME_CACHED, queries);
	PASS(x, 60);
	history_save(x->history);
	history_free(x->history);
	x->history = NULL;
}

static bool is_there(struct history_harness *x, const char *name)
{
	return !access(folder_file(&x->folder, name), F_OK);
}

/* The file is set aside, this is said, and a new one is begun and kept. */
static void set_aside(struct history_harness *x, const char *name, const char *word)
{
	struct history_info info;
	history_harness_open(x);
	history_info(x->history, &info);
	assert_non_null(strstr(info.problem, word));
	assert_non_null(strstr(info.problem, "set aside"));
	assert_true(is_there(x, name));
	assert_int_equal(QUERIES(x, 0, UINT64_MAX), 0);
	end_with(x, 3);
	history_harness_open(x);
	history_harness_tick(x);
	history_info(x->history, &info);
	assert_string_equal(info.problem, "");
	assert_int_equal(QUERIES(x, 0, UINT64_MAX), 3);
	history_free(x->history);
	x->history = NULL;
}

static void damage(struct history_harness *x, off_t at, const char *bytes, size_t len)
{
	int fd = open(folder_file(&x->folder, "history.mdb"), O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, len, at), len);
	close(fd);
}

static void test_damaged_files_are_set_aside(void **state)
{
	struct history_harness *x = *state;
	end_with(x, 5);
	folder_write(&x->folder, "history.mdb", "", 0);
	set_aside(x, "history.mdb.damaged-1", "too short");
	damage(x, 0, "nothing that LMDB would know, for more than a page", 50);
	damage(x, 4096, "nothing that LMDB would know, for more than a page", 50);
	set_aside(x, "history.mdb.damaged-2", "LMDB");
	/* No more than four of them. */
	for (int i = 3; i < 7; i++) {
		folder_write(&x->folder, "history.mdb", "short", 5);
		set_aside(
			x, i < 4 ? "history.mdb.damaged-3" : "history.mdb.damaged-4", "too short");
	}
	assert_false(is_there(x, "history.mdb.damaged-5"));
	history_harness_open(x);
}

static void test_a_newer_file_is_set_aside(void **state)
{
	struct history_harness *x = *state;
	static const char *const tables[] = {"minutes", "hours", "days", "meta"};
	struct mdb_book *book;
	struct err why;
	uint8_t version[4];
	end_with(x, 5);
	wire_put_u32(version, 2);
	assert_int_equal(mdb_book_open(folder_file(&x->folder, "history.mdb"), 64 << 20, tables, 4,
				 &book, &why),
		0);
	assert_int_equal(mdb_book_begin(book, &why), 0);
	assert_int_equal(mdb_book_put(book, 3, (struct mdb_bytes){(const uint8_t *)"version", 7},
				 (struct mdb_bytes){version, 4}, &why),
		0);
	assert_int_equal(mdb_book_commit(book, &why), 0);
	mdb_book_close(book);
	set_aside(x, "history.mdb.damaged-1", "version 2");
	history_harness_open(x);
}

/* What stands there is not ours, and stays. */
static void test_what_is_no_file_stays(void **state)
{
	struct history_harness *x = *state;
	struct history_info info;
	end_with(x, 5);
	assert_int_equal(unlink(folder_file(&x->folder, "history.mdb")), 0);
	assert_int_equal(mkdir(folder_file(&x->folder, "history.mdb"), 0700), 0);
	folder_write(&x->folder, "history.mdb/mine", "x", 1);
	history_harness_open(x);
	ASK(x, "192.0.2.1", "a.example", OUTCOME_CACHED, 2);
	PASS(x, 60);
	history_save(x->history);
	history_info(x->history, &info);
	assert_true(is_there(x, "history.mdb/mine") || is_there(x, "history.mdb.damaged-1/mine"));
	assert_int_equal(QUERIES(x, 0, UINT64_MAX), 2);
}

static void test_without_a_disk_it_goes_on(void **state)
{
	struct history_harness *x = *state;
	struct history_info info;
	struct history_entry e;
	uint64_t n = 0;
	end_with(x, 1);
	folder_remove(&x->folder);
	history_harness_open(x);
	history_harness_tick(x);
	history_info(x->history, &info);
	assert_string_not_equal(info.problem, "");
	for (; n < 180; n++) {
		ASK(x, "192.0.2.1", "a.example", OUTCOME_CACHED, 1);
		PASS(x, 60);
	}
	history_info(x->history, &info);
	assert_true(info.failed_saves > 10); /* tried again every minute */
	assert_int_equal(info.saves, 0);
	assert_true(info.waiting_rows > 180);
	assert_int_equal(QUERIES(x, 0, UINT64_MAX), n);
	assert_int_equal(history_top(x->history, HISTORY_DOMAINS, 0, UINT64_MAX, &e, 1), 1);
	assert_int_equal(e.count, n);
	/* It is back, and all is written. */
	assert_int_equal(mkdir(x->folder.path, 0700), 0);
	PASS(x, 61);
	history_info(x->history, &info);
	assert_int_equal(info.saves, 1);
	assert_string_equal(info.problem, "");
	assert_int_equal(info.waiting_rows, 0);
	assert_int_equal(info.rows[HISTORY_MINUTES], n);
	history_harness_restart(x, true);
	history_harness_tick(x);
	assert_int_equal(QUERIES(x, 0, UINT64_MAX), n);
}

/* The file cannot grow: as on a full disk. */
static void test_a_full_disk(void **state)
{
	struct history_harness *x = *state;
	struct history_info info;
	struct rlimit before, small = {.rlim_cur = 120 << 10};
	uint64_t n = 0;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small.rlim_max = before.rlim_max;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	do {
		ASK(x, "192.0.2.1", "a.example", OUTCOME_CACHED, 1);
		n++;
		PASS(x, 60);
		history_info(x->history, &info);
	} while (info.failed_saves < 5 && n < 5000);
	assert_int_equal(info.failed_saves, 5);
	assert_true(info.saves > 0);
	assert_string_not_equal(info.problem, "");
	assert_int_equal(QUERIES(x, 0, UINT64_MAX), n);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	PASS(x, 61);
	history_info(x->history, &info);
	assert_int_equal(info.failed_saves, 5);
	assert_string_equal(info.problem, "");
	assert_int_equal(info.waiting_rows, 0);
	history_harness_restart(x, true);
	history_harness_tick(x);
	assert_int_equal(QUERIES(x, 0, UINT64_MAX), n);
}

/* --- the store alone ----------------------------------------------------------------------------- */

static uint8_t row[HISTORY_STORE_ROW_MAX];
static struct history_store_batch batch;

static struct history_store *store_of(struct history_harness *x)
{
	struct history_store *s;
	struct err why;
	history_free(x->history);
	x->history = NULL;
	assert_int_equal(history_store_open(x->folder.path, &s, &why), 0);
	return s;
}

/* How many rows there are, in order, each with its time at its begin. */
static unsigned rows_of(
	struct history_store *s, unsigned tier, uint64_t from_s, uint64_t to_s, size_t row_max)
{
	unsigned n = 0;
	uint64_t at_s, last_s = 0;
	const uint8_t *bytes;
	size_t len;
	do {
		history_store_read(s, tier, from_s, to_s, row_max, &batch);
		for (; history_store_next(&batch, &at_s, &bytes, &len); n++) {
			assert_true(at_s > last_s && at_s < to_s);
			assert_true(len <= row_max && len >= 4);
			assert_int_equal(wire_u32(bytes), (uint32_t)at_s);
			last_s = at_s;
		}
		from_s = batch.next_s;
	} while (!batch.is_last);
	return n;
}

static void put(struct history_store *s, unsigned tier, uint64_t at_s, size_t len)
{
	wire_put_u32(row, (uint32_t)at_s);
	history_store_put(s, tier, at_s, row, len);
}

static void test_rows_are_read_from_both_places(void **state)
{
	struct history_harness *x = *state;
	struct history_store *s = store_of(x);
	for (unsigned i = 0; i < 40; i += 2)
		put(s, HISTORY_HOURS, START + i * HOUR, 3000);
	put(s, HISTORY_DAYS, START, 100);
	assert_true(history_store_save(s));
	for (unsigned i = 0; i < 40; i += 3)
		put(s, HISTORY_HOURS, START + i * HOUR, 4);
	assert_int_equal(rows_of(s, HISTORY_HOURS, 0, UINT64_MAX, 5000), 27);
	assert_int_equal(rows_of(s, HISTORY_HOURS, START + 1, START + 6 * HOUR, 5000), 3);
	assert_int_equal(rows_of(s, HISTORY_HOURS, START + 6 * HOUR, START + 6 * HOUR + 1, 8), 1);
	assert_int_equal(rows_of(s, HISTORY_HOURS, START + 50 * HOUR, UINT64_MAX, 8), 0);
	assert_int_equal(rows_of(s, HISTORY_MINUTES, 0, UINT64_MAX, 8), 0);
	/* What waits is newer. */
	assert_int_equal(history_store_get(s, HISTORY_HOURS, START + 6 * HOUR, row), 4);
	assert_int_equal(history_store_get(s, HISTORY_HOURS, START + 8 * HOUR, row), 3000);
	assert_int_equal(history_store_get(s, HISTORY_HOURS, START + 11 * HOUR, row), 0);
	assert_int_equal(history_store_first_s(s, HISTORY_HOURS), START);
	assert_int_equal(history_store_first_s(s, HISTORY_MINUTES), UINT64_MAX);
	uint64_t seed = history_store_seed(s);
	assert_true(history_store_save(s));
	history_store_free(s);
	s = store_of(x);
	assert_int_equal(history_store_seed(s), seed);
	assert_int_equal(rows_of(s, HISTORY_HOURS, 0, UINT64_MAX, 5000), 27);
	history_store_free(s);
	history_harness_open(x);
}

/* Ten years of the largest rows, and then a life of some days: the file never needs more than it may have. */
static void test_the_largest_rows_fit(void **state)
{
	struct history_harness *x = *state;
	struct history_store *s = store_of(x);
	struct history_info info;
	memset(row, 0xa5, sizeof row);
	static const unsigned rows[] = {2880, 2160, 3653};
	for (unsigned tier = 0; tier < HISTORY_TIERS; tier++)
		for (unsigned i = 0; i < rows[tier] + 10; i++) {
			put(s, tier, START + (uint64_t)i * history_store_step_s(tier),
				history_store_row_max(tier));
			if (i % 512 == 511)
				assert_true(history_store_save(s));
		}
	assert_true(history_store_save(s));
	uint64_t minute_s = START + (uint64_t)2890 * 60, hour_s = START + (uint64_t)2170 * HOUR,
		 day_s = START + (uint64_t)3663 * DAY;
	for (unsigned i = 0; i < 300; i++) {
		for (unsigned k = 0; k < 10; k++, minute_s += 60)
			put(s, HISTORY_MINUTES, minute_s, history_store_row_max(HISTORY_MINUTES));
		put(s, HISTORY_HOURS, hour_s + i / 6 * HOUR, HISTORY_STORE_ROW_MAX);
		put(s, HISTORY_DAYS, day_s + i / 144 * DAY, HISTORY_STORE_ROW_MAX);
		assert_true(history_store_save(s));
	}
	history_store_info(s, &info);
	for (unsigned tier = 0; tier < HISTORY_TIERS; tier++)
		assert_int_equal(info.rows[tier], rows[tier]);
	assert_int_equal(info.failed_saves, 0);
	assert_true(info.bytes <= 64 << 20);
	assert_false(history_store_covers(s, HISTORY_HOURS, START));
	assert_true(history_store_covers(s, HISTORY_HOURS, hour_s));
	assert_int_equal(rows_of(s, HISTORY_DAYS, 0, UINT64_MAX, 100), 3653);
	history_store_free(s);
	history_harness_open(x);
}

/* Memory has a bound, too: minutes make room first. */
static void test_what_waits_has_a_bound(void **state)
{
	struct history_harness *x = *state;
	folder_remove(&x->folder);
	struct history_store *s = store_of(x);
	struct history_info info;
	for (unsigned i = 0; i < 3000; i++)
		put(s, HISTORY_MINUTES, START + i * 60, 4000);
	for (unsigned i = 0; i < 50; i++)
		put(s, HISTORY_HOURS, START + i * HOUR, 8000);
	assert_false(history_store_save(s));
	history_store_info(s, &info);
	assert_in_range(info.waiting_rows * 4000, 7 << 20, 8 << 20);
	assert_int_equal(info.dropped_rows, 3050 - info.waiting_rows);
	assert_int_equal(rows_of(s, HISTORY_HOURS, 0, UINT64_MAX, 100), 50);
	assert_int_equal(history_store_get(s, HISTORY_MINUTES, START, row), 0);
	assert_int_equal(history_store_get(s, HISTORY_MINUTES, START + 2999 * 60, row), 4000);
	history_store_free(s);
	assert_int_equal(mkdir(x->folder.path, 0700), 0);
	history_harness_open(x);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, history_harness_make, history_harness_remove)
	const struct CMUnitTest tests[] = {T(test_damaged_files_are_set_aside),
		T(test_a_newer_file_is_set_aside), T(test_what_is_no_file_stays),
		T(test_without_a_disk_it_goes_on), T(test_a_full_disk),
		T(test_rows_are_read_from_both_places), T(test_the_largest_rows_fit),
		T(test_what_waits_has_a_bound)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
