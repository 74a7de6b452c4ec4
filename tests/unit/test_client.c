/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "web/client.h"

static void escapes_parameters(void **state)
{
	(void)state;
	char target[64] = "/api";
	assert_true(client_add_param(target, sizeof target, "name", "a.b-c_d"));
	assert_true(client_add_param(target, sizeof target, "rule", "*.=&x y\xff"));
	assert_string_equal(target, "/api?name=a.b-c_d&rule=%2A.%3D%26x%20y%FF");
	char small[16] = "/api";
	assert_false(client_add_param(small, sizeof small, "name", "12345"));
	char tiny[6] = "/api";
	assert_false(client_add_param(tiny, sizeof tiny, "name", ""));
}

static void says_which_socket_does_not_answer(void **state)
{
	(void)state;
	struct client_reply r;
	struct err why = {0};
	assert_int_equal(
		client_ask("/nonexistent/control.sock", "GET", "/healthz", NULL, 2, &r, &why),
		-ECONNREFUSED);
	assert_non_null(strstr(why.text, "/nonexistent/control.sock"));
	assert_non_null(strstr(why.text, "cenote run"));
	assert_null(r.body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escapes_parameters),
		cmocka_unit_test(says_which_socket_does_not_answer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
