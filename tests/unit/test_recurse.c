/* SPDX-License-Identifier: BSD-2-Clause
 * The stage against a small server on loopback. The worker and the pipeline around it are the test's own.
 */
#include "resolver/recurse.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
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

#include "resolver/answer.h"
#include "resolver/base/clock.h"
#include "resolver/cache.h"
#include "resolver/flight.h"
#include "resolver/pipeline.h"
#include "resolver/stats.h"
#include "resolver/worker.h"

enum { QUERIES = 8, WAIT_MS = 60000, STALE_MS = 60, DEADLINE_MS = 150 };

struct bench {
	struct worker worker; /* first: the fakes below find the rest by it */
	struct config config;
	struct config_zone forward;
	struct addr_endpoint server;
	struct view view;
	struct stats_worker stats;
	struct query queries[QUERIES];
	unsigned taken;
	uint8_t out[WIRE_MAX];

	unsigned resumed, early, given_back;
	struct query seen; /* as the last one came back, or was answered early */
	bool has_stale;
	const char *asks_on_resume; /* a TCP client's next question, read when an answer left */
	enum step step_on_resume;

	int socket, orders[2]; /* to the server: a byte lets held answers go, the end ends it */
	pthread_t thread;
};

/* --- the server: answers by the first letter of the name --- */

static size_t append_soa(uint8_t *p)
{
	static const uint8_t soa[] =
		"\0\0\6\0\1\0\0\x0e\x10\0\x16\0\0\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4"
		"\0\0\0\x3c";
	memcpy(p, soa, sizeof soa - 1);
	return sizeof soa - 1;
}

/* Returns the answer's length, 0 for silence. */
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
	switch (p[WIRE_HEADER + 1]) {
	case 's':
		return 0;
	case 'n':
		p[3] |= RCODE_NXDOMAIN;
		break;
	case 'f':
		p[3] |= RCODE_SERVFAIL;
		return end;
	case 'g':
	case 'h': /* held back until it is let go; what the library sends after that is not */
		if (type != TYPE_A)
			break;
		memcpy(p + end, "\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4\xc0\0\2\1", 16);
		p[7] = 1;
		return end + 16;
	default:
		break;
	}
	p[9] = 1;
	return end + append_soa(p + end);
}

static void *serve(void *arg)
{
	struct bench *b = arg;
	struct pollfd fds[2] = {
		{.fd = b->socket, .events = POLLIN}, {.fd = b->orders[0], .events = POLLIN}};
	struct sockaddr_storage from, held_from;
	socklen_t from_len, held_from_len = 0;
	uint8_t p[1500], held[1500], order;
	size_t held_len = 0;
	bool is_held = true;
	while (poll(fds, 2, -1) >= 0) {
		if (fds[1].revents) {
			if (read(b->orders[0], &order, 1) != 1)
				break;
			is_held = false;
			(void)sendto(b->socket, held, held_len, 0, (struct sockaddr *)&held_from,
				held_from_len);
			continue;
		}
		from_len = sizeof from;
		ssize_t n = recvfrom(b->socket, p, 512, 0, (struct sockaddr *)&from, &from_len);
		size_t len = n > 0 ? answer_for(p, (size_t)n) : 0;
		if (len && is_held && p[WIRE_HEADER + 1] == 'h') {
			memcpy(held, p, len);
			held_len = len;
			held_from = from;
			held_from_len = from_len;
		} else if (len) {
			(void)sendto(b->socket, p, len, 0, (struct sockaddr *)&from, from_len);
		}
	}
	return NULL;
}

static void server_start_(struct bench *b)
{
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof sa;
	b->socket = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(b->socket, (struct sockaddr *)&sa, n), 0);
	assert_int_equal(getsockname(b->socket, (struct sockaddr *)&sa, &n), 0);
	assert_true(addr_from_sockaddr((struct sockaddr *)&sa, &b->server.addr));
	b->server.port = ntohs(sa.sin_port);
	assert_int_equal(pipe(b->orders), 0);
	assert_int_equal(pthread_create(&b->thread, NULL, serve, b), 0);
}

static void server_stop_(struct bench *b)
{
	close(b->orders[1]);
	pthread_join(b->thread, NULL);
	close(b->orders[0]);
	close(b->socket);
}

/* --- worker and pipeline --- */

