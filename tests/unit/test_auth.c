/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
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
#include "web/auth.h"

#define PASSWORD "correct horse"
enum { WALL_S = 1800000000 };

static char folder[64], path[80];
static struct edge_counters counters;
static struct auth *a;
static struct web web;
static const struct addr peer = {.bytes = {1}};

static void open_it(void)
{
	struct err why = {0};
	assert_int_equal(auth_open(folder, &counters, &a, &why), 0);
	web.auth = a;
}

static void open_again(void)
{
	auth_free(a);
	open_it();
}

static int start(void **state)
{
	(void)state;
	snprintf(folder, sizeof folder, "/tmp/test_auth.XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof path, "%s/auth", folder);
	clock_freeze(1000000000, WALL_S);
	memset(&counters, 0, sizeof counters);
	open_it();
	return 0;
}

static int stop(void **state)
{
	(void)state;
	char damaged[100];
	auth_free(a);
	clock_thaw();
	snprintf(damaged, sizeof damaged, "%s.damaged", path);
	(void)unlink(damaged);
	(void)unlink(path);
	return rmdir(folder);
}

static enum auth_verdict set_up(const char *token, const char *password)
{
	uint32_t wait_s;
	int code;
	struct err why = {0};
	enum auth_verdict v = auth_set_up(a, token, password, &peer, &wait_s, &code, &why);
	if (code)
		fail_msg("%s", why.text);
	return v;
}

static enum auth_verdict check(const char *password)
{
	uint32_t wait_s;
	return auth_check_password(a, password, &peer, &wait_s);
}

static void a_link_sets_the_password_once(void **state)
{
	(void)state;
	char token[AUTH_TOKEN_ROOM], second[AUTH_TOKEN_ROOM];
	assert_true(auth_needs_setup(a));
	assert_int_equal(check(PASSWORD), AUTH_UNUSABLE);
	assert_int_equal(set_up("", PASSWORD), AUTH_NO);
	auth_make_token(a, AUTH_LINK_S, token);
	auth_make_token(a, AUTH_LINK_S, second);
	assert_int_equal(set_up(token, PASSWORD), AUTH_NO); /* another is in force */
	assert_int_equal(set_up(second, PASSWORD), AUTH_YES);
	assert_int_equal(set_up(second, "another password"), AUTH_NO);
	assert_false(auth_needs_setup(a));
	open_again();
	assert_false(auth_needs_setup(a));
	assert_int_equal(check(PASSWORD), AUTH_YES);
	assert_int_equal(check("correct horsf"), AUTH_NO);
	assert_int_equal(counters.failed_logins, 4);
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void a_link_is_over_in_time(void **state)
{
	(void)state;
	char token[AUTH_TOKEN_ROOM];
	auth_make_token(a, 60, token);
	clock_advance(60 * UINT64_C(1000000));
	assert_false(auth_token(a, token));
	assert_int_equal(set_up(token, PASSWORD), AUTH_NO);
}

static void passwords_have_a_length(void **state)
{
	(void)state;
	char long_one[AUTH_PASSWORD_MAX + 2];
	memset(long_one, 'a', sizeof long_one - 1);
	long_one[sizeof long_one - 1] = 0;
	assert_non_null(auth_password_fault("123456789"));
	assert_null(auth_password_fault("1234567890"));
	assert_non_null(auth_password_fault("\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4"));
	assert_non_null(auth_password_fault(long_one));
	assert_null(auth_password_fault(long_one + 1));
}

static void guesses_are_held_back(void **state)
{
	(void)state;
	struct err why = {0};
	uint32_t wait_s;
	int tried = 0;
	assert_int_equal(auth_set_password(a, PASSWORD, &why), 0);
	while (check("wrong password") == AUTH_NO)
		tried++;
	assert_int_equal(tried, 6);
	/* Not even the right one is looked at before its time. */
	assert_int_equal(auth_check_password(a, PASSWORD, &peer, &wait_s), AUTH_LATER);
	assert_int_equal(wait_s, 2);
	clock_advance(2000000);
	assert_int_equal(check(PASSWORD), AUTH_YES);
	assert_int_equal(counters.held_logins, 2);
}

static enum edge_scope session_scope(const char *text)
{
	uint64_t expires_s;
	return auth_session_check(a, text, &expires_s);
}

static void sessions_prove_themselves(void **state)
{
	(void)state;
	char session[AUTH_SESSION_ROOM], second[AUTH_SESSION_ROOM];
	uint64_t expires_s;
	struct err why = {0};
	assert_int_equal(auth_set_password(a, PASSWORD, &why), 0);
	assert_true(auth_session_make(a, NULL, AUTH_SESSION_S, session, &expires_s));
	assert_int_equal(expires_s, WALL_S + AUTH_SESSION_S);
	open_again();
	assert_int_equal(session_scope(session), EDGE_ADMIN);
	/* Whatever octet is another: it is none. */
	for (size_t i = 0; session[i]; i++) {
		char was = session[i];
		session[i] = was == 'A' ? 'B' : 'A';
		assert_int_equal(session_scope(session), EDGE_NOBODY);
		session[i] = was;
	}
	assert_int_equal(session_scope(""), EDGE_NOBODY);
	/* Logged out: this one, not the other. */
	assert_true(auth_session_make(a, NULL, AUTH_SESSION_S, second, &expires_s));
	assert_int_equal(auth_session_end(a, session, &why), 0);
	open_again();
	assert_int_equal(session_scope(session), EDGE_NOBODY);
	assert_int_equal(session_scope(second), EDGE_ADMIN);
	assert_int_equal(auth_end_all(a, &why), 0);
	assert_int_equal(session_scope(second), EDGE_NOBODY);
	assert_true(auth_session_make(a, NULL, AUTH_SESSION_S, session, &expires_s));
	assert_int_equal(auth_set_password(a, "another password", &why), 0);
	assert_int_equal(session_scope(session), EDGE_NOBODY);
	assert_true(auth_session_make(a, NULL, AUTH_SESSION_S, session, &expires_s));
	clock_advance(AUTH_SESSION_S * UINT64_C(1000000));
	assert_int_equal(session_scope(session), EDGE_NOBODY);
}

static void a_session_of_a_wrong_clock_is_none(void **state)
{
	(void)state;
	char session[AUTH_SESSION_ROOM];
	uint64_t expires_s;
	clock_freeze(1000000000, UINT64_C(2) * WALL_S);
	assert_true(auth_session_make(a, NULL, AUTH_SESSION_S, session, &expires_s));
	assert_int_equal(session_scope(session), EDGE_ADMIN);
	clock_freeze(1000000000, WALL_S);
	assert_int_equal(session_scope(session), EDGE_NOBODY);
}

static void many_log_outs_end_all(void **state)
{
	(void)state;
	char session[AUTH_SESSION_ROOM], last[AUTH_SESSION_ROOM];
	uint64_t expires_s;
	struct err why = {0};
	assert_true(auth_session_make(a, NULL, AUTH_SESSION_S, last, &expires_s));
	for (int i = 0; i < AUTH_STORE_ENDED; i++) {
		assert_true(auth_session_make(a, NULL, AUTH_SESSION_S, session, &expires_s));
		assert_int_equal(auth_session_end(a, session, &why), 0);
	}
	assert_int_equal(session_scope(last), EDGE_ADMIN);
	assert_true(auth_session_make(a, NULL, AUTH_SESSION_S, session, &expires_s));
	assert_int_equal(auth_session_end(a, session, &why), 0);
	assert_int_equal(session_scope(session), EDGE_NOBODY);
	assert_int_equal(session_scope(last), EDGE_NOBODY);
}

/* Who has a key for counters may not log out who has the password. */
static void sessions_of_keys_take_no_places(void **state)
{
	(void)state;
	char key[AUTH_KEY_ROOM], last[AUTH_SESSION_ROOM], session[AUTH_SESSION_ROOM];
	uint64_t expires_s;
	struct err why = {0};
	assert_int_equal(auth_key_add(a, "widget", EDGE_STATS, key, &why), 0);
	assert_true(auth_session_make(a, NULL, AUTH_SESSION_S, last, &expires_s));
	for (int i = 0; i < AUTH_STORE_ENDED + 1; i++) {
		assert_true(auth_session_make(a, key, 1800, session, &expires_s));
		assert_int_equal(auth_session_end(a, session, &why), 0);
	}
	assert_int_equal(session_scope(last), EDGE_ADMIN);
	assert_int_equal(session_scope(session), EDGE_STATS);
	assert_int_equal(auth_key_remove(a, "widget", &why), 0);
	assert_int_equal(session_scope(session), EDGE_NOBODY);
}

static void keys_come_and_go(void **state)
{
	(void)state;
	char key[AUTH_KEY_ROOM], other[AUTH_KEY_ROOM], session[AUTH_SESSION_ROOM];
	struct auth_store_key keys[AUTH_STORE_KEYS];
	uint64_t used_s[AUTH_STORE_KEYS], expires_s;
	struct err why = {0};
	assert_int_equal(auth_key_add(a, "widget", EDGE_STATS, key, &why), 0);
	assert_int_equal(auth_key_add(a, "phone", EDGE_CONTROL, other, &why), 0);
	assert_int_equal(auth_key_add(a, "phone", EDGE_ADMIN, session, &why), -EEXIST);
	assert_int_equal(auth_key_add(a, "a b", EDGE_ADMIN, session, &why), CEN_EFORMAT);
	open_again();
	assert_int_equal(auth_scope_of_key(&web, key, &peer), EDGE_STATS);
	assert_int_equal(auth_scope_of_key(&web, other, &peer), EDGE_CONTROL);
	assert_int_equal(auth_keys(a, keys, used_s), 2);
	assert_string_equal(keys[0].name, "widget");
	assert_int_equal(used_s[1], WALL_S);
	/* What a key opened closes with it. */
	assert_true(auth_session_make(a, other, 60, session, &expires_s));
	assert_int_equal(session_scope(session), EDGE_CONTROL);
	assert_int_equal(auth_key_remove(a, "phone", &why), 0);
	assert_int_equal(auth_key_remove(a, "phone", &why), CEN_ENOTFOUND);
	assert_int_equal(session_scope(session), EDGE_NOBODY);
	assert_false(auth_session_make(a, other, 60, session, &expires_s));
	/* Wrong ones are held back, the right one never is. */
	for (int i = 0; i < 100; i++)
		assert_int_equal(auth_scope_of_key(&web, other, &peer), EDGE_NOBODY);
	assert_true(auth_key_wait_s(&web, &peer) > 60);
	assert_int_equal(auth_scope_of_key(&web, key, &peer), EDGE_STATS);
	assert_int_equal(counters.wrong_keys, 100);
}

static void there_may_be_so_many_keys(void **state)
{
	(void)state;
	char name[32], key[AUTH_KEY_ROOM], none[AUTH_KEY_ROOM];
	struct err why = {0};
	for (int i = 0; i < AUTH_STORE_KEYS; i++) {
		snprintf(name, sizeof name, "key%d", i);
		assert_int_equal(auth_key_add(a, name, EDGE_STATS, key, &why), 0);
	}
	assert_int_equal(auth_key_add(a, "more", EDGE_STATS, none, &why), CEN_ELIMIT);
	open_again();
	assert_int_equal(auth_scope_of_key(&web, key, &peer), EDGE_STATS);
	assert_int_equal(auth_key_remove(a, "key0", &why), 0);
	assert_int_equal(auth_scope_of_key(&web, key, &peer), EDGE_STATS);
}

static void damage(const char *bytes, size_t len)
{
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	fclose(f);
}

static void a_damaged_file_lets_nobody_in(void **state)
{
	(void)state;
	char key[AUTH_KEY_ROOM], session[AUTH_SESSION_ROOM], text[512], whole[4096],
		token[AUTH_TOKEN_ROOM];
	uint64_t expires_s;
	struct err why = {0};
	assert_int_equal(auth_set_password(a, PASSWORD, &why), 0);
	assert_int_equal(auth_key_add(a, "widget", EDGE_ADMIN, key, &why), 0);
	assert_true(auth_session_make(a, NULL, AUTH_SESSION_S, session, &expires_s));
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	size_t len = fread(whole, 1, sizeof whole, f);
	fclose(f);
	for (size_t n = 0; n < len; n += n + 1 < len && len - n > 3 ? 3 : 1) {
		damage(whole, n);
		open_again();
		assert_true(auth_problem(a, text, sizeof text));
		assert_false(auth_needs_setup(a));
		assert_int_equal(check(PASSWORD), AUTH_UNUSABLE);
		assert_int_equal(session_scope(session), EDGE_NOBODY);
		assert_int_equal(auth_scope_of_key(&web, key, &peer), EDGE_NOBODY);
		assert_int_equal(auth_key_add(a, "new", EDGE_ADMIN, text, &why), CEN_EREFUSED);
		assert_int_equal(auth_end_all(a, &why), CEN_EREFUSED);
	}
	/* What is left is kept for whoever wants to look at it, and a link begins anew. */
	auth_make_token(a, AUTH_LOGIN_S, token);
	assert_int_equal(set_up(token, "another password"), AUTH_YES);
	assert_false(auth_problem(a, text, sizeof text));
	open_again();
	assert_int_equal(check("another password"), AUTH_YES);
	snprintf(text, sizeof text, "%s.damaged", path);
	assert_int_equal(access(text, F_OK), 0);
}

static void what_cannot_be_kept_is_not_in_force(void **state)
{
	(void)state;
	char token[AUTH_TOKEN_ROOM], temporary[100];
	uint32_t wait_s;
	int code;
	struct err why = {0};
	snprintf(temporary, sizeof temporary, "%s.new", path);
	assert_int_equal(mkdir(temporary, 0700), 0);
	auth_make_token(a, AUTH_LINK_S, token);
	assert_int_equal(auth_set_up(a, token, PASSWORD, &peer, &wait_s, &code, &why), AUTH_YES);
	assert_true(code < 0 && strstr(why.text, path));
	assert_true(auth_needs_setup(a));
	assert_int_equal(rmdir(temporary), 0);
	assert_int_equal(set_up(token, PASSWORD), AUTH_YES);
}

#define AUTH_TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		AUTH_TEST(a_link_sets_the_password_once),
		AUTH_TEST(a_link_is_over_in_time),
		AUTH_TEST(passwords_have_a_length),
		AUTH_TEST(guesses_are_held_back),
		AUTH_TEST(sessions_prove_themselves),
		AUTH_TEST(a_session_of_a_wrong_clock_is_none),
		AUTH_TEST(many_log_outs_end_all),
		AUTH_TEST(sessions_of_keys_take_no_places),
		AUTH_TEST(keys_come_and_go),
		AUTH_TEST(there_may_be_so_many_keys),
		AUTH_TEST(a_damaged_file_lets_nobody_in),
		AUTH_TEST(what_cannot_be_kept_is_not_in_force),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
