/* SPDX-License-Identifier: BSD-2-Clause
 * Limits of DNS over TCP, on a loopback socket: caps, deadlines, peers that do not read.
 */
#include "tests/unit/tcp_client.h"

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
	/* The kernel's buffers took some; then no more questions were taken up. */
	assert_true(asked < 300);
	/* It reads on: all are answered, none is lost. */
	for (uint16_t i = 0; i < 300; i++) {
		uint32_t len;
		assert_int_equal(get(fd, &len), i);
		assert_int_equal(len, WIRE_MAX);
	}
	assert_int_equal(atomic_load(&stats.tcp_slow), 0);
	for (uint16_t i = 0; i < 300; i++)
		put_message(fd, i);
	/* However long the kernel's buffers take to fill: at last an idle time passes in which it took nothing. */
	config.tcp_total_ms = UINT32_MAX;
	PUMP_UNTIL((clock_advance(IDLE_MS * 1000), atomic_load(&stats.tcp_slow) == 1));
	assert_true(asked < 600);
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

static struct addr address(const char *text)
{
	struct addr a;
	assert_int_equal(addr_from_text(text, &a), 0);
	return a;
}

static void limits_count_clients(void **state)
{
	(void)state;
	/* So many slots that two of these clients do not meet in one. */
	struct config many = {.tcp_connections = 65536, .tcp_connections_per_client = 6};
	struct tcp_limits *l = tcp_limits_new(&many);
	struct addr v4 = address("192.0.2.1"), other_v4 = address("192.0.2.2");
	struct addr six = address("2001:db8::1"), same_net = address("2001:db8::ffff");
	struct addr other_net = address("2001:db8:0:1::1");
	struct addr ula = address("fd00::1"), other_ula = address("fd00::2");
	for (int i = 0; i < 6; i++) {
		assert_true(tcp_limits_enter(l, &v4));
		assert_true(tcp_limits_enter(l, i % 2 ? &six : &same_net));
		assert_true(tcp_limits_enter(l, &ula));
	}
	assert_false(tcp_limits_enter(l, &v4));
	assert_false(tcp_limits_enter(l, &six)); /* a global address counts for its /64 */
	assert_false(tcp_limits_enter(l, &same_net));
	assert_false(tcp_limits_enter(l, &ula));
	assert_true(tcp_limits_enter(l, &other_v4));
	assert_true(tcp_limits_enter(l, &other_net));
	assert_true(tcp_limits_enter(l, &other_ula));
	assert_int_equal(tcp_limits_total(l), 21);
	tcp_limits_leave(l, &v4);
	assert_true(tcp_limits_enter(l, &v4));
	assert_false(tcp_limits_enter(l, &v4));
	tcp_limits_free(l);
}

static void limits_count_all(void **state)
{
	(void)state;
	struct config few = {.tcp_connections = 2, .tcp_connections_per_client = 6};
	struct tcp_limits *l = tcp_limits_new(&few);
	struct addr a = address("192.0.2.1"), b = address("192.0.2.2");
	assert_true(tcp_limits_enter(l, &a));
	assert_true(tcp_limits_enter(l, &b));
	assert_false(tcp_limits_enter(l, &a));
	assert_false(tcp_limits_enter(l, &b));
	assert_int_equal(tcp_limits_total(l), 2);
	tcp_limits_leave(l, &b);
	assert_true(tcp_limits_enter(l, &a));
	tcp_limits_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(in_flight_is_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(slow_reader_is_closed, setup, teardown),
		cmocka_unit_test_setup_teardown(unread_answers_are_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(caps_and_access, setup, teardown),
		cmocka_unit_test_setup_teardown(idle_deadline, setup, teardown),
		cmocka_unit_test_setup_teardown(total_deadline, setup, teardown),
		cmocka_unit_test_setup_teardown(no_slot_closes, setup, teardown),
		cmocka_unit_test(limits_count_clients),
		cmocka_unit_test(limits_count_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
