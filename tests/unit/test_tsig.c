/* SPDX-License-Identifier: BSD-2-Clause
 * Signatures: of a request, of an answer, of a stream in which not every message is signed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "feeds/transfer/tsig.h"
#include "resolver/base/wire.h"
#include "tests/unit/folder.h"

enum { NOW = 1800000000, ROOM = 1024 };

static struct tsig_key make_key(const char *secret, enum config_tsig_algorithm algorithm)
{
	struct config_tsig_key from = {
		.name = (char *)"k.test", .algorithm = algorithm, .secret = (char *)secret};
	struct tsig_key key;
	struct err why;
	assert_int_equal(tsig_key_load(&from, &key, &why), 0);
	return key;
}

/* A query for the root's SOA. */
static size_t message(uint8_t wire[static ROOM], uint16_t id)
{
	static const uint8_t question[] = {0, 0, TYPE_SOA, 0, CLASS_IN};
	memset(wire, 0, WIRE_HEADER);
	wire_put_u16(wire, id);
	wire_put_u16(wire + 4, 1);
	memcpy(wire + WIRE_HEADER, question, sizeof question);
	return WIRE_HEADER + sizeof question;
}

static void all_algorithms(void **state)
{
	struct err why = {""};
	(void)state;
	for (int a = TSIG_SHA256; a <= TSIG_SHA512; a++) {
		struct tsig_key key = make_key("c2VjcmV0", (enum config_tsig_algorithm)a);
		struct tsig client = {0}, server = {0};
		uint8_t wire[ROOM];
		size_t len = message(wire, 7);
		assert_false(tsig_is_signed(wire, len));
		assert_int_equal(tsig_sign(&client, &key, wire, &len, NOW, &why), 0);
		assert_true(tsig_is_signed(wire, len));
		assert_int_equal(tsig_verify_request(&server, &key, wire, len, NOW + 5, &why), 0);
		len = message(wire, 7);
		assert_int_equal(tsig_sign_answer(&server, wire, &len, NOW, &why), 0);
		assert_int_equal(tsig_verify(&client, wire, len, NOW, &why), 0);
		assert_int_equal(client.answers, 1);
		tsig_clear(&client);
		tsig_clear(&server);
	}
}

static void assert_refused(const struct tsig_key *key, const uint8_t *wire, size_t len,
	uint64_t now_s, const char *words)
{
	struct tsig server = {0};
	struct err why = {""};
	assert_true(tsig_verify_request(&server, key, wire, len, now_s, &why) < 0);
	if (!strstr(why.text, words))
		fail_msg("\"%s\" does not say \"%s\"", why.text, words);
	tsig_clear(&server);
}

static void bad_signatures(void **state)
{
	struct tsig_key key = make_key("c2VjcmV0", TSIG_SHA256),
			other = make_key("b3RoZXI=", TSIG_SHA256),
			sha1 = make_key("c2VjcmV0", TSIG_SHA1);
	struct tsig client = {0};
	struct err why = {""};
	uint8_t wire[ROOM];
	size_t len = message(wire, 7);
	(void)state;
	assert_refused(&key, wire, len, NOW, "not signed");
	assert_int_equal(tsig_sign(&client, &key, wire, &len, NOW, &why), 0);
	assert_refused(&other, wire, len, NOW, "signature is wrong");
	assert_refused(&sha1, wire, len, NOW, "another algorithm");
	assert_refused(&key, wire, len, NOW + TSIG_FUDGE_S + 1, "clocks differ");
	assert_refused(&key, wire, len, NOW - TSIG_FUDGE_S - 1, "clocks differ");
	/* No octet of it can be changed; the ID may be, by those who forward (RFC 8945 5.2 takes the original one). */
	for (size_t i = 2; i < len; i++) {
		struct tsig server = {0};
		wire[i] ^= 1;
		assert_true(tsig_verify_request(&server, &key, wire, len, NOW, &why) < 0);
		wire[i] ^= 1;
		tsig_clear(&server);
	}
	for (size_t i = 0; i < len; i++)
		assert_refused(&key, wire, i, NOW, "not signed");
	tsig_clear(&client);
}

/* As a primary signs: the first message, then with the time alone, over what came unsigned in between (RFC 8945 5.3.1). The
 * signer's state is the verifier's, so the primary here is a second one that is fed the same. */
static void streams(void **state)
{
	struct tsig_key key = make_key("c2VjcmV0", TSIG_SHA256);
	struct tsig client = {0}, server = {0};
	struct err why = {""};
	uint8_t wire[ROOM];
	size_t len = message(wire, 7);
	(void)state;
	assert_int_equal(tsig_sign(&client, &key, wire, &len, NOW, &why), 0);
	/* The first must be signed. */
	uint8_t plain[ROOM];
	size_t plain_len = message(plain, 7);
	struct tsig copy = client;
	assert_int_equal(tsig_verify(&copy, plain, plain_len, NOW, &why), CEN_EREFUSED);
	tsig_clear(&copy);
	assert_int_equal(tsig_verify_request(&server, &key, wire, len, NOW, &why), 0);
	len = message(wire, 7);
	assert_int_equal(tsig_sign_answer(&server, wire, &len, NOW, &why), 0);
	assert_int_equal(tsig_verify(&client, wire, len, NOW, &why), 0);
	for (unsigned i = 1; i <= TSIG_UNSIGNED_MAX; i++) {
		assert_int_equal(tsig_verify(&client, plain, plain_len, NOW, &why), 0);
		assert_int_equal(client.unsigned_count, i);
	}
	assert_int_equal(tsig_verify(&client, plain, plain_len, NOW, &why), CEN_EREFUSED);
	assert_non_null(strstr(why.text, "in a row"));
	/* Signed as if nothing stood in between: the middle is not vouched for. */
	len = message(wire, 7);
	assert_int_equal(tsig_sign_answer(&server, wire, &len, NOW, &why), 0);
	assert_int_equal(tsig_verify(&client, wire, len, NOW, &why), CEN_EREFUSED);
	tsig_clear(&client);
	tsig_clear(&server);
}

static void secrets_are_not_told(void **state)
{
	struct folder folder;
	struct tsig_key key;
	struct err why = {""};
	(void)state;
	folder_make(&folder);
	struct config_tsig_key from = {.name = (char *)"k.test",
		.secret_file = (char *)folder_write(&folder, "key", "c2VjcmV0\n", 9)};
	assert_int_equal(tsig_key_load(&from, &key, &why), 0);
	assert_int_equal(key.secret_len, 6);
	assert_memory_equal(key.secret, "secret", 6);
	from.secret_file = (char *)folder_write(&folder, "key", "c2Vj!cmV0\n", 10);
	assert_int_equal(tsig_key_load(&from, &key, &why), CEN_EFORMAT);
	assert_null(strstr(why.text, "c2Vj"));
	from.secret_file = (char *)folder_file(&folder, "none");
	assert_int_equal(tsig_key_load(&from, &key, &why), -ENOENT);
	folder_remove(&folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_algorithms),
		cmocka_unit_test(bad_signatures),
		cmocka_unit_test(streams),
		cmocka_unit_test(secrets_are_not_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
