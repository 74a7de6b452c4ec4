/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/transfer/xfr_conn.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "resolver/base/clock.h"
#include "resolver/base/wire.h"

/* At most so many messages a step: others wait for their turn. */
enum { LENGTH = 2, BUFFER = 2 * (WIRE_MAX + LENGTH), MESSAGES_A_STEP = 64 };

enum state { CONNECTING, SENDING, RECEIVING };

struct xfr_conn {
	int fd;
	enum state state;
	struct xfr_conn_job job;
	struct tsig tsig;
	struct xfr_stream stream;
	uint64_t idle_by_ms, total_by_ms;
	uint64_t bytes; /* received */
	size_t sent;
	size_t used; /* of the buffer: the request, later what has come */
	uint8_t buffer[BUFFER];
};

static int fail_errno(struct err *why, const char *what, int code)
{
	return err_set(why, -code, "%s: %s", what, strerror(code));
}

/* Writes the request into the buffer, with its length. */
static int make_request(struct xfr_conn *c, struct err *why)
{
	uint16_t id;
	if (getrandom(&id, sizeof id, 0) != sizeof id)
		return fail_errno(why, "no random number", errno);
	xfr_stream_init(&c->stream, &c->job.zone, c->job.has_serial ? &c->job.serial : NULL, id);
	size_t len = xfr_stream_request(&c->stream, c->buffer + LENGTH);
	int rc = 0;
	if (c->job.key)
		rc = tsig_sign(&c->tsig, c->job.key, c->buffer + LENGTH, &len, clock_wall_s(), why);
	wire_put_u16(c->buffer, (uint16_t)len);
	c->used = len + LENGTH;
	return rc;
}

static int begin_connect(struct xfr_conn *c, struct err *why)
{
	struct sockaddr_storage to;
	socklen_t len = addr_to_sockaddr(&c->job.primary, &to);
	int on = 1;
	c->fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return fail_errno(why, "no socket", errno);
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (connect(c->fd, (struct sockaddr *)&to, len) && errno != EINPROGRESS)
		return fail_errno(why, "cannot connect", errno);
	return 0;
}

int xfr_conn_start(const struct xfr_conn_job *job, struct xfr_conn **out, struct err *why)
{
	struct xfr_conn *c = calloc(1, sizeof *c);
	if (!c)
		return err_set(why, -ENOMEM, "out of memory");
	c->fd = -1;
	c->job = *job;
	uint64_t now = clock_ms();
	c->idle_by_ms = now + XFR_CONN_CONNECT_MS;
	c->total_by_ms = now + job->total_ms;
	int rc = make_request(c, why);
	if (!rc)
		rc = begin_connect(c, why);
	if (rc) {
		xfr_conn_stop(c);
		return rc;
	}
	*out = c;
	return 0;
}

void xfr_conn_stop(struct xfr_conn *c)
{
	if (!c)
		return;
	if (c->fd >= 0)
		close(c->fd);
	tsig_clear(&c->tsig);
	xfr_stream_clear(&c->stream);
	free(c);
}

struct pollfd xfr_conn_poll(const struct xfr_conn *c)
{
	return (struct pollfd){.fd = c->fd, .events = c->state == RECEIVING ? POLLIN : POLLOUT};
}

uint64_t xfr_conn_deadline_ms(const struct xfr_conn *c)
{
	return c->idle_by_ms < c->total_by_ms ? c->idle_by_ms : c->total_by_ms;
}

const struct xfr_stream *xfr_conn_stream(const struct xfr_conn *c)
{
	return &c->stream;
}

static int finish_connect(struct xfr_conn *c, struct err *why)
{
	int code = 0;
	socklen_t len = sizeof code;
	if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &code, &len))
		code = errno;
	if (code)
		return fail_errno(why, "cannot connect", code);
	c->state = SENDING;
	return 0;
}

static int send_some(struct xfr_conn *c, struct err *why)
{
	ssize_t n = send(c->fd, c->buffer + c->sent, c->used - c->sent, MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0
							 : fail_errno(why, "cannot send", errno);
	c->sent += (size_t)n;
	if (c->sent == c->used) {
		c->state = RECEIVING;
		c->used = 0;
	}
	return 0;
}

/* One message. 1 at the end of the transfer. */
static int take_message(struct xfr_conn *c, const uint8_t *wire, size_t len, struct err *why)
{
	struct xfr_stream *s = &c->stream;
	int rc = c->job.key ? tsig_verify(&c->tsig, wire, len, clock_wall_s(), why) : 0;
	if (!rc)
		rc = xfr_stream_message(s, wire, len, &c->job.sink, why);
	if (rc || s->result == XFR_STREAM_GOES_ON)
		return rc;
	/* RFC 8945 5.3.1: the last message is signed. */
	if (c->job.key && c->tsig.unsigned_count)
		return err_set(why, CEN_EREFUSED, "its last message is not signed");
	return 1;
}

/* The whole messages in the buffer; what is left moves to its start. */
static int take_messages(struct xfr_conn *c, struct err *why)
{
	size_t at = 0;
	int rc = 0;
	while (!rc && c->used - at >= LENGTH) {
		size_t len = wire_u16(c->buffer + at);
		if (c->used - at - LENGTH < len)
			break;
		rc = take_message(c, c->buffer + at + LENGTH, len, why);
		at += len + LENGTH;
	}
	memmove(c->buffer, c->buffer + at, c->used - at);
	c->used -= at;
	return rc;
}

static int receive_some(struct xfr_conn *c, struct err *why)
{
	for (int i = 0; i < MESSAGES_A_STEP; i++) {
		ssize_t n = recv(c->fd, c->buffer + c->used, sizeof c->buffer - c->used, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : fail_errno(why, "cannot receive", errno);
		if (n == 0)
			return err_set(why, CEN_EFORMAT,
				"the primary closed the connection before the end");
		c->used += (size_t)n;
		c->bytes += (size_t)n;
		if (c->bytes > c->job.max_bytes)
			return err_set(why, CEN_ELIMIT,
				"the transfer is larger than %llu bytes (feeds.max_bytes)",
				(unsigned long long)c->job.max_bytes);
		c->idle_by_ms = clock_ms() + XFR_CONN_IDLE_MS;
		int rc = take_messages(c, why);
		if (rc)
			return rc;
	}
	return 0;
}

static int late(const struct xfr_conn *c, struct err *why)
{
	if (c->total_by_ms <= clock_ms())
		return err_set(why, -ETIMEDOUT, "the transfer took longer than %llu s",
			(unsigned long long)(c->job.total_ms / 1000));
	return err_set(why, -ETIMEDOUT,
		c->state == CONNECTING ? "no connection within %d s" : "nothing came for %d s",
		(c->state == CONNECTING ? XFR_CONN_CONNECT_MS : XFR_CONN_IDLE_MS) / 1000);
}

int xfr_conn_step(struct xfr_conn *c, short revents, struct err *why)
{
	int rc = 0;
	if (xfr_conn_deadline_ms(c) <= clock_ms())
		return late(c, why);
	if (!revents)
		return 0;
	if (c->state == CONNECTING) {
		rc = finish_connect(c, why);
		c->idle_by_ms = clock_ms() + XFR_CONN_IDLE_MS;
	}
	if (!rc && c->state == SENDING)
		return send_some(c, why);
	return rc ? rc : receive_some(c, why);
}
