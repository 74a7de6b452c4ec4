/* SPDX-License-Identifier: BSD-2-Clause
 * DNS over TCP on a loopback socket, with a pipeline that only notes what it was given. One thread: the test pumps the loop. Time stands still
 * and is moved by hand; the loop's own timer only decides when a deadline is looked at.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "resolver/base/clock.h"
#include "resolver/pipeline.h"
#include "resolver/stats.h"
#include "resolver/tcp.h"
#include "resolver/tcp_limits.h"
#include "resolver/worker.h"

enum { SLOTS = 400, PUMP_MAX_MS = 5000, IDLE_MS = 40, TOTAL_MS = 400 };

enum behaviour { ECHO, PARK, DROP, BIG };

static struct config config;
static struct view view;
static struct stats_worker stats;
static struct worker worker;
static struct query slots[SLOTS];
static struct query *parked[SLOTS];
static unsigned parked_count, asked, big_bytes;
static enum behaviour behaviour;
static uint8_t out[WIRE_MAX];
static uint32_t longest;
static uint16_t port;
static int port_holder = -1;

/* --- what tcp.c stands on --- */

void worker_enter(struct worker *w)
{
	w->depth++;
	w->view = &view;
	w->now_us = clock_us();
}

void worker_leave(struct worker *w)
{
	assert_true(w->depth > 0);
	w->depth--;
}

struct query *worker_take(struct worker *w)
{
	struct query *q = w->free;
	if (!q)
		return NULL;
	w->free = q->next;
	w->free_count--;
	memset(q, 0, sizeof *q);
	return q;
}

void worker_give_back(struct worker *w, struct query *q)
{
	q->next = w->free;
	w->free = q;
	w->free_count++;
}

static void answer(struct query *q, uint32_t len)
{
	memset(out, 0, sizeof out);
	wire_put_u16(out, q->id);
	q->out = out;
	q->out_len = len;
	tcp_send(&worker, q);
	worker_give_back(&worker, q);
}

void pipeline_run(struct worker *w, struct query *q)
{
	assert_ptr_equal(w, &worker);
	assert_true(w->depth > 0);
	assert_int_equal(q->transport, TRANSPORT_TCP);
	assert_true(q->arrived_us == w->now_us);
	assert_true(addr_is_loopback(&q->client));
	asked++;
	longest = q->packet_len > longest ? q->packet_len : longest;
	uint8_t sum = 0;
	for (uint32_t i = 0; i < q->packet_len; i++)
		sum = (uint8_t)(sum + q->packet[i]); /* for the sanitizer: all of it can be read */
	q->id = (uint16_t)(q->packet_len > 1 ? wire_u16(q->packet) : sum);
	switch (behaviour) {
	case ECHO:
		answer(q, 12);
		break;
	case BIG:
		answer(q, big_bytes);
		break;
	case PARK:
		parked[parked_count++] = q;
		break;
	case DROP:
		tcp_drop(w, q);
		worker_give_back(w, q);
		break;
	}
}

/* --- set-up --- */

/* Holds a port without listening, so that nobody else takes it. */
static void hold_port(void)
{
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof sa;
	int one = 1;
	port_holder = socket(AF_INET, SOCK_STREAM, 0);
	assert_true(port_holder >= 0);
	assert_int_equal(setsockopt(port_holder, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one), 0);
	assert_int_equal(setsockopt(port_holder, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one), 0);
	assert_int_equal(bind(port_holder, (struct sockaddr *)&sa, sizeof sa), 0);
	assert_int_equal(getsockname(port_holder, (struct sockaddr *)&sa, &len), 0);
	port = ntohs(sa.sin_port);
}

