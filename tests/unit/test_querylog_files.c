/* SPDX-License-Identifier: BSD-2-Clause
 * What a crash and what damage leave of the query log's files.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "resolver/base/hash.h"
#include "tests/unit/querylog_harness.h"

static void write_two_days(void)
{
	add(0, SOME);
	querylog_save(log_);
	clock_advance(UINT64_C(86400000000));
	querylog_tick(log_);
	add(SOME, 2 * SOME);
	querylog_save(log_);
	querylog_free(log_);
}

static void change(const char *path, long at, const void *bytes, size_t len)
{
	int fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	off_t from = at < 0 ? lseek(fd, 0, SEEK_END) + at : at;
	assert_int_equal(pwrite(fd, bytes, len, from), len);
	close(fd);
}

/* The name of the oldest or newest file. */
static void file_of_day(unsigned day, char path[600])
{
	char name[300];
	struct dirent **found;
	snprintf(name, sizeof name, "%s/querylog", folder.path);
	int n = scandir(name, &found, NULL, alphasort); /* `.` and `..` first */
	assert_int_equal(n, 4);
	snprintf(path, 600, "%s/%s", name, found[2 + day]->d_name);
	while (n--)
		free(found[n]);
	free(found);
}

static void test_a_torn_end_is_cut_off(void **state)
{
	(void)state;
	char path[600];
	struct stat st;
	write_two_days();
	file_of_day(1, path);
	for (size_t turn = 0, before = 2 * SOME; turn < 3; turn++) {
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(truncate(path, st.st_size - (turn == 1 ? 100 : 1)), 0);
		open_log();
		size_t n = count(&all, 1000);
		/* The last block is gone, whole. */
		assert_true(turn ? n == before - 10 : n > SOME && n < before);
		add(0, 10); /* and it goes on behind */
		querylog_save(log_);
		before = n + 10;
		assert_int_equal(count(&all, 1000), before);
		assert_string_equal(info().problem, "");
		querylog_free(log_);
	}
	assert_int_equal(files(".damaged", NULL), 0);
	open_log();
}

static void test_damage_is_found_at_the_start(void **state)
{
	(void)state;
	char path[600], aside[600];
	write_two_days();
	file_of_day(1, path);
	change(path, 5000, "?", 1);
	open_log();
	assert_int_equal(count(&all, 1000), SOME);
	assert_non_null(strstr(info().problem, "a block is damaged; set aside"));
	assert_int_equal(files(".damaged", aside), 1);
	assert_int_equal(strncmp(aside, path, strlen(path)), 0);
	add(0, 10);
	querylog_save(log_);
	assert_int_equal(count(&all, 1000), SOME + 10);
}

static void test_damage_is_found_by_who_reads(void **state)
{
	(void)state;
	char path[600];
	write_two_days();
	file_of_day(0, path);
	change(path, 5000, "?", 1);
	open_log();
	assert_string_equal(info().problem, ""); /* nobody has looked */
	size_t n = count(&all, 1000);
	assert_true(n > SOME && n < 2 * SOME);
	clock_advance(11000000);
	querylog_tick(log_);
	assert_non_null(strstr(info().problem, "a block is damaged; set aside"));
	assert_int_equal(files(".damaged", NULL), 1);
	assert_int_equal(count(&all, 1000), SOME);
}

static void test_what_is_no_log_is_set_aside(void **state)
{
	(void)state;
	static const char *const contents[] = {
		"", "a", "cenoteQL", "not a query log, but some text"};
	char path[600];
	uint8_t head[32] = "cenoteQL\0\0\0\2";
	write_two_days();
	for (int i = 0; i < 4; i++) {
		file_of_day(1, path);
		FILE *f = fopen(path, "wb");
		assert_non_null(f);
		fputs(contents[i], f);
		fclose(f);
		open_log();
		assert_non_null(strstr(info().problem, "; set aside"));
		assert_int_equal(count(&all, 1000), SOME);
		assert_int_equal(files(".damaged", NULL), 1);
		add(0, 10);
		querylog_save(log_);
		assert_int_equal(count(&all, 1000), SOME + 10);
		querylog_free(log_);
		clock_advance(1000000);
		/* Only the last one is kept: the others go. */
		assert_int_equal(files(".damaged", path), 1);
		assert_int_equal(unlink(path), 0);
	}
	/* A newer one, with a head as it should be. */
	file_of_day(1, path);
	uint64_t id = strtoull(strrchr(path, '/') + 1, NULL, 10);
	for (int i = 0; i < 8; i++)
		head[16 + i] = (uint8_t)(id >> (56 - 8 * i));
	uint64_t sum = hash_bytes(head, 24, 0);
	for (int i = 0; i < 8; i++)
		head[24 + i] = (uint8_t)(sum >> (56 - 8 * i));
	change(path, 0, head, sizeof head);
	open_log();
	assert_non_null(strstr(info().problem, "version 2, this cenote reads 1; set aside"));
	/* Other files are nobody's business. */
	assert_int_equal(files(".damaged", path), 1);
	strcpy(strrchr(path, '/'), "/notes.log");
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fclose(f);
	reopen();
	assert_int_equal(count(&all, 1000), SOME);
	assert_int_equal(access(path, F_OK), 0);
}

/* Several that damage: the folder does not fill up with what was set aside. */
static void test_the_last_damaged_one_is_kept(void **state)
{
	(void)state;
	char path[600];
	write_two_days();
	for (unsigned day = 0; day < 2; day++) {
		file_of_day(day, path);
		change(path, 0, "x", 1);
	}
	open_log();
	assert_int_equal(files(".damaged", NULL), 1);
	assert_int_equal(files(".log", NULL), 0);
	assert_int_equal(count(&all, 1000), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_torn_end_is_cut_off, start, stop),
		cmocka_unit_test_setup_teardown(test_damage_is_found_at_the_start, start, stop),
		cmocka_unit_test_setup_teardown(test_damage_is_found_by_who_reads, start, stop),
		cmocka_unit_test_setup_teardown(test_what_is_no_log_is_set_aside, start, stop),
		cmocka_unit_test_setup_teardown(test_the_last_damaged_one_is_kept, start, stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
