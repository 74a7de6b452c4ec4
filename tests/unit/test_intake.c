/* SPDX-License-Identifier: BSD-2-Clause
 * Whole files of lists: which format, which are refused, and what is said of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <archive.h>
#include <archive_entry.h>

#include "feeds/format/intake.h"
#include "feeds/format/publics.h"
#include "tests/unit/folder.h"

struct test {
	struct folder folder;
	struct publics *publics;
	struct intake_limits limits;
	struct intake_report report;
	struct err why;
};

static int set_up(void **state)
{
	struct test *t = calloc(1, sizeof *t);
	assert_non_null(t);
	folder_make(&t->folder);
	t->publics = publics_new(PUBLICS_FILE);
	assert_non_null(t->publics);
	t->limits = (struct intake_limits){.max_bytes = 16 << 20, .junk_percent = 20};
	*state = t;
	return 0;
}

static int tear_down(void **state)
{
	struct test *t = *state;
	publics_free(t->publics);
	folder_remove(&t->folder);
	free(t);
	return 0;
}

static int look_at(struct test *t, const char *path)
{
	t->why.text[0] = 0;
	return intake_list(
		path, NULL, LIST_MATCH_DEFAULT, &t->limits, t->publics, NULL, &t->report, &t->why);
}

static int look(struct test *t, const void *bytes, size_t len)
{
	return look_at(t, folder_write(&t->folder, "list", bytes, len));
}

static void assert_format(struct test *t, const char *text, const char *format, uint64_t rules)
{
	int rc = look(t, text, strlen(text));
	if (rc)
		fail_msg("refused: %s", t->why.text);
	assert_string_equal(t->report.format->name, format);
	assert_int_equal(t->report.rules, rules);
}

static void assert_refused(
	struct test *t, const void *bytes, size_t len, int code, const char *word)
{
	int rc = look(t, bytes, len);
	if (rc != code || !strstr(t->why.text, word))
		fail_msg("%d, \"%s\" without \"%s\"", rc, t->why.text, word);
}

static void formats_are_known_by_content(void **state)
{
	struct test *t = *state;
	assert_format(t, "a.example\nb.example\n", "domains", 2);
	assert_format(t, "# title\n\na.example", "domains", 1);
	assert_format(t,
		"\xef\xbb\xbf"
		"a.example\r\nb.example\r\n",
		"domains", 2);
	assert_format(t, "*.a.example\nb.example\n", "wildcard", 2);
	assert_format(t, "# h\n127.0.0.1 localhost\n0.0.0.0 a.example\n", "hosts", 1);
	assert_format(t, "0.0.0.0 a.example b.example\n", "hosts", 2);
}

static void other_formats_are_known_by_content(void **state)
{
	struct test *t = *state;
	assert_format(t, "! x\n||a.example^\n@@||b.example^\n", "adblock", 2);
	assert_format(t, "[Adblock Plus 2.0]\n/ads/*\n&ad=\n##.ad\n||a.example^\n", "adblock", 1);
	assert_format(t, "a.example##.ad\n||b.example^$3p\n||c.example^\n", "adblock", 1);
	assert_format(t, "address=/a.example/#\nserver=/b.example/\n", "dnsmasq", 2);
	assert_format(t, "server:\n local-zone: \"a.example\" static\n", "unbound", 1);
	assert_format(t, "$TTL 30\n@ SOA a. b. (\n1\n2 3 4 5)\na.example CNAME .\n", "rpz", 1);
	assert_format(t, "a.example CNAME .\n*.a.example CNAME .\n", "rpz", 2);
	assert_format(t, "r.example. 60 SOA a. b. 1 2 3 4 5\n", "rpz", 0); /* may be empty */
	assert_format(t, "/^tracker[0-9]/\n/adserver/\n", "adblock", 2);
	assert_format(t, "192.0.2.1\n198.51.100.0/24 ; x\n", "addresses", 2);
}

/* Names, and a few lines that only another format understands. */
static void lists_of_names_stay_lists_of_names(void **state)
{
	struct test *t = *state;
	static const char *const odd[] = {"||x.example^", "address=/x.example/#",
		"local-zone: \"x.example\" static", "x.example CNAME .", "192.0.2.1", "/tracker/",
		"example.com##.ad"};
	static const char *const formats[][2] = {
		{"", "domains"}, {"*.", "wildcard"}, {"0.0.0.0 ", "hosts"}};
	for (size_t f = 0; f < sizeof formats / sizeof *formats; f++)
		for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
			char text[1000];
			size_t n = (size_t)snprintf(text, sizeof text, "%s\n", odd[i]);
			for (int k = 0; k < 11; k++)
				n += (size_t)snprintf(text + n, sizeof text - n, "%sx%d.example\n",
					formats[f][0], k);
			assert_format(t, text, formats[f][1], 11);
			assert_int_equal(intake_skipped(&t->report), 1);
		}
	/* A third of something else is no list of names any more. */
	assert_refused(t, "a.example\nb.example\nhttp://c.example/\n", 38, CEN_EREFUSED, "junk");
}