void worker_enter(struct worker *w)
{
	struct bench *b = (struct bench *)w;
	if (!w->depth++) {
		w->view = &b->view;
		w->now_us = clock_us();
	}
}

void worker_leave(struct worker *w)
{
	if (!--w->depth)
		w->view = NULL;
}

void worker_give_back(struct worker *w, struct query *q)
{
	struct bench *b = (struct bench *)w;
	b->given_back++;
	memset(q, 0xdd, sizeof *q);
}

void pipeline_lend_out(struct worker *w, struct query *q)
{
	struct bench *b = (struct bench *)w;
	q->out = b->out;
	q->out_max = sizeof b->out;
	q->out_len = 0;
}

bool cache_take_stale(struct worker *w, struct query *q)
{
	struct bench *b = (struct bench *)w;
	assert_ptr_equal(q->out, b->out);
	if (b->has_stale) {
		q->source = ANSWER_STALE;
		q->outcome = OUTCOME_STALE;
		q->rcode = RCODE_NOERROR;
	}
	return b->has_stale;
}

static enum step ask_as(struct bench *b, const char *name, const char *client, enum transport via)
{
	struct worker *w = &b->worker;
	assert_true(b->taken < QUERIES);
	struct query *q = &b->queries[b->taken++];
	struct sockaddr_storage peer = {.ss_family = AF_INET6};
	memset(q, 0, sizeof *q);
	q->transport = via;
	q->peer = via == TRANSPORT_UDP ? &peer : NULL;
	assert_int_equal(addr_from_text(client, &q->client), 0);
	assert_int_equal(dname_from_text(name, strlen(name), &q->qname), 0);
	q->qtype = TYPE_A;
	q->qclass = CLASS_IN;
	q->ede = EDE_NONE;
	worker_enter(w);
	q->arrived_us = w->now_us;
	pipeline_lend_out(w, q);
	enum step s = recurse(w, q);
	if (s == STEP_REPLY || s == STEP_NEXT)
		b->seen = *q;
	worker_leave(w);
	memset(&peer, 0xdd, sizeof peer);
	return s;
}

static enum step ask(struct bench *b, const char *name)
{
	return ask_as(b, name, "192.0.2.9", TRANSPORT_UDP);
}

void pipeline_resume(struct worker *w, struct query *q)
{
	struct bench *b = (struct bench *)w;
	assert_non_null(w->view);
	assert_false(q->is_parked);
	b->resumed++;
	b->seen = *q;
	if (q->transport == TRANSPORT_UDP)
		assert_int_equal(q->peer->ss_family, AF_INET6);
	memset(q, 0xdd, sizeof *q);
	if (b->asks_on_resume) {
		const char *name = b->asks_on_resume;
		b->asks_on_resume = NULL;
		unsigned before = b->resumed;
		b->step_on_resume = ask(b, name);
		assert_int_equal(b->resumed, before);
	}
}

void pipeline_answer_early(struct worker *w, struct query *q)
{
	struct bench *b = (struct bench *)w;
	assert_true(q->is_parked);
	assert_false(q->is_answered);
	q->is_answered = true;
	b->early++;
	b->seen = *q;
}

/* Runs the loop until `*counter` is `n`. */
static void run_until(struct bench *b, const unsigned *counter, unsigned n)
{
	uint64_t end_ms = clock_ms() + WAIT_MS;
	while (*counter < n && clock_ms() < end_ms)
		event_base_loop(b->worker.base, EVLOOP_ONCE);
	assert_int_equal(*counter, n);
}

static void config_fill(struct bench *b)
{
	struct config *c = &b->config;
	c->workers = 1;
	c->cache_max_ttl_s = 86400;
	c->recursion_stale_after_ms = STALE_MS;
	c->recursion_deadline_ms = DEADLINE_MS;
	c->recursion_in_flight = 6;
	c->recursion_in_flight_per_client = 4;
	c->recursion_in_flight_per_domain = 3;
	b->forward = (struct config_zone){.to = &b->server, .to_count = 1};
	dname_from_text(".", 1, &b->forward.zone);
	c->forward = &b->forward;
	c->forward_count = 1;
}

