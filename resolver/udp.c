/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/udp.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "resolver/base/check.h"
#include "resolver/pipeline.h"
#include "resolver/record.h"
#include "resolver/stats.h"
#include "resolver/worker.h"

enum {
	BATCH = 32,
	ROUNDS = 8, /* batches in one event: TCP and timers get their turn */
	IN_BYTES = 2048, /* a query has at most a name and some options */
	OUT_STRIDE =
		WIRE_MAX + 1 + 576, /* not a power of two: neighbours do not share cache sets */
	SOCKET_BUFFER_BYTES = 4 << 20,
	CONTROL_BYTES = 64, /* one in_pktinfo or in6_pktinfo */
};

struct udp_socket {
	struct udp *udp;
	struct event *event;
	int fd;
	uint16_t index;
	bool is_wildcard; /* the address asked comes with each datagram and goes with its answer */
};

union control {
	struct cmsghdr head; /* for its alignment */
	uint8_t bytes[CONTROL_BYTES];
};

/* All that one recvmmsg needs, and all that one sendmmsg needs. */
struct udp {
	struct worker *worker;
	struct udp_socket *sockets;
	size_t socket_count;

	struct mmsghdr in[BATCH];
	struct iovec in_space[BATCH];
	struct sockaddr_storage in_peer[BATCH];
	union control in_control[BATCH];
	uint8_t *in_bytes;

	unsigned out_count;
	struct mmsghdr out[BATCH];
	struct iovec out_space[BATCH];
	struct sockaddr_in6 out_peer[BATCH]; /* also holds a sockaddr_in */
	union control out_control[BATCH];
	int out_fd[BATCH];
	uint8_t *out_bytes;
};

/* --- out --- */

uint8_t *udp_next_out(struct udp *u)
{
	return u->out_bytes + (size_t)u->out_count * OUT_STRIDE;
}

/* A full socket buffer or an unreachable peer loses one answer, as UDP does; it is counted. */
static void send_run(struct udp *u, unsigned from, unsigned to)
{
	while (from < to) {
		int n = sendmmsg(
			u->out_fd[from], &u->out[from], to - from, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n > 0) {
			from += (unsigned)n;
		} else if (errno != EINTR) {
			stats_add(&u->worker->stats->send_errors, 1);
			from++;
		}
	}
}

void udp_flush(struct udp *u)
{
	unsigned from = 0;
	for (unsigned i = 1; i <= u->out_count; i++)
		if (i == u->out_count || u->out_fd[i] != u->out_fd[from]) {
			send_run(u, from, i);
			from = i;
		}
	u->out_count = 0;
}

static void set_source(struct msghdr *h, union control *c, const struct query *q)
{
	bool is_v4 = h->msg_namelen == sizeof(struct sockaddr_in);
	size_t len = is_v4 ? sizeof(struct in_pktinfo) : sizeof(struct in6_pktinfo);
	memset(c, 0, sizeof *c);
	c->head.cmsg_len = CMSG_LEN(len);
	h->msg_control = c;
	h->msg_controllen = CMSG_SPACE(len);
	if (is_v4) {
		struct in_pktinfo info = {.ipi_ifindex = 0};
		memcpy(&info.ipi_spec_dst, q->local.bytes + 12, 4);
		c->head.cmsg_level = IPPROTO_IP;
		c->head.cmsg_type = IP_PKTINFO;
		memcpy(CMSG_DATA(&c->head), &info, sizeof info);
	} else {
		/* An interface would go round the routing table: only a link-local address needs one. */
		bool is_link_local =
			q->local.bytes[0] == 0xfe && (q->local.bytes[1] & 0xc0) == 0x80;
		struct in6_pktinfo info = {.ipi6_ifindex = is_link_local ? q->local_interface : 0};
		memcpy(&info.ipi6_addr, q->local.bytes, 16);
		c->head.cmsg_level = IPPROTO_IPV6;
		c->head.cmsg_type = IPV6_PKTINFO;
		memcpy(CMSG_DATA(&c->head), &info, sizeof info);
	}
}

