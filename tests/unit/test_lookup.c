/* SPDX-License-Identifier: BSD-2-Clause
 * Hosts looked up against a small server on loopback.
 */
#include "resolver/lookup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "resolver/base/dname.h"
#include "resolver/base/wire.h"
#include "tests/unit/config_text.h"

struct bench {
	int socket, end[2];
	char port[8];
	pthread_t thread;
	_Atomic unsigned questions;
	struct config *config;
	struct lookup *lookup;
};

static struct bench b;

/* --- the server: answers by the first letter of the name --- */

static size_t answer_for(uint8_t *p, size_t n)
{
	size_t end = WIRE_HEADER;
	if (n < WIRE_HEADER + 5 || !dname_skip(p, n, &end))
		return 0;
	uint16_t type = wire_u16(p + end);
	end += 4;
	p[2] |= WIRE_QR;
	p[3] = WIRE_RA;
	memset(p + 6, 0, 6);
	uint8_t first = p[WIRE_HEADER + 1];
	if (first == 's') /* silent */
		return 0;
	if (first == 'n') /* no such name */
		p[3] |= RCODE_NXDOMAIN;
	if (first == 'c') { /* an alias of its own subtree */
		p[7] = 2;
		memcpy(p + end, "\xc0\x0c\0\5\0\1\0\0\1\x2c\0\4\1g\xc0\x0c", 16);
		memcpy(p + end + 16, "\1g\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4\xc0\0\2\7", 18);
		p[7] = type == TYPE_A ? 2 : 1;
		return end + (type == TYPE_A ? 34 : 16);
	}
	if ((first == 'g' || first == '4') && type == TYPE_A) {
		p[7] = 2;
		memcpy(p + end, "\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4\xc0\0\2\1", 16);
		memcpy(p + end + 16, "\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4\xc0\0\2\2", 16);
		return end + 32;
	}
	if ((first == 'g' || first == '6') && type == TYPE_AAAA) {
		p[7] = 1;
		memcpy(p + end,
			"\xc0\x0c\0\x1c\0\1\0\0\1\x2c\0\x10\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1",
			28);
		return end + 28;
	}
	p[9] = 1;
	memcpy(p + end,
		"\0\0\6\0\1\0\0\x0e\x10\0\x16\0\0\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\x3c", 33);
	return end + 33;
}

static void *serve(void *arg)
{
	(void)arg;
	struct pollfd fds[2] = {
		{.fd = b.socket, .events = POLLIN}, {.fd = b.end[0], .events = POLLIN}};
	while (poll(fds, 2, -1) >= 0 && !fds[1].revents) {
		struct sockaddr_in from;
		socklen_t from_len = sizeof from;
		uint8_t p[1500];
		ssize_t n = recvfrom(b.socket, p, 512, 0, (struct sockaddr *)&from, &from_len);
		size_t len = n > 0 ? answer_for(p, (size_t)n) : 0;
		b.questions++;
		if (len)
			(void)sendto(b.socket, p, len, 0, (struct sockaddr *)&from, from_len);
	}
	return NULL;
}

static struct config *config_with(const char *more)
{
	char text[1024];
	snprintf(text, sizeof text,
		"forward: [{zone: ., to: [\"127.0.0.1:%s\"], dnssec: false}]\n"
		"dnssec: {validate: false}\n%s",
		b.port, more);
	return parse(text);
}

static int start(void **state)
{
	(void)state;
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof sa;
	struct err why;
	memset(&b, 0, sizeof b);
	b.socket = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(b.socket, (struct sockaddr *)&sa, n), 0);
	assert_int_equal(getsockname(b.socket, (struct sockaddr *)&sa, &n), 0);
	snprintf(b.port, sizeof b.port, "%u", ntohs(sa.sin_port));
	assert_int_equal(pipe(b.end), 0);
	assert_int_equal(pthread_create(&b.thread, NULL, serve, NULL), 0);
	b.config = config_with("");
	if (lookup_new(b.config, &b.lookup, &why))
		fail_msg("%s", why.text);
	return 0;
}

static int finish(void **state)
{
	(void)state;
	lookup_free(b.lookup);
	config_free(b.config);
	close(b.end[1]);
	pthread_join(b.thread, NULL);
	close(b.end[0]);
	close(b.socket);
	return 0;
}

static int by_address(const void *a, const void *z)
{
	return memcmp(a, z, sizeof(struct addr));
}

