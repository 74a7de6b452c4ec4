/* SPDX-License-Identifier: BSD-2-Clause
 * Pauses and unblocked names: kept in their file, over by themselves and to the second, never longer than was said, whatever the
 * clocks and the disk do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "resolver/base/clock.h"
#include "resolver/respites.h"
#include "tests/unit/folder.h"

enum { WALL_S = 1700000000 };
static const uint64_t up_us = UINT64_C(1000000000);

static struct folder folder;
static struct respites *r;
static struct err why;

static void load(void)
{
	respites_free(r);
	r = NULL;
	if (respites_load(folder.path, &r, &why))
		fail_msg("%s", why.text);
}

static int start(void **state)
{
	(void)state;
	clock_freeze(up_us, WALL_S);
	folder_make(&folder);
	load();
	return 0;
}

static int finish(void **state)
{
	(void)state;
	respites_free(r);
	r = NULL;
	folder_remove(&folder);
	return 0;
}

/* "all", the name of a group, or an address. */
static struct respite about(const char *whom, const char *rule)
{
	struct respite e = {.kind = rule ? RESPITE_UNBLOCK : RESPITE_PAUSE};
	if (rule && config_rule_from_text(rule, strlen(rule), &e.rule))
		fail_msg("not a rule: %s", rule);
	if (!strcmp(whom, "all"))
		return e;
	e.scope = addr_from_text(whom, &e.client) ? RESPITE_GROUP : RESPITE_CLIENT;
	if (e.scope == RESPITE_GROUP)
		snprintf(e.group, sizeof e.group, "%s", whom);
	return e;
}

static int put(const char *whom, const char *rule, uint64_t seconds)
{
	const struct respite e = about(whom, rule);
	return respites_put(r, &e, seconds, &why);
}

static int take_back(const char *whom, const char *rule)
{
	const struct respite e = about(whom, rule);
	return respites_remove(r, &e, &why);
}

static void expect_file(const char *text)
{
	char is[4096] = "";
	FILE *f = fopen(folder_file(&folder, "respites"), "r");
	assert_non_null(f);
	is[fread(is, 1, sizeof is - 1, f)] = 0;
	fclose(f);
	assert_string_equal(is, text);
}

static void set_file(const char *text)
{
	folder_write(&folder, "respites", text, strlen(text));
}

/* A new process: the monotonic clock may be any. */
static void restart(int64_t later_s)
{
	respites_free(r);
	r = NULL;
	clock_freeze(777000000, (uint64_t)(WALL_S + later_s));
	load();
}

static uint64_t left_s(size_t i)
{
	assert_true(i < r->count);
	return (r->entries[i].until_us - clock_us()) / 1000000;
}

/* --- changes ---------------------------------------------------------------------------------- */

static void test_nothing_yet(void **state)
{
	(void)state;
	assert_int_equal(r->count, 0);
	assert_int_equal(access(folder_file(&folder, "respites"), F_OK), -1);
	assert_int_equal(take_back("all", NULL), CEN_ENOTFOUND);
	assert_int_equal(respites_tidy(r), 0);
	assert_int_equal(access(folder_file(&folder, "respites"), F_OK), -1);
}

static void test_kept(void **state)
{
	(void)state;
	assert_int_equal(put("all", NULL, 300), 0);
	assert_int_equal(put("children", NULL, 0), 0);
	assert_int_equal(put("192.0.2.7", NULL, 60), 0);
	assert_int_equal(put("2001:db8::7", "=a.example", 3600), 0);
	assert_int_equal(put("children", "*.b.example", 1), 0);
	assert_int_equal(put("all", "c.example", RESPITE_UNBLOCK_MAX_S), 0);
	expect_file("pause 1700000000 1700000300 all\n"
		    "pause 1700000000 0 group children\n"
		    "pause 1700000000 1700000060 client 192.0.2.7\n"
		    "unblock 1700000000 1700003600 client 2001:db8::7 =a.example\n"
		    "unblock 1700000000 1700000001 group children *.b.example\n"
		    "unblock 1700000000 1700604800 all c.example\n");
	restart(0);
	assert_int_equal(r->count, 6);
	assert_int_equal(left_s(0), 300);
	assert_true(r->entries[1].until_us == UINT64_MAX);
	assert_int_equal(left_s(3), 3600);
	assert_int_equal(take_back("192.0.2.7", NULL), 0);
	assert_int_equal(take_back("192.0.2.7", NULL), CEN_ENOTFOUND);
	assert_int_equal(take_back("all", "=c.example"), CEN_ENOTFOUND);
	assert_int_equal(take_back("all", "c.example"), 0);
	assert_int_equal(r->count, 4);
	restart(0);
	assert_int_equal(r->count, 4);
}