void udp_send(struct worker *w, struct query *q)
{
	struct udp *u = w->udp;
	unsigned i = u->out_count;
	struct msghdr *h = &u->out[i].msg_hdr;
	h->msg_namelen = q->peer->ss_family == AF_INET ? sizeof(struct sockaddr_in)
						       : sizeof(struct sockaddr_in6);
	memcpy(&u->out_peer[i], q->peer, h->msg_namelen);
	u->out_space[i] = (struct iovec){.iov_base = q->out, .iov_len = q->out_len};
	u->out_fd[i] = u->sockets[q->socket].fd;
	h->msg_control = NULL;
	h->msg_controllen = 0;
	if (q->has_local)
		set_source(h, &u->out_control[i], q);
	if (++u->out_count == BATCH)
		udp_flush(u);
}

/* --- in --- */

/* Which of our addresses was asked (IP_PKTINFO, RFC 3542 6.1). */
static void read_local(struct query *q, struct msghdr *h)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;
			memcpy(&info, CMSG_DATA(c), sizeof info);
			addr_from_v4((const uint8_t *)&info.ipi_spec_dst, &q->local);
			q->has_local = true;
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;
			memcpy(&info, CMSG_DATA(c), sizeof info);
			memcpy(q->local.bytes, &info.ipi6_addr, 16);
			q->local_interface = info.ipi6_ifindex;
			q->has_local = true;
		}
	}
}

static void receive(struct worker *w, const struct udp_socket *s, struct mmsghdr *m, unsigned i)
{
	struct udp *u = s->udp;
	struct query *q = worker_take(w);
	if (!q) {
		/* Still a query that came: counted as dropped. */
		record_no_slot(w, TRANSPORT_UDP);
		return;
	}
	q->transport = TRANSPORT_UDP;
	q->socket = s->index;
	q->peer = &u->in_peer[i];
	q->arrived_us = w->now_us;
	q->packet = u->in_bytes + (size_t)i * IN_BYTES;
	q->packet_len = m->msg_len;
	addr_from_sockaddr((const struct sockaddr *)q->peer, &q->client);
	if (s->is_wildcard)
		read_local(q, &m->msg_hdr);
	pipeline_run(w, q);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	(void)what;
	struct udp_socket *s = arg;
	struct udp *u = s->udp;
	struct worker *w = u->worker;
	for (int round = 0; round < ROUNDS; round++) {
		for (unsigned i = 0; i < BATCH; i++) {
			u->in[i].msg_hdr.msg_namelen = sizeof u->in_peer[i];
			u->in[i].msg_hdr.msg_controllen = s->is_wildcard ? CONTROL_BYTES : 0;
		}
		int n = recvmmsg(fd, u->in, BATCH, MSG_DONTWAIT, NULL);
		if (n <= 0)
			return;
		worker_enter(w);
		for (int i = 0; i < n; i++)
			receive(w, s, &u->in[i], (unsigned)i);
		worker_leave(w);
		if (n < BATCH)
			return;
	}
}

/* --- set-up --- */

static void prepare_batches(struct udp *u)
{
	for (unsigned i = 0; i < BATCH; i++) {
		u->in_space[i] = (struct iovec){
			.iov_base = u->in_bytes + (size_t)i * IN_BYTES, .iov_len = IN_BYTES};
		u->in[i].msg_hdr = (struct msghdr){
			.msg_name = &u->in_peer[i],
			.msg_iov = &u->in_space[i],
			.msg_iovlen = 1,
			.msg_control = &u->in_control[i],
		};
		u->out[i].msg_hdr = (struct msghdr){
			.msg_name = &u->out_peer[i],
			.msg_iov = &u->out_space[i],
			.msg_iovlen = 1,
		};
	}
}

