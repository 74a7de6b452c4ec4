/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A connection is a slot of a slab that is never freed while the worker lives; its generation rises when it is closed, so that an answer
 * that comes later finds the connection gone. Reading stops while too much is in flight or not yet read by the peer, and
 * goes on when there is room again. Deadlines are looked at by one timer that runs while there are connections.
 */
#include "resolver/tcp.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "resolver/base/check.h"
#include "resolver/base/clock.h"
#include "resolver/base/log.h"
#include "resolver/pipeline.h"
#include "resolver/record.h"
#include "resolver/stats.h"
#include "resolver/tcp_limits.h"
#include "resolver/worker.h"

enum {
	BACKLOG = 511,
	ACCEPTS = 16, /* connections taken in one event */
	READS = 4, /* reads from one connection in one event */
	IN_BYTES =
		4096, /* holds any sensible query; a longer message borrows memory while it comes in */
	IN_FLIGHT_MAX = 100, /* queries of one connection */
	OUT_PAUSE_BYTES =
		64 << 10, /* answers not taken by the socket: no more questions are read */
	OUT_MAX_BYTES = 512 << 10, /* the peer does not read: closed */
	OUT_VECTORS = 16,
	TICK_MIN_MS = 10,
	TICK_MAX_MS = 500,
};

struct tcp_listener {
	struct tcp *tcp;
	struct event *event;
	int fd;
};

struct tcp_connection {
	struct tcp *tcp;
	struct tcp_connection *next; /* in the free list */
	uint32_t generation; /* rises with each close */
	int fd; /* -1: the slot is free */
	struct event read, write;
	bool is_reading, is_writing; /* the events are added */
	bool is_busy; /* its input is being worked through: answers are gathered */
	bool is_ended; /* the peer will send no more (half-close) */
	bool is_closing; /* no more questions are taken; closed when the last answer has left */
	struct addr client;
	uint64_t accepted_us;
	uint64_t active_us; /* the last whole question, or the last octets the peer took */
	uint32_t in_flight; /* queries without an answer yet */
	uint32_t in_len, in_room;
	uint8_t *in; /* IN_BYTES of tcp->in_bytes, or `longer` */
	uint8_t *longer; /* owned: for one long message while it comes in; NULL: none */
	struct evbuffer *out; /* made at the slot's first use, then kept */
};

struct tcp {
	struct worker *worker;
	struct tcp_listener *listeners;
	size_t listener_count;
	struct tcp_connection *connections;
	uint32_t connection_count; /* slots */
	uint32_t live, used; /* open now; slots ever used */
	struct tcp_connection *free;
	uint8_t *in_bytes;
	struct event *tick;
	bool has_paused_listeners; /* out of descriptors: the tick tries again */
	bool is_draining;
};

static void on_readable(evutil_socket_t fd, short what, void *arg);
static void on_writable(evutil_socket_t fd, short what, void *arg);

/* --- a connection's life --- */

static uint8_t *own_input(const struct tcp_connection *c)
{
	return c->tcp->in_bytes + (size_t)(c - c->tcp->connections) * IN_BYTES;
}

static void small_input(struct tcp_connection *c)
{
	free(c->longer);
	c->longer = NULL;
	c->in = own_input(c);
	c->in_room = IN_BYTES;
}

static void connection_close(struct tcp_connection *c)
{
	struct tcp *t = c->tcp;
	event_del(&c->read);
	event_del(&c->write);
	close(c->fd);
	c->fd = -1;
	c->generation++;
	c->in_len = 0;
	small_input(c);
	evbuffer_drain(c->out, evbuffer_get_length(c->out));
	tcp_limits_leave(t->worker->tcp_limits, &c->client);
	t->live--;
	c->next = t->free;
	t->free = c;
}

