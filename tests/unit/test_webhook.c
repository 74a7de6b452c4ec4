/* SPDX-License-Identifier: BSD-2-Clause
 * The signature, and the secret's file; the way to a server is in tests/system/test_notices.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "resolver/evidence/notice/webhook.h"
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

static int forget(void *arg, uint64_t id, struct evidence_case *out)
{
	(void)arg;
	(void)id;
	(void)out;
	return CEN_ENOTFOUND;
}

static int open_with(const char *secret, size_t len, struct webhook **out, struct err *why)
{
	folder_write(&folder, "secret", secret, len);
	const struct config_notices config = {.url = (char *)(uintptr_t) "http://127.0.0.1:9/",
		.secret_file = folder.file,
		.timeout_ms = 1000};
	return webhook_new(&config, forget, NULL, out, why);
}

/* printf '1700000000.{"id":1}' | openssl dgst -sha256 -hmac 0123456789abcdef */
static void test_a_signature(void **state)
{
	(void)state;
	char out[WEBHOOK_SIGNATURE_TEXT];
	assert_string_equal(webhook_sign((const uint8_t *)"0123456789abcdef", 16, 1700000000,
				    "{\"id\":1}", 8, out),
		"t=1700000000,v1=4bcaced68dfea90a68df035b89cb7fb26692d899d32a1ccb1b0616cf48e4d1ed");
	/* The longest time has room. */
	webhook_sign((const uint8_t *)"", 0, UINT64_MAX, "", 0, out);
	assert_int_equal(strlen(out), 2 + 20 + 4 + 64);
}

static void test_what_is_a_secret(void **state)
{
	(void)state;
	static const char long_one[WEBHOOK_SECRET_MAX + 10] = "";
	struct webhook *w = NULL;
	struct err why = {""};
	assert_int_equal(open_with("fifteen octets.\n", 16, &w, &why), CEN_EFORMAT);
	assert_non_null(strstr(why.text, "too few octets (allowed: 16 to 256)"));
	assert_int_equal(open_with("", 0, &w, &why), CEN_EFORMAT);
	assert_int_equal(open_with(long_one, WEBHOOK_SECRET_MAX + 1, &w, &why), CEN_EFORMAT);
	assert_int_equal(open_with(long_one, sizeof long_one, &w, &why), CEN_EFORMAT);
	assert_null(w);
	assert_int_equal(open_with("sixteen octets..\n", 17, &w, &why), 0);
	webhook_free(w);
	const struct config_notices config = {.url = (char *)(uintptr_t) "http://127.0.0.1:9/",
		.secret_file = (char *)(uintptr_t) "/nonexistent/secret"};
	assert_true(webhook_new(&config, forget, NULL, &w, &why) < 0);
	assert_non_null(strstr(why.text, "/nonexistent/secret"));
}

static void test_a_case_that_is_forgotten(void **state)
{
	(void)state;
	struct webhook *w = NULL;
	struct err why = {""};
	const struct notice n = {.case_id = 7};
	atomic_bool is_ending = false;
	assert_int_equal(open_with("sixteen octets..", 16, &w, &why), 0);
	assert_int_equal(webhook_carry(w, &n, &is_ending, &why), COURIER_NEVER);
	webhook_free(w);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		T(test_a_signature), T(test_what_is_a_secret), T(test_a_case_that_is_forgotten)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