static void set_options(const struct udp_socket *s, int family)
{
	int one = 1, bytes = SOCKET_BUFFER_BYTES;
	setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
	setsockopt(s->fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
	if (family == AF_INET) {
		/* No path-MTU state that a forged ICMP could shrink: replies fit 1232 octets anyway. */
		int omit = IP_PMTUDISC_OMIT;
		setsockopt(s->fd, IPPROTO_IP, IP_MTU_DISCOVER, &omit, sizeof omit);
		if (s->is_wildcard)
			setsockopt(s->fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof one);
	} else {
		int omit = IPV6_PMTUDISC_OMIT;
		setsockopt(s->fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &omit, sizeof omit);
		if (s->is_wildcard)
			setsockopt(s->fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one, sizeof one);
	}
}

static bool is_wildcard(const struct addr *a)
{
	static const uint8_t none[4];
	static const struct addr any;
	return addr_equal(a, &any) || (addr_is_v4(a) && !memcmp(a->bytes + 12, none, 4));
}

static int open_socket(struct udp *u, size_t i, const struct addr_endpoint *at, struct err *why)
{
	struct udp_socket *s = &u->sockets[i];
	struct sockaddr_storage sa;
	socklen_t len = addr_to_sockaddr(at, &sa);
	char text[ADDR_TEXT_MAX];
	int one = 1;
	s->udp = u;
	s->index = (uint16_t)i;
	s->is_wildcard = is_wildcard(&at->addr);
	s->fd = socket(sa.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->fd < 0)
		return err_set(why, -errno, "listen: no UDP socket: %s", strerror(errno));
	if (sa.ss_family == AF_INET6)
		setsockopt(s->fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
	if (setsockopt(s->fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) ||
		bind(s->fd, (struct sockaddr *)&sa, len)) {
		int e = errno;
		return err_set(why, -e, "listen: %s/udp cannot be bound: %s%s",
			addr_endpoint_to_text(at, text), strerror(e),
			e == EACCES ? " (ports below 1024 need the right to bind them)" : "");
	}
	set_options(s, sa.ss_family);
	s->event = event_new(u->worker->base, s->fd, EV_READ | EV_PERSIST, on_readable, s);
	if (!s->event || event_add(s->event, NULL))
		return err_set(
			why, -ENOMEM, "out of memory while starting worker %u", u->worker->index);
	return 0;
}

int udp_new(struct worker *w, const struct config *config, struct udp **out, struct err *why)
{
	struct udp *u = calloc(1, sizeof *u);
	if (!u)
		return err_set(why, -ENOMEM, "out of memory while starting worker %u", w->index);
	u->worker = w;
	u->in_bytes = malloc((size_t)BATCH * IN_BYTES);
	u->out_bytes = malloc((size_t)BATCH * OUT_STRIDE);
	u->sockets = calloc(config->listen_count, sizeof *u->sockets);
	int e = u->in_bytes && u->out_bytes && u->sockets ? 0 : -ENOMEM;
	if (e)
		err_set(why, e, "out of memory while starting worker %u", w->index);
	else
		prepare_batches(u);
	for (size_t i = 0; i < config->listen_count && !e; i++) {
		u->sockets[i].fd = -1;
		u->socket_count++;
		e = open_socket(u, i, &config->listen[i], why);
	}
	if (e)
		udp_free(u);
	else
		*out = u;
	return e;
}

void udp_drain(struct udp *u)
{
	for (size_t i = 0; i < u->socket_count; i++)
		event_del(u->sockets[i].event);
}

void udp_free(struct udp *u)
{
	if (!u)
		return;
	for (size_t i = 0; i < u->socket_count; i++) {
		if (u->sockets[i].event)
			event_free(u->sockets[i].event);
		if (u->sockets[i].fd >= 0)
			close(u->sockets[i].fd);
	}
	free(u->sockets);
	free(u->in_bytes);
	free(u->out_bytes);
	free(u);
}
