/* SPDX-License-Identifier: BSD-2-Clause
 * The listener with real sockets: what is taken down, what is answered, and what its bounds refuse.
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

#include <pthread.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "resolver/base/clock.h"
#include "resolver/evidence/sinkhole/knock_tls.h"
#include "resolver/evidence/sinkhole/sinkhole_internal.h"
#include "tests/unit/hellos.h"

enum { WAIT_S = 60, KEPT = 4096 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct knock *knocks;
static unsigned knock_count;
static struct sinkhole *s;

static void on_knock(void *arg, const struct knock *k)
{
	(void)arg;
	pthread_mutex_lock(&lock);
	if (knock_count < KEPT)
		knocks[knock_count] = *k;
	knock_count++;
	pthread_mutex_unlock(&lock);
}

static void open_it(uint32_t connections, uint32_t per_client, uint32_t head_ms)
{
	struct addr_endpoint at[2];
	struct err why = {""};
	assert_int_equal(addr_endpoint_from_text("127.0.0.1:1", 0, &at[0]), 0);
	at[0].port = 0;
	at[1] = at[0];
	const struct sinkhole_options o = {.tcp = at,
		.tcp_count = 1,
		.udp = at,
		.udp_count = 1,
		.connections = connections,
		.connections_per_client = per_client,
		.head_ms = head_ms};
	knock_count = 0;
	if (sinkhole_open(&o, on_knock, NULL, &s, &why) || sinkhole_start(s, &why))
		fail_msg("%s", why.text);
}

static void close_it(void)
{
	sinkhole_stop(s);
	sinkhole_free(s);
	s = NULL;
}

static int start(void **state)
{
	(void)state;
	knocks = calloc(KEPT, sizeof *knocks);
	return knocks ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	clock_thaw();
	free(knocks);
	return 0;
}

static int connect_to(size_t socket_index, int type)
{
	struct addr_endpoint at;
	struct sockaddr_storage sa;
	assert_true(sinkhole_endpoint(s, socket_index, &at));
	socklen_t len = addr_to_sockaddr(&at, &sa);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&sa, len), 0);
	return fd;
}

static void rest(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
}

static void wait_for_knocks(unsigned n)
{
	for (time_t end = time(NULL) + WAIT_S; time(NULL) < end; rest()) {
		pthread_mutex_lock(&lock);
		unsigned have = knock_count;
		pthread_mutex_unlock(&lock);
		if (have >= n)
			return;
	}
	fail_msg("%u knocks instead of %u", knock_count, n);
}

static struct sinkhole_counters counters(void)
{
	struct sinkhole_counters c;
	sinkhole_counters(s, &c);
	return c;
}

static void wait_until_open(uint32_t n)
{
	for (time_t end = time(NULL) + WAIT_S; time(NULL) < end; rest())
		if (counters().open == n)
			return;
	fail_msg("%u open instead of %u", counters().open, n);
}

/* All until the other side closes. */
static size_t read_all(int fd, char *out, size_t size)
{
	size_t n = 0;
	for (ssize_t got; n + 1 < size && (got = recv(fd, out + n, size - 1 - n, 0)) > 0;)
		n += (size_t)got;
	out[n] = 0;
	return n;
}

