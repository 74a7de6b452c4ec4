/* SPDX-License-Identifier: BSD-2-Clause
 * What LMDB writes is sound, whatever was done to it; what is damaged is refused, or does not end the process.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "resolver/base/mdb.h"
#include "resolver/base/mdb_check.h"
#include "resolver/base/wire.h"
#include "tests/unit/folder.h"

enum { FILE_MAX = 16 << 20 };

static const char *const tables[] = {"one", "two"};

static uint32_t draw(uint64_t *state, uint32_t below)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (uint32_t)((*state >> 32) * below >> 32);
}

/* Puts and removes of all sizes, in one transaction. False: LMDB did not want to. */
static bool change(struct mdb_book *b, uint64_t *random, unsigned count, uint32_t keys)
{
	static uint8_t value[20000];
	struct err why;
	if (mdb_book_begin(b, &why))
		return false;
	for (unsigned i = 0; i < count; i++) {
		uint8_t key[64] = {0};
		uint32_t n = draw(random, keys);
		wire_put_u32(key, n);
		struct mdb_bytes k = {.at = key, .len = 4 + n % 50};
		size_t len = draw(random, 20) ? draw(random, 300) : draw(random, sizeof value);
		int code = draw(random, 3)
			? mdb_book_put(b, n & 1, k, (struct mdb_bytes){value, len}, &why)
			: mdb_book_remove(b, n & 1, k, &why);
		if (code) {
			mdb_book_abort(b);
			return false;
		}
	}
	return !mdb_book_commit(b, &why);
}

static bool count_one(void *arg, struct mdb_bytes key, struct mdb_bytes value)
{
	/* Every octet is touched. */
	for (size_t i = 0; i < key.len; i++)
		*(uint64_t *)arg += key.at[i];
	for (size_t i = 0; i < value.len; i++)
		*(uint64_t *)arg += value.at[i];
	return true;
}

static void test_what_lmdb_writes_is_sound(void **state)
{
	(void)state;
	struct folder folder;
	struct mdb_book *b;
	struct err why = {""};
	uint64_t random = 88172645463325252u;
	folder_make(&folder);
	const char *path = folder_file(&folder, "book");
	assert_int_equal(mdb_book_create(path, FILE_MAX, tables, 2, &b, &why), 0);
	for (unsigned round = 0; round < 150; round++) {
		assert_true(change(b, &random, 1 + draw(&random, 60), round < 100 ? 2000 : 30));
		int code = mdb_check_file(path, true, &why);
		if (code)
			fail_msg("%s", why.text);
	}
	/* Emptied, too. */
	assert_int_equal(mdb_book_begin(b, &why), 0);
	for (uint32_t n = 0; n < 2000; n++) {
		uint8_t key[64] = {0};
		wire_put_u32(key, n);
		assert_int_equal(
			mdb_book_remove(b, n & 1, (struct mdb_bytes){key, 4 + n % 50}, &why), 0);
	}
	assert_int_equal(mdb_book_commit(b, &why), 0);
	assert_int_equal(mdb_check_file(path, true, &why), 0);
	mdb_book_close(b);
	folder_remove(&folder);
}

/* In a process of its own: opens it, reads all, changes a lot. Returns its end. */
static int live_with(const char *path)
{
	pid_t child = fork();
	if (!child) {
		struct mdb_book *b;
		struct err why;
		uint64_t random = 7, sum = 0;
		int null = open("/dev/null", O_WRONLY);
		(void)dup2(null, 2);
		if (mdb_book_open(path, FILE_MAX, tables, 2, &b, &why))
			_exit(1);
		if (!mdb_book_begin(b, &why)) {
			for (unsigned t = 0; t < 2; t++)
				(void)mdb_book_walk(b, t,
					(struct mdb_bytes){(const uint8_t *)"", 0}, count_one,
					&sum);
			mdb_book_abort(b);
		}
		for (unsigned i = 0; i < 4; i++)
			(void)change(b, &random, 50, 300);
		_exit(0);
	}
	int status = 0;
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

/* Octets changed anywhere: most are refused; what is not, LMDB can live with. */
static void test_damage_does_not_end_the_process(void **state)
{
	(void)state;
	struct folder folder;
	struct mdb_book *b;
	struct err why = {""};
	uint64_t random = 17;
	unsigned refused = 0;
	enum { ROUNDS = 200 };
	static uint8_t file[FILE_MAX];
	folder_make(&folder);
	const char *path = folder_file(&folder, "book");
	assert_int_equal(mdb_book_create(path, FILE_MAX, tables, 2, &b, &why), 0);
	for (unsigned i = 0; i < 10; i++)
		assert_true(change(b, &random, 60, 300));
	mdb_book_close(b);
	FILE *f = fopen(path, "rb");
	assert_non_null(f);
	size_t len = fread(file, 1, sizeof file, f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(mdb_check_bytes(file, len, true, &why), 0);
	for (unsigned round = 0; round < ROUNDS; round++) {
		uint8_t page[4096];
		size_t number;
		bool is_free;
		/* Pages that are in use: without one, the file is not sound. */
		do {
			number = draw(&random, (uint32_t)(len / sizeof page));
			memcpy(page, file + number * sizeof page, sizeof page);
			memset(file + number * sizeof page, 0, sizeof page);
			is_free = !mdb_check_bytes(file, len, true, &why);
			memcpy(file + number * sizeof page, page, sizeof page);
		} while (is_free);
		for (unsigned i = 1 + draw(&random, 3); i; i--)
			/* Heads and lists of entries more often than values. */
			file[number * sizeof page + draw(&random, draw(&random, 3) ? 64 : 4096)] ^=
				(uint8_t)(1 + draw(&random, 255));
		if (round % 10 == 0)
			memset(file + number * sizeof page, (int)draw(&random, 256), sizeof page);
		bool is_refused = mdb_check_bytes(file, len, true, &why) != 0;
		refused += is_refused;
		if (!is_refused) {
			folder_write(&folder, "book", file, len);
			int status = live_with(path);
			if (!WIFEXITED(status))
				fail_msg("ended by signal %d in round %u", WTERMSIG(status), round);
		}
		memcpy(file + number * sizeof page, page, sizeof page);
	}
	assert_in_range(refused, ROUNDS / 4, ROUNDS - 1);
	/* Cut anywhere: only pages that are free may be missing. */
	for (size_t cut = 0; cut < len; cut += 1000) {
		int code = mdb_check_bytes(file, cut, true, &why);
		assert_true(code == CEN_ECORRUPT || (!code && cut > 8192));
	}
	folder_remove(&folder);
}

static void test_other_files(void **state)
{
	(void)state;
	struct folder folder;
	struct err why = {""};
	static const uint8_t zeros[65536];
	folder_make(&folder);
	assert_int_equal(mdb_check_bytes(zeros, 0, true, &why), CEN_ECORRUPT);
	assert_int_equal(mdb_check_bytes(zeros, sizeof zeros, true, &why), CEN_ECORRUPT);
	assert_string_equal(why.text, "it is no LMDB file");
	assert_int_equal(mdb_check_file(folder_file(&folder, "none"), true, &why), 0);
	assert_int_equal(mdb_check_file(folder.path, true, &why), 0);
	folder_write(&folder, "zeros", zeros, sizeof zeros);
	assert_int_equal(mdb_check_file(folder.file, false, &why), CEN_ECORRUPT);
	assert_non_null(strstr(why.text, "zeros: damaged: it is no LMDB file"));
	folder_remove(&folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_what_lmdb_writes_is_sound),
		cmocka_unit_test(test_damage_does_not_end_the_process),
		cmocka_unit_test(test_other_files)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