struct rules {
	char text[4096];
	size_t len;
};

static void collect(void *arg, const struct rule *r)
{
	struct rules *all = arg;
	struct dname name;
	char text[DNAME_TEXT_MAX];
	assert_true(r->trigger == RULE_NAME && r->verb == RULE_MATCH && !r->about_len);
	assert_true(dname_from_key(r->key, r->len, &name));
	all->len += (size_t)snprintf(all->text + all->len, sizeof all->text - all->len, "%s%d%d ",
		dname_to_text(name.bytes, text), r->is_self, r->is_below);
}

static void pass_over(
	void *arg, uint64_t line, enum format_skip reason, const char *text, size_t len)
{
	(void)arg;
	assert_true(line && reason != FORMAT_TAKEN && text && len < 100);
}

/* The same list, as its publisher gives it out for different programs. */
static void the_same_list_in_several_formats(void **state)
{
	struct test *t = *state;
	static const char *const names[] = {"a.example.com", "0--0.example.net", "com",
		"xn--bcher-kva.example", "_x.a.example.org", "co.uk", "1.2.3.example"};
	static const struct {
		const char *format, *head, *before, *after;
	} forms[] = {{"wildcard", "# x\n", "*.", ""}, {"adblock", "! x\n", "||", "^"},
		{"dnsmasq", "# x\n", "address=/", "/#"}, {"dnsmasq", "", "local=/", "/"},
		{"unbound", "server:\n", "local-zone: \"", ".\" always_null"},
		{"domains", "", "", ""}};
	struct rules first = {.len = 0}, all;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		char text[2000];
		size_t n = (size_t)snprintf(text, sizeof text, "%s", forms[i].head);
		for (size_t k = 0; k < sizeof names / sizeof *names; k++)
			n += (size_t)snprintf(text + n, sizeof text - n, "%s%s%s\n",
				forms[i].before, names[k], forms[i].after);
		all.len = 0;
		struct intake_watch watch = {&all, collect, pass_over};
		t->limits.junk_percent = 40;
		const char *path = folder_write(&t->folder, "list", text, n);
		if (intake_watch(path, NULL, &t->limits, t->publics, &watch, &t->report, &t->why))
			fail_msg("%s: %s", forms[i].format, t->why.text);
		assert_string_equal(t->report.format->name, forms[i].format);
		assert_int_equal(t->report.skips[FORMAT_PUBLIC_SUFFIX], 2);
		if (!i)
			first = all;
		assert_string_equal(all.text, first.text);
	}
	assert_int_equal(t->report.rules, 5);
	assert_int_equal(t->report.kinds[RULE_NAME][RULE_MATCH], 5);
}

static void a_named_format_is_obeyed(void **state)
{
	struct test *t = *state;
	const char *path = folder_write(&t->folder, "list", "tracker[0-9]\n^adserver\n", 23);
	assert_int_equal(look_at(t, path), CEN_EREFUSED);
	assert_int_equal(intake_list(path, format_by_name("regex"), LIST_MATCH_DEFAULT, &t->limits,
				 t->publics, NULL, &t->report, &t->why),
		0);
	assert_int_equal(t->report.kinds[RULE_PATTERN][RULE_MATCH], 2);
	path = folder_write(&t->folder, "list", "a.example\n", 10);
	assert_int_equal(intake_list(path, format_by_name("wildcard"), LIST_MATCH_DEFAULT,
				 &t->limits, t->publics, NULL, &t->report, &t->why),
		0);
	assert_string_equal(t->report.format->name, "wildcard");
}