static int setup(void **state)
{
	(void)state;
	static struct addr_endpoint listen;
	static struct addr_prefix loopback;
	static const uint32_t yes = 1;
	hold_port();
	assert_int_equal(addr_endpoint_from_text("127.0.0.1", port, &listen), 0);
	assert_int_equal(addr_prefix_from_text("127.0.0.0/8", &loopback), 0);
	config = (struct config){.listen = &listen,
		.listen_count = 1,
		.tcp_connections = 8,
		.tcp_connections_per_client = 6,
		.tcp_idle_ms = IDLE_MS,
		.tcp_total_ms = TOTAL_MS};
	view = (struct view){.config = &config, .access = addr_table_new(&loopback, &yes, 1)};
	memset(&stats, 0, sizeof stats);
	worker = (struct worker){
		.stats = &stats, .base = event_base_new(), .tcp_limits = tcp_limits_new(&config)};
	for (unsigned i = 0; i < SLOTS; i++)
		worker_give_back(&worker, &slots[i]);
	parked_count = asked = 0;
	longest = 0;
	behaviour = ECHO;
	clock_freeze(1000000000, 1000000000);
	struct err why;
	if (tcp_new(&worker, &config, &worker.tcp, &why))
		fail_msg("%s", why.text);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tcp_free(worker.tcp);
	assert_int_equal(tcp_limits_total(worker.tcp_limits), 0);
	assert_int_equal(worker.depth, 0);
	tcp_limits_free(worker.tcp_limits);
	event_base_free(worker.base);
	addr_table_free((struct addr_table *)(uintptr_t)view.access);
	close(port_holder);
	clock_thaw();
	return 0;
}

/* --- the client's side --- */

static uint64_t real_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

#define PUMP_UNTIL(condition) \
	do { \
		uint64_t end_ = real_ms() + PUMP_MAX_MS; \
		while (!(condition)) { \
			if (real_ms() > end_) \
				fail_msg("not reached: %s", #condition); \
			event_base_loop(worker.base, EVLOOP_NONBLOCK); \
			nap(); \
		} \
	} while (0)

static void nap(void)
{
	struct timespec t = {.tv_nsec = 200000};
	nanosleep(&t, NULL);
}

/* Lets the loop do all that it has to do now, several looks at the deadlines among it. */
static void settle_down(void)
{
	uint64_t end = real_ms() + 60;
	while (real_ms() < end) {
		event_base_loop(worker.base, EVLOOP_NONBLOCK);
		nap();
	}
}

static int dial(void)
{
	struct sockaddr_in sa = {.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	assert_true(fd >= 0);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof sa), 0);
	return fd;
}

static int dial_and_wait(void)
{
	uint64_t before = atomic_load(&stats.tcp_accepted);
	int fd = dial();
	PUMP_UNTIL(atomic_load(&stats.tcp_accepted) == before + 1);
	return fd;
}

static void put(int fd, const void *bytes, size_t len)
{
	assert_int_equal(send(fd, bytes, len, MSG_NOSIGNAL), len);
}

static size_t message(uint8_t *p, uint16_t id, uint16_t len)
{
	memset(p, 0, len + 2U);
	wire_put_u16(p, len);
	wire_put_u16(p + 2, id);
	return len + 2U;
}

static void put_message(int fd, uint16_t id)
{
	uint8_t m[64];
	put(fd, m, message(m, id, 20));
}

/* Reads one whole answer while the loop runs; returns its id and its length. */
static uint16_t get(int fd, uint32_t *len)
{
	static uint8_t bytes[WIRE_MAX + 2];
	size_t got = 0, want = 2;
	uint64_t end = real_ms() + PUMP_MAX_MS;
	while (got < want) {
		event_base_loop(worker.base, EVLOOP_NONBLOCK);
		ssize_t n = recv(fd, bytes + got, want - got, MSG_DONTWAIT);
		if (n == 0 || real_ms() > end)
			fail_msg("no answer: %s", n == 0 ? "closed" : "nothing came");
		if (n < 0)
			nap();
		got += n > 0 ? (size_t)n : 0;
		if (got == 2)
			want = 2U + wire_u16(bytes);
	}
	if (len)
		*len = (uint32_t)(want - 2);
	return wire_u16(bytes + 2);
}

static bool is_closed(int fd)
{
	uint8_t byte;
	ssize_t n = recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK);
	return n == 0 || (n < 0 && errno != EAGAIN);
}

/* --- tests --- */