static void start(struct bench *b)
{
	struct err why = {.text = ""};
	b->view.config = &b->config;
	b->worker.worker_count = 1;
	b->worker.stats = &b->stats;
	b->worker.base = event_base_new();
	assert_int_equal(flight_new(&b->worker.flight, &why), 0);
	if (recurse_new(&b->worker, &b->config, &b->worker.recurse, &why) < 0)
		fail_msg("%s", why.text);
}

static int set_up(void **state)
{
	struct bench *b = calloc(1, sizeof *b);
	server_start_(b);
	config_fill(b);
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;
	recurse_free(b->worker.recurse);
	flight_free(b->worker.flight);
	if (b->worker.base)
		event_base_free(b->worker.base);
	server_stop_(b);
	free(b);
	return 0;
}

/* --- tests --- */

static void test_answer(void **state)
{
	struct bench *b = *state;
	start(b);
	assert_int_equal(ask(b, "good.test"), STEP_PARK);
	assert_int_equal(b->resumed, 0);
	assert_int_equal(recurse_in_flight(b->worker.recurse), 1);
	run_until(b, &b->resumed, 1);
	assert_int_equal(b->seen.outcome, OUTCOME_RECURSED);
	assert_int_equal(b->seen.source, ANSWER_FRESH);
	assert_int_equal(b->seen.rcode, RCODE_NOERROR);
	assert_int_equal(b->seen.answer_count, 1);
	assert_int_equal(b->seen.min_ttl_s, 300);
	assert_false(b->seen.is_secure);
	assert_int_equal(recurse_in_flight(b->worker.recurse), 0);
	assert_int_equal(b->stats.upstream_queries, 1);
}

/* The library answers from its own cache inside of the call. */
static void test_answer_inside_of_the_call(void **state)
{
	struct bench *b = *state;
	start(b);
	ask(b, "good.test");
	run_until(b, &b->resumed, 1);
	assert_int_equal(ask(b, "good.test"), STEP_PARK);
	assert_int_equal(b->resumed, 2);
	assert_int_equal(b->seen.answer_count, 1);
	assert_int_equal(recurse_in_flight(b->worker.recurse), 0);
}

/* However many answers the library has ready, its call is not entered again from inside of its callback. */
static void test_question_out_of_a_callback_waits(void **state)
{
	struct bench *b = *state;
	start(b);
	ask(b, "good.test");
	run_until(b, &b->resumed, 1);
	b->asks_on_resume = "good.test";
	ask(b, "good.test");
	assert_int_equal(b->resumed, 2);
	assert_int_equal(b->step_on_resume, STEP_PARK);
	assert_int_equal(recurse_in_flight(b->worker.recurse), 1);
	run_until(b, &b->resumed, 3);
	assert_int_equal(b->seen.answer_count, 1);
}

static void test_nxdomain(void **state)
{
	struct bench *b = *state;
	start(b);
	ask(b, "no.test");
	run_until(b, &b->resumed, 1);
	assert_int_equal(b->seen.outcome, OUTCOME_RECURSED);
	assert_int_equal(b->seen.rcode, RCODE_NXDOMAIN);
	assert_int_equal(b->seen.answer_count, 0);
	assert_int_equal(b->seen.authority_count, 1);
	assert_int_equal(b->seen.min_ttl_s, 60);
}

/* The library remembers a failure and then gives it as a packet. */
static void test_failure_that_the_library_remembers(void **state)
{
	struct bench *b = *state;
	start(b);
	for (unsigned i = 1; i <= 3; i++) {
		ask(b, "failing.test");
		run_until(b, &b->resumed, i);
		assert_int_equal(b->seen.outcome, OUTCOME_SERVFAIL);
	}
}

/* Names that the library would answer by itself go upstream, odd octets arrive as they are. */
static void test_names_go_upstream_unchanged(void **state)
{
	static const char *const names[] = {"g.localhost", "g.1.168.192.in-addr.arpa", "g.onion",
		"g.home.arpa", "g\\.dot.a\\000\\255\\\"b.test"};
	struct bench *b = *state;
	start(b);
	for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
		ask(b, names[i]);
		run_until(b, &b->resumed, i + 1);
		assert_int_equal(b->seen.outcome, OUTCOME_RECURSED);
		assert_int_equal(b->seen.answer_count, 1);
	}
}

