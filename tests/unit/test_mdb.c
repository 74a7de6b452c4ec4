/* SPDX-License-Identifier: BSD-2-Clause
 * LMDB files written in order and read back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "resolver/base/mdb.h"
#include "tests/unit/folder.h"

enum { MANY = 20000, BIG = 300000 };

static const char *const tables[] = {"small", "big"};

static struct mdb_bytes text(const char *s)
{
	return (struct mdb_bytes){(const uint8_t *)s, strlen(s)};
}

static struct mdb_bytes key_of(unsigned i, char room[static 16])
{
	snprintf(room, 16, "k%08u", i);
	return text(room);
}

/* Returns the file's body size. */
static uint64_t write_file(const char *path)
{
	struct err why;
	struct mdb_writer *w;
	char key[16];
	uint8_t *room;
	uint64_t body;
	assert_int_equal(mdb_writer_open(path, 64 << 20, tables, 2, &w, &why), 0);
	for (unsigned i = 0; i < MANY; i++) {
		struct mdb_bytes value = {(const uint8_t *)&i, sizeof i};
		assert_int_equal(mdb_writer_append(w, 0, key_of(i, key), value, &why), 0);
		if (i % 3000 == 0)
			assert_int_equal(mdb_writer_flush(w, &why), 0);
	}
	assert_int_equal(mdb_writer_reserve(w, 1, text("big"), BIG, &room, &why), 0);
	memset(room, 'x', BIG);
	assert_int_equal(mdb_writer_finish(w, &body, &why), 0);
	assert_int_equal(truncate(path, (off_t)body), 0);
	return body;
}

struct seen {
	unsigned next, left;
};

static bool in_order(void *arg, struct mdb_bytes key, struct mdb_bytes value)
{
	struct seen *s = arg;
	char room[16];
	unsigned i;
	assert_int_equal(value.len, sizeof i);
	memcpy(&i, value.at, sizeof i);
	assert_int_equal(i, s->next++);
	struct mdb_bytes want = key_of(i, room);
	assert_int_equal(key.len, want.len);
	assert_memory_equal(key.at, want.at, want.len);
	return --s->left;
}

static void what_is_written_is_read(void **state)
{
	(void)state;
	struct folder folder;
	struct err why;
	struct mdb_file *f;
	struct mdb_bytes value;
	char room[16];
	folder_make(&folder);
	const char *path = folder_file(&folder, "file");
	uint64_t body = write_file(path);
	assert_int_equal(mdb_file_open(path, (size_t)body, tables, 2, &f, &why), 0);
	assert_int_equal(mdb_file_entries(f, 0), MANY);
	assert_int_equal(mdb_file_entries(f, 1), 1);
	assert_int_equal(mdb_file_entries(f, 2), 0);
	assert_int_equal(mdb_file_get(f, 1, text("big"), &value), 0);
	assert_int_equal(value.len, BIG);
	for (size_t i = 0; i < BIG; i++)
		assert_int_equal(value.at[i], 'x');
	assert_int_equal(mdb_file_get(f, 0, text("none"), &value), CEN_ENOTFOUND);
	assert_int_equal(mdb_file_get(f, 0, text(""), &value), CEN_ENOTFOUND);
	assert_int_equal(mdb_file_get(f, 9, text("big"), &value), CEN_ENOTFOUND);
	struct seen all = {0, MANY + 1}, some = {777, 10};
	assert_int_equal(mdb_file_walk(f, 0, text(""), in_order, &all), 0);
	assert_int_equal(all.next, MANY);
	assert_int_equal(mdb_file_walk(f, 0, key_of(777, room), in_order, &some), 0);
	assert_int_equal(some.next, 787);
	struct seen none = {0, 1};
	assert_int_equal(mdb_file_walk(f, 0, text("z"), in_order, &none), 0);
	assert_int_equal(none.next, 0);
	mdb_file_close(f);
	folder_remove(&folder);
}

static void wrong_sizes_are_refused(void **state)
{
	(void)state;
	struct folder folder;
	struct err why;
	struct mdb_file *f;
	folder_make(&folder);
	const char *path = folder_file(&folder, "file");
	uint64_t body = write_file(path);
	assert_int_equal(
		mdb_file_open(path, (size_t)body - 4096, tables, 2, &f, &why), CEN_ECORRUPT);
	assert_int_equal(mdb_file_open(path, (size_t)body - 1, tables, 2, &f, &why), CEN_ECORRUPT);
	assert_int_equal(mdb_file_open(path, 0, tables, 2, &f, &why), CEN_ECORRUPT);
	static const char *const others[] = {"absent"};
	assert_int_equal(mdb_file_open(path, (size_t)body, others, 1, &f, &why), CEN_ELIB);
	assert_non_null(strstr(why.text, path));
	folder_remove(&folder);
}

static void writers_fail_with_a_sentence(void **state)
{
	(void)state;
	struct folder folder;
	struct err why;
	struct mdb_writer *w;
	folder_make(&folder);
	const char *path = folder_file(&folder, "file");
	/* Out of order, then full. */
	assert_int_equal(mdb_writer_open(path, 1 << 20, tables, 2, &w, &why), 0);
	assert_int_equal(mdb_writer_append(w, 0, text("b"), text("1"), &why), 0);
	assert_true(mdb_writer_append(w, 0, text("a"), text("1"), &why) < 0);
	uint8_t *room;
	assert_int_equal(mdb_writer_reserve(w, 1, text("x"), 4 << 20, &room, &why), CEN_ELIMIT);
	assert_non_null(strstr(why.text, path));
	mdb_writer_abandon(w);
	assert_int_equal(mdb_writer_open(path, 1 << 20, tables, 2, &w, &why), -EEXIST);
	assert_int_equal(mdb_writer_open("/no/such/file", 1 << 20, tables, 2, &w, &why), -ENOENT);
	mdb_writer_abandon(NULL);
	mdb_file_close(NULL);
	folder_remove(&folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(wrong_sizes_are_refused),
		cmocka_unit_test(writers_fail_with_a_sentence),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