static void pipelined_and_split(void **state)
{
	(void)state;
	uint8_t m[4096];
	size_t len = 0;
	int fd = dial_and_wait();
	for (uint16_t i = 0; i < 50; i++)
		len += message(m + len, i, (uint16_t)(12 + i));
	put(fd, m, len);
	for (uint16_t i = 0; i < 50; i++)
		assert_int_equal(get(fd, NULL), i);
	/* One octet at a time. */
	len = message(m, 7, 17);
	len += message(m + len, 8, 12);
	for (size_t i = 0; i < len; i++) {
		if (i == 18 || i == len - 1) { /* one octet is missing from a message */
			settle_down();
			assert_int_equal(asked, i == 18 ? 50 : 51);
		}
		put(fd, m + i, 1);
		event_base_loop(worker.base, EVLOOP_NONBLOCK);
	}
	assert_int_equal(get(fd, NULL), 7);
	assert_int_equal(get(fd, NULL), 8);
	assert_int_equal(worker.free_count, SLOTS);
	close(fd);
	PUMP_UNTIL(tcp_limits_total(worker.tcp_limits) == 0);
}

static void out_of_order(void **state)
{
	(void)state;
	int a = dial_and_wait(), b = dial_and_wait();
	behaviour = PARK;
	for (uint16_t i = 0; i < 5; i++) {
		put_message(a, i);
		put_message(b, (uint16_t)(100 + i));
	}
	PUMP_UNTIL(parked_count == 10);
	for (unsigned i = 10; i-- > 0;)
		answer(parked[i], 12);
	for (uint16_t i = 5; i-- > 0;) {
		uint16_t from_a = get(a, NULL), from_b = get(b, NULL);
		assert_int_equal(from_a, i);
		assert_int_equal(from_b, 100 + i);
	}
	close(a);
	close(b);
}

static void half_close_gets_its_answers(void **state)
{
	(void)state;
	int fd = dial_and_wait();
	behaviour = PARK;
	put_message(fd, 1);
	put_message(fd, 2);
	shutdown(fd, SHUT_WR);
	PUMP_UNTIL(parked_count == 2);
	settle_down();
	assert_false(is_closed(fd));
	answer(parked[0], 12);
	assert_int_equal(get(fd, NULL), 1);
	answer(parked[1], 12);
	assert_int_equal(get(fd, NULL), 2);
	PUMP_UNTIL(is_closed(fd));
	close(fd);
	/* Nothing in flight, half a message: closed at once. */
	fd = dial_and_wait();
	put(fd,
		"\0\x20"
		"abc",
		5);
	shutdown(fd, SHUT_WR);
	PUMP_UNTIL(is_closed(fd));
	close(fd);
}

static void late_answer_finds_nobody(void **state)
{
	(void)state;
	struct linger reset = {.l_onoff = 1};
	int fd = dial_and_wait();
	behaviour = PARK;
	put_message(fd, 1);
	put_message(fd, 2);
	PUMP_UNTIL(parked_count == 2);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
	close(fd); /* a reset */
	PUMP_UNTIL(tcp_limits_total(worker.tcp_limits) == 0);
	/* Another client in the same slot must not get it. */
	behaviour = ECHO;
	fd = dial_and_wait();
	answer(parked[0], 12);
	tcp_drop(&worker, parked[1]);
	worker_give_back(&worker, parked[1]);
	put_message(fd, 3);
	assert_int_equal(get(fd, NULL), 3);
	settle_down();
	uint8_t byte;
	assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT), -1);
	close(fd);
}

static void in_flight_is_bounded(void **state)
{
	(void)state;
	int fd = dial_and_wait();
	behaviour = PARK;
	for (uint16_t i = 0; i < 250; i++)
		put_message(fd, i);
	PUMP_UNTIL(parked_count == 100);
	settle_down();
	assert_int_equal(parked_count, 100);
	answer(parked[0], 12);
	tcp_drop(&worker, parked[1]);
	worker_give_back(&worker, parked[1]);
	PUMP_UNTIL(parked_count == 102);
	settle_down();
	assert_int_equal(parked_count, 102);
	for (unsigned i = 2; i < 250; i++) {
		PUMP_UNTIL(parked_count > i);
		answer(parked[i], 12);
	}
	assert_int_equal(get(fd, NULL), 0);
	for (uint16_t i = 2; i < 250; i++)
		assert_int_equal(get(fd, NULL), i);
	/* All came before the peer's end: the last one is answered, then it is closed. */
	shutdown(fd, SHUT_WR);
	PUMP_UNTIL(is_closed(fd));
	close(fd);
}