static void refusals_say_why(void **state)
{
	struct test *t = *state;
	static const char html[] = "\n<!DOCTYPE html>\n<html><body>a.example</body></html>\n";
	assert_refused(t, html, strlen(html), CEN_EREFUSED, "HTML");
	assert_refused(t, "", 0, CEN_EREFUSED, "empty");
	assert_refused(t, "# only\n\n# comments\n", 19, CEN_EREFUSED, "empty");
	assert_refused(t, "a.example\n\0\0\0\0", 14, CEN_EREFUSED, "binary");
	assert_refused(t,
		"\xff\xfe"
		"a\0.\0b\0\n\0",
		10, CEN_EREFUSED, "binary");
	assert_refused(t, "://\n://\n", 8, CEN_EREFUSED, "none of its first 2 lines");
	assert_refused(t, "com\n", 4, CEN_EREFUSED, "none");
	assert_refused(t, "192.168.2.1\n127.0.0.1\n", 22, CEN_EREFUSED, "none");
	assert_refused(t, "a.example\rb.example\r", 20, CEN_EREFUSED, "carriage return");
	assert_refused(t, "function f() {\nreturn 1;\n}\n", 27, CEN_EREFUSED, "none");
	int rc = look_at(t, folder_file(&t->folder, "missing"));
	assert_int_equal(rc, -ENOENT);
}

static void junk_is_counted_and_limited(void **state)
{
	struct test *t = *state;
	static const char four[] = "a.example\nb.example\nc.example\nd.example\n";
	char text[400];
	int n = snprintf(text, sizeof text, "%s||x^\n", four);
	assert_int_equal(look(t, text, (size_t)n), 0);
	assert_int_equal(t->report.bad_count, 1);
	assert_int_equal(t->report.bad[0].line, 5);
	assert_int_equal(t->report.bad[0].reason, FORMAT_MALFORMED);
	assert_string_equal(t->report.bad[0].text, "||x^");
	n = snprintf(text, sizeof text, "%scom\n192.0.2.1\n# c\n", four);
	assert_refused(t, text, (size_t)n, CEN_EREFUSED, "line 5 (a public suffix): com");
	assert_non_null(strstr(t->why.text, "2 of 6 lines"));
	assert_non_null(strstr(t->why.text, "20 %"));
	assert_int_equal(t->report.skips[FORMAT_PUBLIC_SUFFIX], 1);
	assert_int_equal(t->report.skips[FORMAT_ADDRESS], 1);
	assert_int_equal(t->report.skips[FORMAT_COMMENT], 1);
	assert_int_equal(t->report.lines, 7);
	assert_int_equal(intake_skipped(&t->report), 2);
	/* Names for the machine's own use are in order. */
	static const char hosts[] = "127.0.0.1 localhost\n::1 localhost ip6-loopback\n"
				    "0.0.0.0 a.example\n";
	assert_int_equal(look(t, hosts, strlen(hosts)), 0);
	assert_int_equal(t->report.skips[FORMAT_LOCAL], 3);
	/* What is shown of a line is safe to print. */
	n = snprintf(text, sizeof text, "%s\x1b[2Jx\xc3\n", four);
	assert_int_equal(look(t, text, (size_t)n), 0);
	assert_string_equal(t->report.bad[0].text, "?[2Jx?");
}

static void long_lines_are_skipped(void **state)
{
	struct test *t = *state;
	static char text[300000];
	memset(text, 'x', sizeof text);
	memcpy(text, "a.example\n", 10);
	memcpy(text + sizeof text - 41, "\nb.example\nc.example\nd.example\ne.example\n", 41);
	assert_int_equal(look(t, text, sizeof text), 0);
	assert_int_equal(t->report.rules, 5);
	assert_int_equal(t->report.lines, 6);
	assert_int_equal(t->report.skips[FORMAT_TOO_LONG], 1);
	assert_int_equal(t->report.bad[0].line, 2);
	/* 4096 octets are the most. */
	memset(text, ' ', 4096);
	memcpy(text, "a.example", 9);
	text[4096] = '\n';
	assert_int_equal(look(t, text, 4097), 0);
	text[4096] = ' ';
	text[4097] = '\n';
	assert_refused(t, text, 4098, CEN_EREFUSED, "");
}

static void bytes_are_limited(void **state)
{
	struct test *t = *state;
	t->limits.max_bytes = 19;
	assert_refused(t, "a.example\nb.example\n", 20, CEN_ELIMIT, "feeds.max_bytes");
	t->limits.max_bytes = 20;
	assert_int_equal(look(t, "a.example\nb.example\n", 20), 0);
}

static void pack(const char *path, int filter, int rounds, const char *text, size_t repeat)
{
	struct archive *a = archive_write_new();
	struct archive_entry *e = archive_entry_new();
	assert_non_null(a);
	assert_non_null(e);
	for (int i = 0; i < rounds; i++)
		assert_int_equal(archive_write_add_filter(a, filter), ARCHIVE_OK);
	assert_int_equal(archive_write_set_format_raw(a), ARCHIVE_OK);
	assert_int_equal(archive_write_open_filename(a, path), ARCHIVE_OK);
	archive_entry_set_filetype(e, AE_IFREG);
	assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
	for (size_t i = 0; i < repeat; i++)
		assert_true(archive_write_data(a, text, strlen(text)) > 0);
	archive_entry_free(e);
	archive_write_free(a);
}

