/* SPDX-License-Identifier: BSD-2-Clause
 * Who is told what, and what is kept of it over a restart.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "resolver/evidence/notice/mail.h"
#include "resolver/evidence/notice/notices.h"
#include "tests/unit/case_samples.h"
#include "tests/unit/folder.h"

static struct folder folder;
static struct config_notices config;
static uint8_t room[NOTICES_KEPT_MAX], again[NOTICES_KEPT_MAX];

static int start(void **state)
{
	(void)state;
	folder_make(&folder);
	folder_write(&folder, "secret", "sixteen octets..", 16);
	config = (struct config_notices){.url = (char *)(uintptr_t) "http://127.0.0.1:9/",
		.secret_file = folder.file,
		.timeout_ms = 1000,
		.mail_to = (char *)(uintptr_t) "abuse@example.net",
		.mail_program = (char *)(uintptr_t) "/bin/true"};
	return 0;
}

static int stop(void **state)
{
	(void)state;
	folder_remove(&folder);
	return 0;
}

static int find(void *arg, uint64_t id, struct evidence_case *out)
{
	(void)arg;
	(void)id;
	(void)out;
	return CEN_ENOTFOUND;
}

static struct notices *open_it(void)
{
	struct notices *n = NULL;
	assert_int_equal(notices_open(&config, find, NULL, &n, NULL), 0);
	assert_non_null(n);
	return n;
}

static void test_nobody(void **state)
{
	(void)state;
	struct notices_info info[NOTICES_RECEIVERS];
	struct notices *n;
	const struct evidence_case c = sample_plain();
	config = (struct config_notices){.timeout_ms = 1};
	assert_int_equal(notices_open(&config, find, NULL, &n, NULL), 0);
	assert_null(n);
	assert_int_equal(notices_start(n, NULL), 0);
	notices_put(n, NOTICE_OPENED, &c);
	notices_info(n, info);
	assert_false(info[NOTICES_WEBHOOK].is_set);
	assert_int_equal(notices_keep(n, room), 0);
	notices_restore(n, room, sizeof room);
	notices_stop(n);
	notices_free(n);
}

static void test_over_a_restart(void **state)
{
	(void)state;
	struct notices_info info[NOTICES_RECEIVERS];
	const struct evidence_case c = sample_plain();
	struct notices *n = open_it();
	notices_put(n, NOTICE_OPENED, &c);
	notices_put(n, NOTICE_CHANGED, &c);
	notices_info(n, info);
	assert_int_equal(info[NOTICES_WEBHOOK].counters.waiting, 2);
	assert_int_equal(info[NOTICES_MAIL].counters.waiting, 1);
	size_t len = notices_keep(n, room);
	assert_int_equal(len, 3 * NOTICES_KEPT);
	notices_free(n);
	n = open_it();
	notices_restore(n, room, len);
	assert_int_equal(notices_keep(n, again), len);
	assert_memory_equal(again, room, len);
	notices_free(n);
	/* The mail is not wanted any more. */
	config.mail_to = NULL;
	n = open_it();
	notices_restore(n, room, len);
	assert_int_equal(notices_keep(n, again), 2 * NOTICES_KEPT);
	notices_free(n);
}

static void test_octets_of_any_kind(void **state)
{
	(void)state;
	struct notices *n = open_it();
	for (unsigned i = 0; i < 256; i++) {
		memset(room, (int)i, sizeof room);
		notices_restore(n, room, i * 3);
	}
	assert_true(notices_keep(n, again) <= sizeof again);
	memset(room, 0xff, sizeof room);
	size_t before = notices_keep(n, again);
	notices_restore(n, room, sizeof room);
	assert_int_equal(notices_keep(n, again), before);
	notices_free(n);
}

/* A mail program that failed for hours: what waits is more than one hour's share. */
static void test_mails_of_many_hours_wait(void **state)
{
	(void)state;
	struct notices_info info[NOTICES_RECEIVERS];
	const struct evidence_case c = sample_plain();
	struct notices *n = open_it();
	for (unsigned i = 0; i < MAIL_PER_HOUR; i++)
		notices_put(n, NOTICE_OPENED, &c);
	size_t len = notices_keep(n, room);
	notices_free(n);
	n = open_it();
	notices_restore(n, room, len);
	notices_restore(n, room, len); /* those of another hour */
	notices_put(n, NOTICE_OPENED, &c);
	notices_info(n, info);
	assert_int_equal(info[NOTICES_MAIL].counters.waiting, 2 * MAIL_PER_HOUR + 1);
	assert_int_equal(info[NOTICES_MAIL].counters.dropped, 0);
	notices_free(n);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {T(test_nobody), T(test_over_a_restart),
		T(test_mails_of_many_hours_wait), T(test_octets_of_any_kind)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
