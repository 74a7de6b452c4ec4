/* SPDX-License-Identifier: BSD-2-Clause
 * DNS over TCP on a loopback socket: messages, order, ends of connections.
 */
#include "tests/unit/tcp_client.h"

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
		cmocka_unit_test_setup_teardown(half_close_behind_a_pause, setup, teardown),
		cmocka_unit_test_setup_teardown(dropped_queries_leave, setup, teardown),
		cmocka_unit_test_setup_teardown(lengths_at_the_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(drains, setup, teardown),
		cmocka_unit_test_setup_teardown(slots_are_reused, setup, teardown),
		cmocka_unit_test_setup_teardown(port_in_use_is_said, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