static void half_close_behind_a_pause(void **state)
{
	(void)state;
	int fd = dial_and_wait();
	behaviour = PARK;
	for (uint16_t i = 0; i < 120; i++)
		put_message(fd, i);
	shutdown(fd, SHUT_WR);
	PUMP_UNTIL(parked_count == 100);
	for (unsigned i = 0; i < 120; i++) {
		PUMP_UNTIL(parked_count > i);
		answer(parked[i], 12);
	}
	for (uint16_t i = 0; i < 120; i++)
		assert_int_equal(get(fd, NULL), i);
	PUMP_UNTIL(is_closed(fd));
	close(fd);
}

static void dropped_queries_leave(void **state)
{
	(void)state;
	int fd = dial_and_wait();
	behaviour = DROP;
	for (uint16_t i = 0; i < 250; i++)
		put_message(fd, i);
	PUMP_UNTIL(asked == 250);
	behaviour = ECHO;
	put_message(fd, 9);
	assert_int_equal(get(fd, NULL), 9);
	close(fd);
}

static void slow_reader_is_closed(void **state)
{
	(void)state;
	int fd = dial_and_wait();
	behaviour = BIG;
	big_bytes = WIRE_MAX;
	for (uint16_t i = 0; i < 300; i++)
		put_message(fd, i);
	PUMP_UNTIL(asked > 1);
	settle_down();
	/* The kernel's buffers took some; then no more were taken up. */
	unsigned before = asked;
	assert_true(before < 300);
	settle_down();
	assert_int_equal(asked, before);
	/* It reads on: all are answered, none is lost. */
	for (uint16_t i = 0; i < 300; i++) {
		uint32_t len;
		assert_int_equal(get(fd, &len), i);
		assert_int_equal(len, WIRE_MAX);
	}
	assert_int_equal(atomic_load(&stats.tcp_slow), 0);
	for (uint16_t i = 0; i < 300; i++)
		put_message(fd, i);
	PUMP_UNTIL(asked > 302);
	settle_down();
	clock_advance(IDLE_MS * 1000);
	PUMP_UNTIL(atomic_load(&stats.tcp_slow) == 1);
	assert_int_equal(tcp_limits_total(worker.tcp_limits), 0);
	close(fd);
}

static void unread_answers_are_bounded(void **state)
{
	(void)state;
	int fd = dial_and_wait();
	behaviour = PARK;
	for (uint16_t i = 0; i < 100; i++)
		put_message(fd, i);
	PUMP_UNTIL(parked_count == 100);
	/* 6.5 MB at once, for a peer that reads nothing. */
	for (unsigned i = 0; i < 100; i++)
		answer(parked[i], WIRE_MAX);
	assert_int_equal(atomic_load(&stats.tcp_slow), 1);
	assert_int_equal(tcp_limits_total(worker.tcp_limits), 0);
	assert_int_equal(worker.free_count, SLOTS);
	close(fd);
}

static void caps_and_access(void **state)
{
	(void)state;
	int fds[7];
	for (int i = 0; i < 6; i++)
		fds[i] = dial_and_wait();
	fds[6] = dial(); /* the seventh of this client */
	PUMP_UNTIL(atomic_load(&stats.tcp_refused) == 1);
	PUMP_UNTIL(is_closed(fds[6]));
	close(fds[6]);
	put_message(fds[5], 4);
	assert_int_equal(get(fds[5], NULL), 4);
	close(fds[0]);
	PUMP_UNTIL(tcp_limits_total(worker.tcp_limits) == 5);
	fds[0] = dial_and_wait();
	for (int i = 0; i < 6; i++)
		close(fds[i]);
	PUMP_UNTIL(tcp_limits_total(worker.tcp_limits) == 0);
	addr_table_free((struct addr_table *)(uintptr_t)view.access);
	view.access = addr_table_new(NULL, NULL, 0);
	fds[0] = dial();
	PUMP_UNTIL(atomic_load(&stats.tcp_refused) == 2);
	PUMP_UNTIL(is_closed(fds[0]));
	close(fds[0]);
	assert_int_equal(asked, 1);
}

