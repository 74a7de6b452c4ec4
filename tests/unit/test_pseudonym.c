/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "resolver/base/pseudonym.h"
#include "tests/unit/folder.h"

static struct folder folder;

static int start(void **state)
{
	(void)state;
	folder_make(&folder);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	folder_remove(&folder);
	return 0;
}

static const char *of(const struct pseudonym_key *key, const char *client, char *out)
{
	struct addr a;
	assert_int_equal(addr_from_text(client, &a), 0);
	return pseudonym_of(key, &a, out);
}

static void test_the_same_over_a_restart(void **state)
{
	(void)state;
	struct pseudonym_key first, second;
	struct stat file;
	char a[PSEUDONYM_TEXT], b[PSEUDONYM_TEXT];
	assert_int_equal(pseudonym_key_open(folder.path, &first, NULL), 0);
	assert_int_equal(pseudonym_key_open(folder.path, &second, NULL), 0);
	assert_memory_equal(&first, &second, sizeof first);
	assert_int_equal(stat(folder_file(&folder, "pseudonym.key"), &file), 0);
	assert_int_equal(file.st_mode & 0777, 0600);
	assert_string_equal(of(&first, "192.0.2.7", a), of(&second, "192.0.2.7", b));
	assert_int_equal(strlen(a), PSEUDONYM_TEXT - 1);
	assert_int_equal(strncmp(a, "client-", 7), 0);
	assert_string_not_equal(a, of(&first, "192.0.2.8", b));
	/* Another key, another name. */
	second.bytes[0] ^= 1;
	assert_string_not_equal(a, of(&second, "192.0.2.7", b));
}

static void test_a_known_answer(void **state)
{
	(void)state;
	struct pseudonym_key key = {{0}};
	char a[PSEUDONYM_TEXT], b[PSEUDONYM_TEXT];
	folder_write(&folder, "pseudonym.key", "000102030405060708090a0b0c0d0e0f\n", 33);
	assert_int_equal(pseudonym_key_open(folder.path, &key, NULL), 0);
	for (unsigned i = 0; i < sizeof key.bytes; i++)
		assert_int_equal(key.bytes[i], i);
	/* Of the vectors of SipHash's reference implementation, the one of 00 01 .. 0f. */
	struct addr client;
	for (unsigned i = 0; i < sizeof client.bytes; i++)
		client.bytes[i] = (uint8_t)i;
	assert_string_equal(pseudonym_of(&key, &client, a), "client-db9bc257");
	assert_string_equal(of(&key, "192.0.2.7", b), of(&key, "::ffff:192.0.2.7", a));
}

static void test_what_is_no_key(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "00", "000102030405060708090a0b0c0d0e0g\n",
		"000102030405060708090a0b0c0d0e0f\n\n", "000102030405060708090a0b0c0d0e0f00"};
	struct pseudonym_key key;
	struct err why = {""};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		folder_write(&folder, "pseudonym.key", bad[i], strlen(bad[i]));
		assert_int_equal(pseudonym_key_open(folder.path, &key, &why), CEN_ECORRUPT);
		assert_non_null(strstr(why.text, "pseudonym.key"));
	}
	assert_true(pseudonym_key_open("/nonexistent/folder", &key, &why) < 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		T(test_the_same_over_a_restart), T(test_a_known_answer), T(test_what_is_no_key)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
