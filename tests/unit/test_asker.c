/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "web/asker.h"

static void finds_a_cookie(void **state)
{
	(void)state;
	char out[8];
	assert_true(asker_cookie("s=abc", "s", out, sizeof out));
	assert_string_equal(out, "abc");
	assert_true(asker_cookie("a=1; xs=2;\ts=3 ; b", "s", out, sizeof out));
	assert_string_equal(out, "3");
	assert_true(asker_cookie("s=", "s", out, sizeof out));
	assert_string_equal(out, "");
	static const char *const bad[] = {"", ";;; ", "s", "xs=1", "s =1", "S=1", "s=12345678"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (asker_cookie(bad[i], "s", out, sizeof out))
			fail_msg("found: %s", bad[i]);
}

static void believes_trusted_proxies_only(void **state)
{
	(void)state;
	struct addr_prefix trusted[2];
	assert_int_equal(addr_prefix_from_text("127.0.0.0/8", &trusted[0]), 0);
	assert_int_equal(addr_prefix_from_text("2001:db8::/32", &trusted[1]), 0);
	static const char *const cases[][3] = {
		/* who connects, the header, who asks */
		{"127.0.0.1", "192.0.2.7", "192.0.2.7"},
		{"127.0.0.1", "203.0.113.9, 192.0.2.7", "192.0.2.7"},
		{"127.0.0.1", "192.0.2.7, 127.0.0.2", "192.0.2.7"},
		{"127.0.0.1", " 192.0.2.7:1234 ,\t[2001:db8::1]:80", "192.0.2.7"},
		{"2001:db8::5", "2a00::1", "2a00::1"},
		{"192.0.2.1", "198.51.100.1", "192.0.2.1"},
		{"127.0.0.1", "", "127.0.0.1"},
		{"127.0.0.1", "unknown", "127.0.0.1"},
		{"127.0.0.1", "198.51.100.1, unknown", "127.0.0.1"},
		{"127.0.0.1", "198.51.100.1,", "127.0.0.1"},
		{"127.0.0.1", ",,,,", "127.0.0.1"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct addr peer, wanted;
		assert_int_equal(addr_from_text(cases[i][0], &peer), 0);
		assert_int_equal(addr_from_text(cases[i][2], &wanted), 0);
		asker_forwarded(cases[i][1], trusted, 2, &peer);
		if (!addr_equal(&peer, &wanted))
			fail_msg("%s from %s", cases[i][1], cases[i][0]);
	}
}

static void compares_origins(void **state)
{
	(void)state;
	assert_true(asker_is_same_origin("http://127.0.0.1:5380", "127.0.0.1:5380"));
	assert_true(asker_is_same_origin("https://DNS.home", "dns.home"));
	static const char *const foreign[] = {"null", "", "http://", "http://127.0.0.1",
		"http://127.0.0.1:53800", "http://evil.example",
		"http://127.0.0.1:5380.evil.example", "http://evil.example/127.0.0.1:5380",
		"127.0.0.1:5380"};
	for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
		if (asker_is_same_origin(foreign[i], "127.0.0.1:5380"))
			fail_msg("same: %s", foreign[i]);
}

static const char *sent[2];

static const char *header(const void *from, const char *name)
{
	(void)from;
	return !strcmp(name, "Host")		  ? "127.0.0.1:5380"
		: !strcmp(name, "Origin")	  ? sent[0]
		: !strcmp(name, "Sec-Fetch-Site") ? sent[1]
						  : NULL;
}

static bool is_own(enum edge_method method, bool is_session, bool is_key)
{
	static struct web web;
	static struct edge_request q;
	struct edge_response r = {0};
	q = (struct edge_request){.web = &web,
		.method = method,
		.is_session = is_session,
		.is_known = is_session || is_key,
		.header = header};
	bool is = asker_is_own_page(&q, &r);
	assert_int_equal(r.status, is ? 0 : 403);
	free(r.body);
	return is;
}

static void tells_pages_of_others(void **state)
{
	(void)state;
	static const struct {
		const char *origin, *site;
		bool is_own;
	} cases[] = {
		{NULL, NULL, false},
		{"http://127.0.0.1:5380", NULL, true},
		{"http://evil.example", NULL, false},
		{"null", NULL, false},
		{"http://127.0.0.1:5380", "same-origin", true},
		{"https://dns.home", "same-origin", true}, /* a proxy changed the Host */
		{"http://127.0.0.1:5380", "cross-site", false},
		{NULL, "same-site", false},
		{NULL, "none", false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		sent[0] = cases[i].origin;
		sent[1] = cases[i].site;
		for (int m = EDGE_POST; m < EDGE_OTHER; m++) {
			assert_int_equal(is_own((enum edge_method)m, true, false), cases[i].is_own);
			/* Without a session only what says that it is foreign is. */
			assert_int_equal(is_own((enum edge_method)m, false, false),
				cases[i].is_own || (!cases[i].origin && !cases[i].site));
			assert_true(is_own((enum edge_method)m, false, true));
		}
		assert_true(is_own(EDGE_GET, true, false));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_a_cookie),
		cmocka_unit_test(believes_trusted_proxies_only),
		cmocka_unit_test(compares_origins),
		cmocka_unit_test(tells_pages_of_others),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