static void idle_deadline(void **state)
{
	(void)state;
	int fd = dial_and_wait();
	put_message(fd, 1);
	assert_int_equal(get(fd, NULL), 1);
	clock_advance((IDLE_MS - 1) * 1000);
	settle_down();
	assert_false(is_closed(fd));
	put_message(fd, 2); /* activity: the time begins anew */
	assert_int_equal(get(fd, NULL), 2);
	clock_advance((IDLE_MS - 1) * 1000);
	/* Octets that make no message are no activity. */
	put(fd,
		"\0\x20"
		"a",
		3);
	settle_down();
	assert_false(is_closed(fd));
	clock_advance(1000);
	PUMP_UNTIL(is_closed(fd));
	assert_int_equal(atomic_load(&stats.tcp_timeouts), 1);
	close(fd);
	/* Who waits for an answer of ours is not idle. */
	fd = dial_and_wait();
	behaviour = PARK;
	put_message(fd, 3);
	PUMP_UNTIL(parked_count == 1);
	clock_advance(IDLE_MS * 3000);
	settle_down();
	assert_false(is_closed(fd));
	answer(parked[0], 12);
	assert_int_equal(get(fd, NULL), 3);
	close(fd);
}

static void total_deadline(void **state)
{
	(void)state;
	int fd = dial_and_wait(), busy = dial_and_wait();
	behaviour = PARK;
	put_message(busy, 1);
	PUMP_UNTIL(parked_count == 1);
	behaviour = ECHO;
	for (int ms = 0; ms < TOTAL_MS - IDLE_MS / 2; ms += IDLE_MS / 2) {
		put_message(fd, 5);
		assert_int_equal(get(fd, NULL), 5);
		clock_advance(IDLE_MS / 2 * 1000);
	}
	assert_false(is_closed(fd));
	clock_advance(IDLE_MS / 2 * 1000);
	PUMP_UNTIL(is_closed(fd));
	PUMP_UNTIL(atomic_load(&stats.tcp_timeouts) == 2);
	/* The other one still gets what it asked for in time, but may ask no more. */
	assert_false(is_closed(busy));
	unsigned before = asked;
	put_message(busy, 2);
	settle_down();
	assert_int_equal(asked, before);
	answer(parked[0], 12);
	assert_int_equal(get(busy, NULL), 1);
	PUMP_UNTIL(tcp_limits_total(worker.tcp_limits) == 0);
	close(fd);
	close(busy);
}

static void lengths_at_the_ends(void **state)
{
	(void)state;
	static uint8_t m[WIRE_MAX + 2 + 64];
	int fd = dial_and_wait();
	size_t len = message(m, 5, WIRE_MAX);
	len += message(m + len, 6, 12);
	put(fd, m, len);
	assert_int_equal(get(fd, NULL), 5);
	assert_int_equal(get(fd, NULL), 6);
	assert_int_equal(longest, WIRE_MAX);
	put(fd, "\0\x01\x07", 3); /* one octet: the pipeline's to judge */
	assert_int_equal(get(fd, NULL), 7);
	put_message(fd, 8);
	put(fd, "\0\0", 2);
	assert_int_equal(get(fd, NULL), 8);
	PUMP_UNTIL(is_closed(fd));
	assert_int_equal(asked, 4);
	close(fd);
}

static void no_slot_closes(void **state)
{
	(void)state;
	struct query *all = worker.free;
	worker.free = NULL;
	int fd = dial_and_wait();
	put_message(fd, 1);
	PUMP_UNTIL(is_closed(fd));
	assert_int_equal(atomic_load(&stats.no_slot), 1);
	assert_int_equal(atomic_load(&stats.outcomes[OUTCOME_DROPPED_LIMIT]), 1);
	assert_int_equal(atomic_load(&stats.transports[TRANSPORT_TCP]), 1);
	worker.free = all;
	close(fd);
}

static void drains(void **state)
{
	(void)state;
	int idle = dial_and_wait(), busy = dial_and_wait();
	behaviour = PARK;
	put_message(busy, 1);
	PUMP_UNTIL(parked_count == 1);
	tcp_drain(worker.tcp);
	PUMP_UNTIL(is_closed(idle));
	assert_false(is_closed(busy));
	answer(parked[0], 12);
	assert_int_equal(get(busy, NULL), 1);
	PUMP_UNTIL(is_closed(busy));
	close(idle);
	close(busy);
}

