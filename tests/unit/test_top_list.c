/* SPDX-License-Identifier: BSD-2-Clause
 * Reading lists of popular domains.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

#include "dga/top_list.h"
#include "tests/unit/folder.h"

struct seen {
	char text[4096];
	size_t count, max;
};

static bool see(void *arg, const struct dname *name)
{
	struct seen *s = arg;
	char shown[DNAME_TEXT_MAX];
	size_t n = strlen(s->text);
	dname_to_text(name->bytes, shown);
	if (n + strlen(shown) + 2 < sizeof s->text)
		snprintf(s->text + n, sizeof s->text - n, "%s ", shown);
	s->count++;
	return !s->max || s->count < s->max;
}

static void assert_names(const char *text, const char *want)
{
	struct seen s = {0};
	struct err why = {0};
	int e = top_list_text("list", (const uint8_t *)text, strlen(text), see, &s, &why);
	if (e)
		fail_msg("%s: %s", text, why.text);
	assert_string_equal(s.text, want);
}

static void lists_of_all_kinds_are_read(void **state)
{
	(void)state;
	assert_names("a.com\nb.com\n", "a.com b.com ");
	assert_names("a.com\nb.com", "a.com b.com ");
	assert_names("a.com\r\nb.com\r\n\r\n", "a.com b.com ");
	assert_names("1,a.com\r\n2,b.com\r\n", "a.com b.com ");
	assert_names("1,a.com,12,x\n2, b.com ,\n", "a.com b.com ");
	assert_names("domain\na.com\n", "domain a.com ");
	assert_names("# a comment\n\n  \t\na.com.\n\t b.com \t\n", "a.com b.com ");
	assert_names("\xef\xbb\xbf"
		     "1,A.COM\n",
		"a.com ");
	assert_names("163.com\n1,2.com\n", "163.com 2.com ");
	assert_names("1,b\xc3\xbc"
		     "cher.de\n",
		"xn--bcher-kva.de ");
}

static void assert_bad(const char *text, int code, const char *words)
{
	struct seen s = {0};
	struct err why = {0};
	assert_int_equal(
		top_list_text("list", (const uint8_t *)text, strlen(text), see, &s, &why), code);
	if (!strstr(why.text, words))
		fail_msg("%s, wanted %s", why.text, words);
}

static void nonsense_is_refused_with_its_first_line(void **state)
{
	(void)state;
	assert_bad("", CEN_EFORMAT, "holds no names");
	assert_bad("# nothing\n\n", CEN_EFORMAT, "holds no names");
	assert_bad("a.com\n<html> \x01\xff\n<body>\n", CEN_EFORMAT,
		"2 of 3 lines hold no name, first line 2: <html> ??");
	assert_bad("1,https://a.com/\n", CEN_EFORMAT, "first line 1: 1,https://a.com/");
	assert_bad("rank,domain name\n", CEN_EFORMAT, "first line 1");
	assert_bad("a..com\n", CEN_EFORMAT, "first line 1: a..com");
	assert_bad("1,\n", CEN_EFORMAT, "first line 1: 1,");
}

static void a_line_in_a_hundred_may_be_bad(void **state)
{
	(void)state;
	char text[2048];
	for (int bad = 0; bad <= 3; bad++) {
		struct seen s = {0};
		size_t n = 0;
		for (int i = 0; i < 250; i++)
			n += (size_t)snprintf(text + n, sizeof text - n,
				i % 80 || i / 80 >= bad ? "a.de\n" : "a b\n");
		int e = top_list_text("list", (uint8_t *)text, n, see, &s, NULL);
		assert_int_equal(e, bad < 3 ? 0 : CEN_EFORMAT);
		assert_int_equal(s.count, 250 - bad);
	}
}

static void long_lines_are_bad_ones(void **state)
{
	(void)state;
	size_t n = 200000;
	char *text = malloc(n);
	struct seen s = {0};
	struct err why = {0};
	memset(text, 'a', n);
	text[100000] = '\n';
	assert_int_equal(top_list_text("list", (uint8_t *)text, n, see, &s, &why), CEN_EFORMAT);
	assert_non_null(strstr(why.text, "2 of 2 lines"));
	free(text);
}

static void the_reader_may_have_enough(void **state)
{
	(void)state;
	struct seen s = {.max = 2};
	const char *text = "a.com\nb.com\nc.com\n";
	assert_int_equal(
		top_list_text("list", (const uint8_t *)text, strlen(text), see, &s, NULL), 0);
	assert_string_equal(s.text, "a.com b.com ");
}

static void too_many_lines_are_refused(void **state)
{
	(void)state;
	size_t n = TOP_LIST_LINES_MAX + 2;
	char *text = malloc(n);
	struct seen s = {0};
	struct err why = {0};
	memset(text, '\n', n);
	assert_int_equal(top_list_text("list", (uint8_t *)text, n, see, &s, &why), CEN_ELIMIT);
	assert_non_null(strstr(why.text, "lines"));
	free(text);
}

/* --- files --- */