static void compressed_lists(void **state)
{
	struct test *t = *state;
	static const int filters[] = {ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_XZ, ARCHIVE_FILTER_ZSTD};
	for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
		const char *path = folder_file(&t->folder, "packed");
		pack(path, filters[i], 1, "a.example\nb.example\n", 1);
		if (look_at(t, path))
			fail_msg("%s", t->why.text);
		assert_int_equal(t->report.rules, 2);
	}
	const char *path = folder_file(&t->folder, "twice");
	pack(path, ARCHIVE_FILTER_GZIP, 2, "a.example\n", 1);
	assert_int_equal(look_at(t, path), CEN_EREFUSED);
	assert_non_null(strstr(t->why.text, "archive within an archive"));
}

static void bombs_and_broken_archives(void **state)
{
	struct test *t = *state;
	static char zeros[100001];
	memset(zeros, 'a', 100000);
	const char *path = folder_file(&t->folder, "bomb");
	pack(path, ARCHIVE_FILTER_GZIP, 1, zeros, 150);
	assert_int_equal(look_at(t, path), CEN_ELIMIT);
	assert_non_null(strstr(t->why.text, "bomb"));
	path = folder_file(&t->folder, "big");
	t->limits.max_bytes = 1000;
	pack(path, ARCHIVE_FILTER_GZIP, 1, "a.example\n", 101);
	assert_int_equal(look_at(t, path), CEN_ELIMIT);
	t->limits.max_bytes = 1010;
	assert_int_equal(look_at(t, path), 0);
	assert_int_equal(truncate(path, 20), 0);
	assert_int_equal(look_at(t, path), CEN_EFORMAT);
	assert_refused(t,
		"\x1f\x8b"
		"a.example",
		11, CEN_EFORMAT, "damaged archive");
}

static void match_overrides(void **state)
{
	struct test *t = *state;
	struct build *b;
	struct listdb *db;
	struct build_options options = {.folder = t->folder.path};
	static const enum list_match matches[] = {
		LIST_MATCH_DEFAULT, LIST_MATCH_EXACT, LIST_MATCH_SUBTREE};
	char path[PATH_MAX];
	snprintf(path, sizeof path, "%s",
		folder_write(&t->folder, "list", "*.a.example\nb.example\n", 22));
	assert_int_equal(build_new(&options, &b, NULL), 0);
	for (int i = 0; i < 3; i++) {
		struct listdb_list about = {.name = "x"};
		assert_int_equal(build_begin(b, NULL), 0);
		assert_int_equal(intake_list(path, NULL, matches[i], &t->limits, t->publics, b,
					 &t->report, &t->why),
			0);
		assert_int_equal(build_keep(b, &about, NULL), 0);
	}
	struct build_head head = {.number = 1};
	assert_int_equal(build_write(b, folder_file(&t->folder, "g"), &head, &t->why), 0);
	assert_int_equal(listdb_open(folder_file(&t->folder, "g"), &db, &t->why), 0);
	struct dname a, c;
	struct listdb_set set;
	assert_int_equal(dname_from_text("a.example", 9, &a), 0);
	assert_int_equal(dname_from_text("b.example", 9, &c), 0);
	assert_int_equal(listdb_find(db, &a, &set), 0);
	assert_int_equal(set.self.w[0], 7 << LISTDB_FIRST_LIST);
	assert_int_equal(set.below.w[0], 5 << LISTDB_FIRST_LIST);
	assert_int_equal(listdb_find(db, &c, &set), 0);
	assert_int_equal(set.self.w[0], 7 << LISTDB_FIRST_LIST);
	assert_int_equal(set.below.w[0], 4 << LISTDB_FIRST_LIST);
	listdb_close(db);
	build_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(formats_are_known_by_content, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			other_formats_are_known_by_content, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			lists_of_names_stay_lists_of_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			the_same_list_in_several_formats, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_named_format_is_obeyed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refusals_say_why, set_up, tear_down),
		cmocka_unit_test_setup_teardown(junk_is_counted_and_limited, set_up, tear_down),
		cmocka_unit_test_setup_teardown(long_lines_are_skipped, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bytes_are_limited, set_up, tear_down),
		cmocka_unit_test_setup_teardown(compressed_lists, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bombs_and_broken_archives, set_up, tear_down),
		cmocka_unit_test_setup_teardown(match_overrides, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
