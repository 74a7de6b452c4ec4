/* SPDX-License-Identifier: BSD-2-Clause
 * The client's side of the TCP tests, and the pumping of the loop.
 *
 * Threads: one.
 */
#pragma once

#include "tests/unit/tcp_setup.h"

static inline uint64_t real_ms(void)
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

static inline void nap(void)
{
	struct timespec t = {.tv_nsec = 200000};
	nanosleep(&t, NULL);
}

/* Lets the loop do all that it has to do now, several looks at the deadlines among it. */
static inline void settle_down(void)
{
	uint64_t end = real_ms() + 60;
	while (real_ms() < end) {
		event_base_loop(worker.base, EVLOOP_NONBLOCK);
		nap();
	}
}

static inline int dial(void)
{
	struct sockaddr_in sa = {.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1, window = 64 << 10;
	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &window, sizeof window);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof sa), 0);
	return fd;
}

static inline int dial_and_wait(void)
{
	uint64_t before = atomic_load(&stats.tcp_accepted);
	int fd = dial();
	PUMP_UNTIL(atomic_load(&stats.tcp_accepted) == before + 1);
	return fd;
}

static inline void put(int fd, const void *bytes, size_t len)
{
	assert_int_equal(send(fd, bytes, len, MSG_NOSIGNAL), len);
}

static inline size_t message(uint8_t *p, uint16_t id, uint16_t len)
{
	memset(p, 0, len + 2U);
	wire_put_u16(p, len);
	wire_put_u16(p + 2, id);
	return len + 2U;
}

static inline void put_message(int fd, uint16_t id)
{
	uint8_t m[64];
	put(fd, m, message(m, id, 20));
}

/* Reads one whole answer while the loop runs; returns its id and its length. */
static inline uint16_t get(int fd, uint32_t *len)
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

static inline bool is_closed(int fd)
{
	uint8_t byte;
	ssize_t n = recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK);
	return n == 0 || (n < 0 && errno != EAGAIN);
}