static void write_gz(const char *file, const char *text, size_t len)
{
	gzFile f = gzopen(file, "wb");
	assert_non_null(f);
	assert_int_equal(gzwrite(f, text, (unsigned)len), len);
	assert_int_equal(gzclose(f), Z_OK);
}

/* Long enough for several reads, with lines over their borders. */
static char *many_names(size_t count, size_t *len)
{
	char *text = malloc(count * 24);
	*len = 0;
	for (size_t i = 0; i < count; i++)
		*len += (size_t)sprintf(text + *len, "%zu,name%zu.com\r\n", i + 1, i);
	return text;
}

static void files_are_read_plain_and_gzipped(void **state)
{
	(void)state;
	struct folder folder;
	folder_make(&folder);
	size_t len;
	char *text = many_names(30000, &len);
	for (int gz = 0; gz < 2; gz++) {
		struct seen s = {0};
		struct err why = {0};
		if (gz)
			write_gz(folder_file(&folder, "list"), text, len);
		else
			folder_write(&folder, "list", text, len - 2); /* without the last end */
		if (top_list_read(folder_file(&folder, "list"), see, &s, &why))
			fail_msg("%s", why.text);
		assert_int_equal(s.count, 30000);
		assert_memory_equal(s.text, "name0.com name1.com ", 20);
	}
	free(text);
	folder_remove(&folder);
}

static void broken_files_are_refused(void **state)
{
	(void)state;
	struct folder folder;
	struct err why = {0};
	struct seen s = {0};
	folder_make(&folder);
	size_t len;
	char *text = many_names(30000, &len), *bytes = malloc(1 << 20);
	write_gz(folder_file(&folder, "list.gz"), text, len);
	FILE *f = fopen(folder_file(&folder, "list.gz"), "rb");
	size_t packed = fread(bytes, 1, 1 << 20, f);
	fclose(f);
	/* Cut off: within the header, within data, before the checksum, within it. */
	const size_t cuts[] = {12, packed / 2, packed - 8, packed - 1};
	for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
		folder_write(&folder, "cut.gz", bytes, cuts[i]);
		assert_int_equal(
			top_list_read(folder_file(&folder, "cut.gz"), see, &s, &why), CEN_EFORMAT);
		if (!strstr(why.text, "cut.gz: ends in the middle"))
			fail_msg("%zu: %s", cuts[i], why.text);
	}
	bytes[packed / 2] ^= 0x55;
	folder_write(&folder, "broken.gz", bytes, packed);
	assert_int_equal(
		top_list_read(folder_file(&folder, "broken.gz"), see, &s, &why), CEN_EFORMAT);
	assert_int_equal(top_list_read(folder_file(&folder, "none"), see, &s, &why), -ENOENT);
	assert_int_equal(top_list_read(folder.path, see, &s, &why), -EISDIR);
	folder_write(&folder, "blank", "\n", 1);
	assert_int_equal(top_list_read(folder_file(&folder, "blank"), see, &s, &why), CEN_EFORMAT);
	free(bytes);
	free(text);
	folder_remove(&folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_of_all_kinds_are_read),
		cmocka_unit_test(nonsense_is_refused_with_its_first_line),
		cmocka_unit_test(a_line_in_a_hundred_may_be_bad),
		cmocka_unit_test(long_lines_are_bad_ones),
		cmocka_unit_test(the_reader_may_have_enough),
		cmocka_unit_test(too_many_lines_are_refused),
		cmocka_unit_test(files_are_read_plain_and_gzipped),
		cmocka_unit_test(broken_files_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
