/* SPDX-License-Identifier: BSD-2-Clause
 * Set-up of the TCP tests: a port that is held, a worker's TCP side on it.
 *
 * Threads: one.
 */
#pragma once

#include "tests/unit/tcp_fake.h"

/* Holds a port without listening, so that nobody else takes it. */
static inline void hold_port(void)
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

static inline int setup(void **state)
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

static inline int teardown(void **state)
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