static void slots_are_reused(void **state)
{
	(void)state;
	for (uint16_t i = 0; i < 100; i++) {
		int fd = dial_and_wait();
		put_message(fd, i);
		assert_int_equal(get(fd, NULL), i);
		close(fd);
		PUMP_UNTIL(tcp_limits_total(worker.tcp_limits) == 0);
	}
}

static void limits_count_clients(void **state)
{
	(void)state;
	struct tcp_limits *l = worker.tcp_limits;
	struct addr a, b, six, same_net, ula, other_ula;
	assert_int_equal(addr_from_text("192.0.2.1", &a), 0);
	assert_int_equal(addr_from_text("192.0.2.2", &b), 0);
	assert_int_equal(addr_from_text("2001:db8::1", &six), 0);
	assert_int_equal(addr_from_text("2001:db8::ffff", &same_net), 0);
	assert_int_equal(addr_from_text("fd00::1", &ula), 0);
	assert_int_equal(addr_from_text("fd00::2", &other_ula), 0);
	for (int i = 0; i < 6; i++)
		assert_true(tcp_limits_enter(l, i % 2 ? &six : &same_net));
	assert_false(tcp_limits_enter(l, &six)); /* the cap of its /64 */
	assert_false(tcp_limits_enter(l, &same_net));
	assert_true(tcp_limits_enter(l, &a));
	assert_true(tcp_limits_enter(l, &b));
	assert_int_equal(tcp_limits_total(l), 8);
	assert_false(tcp_limits_enter(l, &ula)); /* the cap of all */
	tcp_limits_leave(l, &a);
	tcp_limits_leave(l, &b);
	for (int i = 0; i < 6; i++)
		tcp_limits_leave(l, &six);
	assert_int_equal(tcp_limits_total(l), 0);
	for (int i = 0; i < 6; i++)
		assert_true(tcp_limits_enter(l, &ula));
	assert_false(tcp_limits_enter(l, &ula));
	assert_true(tcp_limits_enter(l, &other_ula));
	tcp_limits_leave(l, &other_ula);
	for (int i = 0; i < 6; i++)
		tcp_limits_leave(l, &ula);
}

static void port_in_use_is_said(void **state)
{
	(void)state;
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof sa;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof sa), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	struct addr_endpoint taken;
	assert_int_equal(addr_endpoint_from_text("127.0.0.1", ntohs(sa.sin_port), &taken), 0);
	struct config other = config;
	other.listen = &taken;
	struct tcp *t = NULL;
	struct err why = {0};
	assert_int_equal(tcp_new(&worker, &other, &t, &why), -EADDRINUSE);
	assert_non_null(strstr(why.text, "listen: 127.0.0.1:"));
	assert_non_null(strstr(why.text, "/tcp cannot be bound"));
	assert_null(t);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(pipelined_and_split, setup, teardown),
		cmocka_unit_test_setup_teardown(out_of_order, setup, teardown),
		cmocka_unit_test_setup_teardown(half_close_gets_its_answers, setup, teardown),
		cmocka_unit_test_setup_teardown(late_answer_finds_nobody, setup, teardown),
		cmocka_unit_test_setup_teardown(in_flight_is_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(half_close_behind_a_pause, setup, teardown),
		cmocka_unit_test_setup_teardown(dropped_queries_leave, setup, teardown),
		cmocka_unit_test_setup_teardown(slow_reader_is_closed, setup, teardown),
		cmocka_unit_test_setup_teardown(unread_answers_are_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(caps_and_access, setup, teardown),
		cmocka_unit_test_setup_teardown(idle_deadline, setup, teardown),
		cmocka_unit_test_setup_teardown(total_deadline, setup, teardown),
		cmocka_unit_test_setup_teardown(lengths_at_the_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(no_slot_closes, setup, teardown),
		cmocka_unit_test_setup_teardown(drains, setup, teardown),
		cmocka_unit_test_setup_teardown(slots_are_reused, setup, teardown),
		cmocka_unit_test_setup_teardown(limits_count_clients, setup, teardown),
		cmocka_unit_test_setup_teardown(port_in_use_is_said, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