/* A slot, or NULL when memory is short. */
static struct tcp_connection *connection_slot(struct tcp *t)
{
	struct tcp_connection *c = t->free;
	if (c) {
		t->free = c->next;
		return c;
	}
	/* There are as many slots as all workers together may have connections. */
	if (!CHECK(t->used < t->connection_count))
		return NULL;
	c = &t->connections[t->used];
	c->out = evbuffer_new();
	if (!c->out)
		return NULL;
	t->used++;
	c->tcp = t;
	c->fd = -1;
	c->in = own_input(c);
	return c;
}

static void watch(struct tcp_connection *c, struct event *e, bool *is_on, bool wanted)
{
	if (*is_on == wanted)
		return;
	if (wanted ? event_add(e, NULL) : event_del(e))
		c->is_closing = true;
	else
		*is_on = wanted;
}

static bool connection_open(struct tcp *t, int fd, const struct addr *client)
{
	struct tcp_connection *c = connection_slot(t);
	if (!c)
		return false;
	int one = 1;
	/* Answers are gathered here already; waiting in the kernel for more helps nobody. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	c->fd = fd;
	c->client = *client;
	c->is_reading = c->is_writing = c->is_busy = c->is_ended = c->is_closing = false;
	c->accepted_us = c->active_us = t->worker->now_us;
	c->in_flight = 0;
	c->in_len = 0;
	small_input(c);
	event_assign(&c->read, t->worker->base, fd, EV_READ | EV_PERSIST, on_readable, c);
	event_assign(&c->write, t->worker->base, fd, EV_WRITE | EV_PERSIST, on_writable, c);
	t->live++;
	watch(c, &c->read, &c->is_reading, true);
	return true;
}

/* --- out --- */

/* Gives the socket what it takes. False: the connection is gone. */
static bool flush(struct tcp_connection *c)
{
	while (evbuffer_get_length(c->out)) {
		struct evbuffer_iovec v[OUT_VECTORS];
		struct iovec iov[OUT_VECTORS];
		int n = evbuffer_peek(c->out, -1, NULL, v, OUT_VECTORS);
		n = n < OUT_VECTORS ? n : OUT_VECTORS;
		for (int i = 0; i < n; i++)
			iov[i] = (struct iovec){.iov_base = v[i].iov_base, .iov_len = v[i].iov_len};
		struct msghdr m = {.msg_iov = iov, .msg_iovlen = (size_t)n};
		ssize_t sent = sendmsg(c->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return true;
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return false;
		evbuffer_drain(c->out, (size_t)sent);
		c->active_us = clock_us();
	}
	return true;
}

/* May the next question be taken? */
static bool has_room(const struct tcp_connection *c)
{
	return !c->is_closing && c->in_flight < IN_FLIGHT_MAX &&
		evbuffer_get_length(c->out) <= OUT_PAUSE_BYTES;
}

static bool has_message(const struct tcp_connection *c)
{
	return c->in_len >= 2 && c->in_len - 2 >= wire_u16(c->in);
}

/* After every change: sends, watches for what is awaited now, closes what is done. The connection may be closed when this returns. */
static void settle(struct tcp_connection *c)
{
	if (!flush(c)) {
		connection_close(c);
		return;
	}
	size_t pending = evbuffer_get_length(c->out);
	if (pending > OUT_MAX_BYTES) {
		stats_add(&c->tcp->worker->stats->tcp_slow, 1);
		connection_close(c);
		return;
	}
	bool is_waiting = has_message(c) && !c->is_closing;
	if ((c->is_ended || c->is_closing) && !pending && !c->in_flight && !is_waiting) {
		connection_close(c);
		return;
	}
	watch(c, &c->write, &c->is_writing, pending > 0);
	watch(c, &c->read, &c->is_reading, has_room(c) && !c->is_ended);
	/* What came before the pause is taken from the event loop, not from inside an answer. */
	if (is_waiting && has_room(c))
		event_active(&c->read, EV_READ, 0);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	settle(arg);
}

/* The connection a query came from, with one query less in flight; NULL when it is gone. */
static struct tcp_connection *take_back(const struct query *q)
{
	struct tcp_connection *c = q->tcp;
	if (c->generation != q->tcp_generation || !CHECK(c->in_flight > 0))
		return NULL;
	c->in_flight--;
	return c;
}

void tcp_send(struct worker *w, struct query *q)
{
	struct tcp_connection *c = take_back(q);
	if (!c)
		return;
	uint8_t prefix[2];
	wire_put_u16(prefix, (uint16_t)q->out_len);
	if (evbuffer_expand(c->out, sizeof prefix + q->out_len) ||
		evbuffer_add(c->out, prefix, sizeof prefix) ||
		evbuffer_add(c->out, q->out, q->out_len)) {
		stats_add(&w->stats->send_errors, 1);
		c->is_closing = true;
	}
	if (!c->is_busy)
		settle(c);
}

void tcp_drop(struct worker *w, struct query *q)
{
	(void)w;
	struct tcp_connection *c = take_back(q);
	if (c && !c->is_busy)
		settle(c);
}

/* --- in --- */

/* False when there is no slot: counted as a query that was dropped. */
static bool ask(struct worker *w, struct tcp_connection *c, const uint8_t *message, uint32_t len)
{
	struct query *q = worker_take(w);
	c->active_us = w->now_us;
	if (!q) {
		record_no_slot(w, TRANSPORT_TCP);
		return false;
	}
	q->transport = TRANSPORT_TCP;
	q->tcp = c;
	q->tcp_generation = c->generation;
	q->client = c->client;
	q->arrived_us = w->now_us;
	q->packet = message;
	q->packet_len = len;
	c->in_flight++;
	pipeline_run(w, q);
	return true;
}

/* Asks what has come in whole, as long as there is room. */
static void take_messages(struct worker *w, struct tcp_connection *c)
{
	uint32_t at = 0;
	while (has_room(c) && c->in_len - at >= 2) {
		uint32_t len = wire_u16(c->in + at);
		if (c->in_len - at - 2 < len)
			break;
		/* A length of zero is no message, and what follows is in doubt. */
		if (!len || !ask(w, c, c->in + at + 2, len)) {
			c->is_closing = true;
			return;
		}
		at += 2 + len;
	}
	c->in_len -= at;
	memmove(c->in, c->in + at, c->in_len);
	if (!c->in_len)
		small_input(c);
}

/* Makes room for the rest of a message that is longer than the buffer. False when memory is short. */
static bool make_input_room(struct tcp_connection *c)
{
	uint32_t need = c->in_len >= 2 ? wire_u16(c->in) + 2U : 2U;
	if (need <= c->in_room)
		return true;
	uint8_t *longer = malloc(need);
	if (!longer)
		return false;
	memcpy(longer, c->in, c->in_len);
	small_input(c);
	c->in = c->longer = longer;
	c->in_room = need;
	return true;
}

enum input { INPUT_SOME, INPUT_NONE, INPUT_BROKEN };

static enum input receive(struct tcp_connection *c)
{
	if (!make_input_room(c))
		return INPUT_BROKEN;
	ssize_t n = recv(c->fd, c->in + c->in_len, c->in_room - c->in_len, MSG_DONTWAIT);
	if (n > 0) {
		c->in_len += (uint32_t)n;
		return INPUT_SOME;
	}
	if (n == 0) {
		c->is_ended = true;
		return INPUT_NONE;
	}
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? INPUT_NONE
									 : INPUT_BROKEN;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	struct tcp_connection *c = arg;
	struct worker *w = c->tcp->worker;
	enum input input = INPUT_SOME;
	worker_enter(w);
	c->is_busy = true;
	take_messages(w, c);
	for (int i = 0; i < READS && input == INPUT_SOME && has_room(c) && !c->is_ended; i++) {
		input = receive(c);
		if (input == INPUT_SOME)
			take_messages(w, c);
	}
	c->is_busy = false;
	if (input == INPUT_BROKEN)
		connection_close(c);
	else
		settle(c);
	worker_leave(w);
}

/* --- deadlines --- */

static void arm_tick(struct tcp *t, const struct config *c)
{
	uint32_t ms = (c->tcp_idle_ms < c->tcp_total_ms ? c->tcp_idle_ms : c->tcp_total_ms) / 4;
	ms = ms < TICK_MIN_MS ? TICK_MIN_MS : ms > TICK_MAX_MS ? TICK_MAX_MS : ms;
	struct timeval tv = {
		.tv_sec = (time_t)(ms / 1000), .tv_usec = (suseconds_t)(ms % 1000) * 1000};
	if (!event_pending(t->tick, EV_TIMEOUT, NULL))
		event_add(t->tick, &tv);
}

static void check_deadlines(struct tcp_connection *c, const struct config *config, uint64_t now_us)
{
	struct stats_worker *stats = c->tcp->worker->stats;
	uint64_t idle_us = (uint64_t)config->tcp_idle_ms * 1000;
	uint64_t total_us = (uint64_t)config->tcp_total_ms * 1000;
	bool is_pending = evbuffer_get_length(c->out) > 0;
	bool is_idle = now_us - c->active_us >= idle_us;
	uint64_t age_us = now_us - c->accepted_us;
	if (is_pending && is_idle) {
		stats_add(&stats->tcp_slow, 1);
		connection_close(c);
	} else if ((is_idle && !c->in_flight) || age_us >= total_us + idle_us) {
		stats_add(&stats->tcp_timeouts, !c->is_closing);
		connection_close(c);
	} else if (age_us >= total_us && !c->is_closing) {
		/* What was asked in time is answered, within the time that an idle connection has. */
		c->is_closing = true;
		stats_add(&stats->tcp_timeouts, 1);
		settle(c);
	}
}

static void resume_listeners(struct tcp *t)
{
	if (t->is_draining)
		return;
	t->has_paused_listeners = false;
	for (size_t i = 0; i < t->listener_count; i++)
		if (event_add(t->listeners[i].event, NULL))
			t->has_paused_listeners = true;
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	struct tcp *t = arg;
	struct worker *w = t->worker;
	worker_enter(w);
	uint64_t now_us = clock_us();
	if (t->has_paused_listeners)
		resume_listeners(t);
	for (uint32_t i = 0; i < t->used; i++)
		if (t->connections[i].fd >= 0)
			check_deadlines(&t->connections[i], w->view->config, now_us);
	if (t->live || t->has_paused_listeners)
		arm_tick(t, w->view->config);
	worker_leave(w);
}

/* --- listening --- */

/* Who may not ask may not hold a connection either. */
static bool admit_connection(struct tcp *t, int fd, const struct sockaddr_storage *peer)
{
	struct worker *w = t->worker;
	struct addr client;
	if (!addr_from_sockaddr((const struct sockaddr *)peer, &client) ||
		!addr_table_find(w->view->access, &client, 0) ||
		!tcp_limits_enter(w->tcp_limits, &client))
		return false;
	if (connection_open(t, fd, &client))
		return true;
	tcp_limits_leave(w->tcp_limits, &client);
	return false;
}

static void pause_listener(struct tcp_listener *l, int error)
{
	/* The connection stays in the backlog; without a pause the loop would spin on it. */
	log_warn("tcp", "event=accept_failed error=\"%s\"", strerror(error));
	event_del(l->event);
	l->tcp->has_paused_listeners = true;
}

static void on_connection(evutil_socket_t fd, short what, void *arg)
{
	(void)what;
	struct tcp_listener *l = arg;
	struct tcp *t = l->tcp;
	struct worker *w = t->worker;
	worker_enter(w);
	for (int i = 0; i < ACCEPTS; i++) {
		struct sockaddr_storage peer;
		socklen_t len = sizeof peer;
		int c = accept4(fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (c < 0) {
			if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
				errno == ENOMEM)
				pause_listener(l, errno);
			break;
		}
		bool is_admitted = admit_connection(t, c, &peer);
		stats_add(is_admitted ? &w->stats->tcp_accepted : &w->stats->tcp_refused, 1);
		if (!is_admitted)
			close(c);
	}
	if (t->live || t->has_paused_listeners)
		arm_tick(t, w->view->config);
	worker_leave(w);
}

static int open_listener(
	struct tcp *t, struct tcp_listener *l, const struct addr_endpoint *at, struct err *why)
{
	struct sockaddr_storage sa;
	socklen_t len = addr_to_sockaddr(at, &sa);
	char text[ADDR_TEXT_MAX];
	int one = 1;
	l->tcp = t;
	l->fd = socket(sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (l->fd < 0)
		return err_set(why, -errno, "listen: no TCP socket: %s", strerror(errno));
	if (sa.ss_family == AF_INET6)
		setsockopt(l->fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
	/* REUSEADDR: connections of a former run in TIME_WAIT are no reason not to start. */
	if (setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) ||
		setsockopt(l->fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) ||
		bind(l->fd, (struct sockaddr *)&sa, len) || listen(l->fd, BACKLOG)) {
		int e = errno;
		return err_set(why, -e, "listen: %s/tcp cannot be bound: %s%s",
			addr_endpoint_to_text(at, text), strerror(e),
			e == EACCES ? " (ports below 1024 need the right to bind them)" : "");
	}
	l->event = event_new(t->worker->base, l->fd, EV_READ | EV_PERSIST, on_connection, l);
	if (!l->event || event_add(l->event, NULL))
		return err_set(
			why, -ENOMEM, "out of memory while starting worker %u", t->worker->index);
	return 0;
}

int tcp_new(struct worker *w, const struct config *config, struct tcp **out, struct err *why)
{
	struct tcp *t = calloc(1, sizeof *t);
	if (!t)
		return err_set(why, -ENOMEM, "out of memory while starting worker %u", w->index);
	t->worker = w;
	t->connection_count = config->tcp_connections;
	/* Untouched memory costs nothing: both grow into their size. */
	t->connections = calloc(t->connection_count + 1U, sizeof *t->connections);
	t->in_bytes = calloc(t->connection_count + 1U, IN_BYTES);
	t->listeners = calloc(config->listen_count + 1, sizeof *t->listeners);
	t->tick = event_new(w->base, -1, 0, on_tick, t);
	if (!t->connections || !t->in_bytes || !t->listeners || !t->tick) {
		tcp_free(t);
		return err_set(why, -ENOMEM, "out of memory while starting worker %u", w->index);
	}
	int rc = 0;
	for (size_t i = 0; !rc && i < config->listen_count; i++) {
		t->listeners[i].fd = -1;
		t->listener_count++;
		rc = open_listener(t, &t->listeners[i], &config->listen[i], why);
	}
	if (rc)
		tcp_free(t);
	else
		*out = t;
	return rc;
}

void tcp_drain(struct tcp *t)
{
	t->is_draining = true;
	for (size_t i = 0; i < t->listener_count; i++)
		event_del(t->listeners[i].event);
	for (uint32_t i = 0; i < t->used; i++) {
		struct tcp_connection *c = &t->connections[i];
		if (c->fd < 0)
			continue;
		c->is_closing = true;
		settle(c);
	}
}

void tcp_free(struct tcp *t)
{
	if (!t)
		return;
	for (size_t i = 0; t->listeners && i < t->listener_count; i++) {
		if (t->listeners[i].event)
			event_free(t->listeners[i].event);
		if (t->listeners[i].fd >= 0)
			close(t->listeners[i].fd);
	}
	for (uint32_t i = 0; t->connections && i < t->used; i++) {
		if (t->connections[i].fd >= 0)
			connection_close(&t->connections[i]);
		evbuffer_free(t->connections[i].out);
	}
	if (t->tick)
		event_free(t->tick);
	free(t->listeners);
	free(t->connections);
	free(t->in_bytes);
	free(t);
}