static void test_deadline(void **state)
{
	struct bench *b = *state;
	start(b);
	uint64_t start_ms = clock_ms();
	assert_int_equal(ask(b, "silent.test"), STEP_PARK);
	run_until(b, &b->early, 1);
	assert_true(clock_ms() - start_ms >= DEADLINE_MS);
	assert_int_equal(b->seen.outcome, OUTCOME_SERVFAIL);
	assert_int_equal(b->seen.rcode, RCODE_SERVFAIL);
	assert_int_equal(b->seen.source, ANSWER_NONE);
	assert_int_equal(b->seen.ede, EDE_NETWORK_ERROR);
	assert_non_null(b->seen.ede_text);
	/* The slot waits for the library, and the end of it gives it back. */
	assert_int_equal(recurse_in_flight(b->worker.recurse), 1);
	recurse_free(b->worker.recurse);
	b->worker.recurse = NULL;
	assert_int_equal(b->given_back, 1);
	assert_int_equal(b->resumed, 0);
}

/* What comes after the client was told SERVFAIL is still worth keeping. */
static void test_late_answer(void **state)
{
	struct bench *b = *state;
	start(b);
	ask(b, "held.test");
	run_until(b, &b->early, 1);
	assert_int_equal(b->seen.outcome, OUTCOME_SERVFAIL);
	assert_int_equal(b->stats.upstream_late, 0);
	assert_int_equal(write(b->orders[1], "", 1), 1);
	run_until(b, &b->resumed, 1);
	assert_true(b->seen.is_answered);
	assert_int_equal(b->seen.outcome, OUTCOME_RECURSED);
	assert_int_equal(b->seen.source, ANSWER_FRESH);
	assert_int_equal(b->seen.ede, EDE_NONE);
	assert_int_equal(b->seen.answer_count, 1);
	assert_int_equal(b->stats.upstream_late, 1);
	assert_int_equal(recurse_in_flight(b->worker.recurse), 0);
	assert_int_equal(b->early, 1);
}

/* Nobody waits for a refresh, so it is not answered early. */
static void test_refresh_has_no_deadline(void **state)
{
	struct bench *b = *state;
	start(b);
	ask_as(b, "silent.a.test", "192.0.2.9", TRANSPORT_NONE);
	ask(b, "silent.b.test");
	run_until(b, &b->early, 1);
	assert_int_equal(b->seen.transport, TRANSPORT_UDP);
	ask(b, "silent.c.test");
	run_until(b, &b->early, 2);
	assert_int_equal(b->seen.transport, TRANSPORT_UDP);
	assert_int_equal(recurse_in_flight(b->worker.recurse), 3);
}

static void test_stale_before_the_deadline(void **state)
{
	struct bench *b = *state;
	b->config.recursion_deadline_ms = 60000;
	b->has_stale = true;
	start(b);
	uint64_t start_ms = clock_ms();
	ask(b, "silent.test");
	run_until(b, &b->early, 1);
	assert_true(clock_ms() - start_ms >= STALE_MS);
	assert_int_equal(b->seen.outcome, OUTCOME_STALE);
	assert_int_equal(b->seen.source, ANSWER_STALE);
}

static void test_cap_of_a_client(void **state)
{
	struct bench *b = *state;
	b->config.recursion_in_flight_per_client = 2;
	start(b);
	ask(b, "silent.a.test");
	ask(b, "silent.b.test");
	assert_int_equal(ask(b, "silent.c.test"), STEP_REPLY);
	assert_int_equal(b->seen.outcome, OUTCOME_SERVFAIL);
	assert_int_equal(b->seen.rcode, RCODE_SERVFAIL);
	assert_non_null(b->seen.ede_text);
	assert_int_equal(b->stats.limit_client, 1);
	assert_int_equal(ask_as(b, "silent.c.test", "192.0.2.10", TRANSPORT_UDP), STEP_PARK);
	assert_int_equal(ask_as(b, "silent.d.test", "192.0.2.9", TRANSPORT_NONE), STEP_PARK);
}

static void test_cap_of_a_domain_has_room_again(void **state)
{
	struct bench *b = *state;
	b->config.recursion_in_flight_per_domain = 1;
	start(b);
	ask(b, "good.a.test");
	assert_int_equal(ask(b, "silent.a.test"), STEP_REPLY);
	assert_int_equal(b->stats.limit_domain, 1);
	assert_int_equal(ask(b, "silent.b.test"), STEP_PARK);
	run_until(b, &b->resumed, 1);
	assert_int_equal(ask(b, "good.a.test"), STEP_PARK);
}