static void test_the_last_word_counts(void **state)
{
	(void)state;
	assert_int_equal(put("all", NULL, 300), 0);
	assert_int_equal(put("192.0.2.7", NULL, 300), 0);
	clock_advance(10000000);
	assert_int_equal(put("all", NULL, 60), 0);
	assert_int_equal(r->count, 2);
	assert_int_equal(left_s(1), 60);
	assert_int_equal(put("all", NULL, 0), 0);
	assert_int_equal(r->count, 2);
	assert_true(r->entries[1].until_us == UINT64_MAX);
	/* Room that moves while one takes another's place. */
	for (int i = 0; i < 14; i++) {
		char name[32];
		snprintf(name, sizeof name, "a%d.example", i);
		assert_int_equal(put("all", name, 60), 0);
	}
	assert_int_equal(r->count, r->room);
	assert_int_equal(put("192.0.2.7", NULL, 30), 0);
	assert_int_equal(r->count, 16);
	assert_int_equal(left_s(15), 30);
	/* One of its own as the argument. */
	assert_int_equal(respites_put(r, &r->entries[0], 77, &why), 0);
	assert_int_equal(r->count, 16);
	assert_int_equal(left_s(15), 77);
	assert_int_equal(respites_remove(r, &r->entries[3], &why), 0);
	assert_int_equal(r->count, 15);
}

static void test_lengths(void **state)
{
	(void)state;
	assert_int_equal(put("all", NULL, (uint64_t)RESPITE_PAUSE_MAX_S + 1), CEN_ERANGE);
	assert_int_equal(put("all", NULL, UINT64_MAX), CEN_ERANGE);
	assert_int_equal(put("all", "a.example", 0), CEN_ERANGE);
	assert_int_equal(put("all", "a.example", RESPITE_UNBLOCK_MAX_S + 1), CEN_ERANGE);
	assert_string_equal(why.text, "it lasts from 1 second to 7 days");
	assert_int_equal(r->count, 0);
	assert_int_equal(put("all", NULL, RESPITE_PAUSE_MAX_S), 0);
	restart(0);
	assert_int_equal(left_s(0), RESPITE_PAUSE_MAX_S);
}

/* --- time ------------------------------------------------------------------------------------- */

static void test_over_to_the_microsecond(void **state)
{
	(void)state;
	assert_int_equal(put("all", NULL, 5), 0);
	clock_advance(4999999);
	assert_false(respite_is_over(&r->entries[0], clock_us()));
	assert_int_equal(respites_tidy(r), 0);
	clock_advance(1);
	assert_true(respite_is_over(&r->entries[0], clock_us()));
	assert_int_equal(respites_tidy(r), 1);
	expect_file("");
	assert_int_equal(put("all", NULL, 0), 0);
	clock_advance(UINT64_C(100) * 365 * 86400 * 1000000);
	assert_int_equal(respites_tidy(r), 0);
}

static void test_over_a_restart(void **state)
{
	(void)state;
	assert_int_equal(put("all", NULL, 300), 0);
	assert_int_equal(put("192.0.2.7", NULL, 0), 0);
	restart(100);
	assert_int_equal(left_s(0), 200);
	assert_int_equal(r->entries[0].until_s, WALL_S + 300);
	restart(299);
	assert_int_equal(left_s(0), 1);
	restart(300);
	assert_int_equal(r->count, 1);
	/* What is over is no more in the file, though the clock is set back. */
	restart(200);
	assert_int_equal(r->count, 1);
	expect_file("pause 1700000000 0 client 192.0.2.7\n");
}

static void test_a_clock_before_the_beginning(void **state)
{
	(void)state;
	assert_int_equal(put("all", NULL, 300), 0);
	assert_int_equal(put("all", "a.example", 300), 0);
	assert_int_equal(put("192.0.2.7", NULL, 0), 0);
	restart(-1);
	assert_int_equal(r->count, 1);
	assert_int_equal(r->entries[0].scope, RESPITE_CLIENT);
}

