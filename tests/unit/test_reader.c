/* SPDX-License-Identifier: BSD-2-Clause
 * Lines out of files, archives and their members, within bounds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <archive.h>
#include <archive_entry.h>

#include "feeds/format/reader.h"
#include "tests/unit/folder.h"

struct member {
	const char *name, *content;
	unsigned type; /* 0: a file */
};

struct test {
	struct folder folder;
	struct err why;
	char seen[4096];
};

static int set_up(void **state)
{
	struct test *t = calloc(1, sizeof *t);
	assert_non_null(t);
	folder_make(&t->folder);
	*state = t;
	return 0;
}

static int tear_down(void **state)
{
	struct test *t = *state;
	folder_remove(&t->folder);
	free(t);
	return 0;
}

/* Each line behind a `|`, `^` before the first of a file, `~` for one that is too long. */
static int read_all(struct test *t, const char *path)
{
	struct reader *r;
	struct reader_line line;
	size_t n = 0;
	uint64_t number = 0;
	t->seen[0] = t->why.text[0] = 0;
	int rc = reader_open(path, 1 << 24, &r, &t->why);
	if (rc)
		return rc;
	while ((rc = reader_next(r, &line, &t->why)) > 0) {
		assert_int_equal(line.number, ++number);
		n += (size_t)snprintf(t->seen + n, sizeof t->seen - n, "%s%s|%.*s",
			line.is_first ? "^" : "", line.is_too_long ? "~" : "", (int)line.len,
			line.at);
		assert_true(n < sizeof t->seen);
	}
	reader_close(r);
	return rc;
}

static void assert_read(struct test *t, const char *path, const char *want)
{
	if (read_all(t, path))
		fail_msg("%s", t->why.text);
	assert_string_equal(t->seen, want);
}

static void assert_refused(struct test *t, const char *path, int code, const char *word)
{
	int rc = read_all(t, path);
	if (rc != code || !strstr(t->why.text, word))
		fail_msg("%d, \"%s\" without \"%s\"", rc, t->why.text, word);
}

static const char *write_text(struct test *t, const void *bytes, size_t len)
{
	return folder_write(&t->folder, "list", bytes, len);
}

/* format: of archive_write_set_format. */
static const char *pack(
	struct test *t, int format, int filter, const struct member *members, size_t count)
{
	const char *path = folder_file(&t->folder, "packed");
	struct archive *a = archive_write_new();
	assert_non_null(a);
	assert_int_equal(archive_write_set_format(a, format), ARCHIVE_OK);
	assert_int_equal(archive_write_add_filter(a, filter), ARCHIVE_OK);
	assert_int_equal(archive_write_open_filename(a, path), ARCHIVE_OK);
	for (size_t i = 0; i < count; i++) {
		const char *content = members[i].content ? members[i].content : "";
		struct archive_entry *e = archive_entry_new();
		assert_non_null(e);
		archive_entry_set_pathname(e, members[i].name);
		archive_entry_set_filetype(e, members[i].type ? members[i].type : AE_IFREG);
		archive_entry_set_perm(e, 0644);
		if (members[i].type == AE_IFLNK)
			archive_entry_set_symlink(e, content);
		else
			archive_entry_set_size(e, (int64_t)strlen(content));
		assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
		if (!members[i].type)
			assert_true(archive_write_data(a, content, strlen(content)) >= 0);
		archive_entry_free(e);
	}
	assert_int_equal(archive_write_free(a), ARCHIVE_OK);
	return path;
}

static void plain_text(void **state)
{
	struct test *t = *state;
	assert_read(t, write_text(t, "a\nb\n", 4), "^|a|b");
	assert_read(t, write_text(t, "a\r\n\r\nb", 6), "^|a||b");
	assert_read(t,
		write_text(t,
			"\xef\xbb\xbf"
			"a\n",
			5),
		"^|a");
	assert_read(t, write_text(t, "", 0), "");
	assert_read(t, write_text(t, "a\r", 2), "^|a");
	assert_read(t, write_text(t, "a\rb\nc\n", 6), "^|a\rb|c");
	assert_refused(t, write_text(t, "a\rb\r", 4), CEN_EREFUSED, "carriage return");
	assert_refused(t,
		write_text(t,
			"\xff\xfe"
			"a\0\n\0",
			6),
		CEN_EREFUSED, "UTF-16");
	assert_refused(t, write_text(t, "\xfe\xff\0a\0\n", 6), CEN_EREFUSED, "UTF-16");
	assert_refused(t, folder_file(&t->folder, "none"), -ENOENT, "cannot be read");
	assert_refused(t, t->folder.path, -EISDIR, "cannot be read");
}