static void test_total_cap_and_stale_instead_of_failure(void **state)
{
	struct bench *b = *state;
	b->config.recursion_in_flight = 1;
	start(b);
	ask(b, "silent.a.test");
	assert_int_equal(ask(b, "silent.b.test"), STEP_REPLY);
	assert_int_equal(b->stats.limit_total, 1);
	b->has_stale = true;
	assert_int_equal(ask(b, "silent.b.test"), STEP_NEXT);
	assert_int_equal(b->seen.source, ANSWER_STALE);
	assert_int_equal(b->stats.limit_total, 1);
}

static void test_what_is_there_already_passes(void **state)
{
	struct bench *b = *state;
	struct query q = {.source = ANSWER_LOCAL};
	assert_int_equal(recurse(&b->worker, &q), STEP_NEXT);
}

static char ds_of_test[] = "test. IN DS 12345 13 2 "
			   "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20";

/* An unsigned zone below a trust anchor is bogus, and CD=1 gets it all the same. */
static void test_bogus_and_cd(void **state)
{
	struct bench *b = *state;
	char *anchors[] = {ds_of_test};
	b->config.dnssec_is_validated = true;
	b->config.trust_anchors = anchors;
	b->config.trust_anchor_count = 1;
	b->config.recursion_deadline_ms = 60000;
	start(b);
	ask(b, "good.test");
	run_until(b, &b->resumed, 1);
	assert_int_equal(b->seen.outcome, OUTCOME_BOGUS);
	assert_int_equal(b->seen.rcode, RCODE_SERVFAIL);
	assert_int_equal(b->seen.ede, EDE_DNSKEY_MISSING);
	assert_int_equal(b->seen.source, ANSWER_NONE);

	struct query *q = &b->queries[b->taken++];
	*q = (struct query){
		.has_cd = true, .transport = TRANSPORT_TCP, .qtype = TYPE_A, .qclass = CLASS_IN};
	assert_int_equal(dname_from_text("good.test", 9, &q->qname), 0);
	worker_enter(&b->worker);
	assert_int_equal(recurse(&b->worker, q), STEP_PARK);
	worker_leave(&b->worker);
	run_until(b, &b->resumed, 2);
	assert_int_equal(b->seen.outcome, OUTCOME_RECURSED);
	assert_int_equal(b->seen.answer_count, 1);
	assert_false(b->seen.is_secure);
	assert_int_equal(b->seen.min_ttl_s, 60);
}

static void test_check(void **state)
{
	struct bench *b = *state;
	struct err why = {.text = ""};
	char no_hints[] = "/nonexistent/root.hints";
	char bad_anchor[] = "test. IN DS 12345 13 2 nonsense";
	char *anchors[] = {ds_of_test};
	b->config.dnssec_is_validated = true;
	b->config.trust_anchors = anchors;
	b->config.trust_anchor_count = 1;
	assert_int_equal(recurse_check(&b->config, &why), 0);
	b->config.root_hints = no_hints;
	assert_int_equal(recurse_check(&b->config, &why), -ENOENT);
	assert_non_null(strstr(why.text, no_hints));
	b->config.root_hints = NULL;
	anchors[0] = bad_anchor;
	assert_int_not_equal(recurse_check(&b->config, &why), 0);
	assert_non_null(strstr(why.text, "resolver library"));
}

#define BENCH_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(test_answer),
		BENCH_TEST(test_answer_inside_of_the_call),
		BENCH_TEST(test_question_out_of_a_callback_waits),
		BENCH_TEST(test_nxdomain),
		BENCH_TEST(test_failure_that_the_library_remembers),
		BENCH_TEST(test_names_go_upstream_unchanged),
		BENCH_TEST(test_deadline),
		BENCH_TEST(test_late_answer),
		BENCH_TEST(test_refresh_has_no_deadline),
		BENCH_TEST(test_stale_before_the_deadline),
		BENCH_TEST(test_cap_of_a_client),
		BENCH_TEST(test_cap_of_a_domain_has_room_again),
		BENCH_TEST(test_total_cap_and_stale_instead_of_failure),
		BENCH_TEST(test_what_is_there_already_passes),
		BENCH_TEST(test_bogus_and_cd),
		BENCH_TEST(test_check),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