/* The wall clock jumps while it is in force: what is left is left, also over a restart after that. */
static void test_a_jump_of_the_clock(void **state)
{
	(void)state;
	static const int64_t jumps[] = {-7200, 7200, 86400 * 365, -WALL_S};
	for (size_t i = 0; i < sizeof jumps / sizeof *jumps; i++) {
		clock_freeze(up_us, WALL_S);
		assert_int_equal(put("all", NULL, 300), 0);
		uint64_t now_s = (uint64_t)(WALL_S + 100 + jumps[i]);
		clock_freeze(up_us + 100000000, now_s);
		assert_int_equal(respites_tidy(r), 0);
		assert_int_equal(left_s(0), 200);
		assert_int_equal(r->entries[0].until_s, now_s + 200);
		respites_free(r);
		r = NULL;
		clock_freeze(5, now_s + 50);
		load();
		assert_int_equal(left_s(0), 150);
		assert_int_equal(take_back("all", NULL), 0);
	}
}

/* A jump that nobody has noticed before the end of the process. */
static void test_a_jump_before_the_end(void **state)
{
	(void)state;
	assert_int_equal(put("all", NULL, 300), 0);
	clock_freeze(up_us + 100000000, WALL_S + 10);
	respites_free(r);
	r = NULL;
	load();
	assert_int_equal(left_s(0), 200);
}

/* A time service that steers by less than that writes nothing. */
static void test_a_small_step_is_not_written(void **state)
{
	(void)state;
	assert_int_equal(put("all", NULL, 300), 0);
	unlink(folder_file(&folder, "respites"));
	clock_freeze(up_us + 100000000, WALL_S + 101);
	respites_tidy(r);
	assert_int_equal(r->entries[0].until_s, WALL_S + 300);
	assert_int_equal(access(folder_file(&folder, "respites"), F_OK), -1);
}

/* --- bad files -------------------------------------------------------------------------------- */

static bool is_set_aside(void)
{
	bool is = !access(folder_file(&folder, "respites.damaged"), F_OK);
	remove(folder_file(&folder, "respites.damaged"));
	return is;
}

/* A name of 72 letters: no group has one. */
#define LONG_GROUP \
	"pause 1700000000 1700000300 group " \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void test_damaged_lines(void **state)
{
	(void)state;
	static const char *const bad[] = {"pause", "pause ", "pause 1700000000 1700000300",
		"pause 1700000000 1700000300 ", "pause 1700000000 1700000300 none",
		"pause 1700000000 1700000300 all ", "pause 1700000000 1700000300 all a.example",
		"pause  1700000000 1700000300 all", "pause -1 1700000300 all",
		"pause 1700000000 +1700000300 all", "pause 1700000000 99999999999999999999 all",
		"pause 1700000000 1699999999 all", "pause 1700000000 1700000000 all",
		"pause 1700000000 1800000000 all", "pause 1700000000 1700000300 group",
		"pause 1700000000 1700000300 group Children",
		"pause 1700000000 1700000300 group a b",
		"pause 1700000000 1700000300 client 192.0.2.256",
		"pause 1700000000 1700000300 client", "Pause 1700000000 1700000300 all",
		"pause 1700000000 1700000300 all\r", "unblock 1700000000 1700000300 all",
		"unblock 1700000000 0 all a.example", "unblock 1700000000 1700604801 all a.example",
		"unblock 1700000000 1700000300 all a..example",
		"unblock 1700000000 1700000300 all .", "unblock 1700000000 1700000300 all a b",
		"unblock 1700000000 1700000300 client 192.0.2.7", "allow 1 2 all a.example",
		LONG_GROUP};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char text[512];
		snprintf(text, sizeof text,
			"pause 1700000000 0 group good\n%s\n\nunblock 1700000000 1700000300 all "
			"=b.example",
			bad[i]);
		set_file(text);
		load();
		if (r->count != 2 || !is_set_aside())
			fail_msg("\"%s\": %zu kept", bad[i], r->count);
		expect_file("pause 1700000000 0 group good\n"
			    "unblock 1700000000 1700000300 all =b.example\n");
		load();
		assert_int_equal(r->count, 2);
		assert_false(is_set_aside());
	}
}

static void test_twice_the_same(void **state)
{
	(void)state;
	set_file("pause 1700000000 1700000300 all\npause 1700000000 1700000400 all\n");
	load();
	assert_int_equal(r->count, 1);
	assert_int_equal(left_s(0), 300);
	assert_true(is_set_aside());
}

