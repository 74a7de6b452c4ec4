/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A connection lives for `head_ms` at most, whatever it does: they end in the order in which they came, so one ring and one timer are enough.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "resolver/base/clock.h"
#include "resolver/evidence/sinkhole/knock_http.h"
#include "resolver/evidence/sinkhole/knock_read.h"
#include "resolver/evidence/sinkhole/knock_tls.h"
#include "resolver/evidence/sinkhole/sinkhole_internal.h"

enum { ACCEPT_BATCH = 64, DRAIN_MAX = 64 * 1024 };

#define PAGE_TEXT \
	"<!DOCTYPE html>\n<html lang=\"en\"><head><meta " \
	"charset=\"utf-8\"><title>Blocked</title></head>\n" \
	"<body><h1>This address was blocked</h1>\n" \
	"<p>The name that your device asked for is known to be used by malicious software, so " \
	"this network does not\n" \
	"lead there. You see this page instead.</p>\n" \
	"<p>If you followed a link, close the page: nothing has happened. If you did not, a " \
	"program on your device asked:\n" \
	"have the device checked, and ask whoever runs this network.</p></body></html>\n"

static const char page[] = PAGE_TEXT;

/* --- slots ------------------------------------------------------------------------------------ */

static void link_last(struct sinkhole *s, struct sinkhole_connection *c)
{
	c->prev = s->ring.prev;
	c->next = &s->ring;
	c->prev->next = c;
	s->ring.prev = c;
}

static void give_back(struct sinkhole_connection *c)
{
	struct sinkhole *s = c->sinkhole;
	evutil_socket_t fd = event_get_fd(c->event);
	event_free(c->event);
	close(fd);
	free(c->bytes);
	s->long_count -= c->is_long;
	s->by_client[c->bucket]--;
	atomic_fetch_sub_explicit(&s->open_count, 1, memory_order_relaxed);
	c->prev->next = c->next;
	c->next->prev = c->prev;
	*c = (struct sinkhole_connection){.sinkhole = s, .next = s->free};
	s->free = c;
}

/* --- the end of a knock ----------------------------------------------------------------------- */

static void tell(struct sinkhole_connection *c)
{
	struct knock k = {.at_ms = c->at_ms, .from = c->from, .to = c->to};
	knock_read(&k, c->bytes, c->len);
	sinkhole_tell(c->sinkhole, &k);
}

/* RFC 9110 15.5.4. It fits the socket's buffer: what is not taken at once is not sent. */
static void send_page(evutil_socket_t fd, bool is_head)
{
	static const char head[] = "HTTP/1.1 403 Forbidden\r\n"
				   "Content-Type: text/html; charset=utf-8\r\n"
				   "Cache-Control: no-store\r\n"
				   "Connection: close\r\n";
	char text[sizeof head + sizeof page + 64];
	int n = snprintf(text, sizeof text, "%sContent-Length: %zu\r\n\r\n%s", head,
		sizeof page - 1, is_head ? "" : page);
	(void)send(fd, text, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT);
	shutdown(fd, SHUT_WR);
}

/* Taken down; a person gets the page, and the time to read it off the wire. */
static void finish(struct sinkhole_connection *c)
{
	struct knock_look look = knock_read_look(c->bytes, c->len);
	tell(c);
	if (look.kind != KNOCK_HTTP) {
		give_back(c);
		return;
	}
	struct knock k = {.kind = KNOCK_HTTP};
	knock_http_read(c->bytes, c->len < KNOCK_HEAD_MAX ? c->len : KNOCK_HEAD_MAX, &k);
	send_page(event_get_fd(c->event), knock_http_is_head(&k));
	c->is_answered = true;
}

/* --- reading ---------------------------------------------------------------------------------- */

/* A ClientHello may be longer than what is kept of others. False: there is no room for more of it. */
static bool grow(struct sinkhole_connection *c, bool is_tls)
{
	struct sinkhole *s = c->sinkhole;
	if (!c->room)
		c->room = KNOCK_HEAD_MAX;
	else if (is_tls && !c->is_long && s->long_count < SINKHOLE_LONG_HELLOS)
		c->room = KNOCK_TLS_MAX;
	else
		return false;
	uint8_t *bytes = realloc(c->bytes, c->room);
	if (!bytes) {
		c->room = c->len;
		sinkhole_count(&s->failures);
		return false;
	}
	c->bytes = bytes;
	if (c->room == KNOCK_TLS_MAX) {
		c->is_long = true;
		s->long_count++;
	}
	return true;
}

