/* SPDX-License-Identifier: BSD-2-Clause
 * Log lines: their form, the level, the limit of a call site, hostile values.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "resolver/base/clock.h"
#include "resolver/base/log.h"

/* Standard error goes to a file while a test runs. */
static int saved_stderr;
static FILE *captured;

static int capture(void **state)
{
	(void)state;
	clock_freeze(1000000000, 1767323045); /* 2026-01-02T03:04:05Z */
	log_set_level(LOG_LEVEL_INFO);
	saved_stderr = dup(STDERR_FILENO);
	captured = tmpfile();
	return saved_stderr < 0 || !captured || dup2(fileno(captured), STDERR_FILENO) < 0;
}

static int release(void **state)
{
	(void)state;
	clock_thaw();
	int r = dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	fclose(captured);
	return r < 0;
}

/* All that was written since the last call; valid until the next one. */
static const char *written(void)
{
	static char text[100000];
	off_t end = lseek(fileno(captured), 0, SEEK_END);
	ssize_t n = pread(fileno(captured), text, sizeof text - 1, 0);
	if (n < 0 || n != end || ftruncate(fileno(captured), 0) < 0 ||
		lseek(fileno(captured), 0, SEEK_SET) < 0)
		fail();
	text[n] = 0;
	return text;
}

static unsigned count_lines(const char *text)
{
	unsigned n = 0;
	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void a_line_has_time_level_and_group(void **state)
{
	(void)state;
	log_info("feeds", "list=%s rules=%u", "botnets", 7u);
	assert_string_equal(written(), "2026-01-02T03:04:05Z info feeds list=botnets rules=7\n");
	log_error("server", "what=x");
	assert_string_equal(written(), "2026-01-02T03:04:05Z error server what=x\n");
	log_warn("server", "what=x");
	assert_string_equal(written(), "2026-01-02T03:04:05Z warn server what=x\n");
}

static void the_level_holds_lines_back(void **state)
{
	(void)state;
	assert_int_equal(log_get_level(), LOG_LEVEL_INFO);
	log_debug("x", "a=1");
	assert_string_equal(written(), "");
	log_set_level(LOG_LEVEL_DEBUG);
	log_debug("x", "a=1");
	assert_string_equal(written(), "2026-01-02T03:04:05Z debug x a=1\n");
	log_set_level(LOG_LEVEL_ERROR);
	log_warn("x", "a=1");
	assert_string_equal(written(), "");
	log_error("x", "a=1");
	assert_int_equal(count_lines(written()), 1);
}

static void say(unsigned i)
{
	log_warn("x", "i=%u", i);
}

static void a_site_is_limited(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 30; i++)
		say(i);
	const char *text = written();
	assert_int_equal(count_lines(text), 20);
	assert_non_null(strstr(text, "i=19\n"));
	/* Another site is not. */
	log_warn("x", "other=1");
	assert_int_equal(count_lines(written()), 1);
	clock_advance(9999999);
	say(30);
	assert_string_equal(written(), "");
	/* The next window says what was held back, once. */
	clock_advance(1);
	say(31);
	assert_string_equal(written(), "2026-01-02T03:04:15Z warn x i=31 held_back=11\n");
	say(32);
	assert_string_equal(written(), "2026-01-02T03:04:15Z warn x i=32\n");
}

static void a_line_stays_a_line(void **state)
{
	(void)state;
	log_info("x", "name=%s", "a\nb\rc\x1b[2Jd\x7f");
	assert_string_equal(written(), "2026-01-02T03:04:05Z info x name=a b c [2Jd \n");
	char big[5000];
	memset(big, 'a', sizeof big);
	big[sizeof big - 1] = 0;
	log_info("x", "name=%s", big);
	const char *text = written();
	assert_int_equal(count_lines(text), 1);
	assert_in_range(strlen(text), 1900, 2048);
	assert_int_equal(text[strlen(text) - 1], '\n');
}

static void a_long_line_has_room_for_held_back(void **state)
{
	(void)state;
	char big[5000];
	memset(big, 'a', sizeof big);
	big[sizeof big - 1] = 0;
	static struct log_site site;
	for (int i = 0; i < 25; i++)
		log_write(&site, LOG_LEVEL_INFO, "x", "%s", big);
	assert_int_equal(count_lines(written()), 20);
	clock_advance(10000000);
	log_write(&site, LOG_LEVEL_INFO, "x", "%s", big);
	const char *text = written();
	assert_int_equal(count_lines(text), 1);
	assert_in_range(strlen(text), 1900, 2048);
	assert_non_null(strstr(text, "a held_back=5\n"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, capture, release)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_line_has_time_level_and_group),
		TEST(the_level_holds_lines_back),
		TEST(a_site_is_limited),
		TEST(a_line_stays_a_line),
		TEST(a_long_line_has_room_for_held_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
