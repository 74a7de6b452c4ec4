/* SPDX-License-Identifier: BSD-2-Clause
 * What a request tells, however broken it is; and what is none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "resolver/evidence/sinkhole/knock_http.h"
#include "resolver/evidence/sinkhole/knock_read.h"

static enum knock_http_state look(const char *text)
{
	return knock_http_look((const uint8_t *)text, strlen(text));
}

static void read_text(const char *text, struct knock *k)
{
	memset(k, 0, sizeof *k);
	knock_read(k, (const uint8_t *)text, strlen(text));
}

static void test_states(void **state)
{
	(void)state;
	assert_int_equal(look("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), KNOCK_HTTP_WHOLE);
	assert_int_equal(look("GET / HTTP/1.1\n\n"), KNOCK_HTTP_WHOLE);
	assert_int_equal(look("GET / HTTP/1.1\r\nHost: a\r\n"), KNOCK_HTTP_HEAD);
	assert_int_equal(look("POST /gate.php"), KNOCK_HTTP_HEAD);
	assert_int_equal(look("GE"), KNOCK_HTTP_MAYBE);
	assert_int_equal(look(""), KNOCK_HTTP_MAYBE);
	assert_int_equal(look("NICK bot\r\n"), KNOCK_HTTP_NOT);
	assert_int_equal(look("SSH-2.0-x\r\n"), KNOCK_HTTP_NOT);
	assert_int_equal(look("get / http\r\n"), KNOCK_HTTP_NOT);
	assert_int_equal(look("\x16\x03\x01"), KNOCK_HTTP_NOT);
}

static void test_fields(void **state)
{
	(void)state;
	struct knock k;
	read_text("POST /gate.php?id=7 HTTP/1.0\r\nhost :  c2.example:8080 \r\nUser-Agent: "
		  "Mozilla/4.0 (bot)\r\n"
		  "Host: other\r\n\r\nbody",
		&k);
	assert_int_equal(k.kind, KNOCK_HTTP);
	assert_string_equal(k.request_line, "POST /gate.php?id=7 HTTP/1.0");
	assert_string_equal(k.host, "c2.example:8080");
	assert_string_equal(k.user_agent, "Mozilla/4.0 (bot)");
	assert_string_equal(k.sni, "");
	assert_int_equal(k.head_len,
		strlen("POST /gate.php?id=7 HTTP/1.0\r\nhost :  c2.example:8080 \r\nUser-Agent: "
		       "Mozilla/4.0 (bot)\r\nHost: other\r\n\r\nbody"));
	assert_false(knock_http_is_head(&k));
	read_text("HEAD / HTTP/1.1\r\n", &k);
	assert_true(knock_http_is_head(&k));
	/* What is not printable becomes a question mark; what is long is cut. */
	read_text("GET /\x01\x1b[31m\xc3\xa9 HTTP/1.1\r\n\r\n", &k);
	assert_string_equal(k.request_line, "GET /??[31m?? HTTP/1.1");
	char longest[2000] = "GET /";
	memset(longest + 5, 'a', sizeof longest - 6);
	read_text(longest, &k);
	assert_int_equal(strlen(k.request_line), KNOCK_TEXT_MAX - 1);
	assert_int_equal(k.head_len, KNOCK_HEAD_MAX);
}

static void test_other_octets(void **state)
{
	(void)state;
	struct knock k;
	uint8_t binary[2048];
	for (unsigned i = 0; i < sizeof binary; i++)
		binary[i] = (uint8_t)(i * 7 + 1);
	memset(&k, 0xff, sizeof k);
	knock_read(&k, binary, sizeof binary);
	assert_int_equal(k.kind, KNOCK_OTHER);
	assert_int_equal(k.head_len, KNOCK_HEAD_MAX);
	assert_memory_equal(k.head, binary, KNOCK_HEAD_MAX);
	assert_string_equal(k.host, "");
	knock_read(&k, NULL, 0);
	assert_int_equal(k.kind, KNOCK_SILENT);
	assert_int_equal(k.head_len, 0);
	/* Every beginning of a request has a kind and an end. */
	static const char text[] = "GET / HTTP/1.1\r\nHost: c2.example\r\nUser-Agent: x\r\n\r\n";
	for (size_t n = 0; n < sizeof text; n++) {
		struct knock_look l = knock_read_look((const uint8_t *)text, n);
		assert_int_equal(l.is_whole, n >= sizeof text - 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_states),
		cmocka_unit_test(test_fields), cmocka_unit_test(test_other_octets)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