static void send_text(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* --- what is taken down ------------------------------------------------------------------------ */

static void test_a_person_gets_a_page(void **state)
{
	(void)state;
	char text[8192];
	open_it(10, 10, 20000);
	int fd = connect_to(0, SOCK_STREAM);
	send_text(fd, "GET /gate.php HTTP/1.1\r\nHost: c2.example\r\nUser-Agent: ");
	send_text(fd, "Mozilla/5.0\r\n\r\n");
	read_all(fd, text, sizeof text);
	close(fd);
	assert_int_equal(strncmp(text, "HTTP/1.1 403 Forbidden\r\n", 24), 0);
	char *body = strstr(text, "\r\n\r\n");
	assert_non_null(body);
	assert_non_null(strstr(text, "Content-Length: "));
	assert_int_equal(
		strtoul(strstr(text, "Content-Length: ") + 16, NULL, 10), strlen(body + 4));
	assert_non_null(strstr(body, "This address was blocked"));
	assert_null(strstr(body, "<script"));
	wait_for_knocks(1);
	struct addr_endpoint at;
	sinkhole_endpoint(s, 0, &at);
	assert_int_equal(knocks[0].kind, KNOCK_HTTP);
	assert_string_equal(knocks[0].request_line, "GET /gate.php HTTP/1.1");
	assert_string_equal(knocks[0].host, "c2.example");
	assert_string_equal(knocks[0].user_agent, "Mozilla/5.0");
	assert_int_equal(knocks[0].to.port, at.port);
	assert_true(knocks[0].from.port != 0);
	assert_true(addr_is_loopback(&knocks[0].from.addr));
	assert_true(knocks[0].at_ms / 1000 >= (uint64_t)time(NULL) - WAIT_S);
	/* A request for the head alone gets no body. */
	fd = connect_to(0, SOCK_STREAM);
	send_text(fd, "HEAD / HTTP/1.1\r\n\r\n");
	read_all(fd, text, sizeof text);
	close(fd);
	assert_string_equal(strstr(text, "\r\n\r\n"), "\r\n\r\n");
	wait_until_open(0);
	close_it();
}

static void test_others_get_nothing(void **state)
{
	(void)state;
	char text[64];
	clock_freeze(clock_us(), clock_wall_s());
	open_it(10, 10, 300);
	int tls = connect_to(0, SOCK_STREAM), silent = connect_to(0, SOCK_STREAM),
	    irc = connect_to(0, SOCK_STREAM), gone = connect_to(0, SOCK_STREAM);
	assert_int_equal(
		send(tls, hello_tls13, sizeof hello_tls13, MSG_NOSIGNAL), sizeof hello_tls13);
	send_text(irc, "NICK bot\r\n");
	close(gone);
	assert_int_equal(read_all(tls, text, sizeof text), 0);
	wait_for_knocks(2); /* the last one of them, too: what the others sent before has come */
	clock_advance(300000);
	assert_int_equal(read_all(silent, text, sizeof text), 0); /* closed at the deadline */
	assert_int_equal(read_all(irc, text, sizeof text), 0);
	close(tls);
	close(silent);
	close(irc);
	wait_for_knocks(4);
	struct sinkhole_counters c = counters();
	assert_int_equal(c.knocks[KNOCK_TLS], 1);
	assert_int_equal(c.knocks[KNOCK_OTHER], 1);
	assert_int_equal(c.knocks[KNOCK_SILENT], 2);
	assert_int_equal(c.timeouts, 2);
	for (unsigned i = 0; i < 4; i++)
		if (knocks[i].kind == KNOCK_TLS) {
			assert_string_equal(knocks[i].sni, "c2.example");
			assert_string_equal(knocks[i].ja4, hello_tls13_ja4);
		} else if (knocks[i].kind == KNOCK_OTHER) {
			assert_int_equal(knocks[i].head_len, 10);
			assert_memory_equal(knocks[i].head, "NICK bot\r\n", 10);
		}
	close_it();
}

/* An octet at a time, and no end: what came until the deadline is taken down. */
static void test_slow_ones_are_cut(void **state)
{
	(void)state;
	char text[64];
	clock_freeze(clock_us(), clock_wall_s());
	open_it(10, 10, 400);
	int fd = connect_to(0, SOCK_STREAM);
	send_text(fd, "GET /");
	for (unsigned i = 0; i < 20; i++) {
		send_text(fd, "a");
		rest();
	}
	wait_until_open(1);
	clock_advance(400000);
	wait_for_knocks(1);
	read_all(fd, text, sizeof text);
	close(fd);
	assert_int_equal(knocks[0].kind, KNOCK_HTTP);
	assert_int_equal(strncmp(knocks[0].request_line, "GET /aa", 7), 0);
	close_it();
}

/* A hello that promises more than is taken, and one whose octets never end. */
static void test_long_ones_are_cut(void **state)
{
	(void)state;
	static const uint8_t start[] = {22, 3, 1, 0x3f, 0xff, 1, 1, 0xff, 0xf0};
	uint8_t bytes[20000] = {0};
	char text[64];
	open_it(10, 10, 20000);
	memcpy(bytes, start, sizeof start);
	int fd = connect_to(0, SOCK_STREAM);
	(void)!send(fd, bytes, sizeof bytes, MSG_NOSIGNAL);
	wait_for_knocks(1);
	read_all(fd, text, sizeof text);
	close(fd);
	assert_int_equal(knocks[0].kind, KNOCK_TLS);
	assert_string_equal(knocks[0].ja3, "");
	assert_int_equal(knocks[0].head_len, KNOCK_HEAD_MAX);
	fd = connect_to(0, SOCK_STREAM);
	memset(bytes, 'A', sizeof bytes);
	(void)!send(fd, bytes, sizeof bytes, MSG_NOSIGNAL);
	wait_for_knocks(2);
	close(fd);
	assert_int_equal(knocks[1].kind, KNOCK_OTHER);
	assert_int_equal(knocks[1].head_len, KNOCK_HEAD_MAX);
	wait_until_open(0);
	close_it();
}

/* --- bounds ------------------------------------------------------------------------------------ */

static void test_caps(void **state)
{
	(void)state;
	char text[64];
	int fds[8];
	open_it(100, 5, 20000);
	for (unsigned i = 0; i < 5; i++)
		fds[i] = connect_to(0, SOCK_STREAM);
	wait_until_open(5);
	for (unsigned i = 5; i < 8; i++) {
		fds[i] = connect_to(0, SOCK_STREAM);
		assert_int_equal(read_all(fds[i], text, sizeof text), 0);
	}
	assert_int_equal(counters().refused, 3);
	assert_int_equal(counters().accepted, 8);
	close(fds[0]);
	wait_until_open(4);
	int again = connect_to(0, SOCK_STREAM);
	wait_until_open(5);
	close(again);
	for (unsigned i = 1; i < 8; i++)
		close(fds[i]);
	wait_until_open(0);
	close_it();
}

/* Who has a whole IPv6 network has no more than others. */
static void test_a_network_is_one_client(void **state)
{
	(void)state;
	static const char *const clients[] = {
		"2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:1::1", "192.0.2.1", "192.0.2.2"};
	static const struct sinkhole one = {.seed = 7};
	uint32_t buckets[5];
	for (unsigned i = 0; i < 5; i++) {
		struct addr a;
		assert_int_equal(addr_from_text(clients[i], &a), 0);
		buckets[i] = sinkhole_bucket(&one, &a);
	}
	assert_int_equal(buckets[0], buckets[1]);
	assert_int_not_equal(buckets[0], buckets[2]);
	assert_int_not_equal(buckets[3], buckets[4]);
}

static void test_many_at_once(void **state)
{
	(void)state;
	enum { MANY = 1000 };
	static int fds[MANY];
	struct rlimit files;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
	files.rlim_cur = files.rlim_max < 4096 ? files.rlim_max : 4096;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
	assert_true(files.rlim_cur >= 2 * MANY + 100);
	open_it(MANY, MANY, 60000);
	for (unsigned i = 0; i < MANY; i++)
		fds[i] = connect_to(0, SOCK_STREAM);
	wait_until_open(MANY);
	int one_more = connect_to(0, SOCK_STREAM);
	char text[8];
	assert_int_equal(read_all(one_more, text, sizeof text), 0);
	close(one_more);
	/* The sinkhole closes first: a thousand ports of ours that wait for late segments would be missed by other tests. */
	for (unsigned i = 0; i < MANY; i++)
		assert_int_equal(send(fds[i], hello_tls12, sizeof hello_tls12, MSG_NOSIGNAL),
			sizeof hello_tls12);
	for (unsigned i = 0; i < MANY; i++) {
		assert_int_equal(read_all(fds[i], text, sizeof text), 0);
		close(fds[i]);
	}
	wait_for_knocks(MANY);
	wait_until_open(0);
	assert_int_equal(counters().knocks[KNOCK_TLS], MANY);
	close_it();
}

/* With connections open, nothing is left behind. */
static void test_stops_at_once(void **state)
{
	(void)state;
	open_it(10, 10, 60000);
	int a = connect_to(0, SOCK_STREAM), b = connect_to(0, SOCK_STREAM);
	wait_until_open(2);
	close_it();
	close(a);
	close(b);
}

static void test_datagrams(void **state)
{
	(void)state;
	open_it(10, 10, 1000);
	int fd = connect_to(1, SOCK_DGRAM);
	assert_int_equal(send(fd, "\x01\x02hello", 7, 0), 7);
	wait_for_knocks(1);
	assert_true(knocks[0].is_udp);
	assert_int_equal(knocks[0].head_len, 7);
	assert_memory_equal(knocks[0].head, "\x01\x02hello", 7);
	struct addr_endpoint at;
	sinkhole_endpoint(s, 1, &at);
	assert_int_equal(knocks[0].to.port, at.port);
	assert_true(addr_is_loopback(&knocks[0].to.addr));
	for (unsigned i = 0; i < 200; i++)
		assert_int_equal(send(fd, "y", 1, 0), 1);
	for (time_t end = time(NULL) + WAIT_S; time(NULL) < end && !counters().datagrams_dropped;
		rest())
		;
	assert_true(counters().datagrams_dropped > 0);
	char text[8];
	assert_true(recv(fd, text, sizeof text, MSG_DONTWAIT) < 0);
	close(fd);
	close_it();
}

static void test_an_address_in_use(void **state)
{
	(void)state;
	struct addr_endpoint at;
	struct sinkhole *second = NULL;
	struct err why = {""};
	open_it(10, 10, 1000);
	assert_true(sinkhole_endpoint(s, 0, &at));
	const struct sinkhole_options o = {.tcp = &at,
		.tcp_count = 1,
		.connections = 1,
		.connections_per_client = 1,
		.head_ms = 1};
	assert_true(sinkhole_open(&o, on_knock, NULL, &second, &why) < 0);
	assert_non_null(strstr(why.text, "sinkhole: TCP 127.0.0.1:"));
	assert_null(second);
	close_it();
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {T(test_a_person_gets_a_page), T(test_others_get_nothing),
		T(test_slow_ones_are_cut), T(test_long_ones_are_cut), T(test_caps),
		T(test_a_network_is_one_client), T(test_many_at_once), T(test_stops_at_once),
		T(test_datagrams), T(test_an_address_in_use)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