static void test_what_is_no_file_of_ours(void **state)
{
	(void)state;
	set_file("");
	assert_int_equal(truncate(folder_file(&folder, "respites"), (off_t)1 << 33), 0);
	load();
	assert_int_equal(r->count, 0);
	assert_true(is_set_aside());
	remove(folder_file(&folder, "respites"));
	assert_int_equal(mkdir(folder_file(&folder, "respites"), 0700), 0);
	load();
	assert_int_equal(r->count, 0);
	assert_true(is_set_aside());
	assert_int_equal(put("all", NULL, 60), 0);
	restart(0);
	assert_int_equal(r->count, 1);
	/* It is never waited for. */
	remove(folder_file(&folder, "respites"));
	assert_int_equal(mkfifo(folder_file(&folder, "respites"), 0600), 0);
	load();
	assert_int_equal(r->count, 0);
}

/* --- limits and full disks -------------------------------------------------------------------- */

static void test_the_most(void **state)
{
	(void)state;
	/* As many of the longest as there may be can be written and read again. */
	char text[DNAME_TEXT_MAX + 1] = "", group[CONFIG_NAME_MAX + 1];
	memset(group, 'g', CONFIG_NAME_MAX);
	group[CONFIG_NAME_MAX] = 0;
	struct respite e = about(group, "a.example");
	e.rule.name.len = 0;
	for (int i = 0; i < 4; i++) {
		uint8_t len = i < 3 ? 63 : 61;
		e.rule.name.bytes[e.rule.name.len] = len;
		memset(e.rule.name.bytes + e.rule.name.len + 1, 0xff, len);
		e.rule.name.len = (uint8_t)(e.rule.name.len + 1 + len);
	}
	e.rule.name.bytes[e.rule.name.len++] = 0;
	e.rule.name.labels = 4;
	e.rule.is_self = false;
	dname_to_text(e.rule.name.bytes, text);
	e.until_s = WALL_S + 300;
	e.since_s = WALL_S;
	e.until_us = clock_us() + 300000000;
	for (int i = 0; i < RESPITES_MAX - 1; i++) {
		e.rule.name.bytes[1] = (uint8_t)(128 + i % 100);
		e.rule.name.bytes[2] = (uint8_t)(128 + i / 100);
		if (r->count == r->room) {
			r->room = 2 * r->room + 16;
			r->entries = realloc(r->entries, r->room * sizeof e);
		}
		r->entries[r->count++] = e;
	}
	assert_int_equal(put(group, "last.example", 60), 0);
	assert_int_equal(put("all", "more.example", 60), CEN_ELIMIT);
	assert_int_equal(put(group, "last.example", 30), 0);
	assert_int_equal(put("all", NULL, 30), 0);
	restart(0);
	assert_int_equal(r->count, RESPITES_MAX + 1);
	assert_false(is_set_aside());
	clock_advance(31000000);
	assert_int_equal(put("all", "more.example", 60), 0);
}

static void test_full_disk(void **state)
{
	(void)state;
	assert_int_equal(put("all", NULL, 300), 0);
	assert_int_equal(put("children", NULL, 0), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(symlink("/dev/full", folder_file(&folder, "respites.new")), 0);
		assert_int_equal(i == 0	 ? put("all", NULL, 600)
				: i == 1 ? put("all", "a.example", 60)
					 : take_back("all", NULL),
			-ENOSPC);
		assert_int_equal(r->count, 2);
		assert_int_equal(left_s(0), 300);
		expect_file("pause 1700000000 1700000300 all\npause 1700000000 0 group children\n");
	}
	/* It is over nevertheless. */
	assert_int_equal(symlink("/dev/full", folder_file(&folder, "respites.new")), 0);
	clock_advance(300000000);
	assert_int_equal(respites_tidy(r), 1);
	assert_int_equal(r->count, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)
	const struct CMUnitTest tests[] = {
		TEST(test_nothing_yet),
		TEST(test_kept),
		TEST(test_the_last_word_counts),
		TEST(test_lengths),
		TEST(test_over_to_the_microsecond),
		TEST(test_over_a_restart),
		TEST(test_a_clock_before_the_beginning),
		TEST(test_a_jump_of_the_clock),
		TEST(test_a_jump_before_the_end),
		TEST(test_a_small_step_is_not_written),
		TEST(test_damaged_lines),
		TEST(test_twice_the_same),
		TEST(test_what_is_no_file_of_ours),
		TEST(test_the_most),
		TEST(test_full_disk),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
