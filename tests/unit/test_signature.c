/* SPDX-License-Identifier: BSD-2-Clause
 * Digests and signatures over contents that this test signs itself.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sodium.h>
#include <sys/mman.h>
#include <unistd.h>

#include "feeds/fetch/signature.h"

enum { TEXT_MAX = 1024, BIG = 3 << 20 };

struct test {
	uint8_t public[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];
	char key[128]; /* as minisign writes it */
	int fd; /* the content */
	struct err why;
};

static const uint8_t id[8] = {1, 2, 3, 4, 5, 6, 7, 8};

static void base64(char *out, size_t size, const void *bytes, size_t len)
{
	assert_non_null(sodium_bin2base64(out, size, bytes, len, sodium_base64_VARIANT_ORIGINAL));
}

static int file_of(const void *bytes, size_t len)
{
	int fd = memfd_create("content", MFD_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	return fd;
}

static void make_key(struct test *t)
{
	uint8_t whole[2 + sizeof id + sizeof t->public] = {'E', 'd'};
	crypto_sign_keypair(t->public, t->secret);
	memcpy(whole + 2, id, sizeof id);
	memcpy(whole + 2 + sizeof id, t->public, sizeof t->public);
	base64(t->key, sizeof t->key, whole, sizeof whole);
}

static int set_up(void **state)
{
	struct test *t = calloc(1, sizeof *t);
	assert_non_null(t);
	assert_true(sodium_init() >= 0);
	make_key(t);
	t->fd = file_of("one.example\n", 12);
	*state = t;
	return 0;
}

static int tear_down(void **state)
{
	struct test *t = *state;
	close(t->fd);
	free(t);
	return 0;
}

/* A file of minisign for the content. `algorithm`: Ed, or ED of the hash. */
static size_t sign(const struct test *t, const char *algorithm, const void *content, size_t len,
	char out[static TEXT_MAX])
{
	static const char comment[] = "timestamp:1700000000\tfile:list";
	uint8_t hash[64], whole[2 + sizeof id + crypto_sign_BYTES], both[256];
	uint8_t of_comment[crypto_sign_BYTES], *signature = whole + 2 + sizeof id;
	char first[200], second[200];
	memcpy(whole, algorithm, 2);
	memcpy(whole + 2, id, sizeof id);
	crypto_generichash(hash, sizeof hash, content, len, NULL, 0);
	if (!strcmp(algorithm, "ED"))
		crypto_sign_detached(signature, NULL, hash, sizeof hash, t->secret);
	else
		crypto_sign_detached(signature, NULL, content, len, t->secret);
	memcpy(both, signature, crypto_sign_BYTES);
	memcpy(both + crypto_sign_BYTES, comment, sizeof comment - 1);
	crypto_sign_detached(
		of_comment, NULL, both, crypto_sign_BYTES + sizeof comment - 1, t->secret);
	base64(first, sizeof first, whole, sizeof whole);
	base64(second, sizeof second, of_comment, sizeof of_comment);
	return (size_t)snprintf(out, TEXT_MAX,
		"untrusted comment: signature\n%s\ntrusted comment: %s\n%s\n", first, comment,
		second);
}

static void assert_refused(struct test *t, const char *text, size_t len, const char *words)
{
	int rc = signature_check(t->fd, t->key, text, len, &t->why);
	if (rc != CEN_EREFUSED || !strstr(t->why.text, words))
		fail_msg("%d, \"%s\" without \"%s\"", rc, t->why.text, words);
}

static void digests(void **state)
{
	struct test *t = *state;
	uint8_t hash[crypto_hash_sha256_BYTES];
	char hex[2 * sizeof hash + 1];
	crypto_hash_sha256(hash, (const uint8_t *)"one.example\n", 12);
	sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
	assert_int_equal(signature_check_digest(t->fd, hex, &t->why), 0);
	hex[63] = hex[63] == '0' ? '1' : '0';
	assert_int_equal(signature_check_digest(t->fd, hex, &t->why), CEN_EREFUSED);
	assert_non_null(strstr(t->why.text, "its SHA-256 is"));
	int empty = file_of("", 0);
	assert_int_equal(signature_check_digest(empty,
				 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
				 &t->why),
		0);
	close(empty);
	assert_true(signature_check_digest(-1, hex, &t->why) < 0);
}

static void both_kinds_of_minisign(void **state)
{
	struct test *t = *state;
	char text[TEXT_MAX];
	static const char *const kinds[] = {"Ed", "ED"};
	for (size_t i = 0; i < 2; i++) {
		size_t len = sign(t, kinds[i], "one.example\n", 12, text);
		if (signature_check(t->fd, t->key, text, len, &t->why))
			fail_msg("%s", t->why.text);
		/* Without the last line's end, and with ends as Windows writes them. */
		assert_int_equal(signature_check(t->fd, t->key, text, len - 1, &t->why), 0);
		len = sign(t, kinds[i], "two.example\n", 12, text);
		assert_refused(t, text, len, "not of this content");
		len = sign(t, kinds[i], "", 0, text);
		assert_refused(t, text, len, "not of this content");
		int empty = file_of("", 0);
		assert_int_equal(signature_check(empty, t->key, text, len, &t->why), 0);
		close(empty);
	}
}

static void large_content(void **state)
{
	struct test *t = *state;
	char text[TEXT_MAX];
	uint8_t *big = malloc(BIG);
	assert_non_null(big);
	memset(big, 'x', BIG);
	int fd = file_of(big, BIG);
	for (int i = 0; i < 2; i++) {
		size_t len = sign(t, i ? "ED" : "Ed", big, BIG, text);
		assert_int_equal(signature_check(fd, t->key, text, len, &t->why), 0);
	}
	assert_int_equal(pwrite(fd, "y", 1, BIG - 1), 1);
	assert_int_equal(signature_check(fd, t->key, text, strlen(text), &t->why), CEN_EREFUSED);
	close(fd);
	free(big);
}

/* Any octet of the file that is changed makes it worthless, but for those of the first line. */
static void every_octet_counts(void **state)
{
	struct test *t = *state;
	char text[TEXT_MAX];
	size_t len = sign(t, "ED", "one.example\n", 12, text), accepted = 0;
	for (size_t i = 0; i < len; i++) {
		char old = text[i];
		text[i] = old == 'A' ? 'B' : 'A';
		bool is_first_line = i < strcspn(text, "\n");
		int rc = signature_check(t->fd, t->key, text, len, &t->why);
		if (!rc && !is_first_line && i + 1 < len)
			fail_msg("octet %zu is not looked at", i);
		accepted += !rc;
		text[i] = old;
	}
	assert_true(accepted > 0);
	for (size_t i = 0; i + 1 < len; i++)
		if (!signature_check(t->fd, t->key, text, i, &t->why))
			fail_msg("%zu octets of %zu are enough", i, len);
}

static void other_keys(void **state)
{
	struct test *t = *state;
	char text[TEXT_MAX], old[128];
	size_t len = sign(t, "ED", "one.example\n", 12, text);
	memcpy(old, t->key, sizeof old);
	make_key(t); /* of the same name */
	assert_refused(t, text, len, "not of this content");
	memcpy(t->key, "RWQAAAAA", 8);
	assert_refused(t, text, len, "another key");
	memset(t->key, 'A', 56);
	assert_refused(t, text, len, "not a public key");
	memcpy(t->key, old, sizeof old);
	assert_refused(t, "", 0, "not a file of minisign");
	assert_refused(t, "<html>\n<html>\n<html>\n<html>\n", 28, "not a file of minisign");
	len = sign(t, "Ex", "one.example\n", 12, text);
	assert_refused(t, text, len, "unknown kind");
}

static void plain_keys(void **state)
{
	struct test *t = *state;
	uint8_t signature[crypto_sign_BYTES];
	char hex[2 * sizeof signature + 2];
	sodium_bin2hex(t->key, sizeof t->key, t->public, sizeof t->public);
	crypto_sign_detached(signature, NULL, (const uint8_t *)"one.example\n", 12, t->secret);
	assert_int_equal(signature_check(t->fd, t->key, signature, sizeof signature, &t->why), 0);
	sodium_bin2hex(hex, sizeof hex, signature, sizeof signature);
	strcat(hex, "\n");
	assert_int_equal(signature_check(t->fd, t->key, hex, strlen(hex), &t->why), 0);
	assert_refused(t, hex, 100, "neither 64 octets nor 128");
	assert_refused(t, (char *)signature, 63, "neither 64 octets nor 128");
	signature[10] ^= 1;
	assert_refused(t, (char *)signature, sizeof signature, "not of this content");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(digests, set_up, tear_down),
		cmocka_unit_test_setup_teardown(both_kinds_of_minisign, set_up, tear_down),
		cmocka_unit_test_setup_teardown(large_content, set_up, tear_down),
		cmocka_unit_test_setup_teardown(every_octet_counts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(other_keys, set_up, tear_down),
		cmocka_unit_test_setup_teardown(plain_keys, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