/* All addresses, sorted, or the sentence. */
static const char *look_up(const char *host)
{
	static _Thread_local char text[512];
	struct addr found[8];
	struct err why = {""};
	int n = lookup_host(b.lookup, host, found, 8, &why);
	if (n < 0)
		snprintf(text, sizeof text, "%s", why.text);
	else
		text[0] = 0;
	if (n > 0)
		qsort(found, (size_t)n, sizeof found[0], by_address);
	for (int i = 0; i < n; i++) {
		char one[ADDR_TEXT_MAX];
		size_t at = strlen(text);
		snprintf(text + at, sizeof text - at, "%s%s", i ? " " : "",
			addr_to_text(&found[i], one));
	}
	return text;
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in: %s", part, text);
}

static void test_both_families(void **state)
{
	(void)state;
	const char *all = look_up("good.example.org");
	assert_has(all, "192.0.2.1");
	assert_has(all, "192.0.2.2");
	assert_has(all, "2001:db8::1");
	assert_string_equal(look_up("4.example.org"), "192.0.2.1 192.0.2.2");
	assert_string_equal(look_up("6.example.org."), "2001:db8::1");
	assert_has(look_up("chain.example.org"), "192.0.2.1 192.0.2.2");
	struct addr one;
	struct err why = {""};
	assert_int_equal(lookup_host(b.lookup, "4.example.org", &one, 1, &why), 1);
}

static void test_no_addresses(void **state)
{
	(void)state;
	struct err why = {""};
	struct addr a;
	assert_int_equal(lookup_host(b.lookup, "nothing.example.org", &a, 1, &why), CEN_ENOTFOUND);
	assert_string_equal(why.text, "nothing.example.org: there is no such name");
	assert_string_equal(look_up("empty.example.org"), "empty.example.org: has no address");
	assert_has(look_up("not..a..name"), "is not the name of a host");
	assert_has(look_up("."), "is not the name of a host");
}

static void test_without_asking(void **state)
{
	(void)state;
	assert_string_equal(look_up("192.0.2.77"), "192.0.2.77");
	assert_string_equal(look_up("2001:db8::77"), "2001:db8::77");
	assert_has(look_up("localhost"), "127.0.0.1");
	assert_has(look_up("localhost"), "::1");
	assert_int_equal(b.questions, 0);
}

/* A server that says nothing costs the time allowed, and the next look-up is answered. */
static void test_deadline(void **state)
{
	(void)state;
	struct err why = {""};
	struct addr a;
	assert_int_equal(
		lookup_host_within(b.lookup, "silent.example.org", &a, 1, 200, &why), -ETIMEDOUT);
	assert_string_equal(why.text, "silent.example.org: no answer within the deadline");
	assert_string_equal(look_up("4.example.org"), "192.0.2.1 192.0.2.2");
}

/* A stop does not wait for a silent server: here that would take an hour. */
static void test_stop(void **state)
{
	(void)state;
	struct err why = {""};
	struct addr a;
	lookup_stop(b.lookup);
	assert_int_equal(lookup_host_within(b.lookup, "silent.example.org", &a, 1, 3600000, &why),
		-ETIMEDOUT);
}

static void test_reconfigured(void **state)
{
	(void)state;
	struct err why = {""};
	assert_string_equal(look_up("nothing.lan"), "nothing.lan: there is no such name");
	struct config *next = config_with("records: [\"nothing.lan. 300 IN A 192.0.2.50\"]\n");
	assert_int_equal(lookup_reconfigure(b.lookup, next, &why), 0);
	config_free(next);
	assert_string_equal(look_up("nothing.lan"), "192.0.2.50");
	assert_string_equal(look_up("4.example.org"), "192.0.2.1 192.0.2.2");
}

static void *many(void *arg)
{
	for (int i = 0; i < 20; i++)
		if (!strstr(look_up("good.example.org"), "192.0.2.1"))
			*(bool *)arg = true;
	return NULL;
}

static void test_threads(void **state)
{
	(void)state;
	enum { THREADS = 4 };
	pthread_t threads[THREADS];
	bool has_failed[THREADS] = {false};
	struct err why = {""};
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, many, &has_failed[i]), 0);
	assert_int_equal(lookup_reconfigure(b.lookup, b.config, &why), 0);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_false(has_failed[i]);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_both_families),
		TEST(test_no_addresses),
		TEST(test_without_asking),
		TEST(test_deadline),
		TEST(test_stop),
		TEST(test_reconfigured),
		TEST(test_threads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