/* After the answer: until the peer closes, or has sent too much. */
static bool drain(struct sinkhole_connection *c, evutil_socket_t fd)
{
	uint8_t room[4096];
	ssize_t n = recv(fd, room, sizeof room, MSG_DONTWAIT);
	if (n > 0)
		c->drained += (uint32_t)n;
	return (n > 0 && c->drained < DRAIN_MAX) || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct sinkhole_connection *c = arg;
	(void)what;
	if (c->is_answered) {
		if (!drain(c, fd))
			give_back(c);
		return;
	}
	bool is_tls = knock_read_look(c->bytes, c->len).kind == KNOCK_TLS;
	if (c->len == c->room && !grow(c, is_tls)) {
		finish(c);
		return;
	}
	ssize_t n = recv(fd, c->bytes + c->len, c->room - c->len, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		c->len += (uint32_t)n;
	if (n <= 0 || knock_read_look(c->bytes, c->len).is_whole)
		finish(c);
}

void sinkhole_tcp_sweep(struct sinkhole *s)
{
	uint64_t now_ms = clock_ms();
	struct sinkhole_connection *c = s->ring.next;
	while (c != &s->ring && now_ms - c->started_ms >= s->head_ms) {
		struct sinkhole_connection *next = c->next;
		sinkhole_count(&s->timeouts);
		if (!c->is_answered)
			tell(c);
		give_back(c);
		c = next;
	}
}

void sinkhole_tcp_close_all(struct sinkhole *s)
{
	for (struct sinkhole_connection *c = s->ring.next, *next; c != &s->ring; c = next) {
		next = c->next;
		give_back(c);
	}
}

/* --- accepting -------------------------------------------------------------------------------- */

static bool is_admitted(const struct sinkhole *s, uint32_t bucket)
{
	return s->free && s->by_client[bucket] < s->per_client;
}

static void admit(struct sinkhole *s, int fd, const struct addr_endpoint *from)
{
	uint32_t bucket = sinkhole_bucket(s, &from->addr);
	sinkhole_count(&s->accepted);
	if (!is_admitted(s, bucket)) {
		sinkhole_count(&s->refused);
		close(fd);
		return;
	}
	struct sinkhole_connection *c = s->free;
	struct event *event = event_new(s->base, fd, EV_READ | EV_PERSIST, on_readable, c);
	if (!event || event_add(event, NULL)) {
		sinkhole_count(&s->failures);
		if (event)
			event_free(event);
		close(fd);
		return;
	}
	struct sockaddr_storage local = {0};
	socklen_t len = sizeof local;
	s->free = c->next;
	*c = (struct sinkhole_connection){.sinkhole = s,
		.event = event,
		.started_ms = clock_ms(),
		.at_ms = clock_wall_ms(),
		.from = *from,
		.bucket = bucket};
	if (!getsockname(fd, (struct sockaddr *)&local, &len))
		(void)addr_endpoint_from_sockaddr((struct sockaddr *)&local, &c->to);
	s->by_client[bucket]++;
	atomic_fetch_add_explicit(&s->open_count, 1, memory_order_relaxed);
	link_last(s, c);
}

/* No file or memory: the sockets rest until the next sweep, so that this does not spin. */
static void rest(struct sinkhole *s)
{
	sinkhole_count(&s->failures);
	s->is_resting = true;
	for (size_t i = 0; i < s->tcp_count; i++)
		event_del(s->sockets[i].event);
}

void sinkhole_tcp_accept(evutil_socket_t fd, short what, void *arg)
{
	const struct sinkhole_socket *socket = arg;
	struct sinkhole *s = socket->sinkhole;
	(void)what;
	for (unsigned i = 0; i < ACCEPT_BATCH; i++) {
		struct sockaddr_storage peer = {0};
		socklen_t len = sizeof peer;
		struct addr_endpoint from;
		int accepted =
			accept4(fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (accepted < 0) {
			if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
				rest(s);
			return;
		}
		if (addr_endpoint_from_sockaddr((struct sockaddr *)&peer, &from))
			admit(s, accepted, &from);
		else
			close(accepted);
	}
}