static void long_lines_cost_no_memory(void **state)
{
	struct test *t = *state;
	enum { LEN = 5 << 20 };
	char *text = malloc(LEN);
	assert_non_null(text);
	memset(text, 'x', LEN);
	text[0] = 'a';
	text[1] = text[LEN - 3] = '\n';
	text[LEN - 2] = 'b';
	text[LEN - 1] = '\n';
	assert_read(t, write_text(t, text, LEN), "^|a~||b");
	text[1] = 'a';
	text[LEN - 3] = 'x';
	assert_read(t, write_text(t, text, LEN), "^~|");
	free(text);
}

static void members_one_after_another(void **state)
{
	struct test *t = *state;
	static const struct member members[] = {{"x", NULL, AE_IFDIR}, {"x/a.txt", "a\nb\n", 0},
		{"x/.hidden", "junk\n", 0}, {"x/empty", "", 0}, {"x/link", "/etc/passwd", AE_IFLNK},
		{"../../c.txt",
			"\xef\xbb\xbf"
			"c\r\nd",
			0},
		{"e", "e\n", 0}};
	size_t n = sizeof members / sizeof *members;
	static const struct {
		int format, filter;
	} kinds[] = {{ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_NONE},
		{ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_GZIP},
		{ARCHIVE_FORMAT_TAR_PAX_INTERCHANGE, ARCHIVE_FILTER_XZ},
		{ARCHIVE_FORMAT_TAR_GNUTAR, ARCHIVE_FILTER_ZSTD},
		{ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE}};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		assert_read(
			t, pack(t, kinds[i].format, kinds[i].filter, members, n), "^|a|b^|c|d^|e");
	assert_read(t, pack(t, ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, members, 1), "");
}

static void archives_that_are_refused(void **state)
{
	struct test *t = *state;
	static const struct member nested[][1] = {{{"a.gz", "\x1f\x8b\x08 xxxxxxxxxxxxx", 0}},
		{{"a.zip", "PK\3\4xxxxxxxxxxxxxxxx", 0}},
		{{"a.zst", "\x28\xb5\x2f\xfd xxxxxxxx", 0}}};
	for (size_t i = 0; i < sizeof nested / sizeof *nested; i++) {
		assert_refused(t,
			pack(t, ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_GZIP, nested[i], 1),
			CEN_EREFUSED, "an archive within an archive");
		assert_refused(t, pack(t, ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, nested[i], 1),
			CEN_EREFUSED, "an archive within an archive");
	}
	struct member many[READER_FILES_MAX + 1];
	char names[READER_FILES_MAX + 1][8];
	for (int i = 0; i <= READER_FILES_MAX; i++) {
		snprintf(names[i], sizeof names[i], "%d", i);
		many[i] = (struct member){names[i], "a\n", 0};
	}
	assert_refused(t,
		pack(t, ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_NONE, many, READER_FILES_MAX + 1),
		CEN_ELIMIT, "more than 64 files");
	assert_int_equal(read_all(t,
				 pack(t, ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_NONE, many,
					 READER_FILES_MAX)),
		0);
	const char *path = pack(t, ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, many, 2);
	assert_int_equal(truncate(path, 34), 0);
	assert_refused(t, path, CEN_EFORMAT, "damaged archive");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(plain_text, set_up, tear_down),
		cmocka_unit_test_setup_teardown(long_lines_cost_no_memory, set_up, tear_down),
		cmocka_unit_test_setup_teardown(members_one_after_another, set_up, tear_down),
		cmocka_unit_test_setup_teardown(archives_that_are_refused, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
